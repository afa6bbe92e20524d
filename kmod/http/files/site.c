// SPDX-License-Identifier: GPL-2.0-only
/*
 * A site's life. Made and killed in process context; references are given back
 * anywhere. Knows nothing of prefixes and hosts (route.c) nor of how its files
 * are found and read (file.c).
 */
#include "http/files/site.h"

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "http/files/cache.h"
#include "http/config.h"
#include "http/files/option.h"
#include "http/table.h"
#include "net/dispatch.h"
#include "stats/census.h"

/*
 * File systems where looking at a file waits for another machine or for a
 * program that may never answer. An item of the dispatcher that waits there
 * cannot be killed, and removing the module would have to wait for it.
 */
static const unsigned long site_refused[] = {
	FUSE_SUPER_MAGIC,
	NFS_SUPER_MAGIC,
	SMB_SUPER_MAGIC,
	CIFS_SUPER_MAGIC,
	SMB2_SUPER_MAGIC,
	CEPH_SUPER_MAGIC,
	AFS_SUPER_MAGIC,
	AFS_FS_MAGIC,
	CODA_SUPER_MAGIC,
	AUTOFS_SUPER_MAGIC,
};

/**
 * kelp_site_takes() - may files of this file system be served?
 * @sb: the file system
 *
 * Asked of the directory and of every file found beneath it. The 9p file
 * system, through which virtual machines share a directory of their host, is
 * not refused although a server stands behind it.
 *
 * Context: any, with @sb held.
 * Return: false for those that another user namespace mounted (its root may
 * forge what the files are) and for those that may wait without end.
 */
bool kelp_site_takes(const struct super_block *sb)
{
	unsigned int i;

	if (sb->s_user_ns != &init_user_ns)
		return false;
	for (i = 0; i < ARRAY_SIZE(site_refused); i++)
		if (sb->s_magic == site_refused[i])
			return false;
	return true;
}

/**
 * kelp_site_type() - Content-Type of a file
 * @site: the site
 * @name: the file's name or path as it was asked for, NUL terminated: see
 *	&struct kelp_file
 *
 * Context: any, with @site held.
 * Return: a string that lives as long as @site.
 */
const char *kelp_site_type(const struct kelp_site *site, const char *name)
{
	return kelp_options_type(site->options, name);
}

static int site_check(const struct path *root, struct netlink_ext_ack *extack)
{
	const struct super_block *sb = root->dentry->d_sb;

	if (!d_can_lookup(root->dentry)) {
		NL_SET_ERR_MSG(extack, "a site must be a directory");
		return -ENOTDIR;
	}
	if (sb->s_user_ns != &init_user_ns) {
		NL_SET_ERR_MSG(extack,
			       "the file system was mounted in another user namespace");
		return -EPERM;
	}
	if (!kelp_site_takes(sb)) {
		NL_SET_ERR_MSG(extack,
			       "network and FUSE file systems cannot be served: they may wait without end");
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * kelp_site_create() - make a site that is in no table yet
 * @http: the namespace's state
 * @spec: what it shall be; all is copied
 * @extack: explains a refusal
 *
 * The caller's credentials become the site's.
 *
 * Context: process, sleeps; holds kelp_net.lock (which keeps @http).
 * Return: a reference for the caller, or an ERR_PTR: -EINVAL for unknown
 * flags or bad options, -ENOTDIR, -EPERM or -EOPNOTSUPP for a file system that is not served,
 * -ENOMEM.
 */
struct kelp_site *kelp_site_create(struct kelp_http *http,
				   const struct kelp_site_spec *spec,
				   struct netlink_ext_ack *extack)
{
	struct kelp_site *site;
	int err;

	if (spec->flags & ~KELP_SITE_FLAGS) {
		NL_SET_ERR_MSG(extack, "unknown flags for a site");
		return ERR_PTR(-EINVAL);
	}
	err = site_check(&spec->dir->f_path, extack);
	if (err)
		return ERR_PTR(err);
	site = kzalloc(sizeof(*site), GFP_KERNEL);
	if (!site)
		return ERR_PTR(-ENOMEM);
	site->name = kstrdup(spec->name, GFP_KERNEL);
	if (!site->name) {
		err = -ENOMEM;
		goto err_free;
	}
	site->options = kelp_options_create(spec->options, spec->nr_options,
					    extack);
	if (IS_ERR(site->options)) {
		err = PTR_ERR(site->options);
		goto err_free_name;
	}
	site->flags = spec->flags;
	site->http = kelp_http_get(http);
	site->kn = kelp_net_get(http->kn);
	site->root = spec->dir->f_path;
	path_get(&site->root);
	site->cred = get_current_cred();
	INIT_LIST_HEAD(&site->cached);
	refcount_set(&site->ref, 1);
	kelp_census_add(KELP_CENSUS_SITE);
	return site;

err_free_name:
	kfree(site->name);
err_free:
	kfree(site);
	return ERR_PTR(err);
}

/**
 * kelp_site_get() - take a further reference
 * @site: a site of which the caller holds a reference
 *
 * Context: any.
 * Return: @site.
 */
struct kelp_site *kelp_site_get(struct kelp_site *site)
{
	refcount_inc(&site->ref);
	return site;
}

/**
 * kelp_site_tryget() - take a reference to a site found under RCU
 * @site: of a route found in this RCU read-side section
 *
 * Context: any, under rcu_read_lock().
 * Return: false when the last reference was already given back.
 */
bool kelp_site_tryget(struct kelp_site *site)
{
	return refcount_inc_not_zero(&site->ref);
}

static void kelp_site_free_work(struct work_struct *work)
{
	struct kelp_site *site = container_of(to_rcu_work(work),
					      struct kelp_site, free_work);
	struct kelp_net *kn = site->kn;

	path_put(&site->root);
	put_cred(site->cred);
	kelp_http_put(site->http);
	kelp_options_free(site->options);
	kfree(site->name);
	kfree(site);
	kelp_census_sub(KELP_CENSUS_SITE);
	/* Last: with the last server the module may go. */
	kelp_net_put(kn);
}

/**
 * kelp_site_put() - give a reference back
 * @site: the site; not to be touched afterwards, except by those who found it
 *	under RCU and are still inside that section
 *
 * The last one has the site freed by the dispatcher after a grace period:
 * giving back a directory may sleep, which RCU callbacks must not.
 *
 * Context: any.
 */
void kelp_site_put(struct kelp_site *site)
{
	if (!refcount_dec_and_test(&site->ref))
		return;
	INIT_RCU_WORK(&site->free_work, kelp_site_free_work);
	kelp_dispatch_rcu(&site->free_work);
}

/**
 * kelp_site_kill() - the site is in no table any more: let it go
 * @site: the site; the caller's reference is given back
 *
 * Its files leave the cache at once. It lives on while requests in the
 * dispatcher hold it; what they read meanwhile is answered but not cached.
 *
 * Context: process, sleeps; takes kelp_cache.lock.
 */
void kelp_site_kill(struct kelp_site *site)
{
	kelp_cache_drop_site(site);
	kelp_site_put(site);
}
