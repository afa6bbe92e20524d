// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a name to a file that may be served. Dispatcher only; sleeps. The
 * caller has put on the site's credentials. Knows nothing of the cache.
 *
 * The name comes from a client. Nothing here parses it: the kernel's own
 * resolution is told to stay beneath the site's directory, whatever symbolic
 * links and renames do meanwhile, and refuses with -EXDEV what would leave.
 */
#include "http/files/file.h"

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/fs.h"
#include "http/files/option.h"
#include "http/files/site.h"

#define FILE_LOOKUP (LOOKUP_FOLLOW | LOOKUP_BENEATH | LOOKUP_NO_MAGICLINKS)
#define FILE_OPEN (O_RDONLY | O_NONBLOCK | O_LARGEFILE)

/* What everybody must be allowed: to pass a directory, to read a file. */
#define WORLD_SEARCH 0001
#define WORLD_READ 0004

/* A rename somewhere on the machine can make resolution start again. */
#define FILE_TRIES 16

static bool names_directory(const char *path)
{
	size_t len = strlen(path);

	return len && path[len - 1] == '/';
}

static int file_lookup(const struct kelp_site *site, const char *path,
		       const char *index, struct path *found)
{
	char *name;
	int try, err;

	/* Of the site's directory itself nothing is left but its name. */
	name = kasprintf(GFP_KERNEL, "%s%s", path[1] || *index ? path + 1 : ".",
			 index);
	if (!name)
		return -ENOMEM;
	for (try = 0; try < FILE_TRIES; try++) {
		err = vfs_path_lookup(site->root.dentry, site->root.mnt, name,
				      FILE_LOOKUP, found);
		if (err != -EAGAIN)
			break;
	}
	kfree(name);
	return err;
}

/* The first index that is there; another name may stand for the same file. */
static int file_lookup_index(const struct kelp_site *site, const char *path,
			     struct kelp_file *found)
{
	unsigned int i;
	int err;

	for (i = 0; (found->name = kelp_options_index(site->options, i)); i++) {
		err = file_lookup(site, path, found->name, &found->path);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

/*
 * May everybody pass the directories from the site's down to here? Whoever
 * added the site may pass them all if that was root: yet what lies in a
 * directory that is closed to others is not meant for the world.
 */
static bool world_searchable(const struct kelp_site *site,
			     const struct path *path)
{
	struct path at = *path;
	bool ok = false;

	path_get(&at);
	while (!(ok = path_equal(&at, &site->root))) {
		struct dentry *parent;

		if (at.dentry == at.mnt->mnt_root) {
			if (!follow_up(&at))
				break;
			continue;
		}
		if (at.dentry != path->dentry &&
		    !(d_inode(at.dentry)->i_mode & WORLD_SEARCH))
			break;
		parent = dget_parent(at.dentry);
		if (parent == at.dentry) {
			dput(parent);
			break;
		}
		dput(at.dentry);
		at.dentry = parent;
	}
	path_put(&at);
	return ok;
}

/* Is what was looked up something that may be served at all? */
static int file_check(const struct kelp_site *site, struct kelp_file *found)
{
	int err;

	if (!kelp_site_takes(found->path.dentry->d_sb) ||
	    !world_searchable(site, &found->path))
		return -EACCES;
	err = kelp_ident_read(&found->ident, &found->path);
	if (err)
		return err;
	if (S_ISDIR(found->ident.mode))
		return found->ident.mode & WORLD_SEARCH ? 0 : -EACCES;
	if (S_ISREG(found->ident.mode))
		return found->ident.mode & WORLD_READ ? 0 : -EACCES;
	return -EACCES;
}

/**
 * kelp_file_look() - find a file or a directory beneath a site
 * @site: the site, a reference is held; its credentials are the current ones
 * @path: behind the site's prefix, normalised, begins with '/', NUL
 *	terminated; a slash at its end means the directory itself
 * @found: filled on success, to be given to kelp_file_release()
 *
 * Context: dispatcher, sleeps.
 * Return: 0 for a regular file that the world may read or a directory that it
 * may search; otherwise as kelp_file_find().
 */
int kelp_file_look(const struct kelp_site *site, const char *path,
		   struct kelp_file *found)
{
	int err = file_lookup(site, path, "", &found->path);

	if (err)
		return err;
	found->name = path;
	err = file_check(site, found);
	if (err)
		path_put(&found->path);
	return err;
}

/**
 * kelp_file_lists() - may everybody read the names in a directory?
 * @found: from kelp_file_look()
 *
 * Context: any.
 * Return: false also when it is no directory.
 */
bool kelp_file_lists(const struct kelp_file *found)
{
	return S_ISDIR(found->ident.mode) && (found->ident.mode & WORLD_READ);
}

/**
 * kelp_file_find() - find a file beneath a site
 * @site: the site, a reference is held; its credentials are the current ones
 * @path: behind the site's prefix, normalised, begins with '/', NUL terminated;
 *	when it ends with a slash the directory's index is meant
 * @found: filled on success, to be given to kelp_file_release()
 *
 * Context: dispatcher, sleeps.
 * Return: 0 for a regular file that the world may read; -EISDIR for a
 * directory without a slash; -EACCES for what is there but not served; -EXDEV
 * or -ELOOP for links that leave the site; -ENOENT; -ENOMEM; or what the file
 * system returned.
 */
int kelp_file_find(struct kelp_site *site, const char *path,
		   struct kelp_file *found)
{
	int err;

	if (names_directory(path)) {
		err = file_lookup_index(site, path, found);
	} else {
		found->name = path;
		err = file_lookup(site, path, "", &found->path);
	}
	if (err)
		return err;
	err = file_check(site, found);
	if (!err && S_ISDIR(found->ident.mode))
		err = names_directory(path) ? -EACCES : -EISDIR;
	if (err)
		path_put(&found->path);
	return err;
}

/**
 * kelp_file_release() - give back what was found
 * @found: from kelp_file_find()
 *
 * Context: process, sleeps.
 */
void kelp_file_release(struct kelp_file *found)
{
	path_put(&found->path);
}

/**
 * kelp_file_open() - open a file that was found
 * @found: from kelp_file_find()
 *
 * Asks permissions and security modules again, and opens exactly what was
 * found, whatever its name stands for by now. It is a regular file, so nothing
 * waits for a peer and no device is touched.
 *
 * Context: dispatcher, sleeps; with the site's credentials.
 * Return: the file, to be given back with fput(), or an ERR_PTR.
 */
struct file *kelp_file_open(const struct kelp_file *found)
{
	return file_open_root(&found->path, "", FILE_OPEN, 0);
}

/**
 * kelp_file_status() - the HTTP status for an error
 * @err: what finding or reading a file returned
 *
 * Context: any.
 * Return: the status code.
 */
int kelp_file_status(int err)
{
	switch (err) {
	case 0:
		return 200;
	case -EISDIR:
		return 301;
	case -EACCES:
	case -EPERM:
	case -ELOOP:
	case -EXDEV:
		return 403;
	case -ENOENT:
	case -ENOTDIR:
	case -ENAMETOOLONG:
	case -ESHUTDOWN:	/* the site was removed */
		return 404;
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}
