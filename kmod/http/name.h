/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that an administrator gives: paths, prefixes, hosts, media types.
 */
#ifndef KELP_HTTP_NAME_H
#define KELP_HTTP_NAME_H

#include <linux/stringhash.h>
#include <linux/swab.h>
#include <linux/types.h>

struct netlink_ext_ack;

#define KELP_NAME_PATH 1024	/* longest path or prefix */
#define KELP_NAME_HOST 253	/* longest host */
#define KELP_NAME_TYPE 255	/* longest media type */
#define KELP_NAME_LABELS 16	/* most labels behind "*." */
#define KELP_NAME_DEPTH 16	/* most segments of a prefix */

int kelp_name_path(const char *path, struct netlink_ext_ack *extack);
int kelp_name_prefix(const char *prefix, struct netlink_ext_ack *extack);
int kelp_name_host(const char *host, char *dst, struct netlink_ext_ack *extack);
int kelp_name_type(const char *type, struct netlink_ext_ack *extack);

/**
 * kelp_name_hash() - the hash of a path, for tables that take its low bits
 * @name: the path, need not be NUL terminated
 * @len: its length in bytes
 * @seed: the table's
 *
 * That of names in directories, which takes a word at a time; but what differs
 * in the last bytes of a word is in the high bits of it only.
 *
 * Context: any.
 */
static inline u32 kelp_name_hash(const char *name, size_t len, u32 seed)
{
	return swab32(full_name_hash((const void *)(unsigned long)seed, name,
				     len));
}

size_t kelp_name_token(const char *s);
size_t kelp_name_host_trim(const char *host, size_t len);

#endif
