// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading files into memory of kelp's own. Process context, sleeps. Knows
 * nothing of names, sites or caches.
 *
 * Why a copy and not references to the page cache: a page that was handed to
 * TCP is sent when the peer's window allows, and a write in place or a truncate
 * in the meantime would change what is sent behind its Content-Length.
 */
#include "http/files/snapshot.h"

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "http/object.h"
#include "net/blob.h"

/* Looks at a file that keeps changing, and how long the first pause is. */
#define SNAPSHOT_TRIES 5
#define SNAPSHOT_PAUSE_MS 2

/* All of @len unless the file ends first. */
static ssize_t read_bytes(struct file *file, void *data, size_t len, loff_t pos)
{
	size_t done = 0;

	while (done < len) {
		ssize_t ret = kernel_read(file, data + done, len - done, &pos);

		if (ret < 0)
			return ret;
		if (!ret)
			break;
		done += ret;
	}
	return done;
}

/**
 * kelp_snapshot_check() - can kernel_read() read this file?
 * @file: the file
 *
 * Asked before every first read: kernel_read() warns in the kernel log about
 * files that it cannot read.
 *
 * Context: any.
 * Return: 0; -EBADF when it is not open for reading; -EINVAL when it is no
 * regular file or its file system has no read for the kernel.
 */
int kelp_snapshot_check(struct file *file)
{
	if (!(file->f_mode & FMODE_READ) || (file->f_mode & FMODE_PATH))
		return -EBADF;
	if (!S_ISREG(file_inode(file)->i_mode))
		return -EINVAL;
	if (!file->f_op->read_iter || file->f_op->read)
		return -EINVAL;
	return 0;
}

/**
 * kelp_snapshot_fill() - fill a blob from a file
 * @blob: a blob that only the caller has
 * @file: a file for which kelp_snapshot_check() returned 0
 * @pos: where to begin, in bytes
 *
 * Context: process, sleeps.
 * Return: bytes read, fewer than @blob has when the file ends before; or what
 * reading returned.
 */
ssize_t kelp_snapshot_fill(struct kelp_blob *blob, struct file *file,
			   loff_t pos)
{
	size_t done = 0;
	unsigned int i;

	for (i = 0; i < blob->nr; i++) {
		struct bio_vec *bv = &blob->bv[i];
		ssize_t ret = read_bytes(file, page_address(bv->bv_page),
					 bv->bv_len, pos + done);

		if (ret < 0)
			return ret;
		done += ret;
		if (ret < bv->bv_len)
			break;
	}
	return done;
}

/* Read snap->ident.size bytes; fewer when the file has become shorter. */
static int snapshot_read(struct kelp_snapshot *snap, struct file *file)
{
	size_t size = snap->ident.size;
	ssize_t ret;

	if (size > KELP_OBJECT_INLINE) {
		snap->blob = kelp_blob_alloc(size, GFP_KERNEL);
		if (!snap->blob)
			return -ENOMEM;
		ret = kelp_snapshot_fill(snap->blob, file, 0);
		if (ret >= 0)
			kelp_blob_trim(snap->blob, ret);
	} else {
		snap->bytes = kmalloc(max_t(size_t, size, 1), GFP_KERNEL);
		if (!snap->bytes)
			return -ENOMEM;
		ret = read_bytes(file, snap->bytes, size, 0);
	}
	if (ret < 0) {
		kelp_snapshot_release(snap);
		return ret;
	}
	snap->len = ret;
	return 0;
}

/*
 * One look. Return: 0 when the snapshot is one state of the file, 1 when it
 * was seen to change meanwhile, -errno (then there is no snapshot).
 */
static int snapshot_try(struct kelp_snapshot *snap, struct file *file,
			size_t limit)
{
	bool quiet = !kelp_ident_writers(&file->f_path);
	struct kelp_ident after;
	bool settled;
	int err;

	snap->blob = NULL;
	snap->bytes = NULL;
	err = kelp_ident_read(&snap->ident, &file->f_path);
	if (err)
		return err;
	if (snap->ident.size > limit)
		return -EFBIG;
	settled = kelp_ident_settled(&snap->ident);
	err = snapshot_read(snap, file);
	if (err)
		return err;
	err = kelp_ident_read(&after, &file->f_path);
	if (err) {
		kelp_snapshot_release(snap);
		return err;
	}
	quiet = quiet && !kelp_ident_writers(&file->f_path);
	snap->settled = quiet && settled;
	if (quiet && snap->len == snap->ident.size &&
	    kelp_ident_equal(&snap->ident, &after))
		return 0;
	snap->settled = false;
	return 1;
}

/**
 * kelp_snapshot_take() - copy a file's content
 * @snap: filled on success, to be given to kelp_snapshot_release()
 * @file: a file that is open for reading
 * @limit: most bytes it may have
 *
 * The copy counts when nobody had the file open for writing and its identity
 * was the same before and after. A file that does not come to rest within
 * some tries (30 ms) is copied as it is then, which is a state that its writer
 * made visible; @snap->settled is false then. Nothing is promised about
 * writers that have mapped the file.
 *
 * Context: process, sleeps; with the credentials that may read.
 * Return: 0; -EFBIG above @limit; -EBADF or -EINVAL as kelp_snapshot_check();
 * -ENOMEM; or what reading returned.
 */
int kelp_snapshot_take(struct kelp_snapshot *snap, struct file *file,
		       size_t limit)
{
	int try, ret;

	ret = kelp_snapshot_check(file);
	if (ret)
		return ret;
	for (try = 1;; try++) {
		ret = snapshot_try(snap, file, limit);
		if (ret <= 0)
			return ret;
		if (try == SNAPSHOT_TRIES)
			return 0;
		kelp_snapshot_release(snap);
		msleep(SNAPSHOT_PAUSE_MS << (try - 1));
	}
}

/**
 * kelp_snapshot_body() - make a snapshot the body of an object
 * @snap: the snapshot; must stay until the object was created
 * @spec: gets its body
 *
 * Context: any.
 */
void kelp_snapshot_body(const struct kelp_snapshot *snap,
			struct kelp_object_spec *spec)
{
	spec->blob = snap->blob;
	spec->body = snap->bytes;
	spec->body_len = snap->len;
}

/**
 * kelp_snapshot_release() - free a snapshot
 * @snap: one that kelp_snapshot_take() filled
 *
 * Context: any.
 */
void kelp_snapshot_release(struct kelp_snapshot *snap)
{
	kelp_blob_put(snap->blob);
	kfree(snap->bytes);
	snap->blob = NULL;
	snap->bytes = NULL;
}
