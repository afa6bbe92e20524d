/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs.h - what file systems' users need and some kernels declare nowhere.
 */
#ifndef KELP_COMPAT_FS_H
#define KELP_COMPAT_FS_H

#include <linux/namei.h>
#include <linux/path.h>

/*
 * Exported by all kernels that kelp runs on, but declared in a private header
 * of fs/ by the older ones. Where <linux/namei.h> has it too, the compiler
 * checks that the two agree.
 */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt,
		    const char *name, unsigned int flags, struct path *path);

#endif /* KELP_COMPAT_FS_H */
