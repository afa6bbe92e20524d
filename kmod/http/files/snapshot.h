/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot: a file's content in memory of kelp's own, read so that it is one
 * state of the file and not a mixture of two.
 */
#ifndef KELP_HTTP_SNAPSHOT_H
#define KELP_HTTP_SNAPSHOT_H

#include <linux/types.h>

#include "http/files/ident.h"

struct file;
struct kelp_blob;
struct kelp_object_spec;

/**
 * struct kelp_snapshot - a file's content
 * @blob: the bytes when there are many, a reference is held; else NULL
 * @bytes: the bytes when there are few, allocated; else NULL
 * @len: how many there are
 * @ident: of which content
 * @settled: a later change of the file would change its identity; when false,
 *	equal identity proves nothing
 *
 * Owned by whoever took it.
 */
struct kelp_snapshot {
	struct kelp_blob *blob;
	void *bytes;
	size_t len;
	struct kelp_ident ident;
	bool settled;
};

int kelp_snapshot_take(struct kelp_snapshot *snap, struct file *file,
		       size_t limit);
void kelp_snapshot_body(const struct kelp_snapshot *snap,
			struct kelp_object_spec *spec);
void kelp_snapshot_release(struct kelp_snapshot *snap);

int kelp_snapshot_check(struct file *file);
ssize_t kelp_snapshot_fill(struct kelp_blob *blob, struct file *file,
			   loff_t pos);

#endif
