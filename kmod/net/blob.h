/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A blob: immutable bytes in pages of kelp's own, reference counted, that can
 * be sent by page reference. TCP keeps page references of its own until the
 * bytes are acknowledged, so pages are never written after the blob is filled.
 */
#ifndef KELP_NET_BLOB_H
#define KELP_NET_BLOB_H

#include <linux/bvec.h>
#include <linux/refcount.h>
#include <linux/types.h>

/**
 * struct kelp_blob - bytes in pages
 * @ref: holders: cached object, transmit queue entries, whoever fills it
 * @nr: elements in @bv; set once
 * @len: bytes in all; may be lowered by the filler (kelp_blob_trim()) before
 *	the blob is shared, constant from then on
 * @released: called with @arg when the last reference and the pages are gone;
 *	must not sleep. May be NULL; set once, as @arg
 * @arg: passed to @released
 * @bv: runs of bytes. Of a blob that was allocated: compound pages where
 *	memory allowed, bv_offset 0, every run but the last full. The bytes are
 *	written by the filler only, before the blob is shared
 */
struct kelp_blob {
	refcount_t ref;
	void (*released)(void *arg);
	void *arg;
	unsigned int nr;
	size_t len;
	struct bio_vec bv[];
};

struct kelp_blob *kelp_blob_alloc(size_t len, gfp_t gfp);
struct kelp_blob *kelp_blob_wrap(const struct bio_vec *bv, unsigned int nr,
				 gfp_t gfp);
void kelp_blob_unwrap(struct kelp_blob *blob);
struct kelp_blob *kelp_blob_get(struct kelp_blob *blob);
void kelp_blob_put(struct kelp_blob *blob);

void kelp_blob_copy_out(const struct kelp_blob *blob, size_t off, void *buf,
			size_t len);

/* For the filler, while nobody else has the blob. */
void kelp_blob_write(struct kelp_blob *blob, const void *data);
void kelp_blob_copy_in(struct kelp_blob *blob, size_t off, const void *data,
		       size_t len);
void kelp_blob_trim(struct kelp_blob *blob, size_t len);

#endif
