// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling whether a file changed. Process context, sleeps: a file system may
 * have to ask its disk. Knows nothing of sites or caches.
 */
#include "http/files/ident.h"

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/iversion.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/path.h>
#include <linux/stat.h>
#include <linux/timekeeping.h>

/* Time stamps of files advance with the timer tick. */
#define IDENT_TICKS 2

/**
 * kelp_ident_read() - look at a file
 * @ident: filled on success
 * @path: the file
 *
 * The time stamps may be asked of another machine or a layer beneath; the count
 * of changes is that of the inode that holds the data, and asking for it makes
 * the next change count.
 *
 * Context: process, sleeps; with the credentials that may look.
 * Return: 0 or what the file system or a security module returned.
 */
int kelp_ident_read(struct kelp_ident *ident, const struct path *path)
{
	struct inode *inode;
	struct kstat stat;
	int err;

	err = vfs_getattr(path, &stat, STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	if (err)
		return err;
	inode = d_real_inode(path->dentry);
	ident->dev = stat.dev;
	ident->mode = stat.mode;
	ident->ino = stat.ino;
	ident->size = stat.size;
	ident->mtime = stat.mtime;
	ident->ctime = stat.ctime;
	ident->grain = max(path->dentry->d_sb->s_time_gran,
			   inode->i_sb->s_time_gran);
	ident->version = IS_I_VERSION(inode) ? inode_query_iversion(inode) : 0;
	return 0;
}

/**
 * kelp_ident_equal() - is it the same content?
 * @a: one look
 * @b: another
 *
 * Context: any.
 * Return: true when nothing that counts differs.
 */
bool kelp_ident_equal(const struct kelp_ident *a, const struct kelp_ident *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->version == b->version &&
	       timespec64_equal(&a->mtime, &b->mtime) &&
	       timespec64_equal(&a->ctime, &b->ctime);
}

/**
 * kelp_ident_settled() - would a further change show?
 * @ident: a look taken just now
 *
 * A change within the same tick of the clock, or within what the file system
 * can store of it (a second for ext4's small inodes), leaves the same time
 * stamp.
 *
 * Context: any.
 * Return: true when the last change is so long ago that another one would get
 * a time stamp of its own.
 */
bool kelp_ident_settled(const struct kelp_ident *ident)
{
	struct timespec64 now;
	s64 age;

	ktime_get_coarse_real_ts64(&now);
	age = timespec64_to_ns(&now) - timespec64_to_ns(&ident->ctime);
	return age > max_t(s64, IDENT_TICKS * TICK_NSEC, ident->grain);
}

/**
 * kelp_ident_writers() - does somebody have the file open for writing?
 * @path: the file
 *
 * A writer may have stamped the time and not yet written the bytes.
 *
 * Context: any, with @path held.
 * Return: true when one has, also beneath an overlay.
 */
bool kelp_ident_writers(const struct path *path)
{
	return inode_is_open_for_write(d_inode(path->dentry)) ||
	       inode_is_open_for_write(d_real_inode(path->dentry));
}
