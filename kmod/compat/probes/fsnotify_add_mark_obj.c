// SPDX-License-Identifier: GPL-2.0-only
// fsnotify_add_mark() takes the object itself, without an fsid.
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>

static int probe(struct fsnotify_mark *mark, struct inode *inode)
{
	return fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
}
