/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity of a file's content: what must be equal for two looks at a file
 * to have seen the same bytes.
 */
#ifndef KELP_HTTP_IDENT_H
#define KELP_HTTP_IDENT_H

#include <linux/time64.h>
#include <linux/types.h>

struct path;

/**
 * struct kelp_ident - which content of which file
 * @dev: the file system
 * @mode: type and permissions, not part of the identity
 * @ino: the file
 * @size: its length in bytes
 * @mtime: last change of the content
 * @ctime: last change of content or attributes
 * @version: the file system's count of changes, 0 where it keeps none
 * @grain: nanoseconds between two time stamps that the file system can tell
 *	apart, not part of the identity
 *
 * Owned by whoever has it; no locking of its own.
 */
struct kelp_ident {
	dev_t dev;
	umode_t mode;
	u64 ino;
	u64 size;
	struct timespec64 mtime;
	struct timespec64 ctime;
	u64 version;
	u32 grain;
};

int kelp_ident_read(struct kelp_ident *ident, const struct path *path);
bool kelp_ident_equal(const struct kelp_ident *a, const struct kelp_ident *b);
bool kelp_ident_settled(const struct kelp_ident *ident);
bool kelp_ident_writers(const struct path *path);

#endif
