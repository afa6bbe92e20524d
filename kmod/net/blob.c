// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blobs: pages for bodies that are sent by reference. Runs in any context;
 * knows nothing of what the bytes mean.
 *
 * The pages come from the page allocator, never from slab: TCP takes
 * references to single pages, and a slab page has no count of its own. A run
 * of several pages is a compound page, because that is what both ways of
 * sending pages take in one piece.
 */
#include "net/blob.h"

#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "stats/census.h"

/* 32 KiB with 4 KiB pages: found without compaction on most machines. */
#define BLOB_ORDER 3

/* How many runs: full ones of @order, then one for each bit of what is left. */
static unsigned int blob_runs(size_t pages, unsigned int order)
{
	return (pages >> order) + hweight_long(pages & ((1UL << order) - 1));
}

static void blob_free(struct kelp_blob *blob)
{
	unsigned int i;

	for (i = 0; i < blob->nr; i++)
		put_page(blob->bv[i].bv_page);
	kfree(blob);
}

static struct kelp_blob *blob_alloc(size_t len, unsigned int order, gfp_t gfp)
{
	size_t pages = DIV_ROUND_UP(len, PAGE_SIZE);
	unsigned int runs = blob_runs(pages, order);
	struct kelp_blob *blob;
	size_t left = len;

	blob = kmalloc(struct_size(blob, bv, runs), gfp | __GFP_NOWARN);
	if (!blob)
		return NULL;
	refcount_set(&blob->ref, 1);
	blob->released = NULL;
	blob->len = len;
	for (blob->nr = 0; blob->nr < runs; blob->nr++) {
		struct bio_vec *bv = &blob->bv[blob->nr];
		gfp_t how = gfp | __GFP_NOWARN;

		while ((1UL << order) > pages)
			order--;
		/* Large runs are a favour, not worth reclaiming for. */
		if (order)
			how = (how & ~__GFP_DIRECT_RECLAIM) |
			      __GFP_COMP | __GFP_NORETRY;
		bv->bv_page = alloc_pages(how, order);
		if (!bv->bv_page) {
			blob_free(blob);
			return NULL;
		}
		bv->bv_offset = 0;
		bv->bv_len = min_t(size_t, left, PAGE_SIZE << order);
		left -= bv->bv_len;
		pages -= 1UL << order;
	}
	return blob;
}

/**
 * kelp_blob_alloc() - make a blob to be filled
 * @len: bytes
 * @gfp: how to allocate; must give memory that the kernel can address
 *
 * Context: any that @gfp allows.
 * Return: a reference for the caller, the bytes not initialised; NULL when
 * there is no memory.
 */
struct kelp_blob *kelp_blob_alloc(size_t len, gfp_t gfp)
{
	struct kelp_blob *blob = NULL;

	if (len > PAGE_SIZE)
		blob = blob_alloc(len, BLOB_ORDER, gfp);
	if (!blob)
		blob = blob_alloc(len, 0, gfp);
	if (blob)
		kelp_census_add(KELP_CENSUS_BLOB);
	return blob;
}

/**
 * kelp_blob_wrap() - make a blob of pages that are there
 * @bv: runs of bytes; the caller's references to the pages become the blob's
 * @nr: elements in @bv
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows.
 * Return: a reference for the caller, or NULL: nothing was taken then.
 */
struct kelp_blob *kelp_blob_wrap(const struct bio_vec *bv, unsigned int nr,
				 gfp_t gfp)
{
	struct kelp_blob *blob;
	unsigned int i;

	blob = kmalloc(struct_size(blob, bv, nr), gfp | __GFP_NOWARN);
	if (!blob)
		return NULL;
	refcount_set(&blob->ref, 1);
	blob->released = NULL;
	blob->nr = nr;
	blob->len = 0;
	for (i = 0; i < nr; i++) {
		blob->bv[i] = bv[i];
		blob->len += bv[i].bv_len;
	}
	kelp_census_add(KELP_CENSUS_BLOB);
	return blob;
}

/**
 * kelp_blob_unwrap() - undo kelp_blob_wrap(): the pages are the caller's again
 * @blob: a blob that nobody has sent; its references are still to be given back
 *
 * Context: any.
 */
void kelp_blob_unwrap(struct kelp_blob *blob)
{
	blob->nr = 0;
	blob->released = NULL;
}

/**
 * kelp_blob_get() - take a further reference
 * @blob: a blob of which the caller holds a reference
 *
 * Context: any.
 * Return: @blob.
 */
struct kelp_blob *kelp_blob_get(struct kelp_blob *blob)
{
	refcount_inc(&blob->ref);
	return blob;
}

/**
 * kelp_blob_put() - give a reference back
 * @blob: the blob, or NULL; not to be touched afterwards
 *
 * The last one frees it at once: who looks a blob up under RCU does so through
 * its owner, which waits for the readers before it puts.
 *
 * Context: any.
 */
void kelp_blob_put(struct kelp_blob *blob)
{
	void (*released)(void *arg);
	void *arg;

	if (!blob || !refcount_dec_and_test(&blob->ref))
		return;
	released = blob->released;
	arg = blob->arg;
	blob_free(blob);
	if (released)
		released(arg);
	kelp_census_sub(KELP_CENSUS_BLOB);
}

/**
 * kelp_blob_write() - fill a blob from memory
 * @blob: a blob that only the caller has
 * @data: as many bytes as the blob has
 *
 * Context: any.
 */
void kelp_blob_write(struct kelp_blob *blob, const void *data)
{
	unsigned int i;

	for (i = 0; i < blob->nr; i++) {
		memcpy(page_address(blob->bv[i].bv_page), data,
		       blob->bv[i].bv_len);
		data += blob->bv[i].bv_len;
	}
}

/**
 * kelp_blob_copy_in() - write a part of a blob
 * @blob: a blob that only the caller has
 * @off: first byte
 * @data: the bytes
 * @len: how many; the blob has them
 *
 * Context: any.
 */
void kelp_blob_copy_in(struct kelp_blob *blob, size_t off, const void *data,
		       size_t len)
{
	const struct bio_vec *bv = blob->bv;
	size_t n;

	for (; off >= bv->bv_len; bv++)
		off -= bv->bv_len;
	for (; len; bv++, off = 0, data += n, len -= n) {
		n = min_t(size_t, len, bv->bv_len - off);
		memcpy(page_address(bv->bv_page) + off, data, n);
	}
}

/**
 * kelp_blob_copy_out() - read a part of a blob
 * @blob: the blob
 * @off: first byte
 * @buf: where to
 * @len: how many; the blob has them
 *
 * Context: any.
 */
void kelp_blob_copy_out(const struct kelp_blob *blob, size_t off, void *buf,
			size_t len)
{
	const struct bio_vec *bv = blob->bv;
	size_t n;

	for (; off >= bv->bv_len; bv++)
		off -= bv->bv_len;
	for (; len; bv++, off = 0, buf += n, len -= n) {
		n = min_t(size_t, len, bv->bv_len - off);
		memcpy(buf, page_address(bv->bv_page) + off, n);
	}
}

/**
 * kelp_blob_trim() - shorten a blob to what it was filled with
 * @blob: a blob that only the caller has
 * @len: bytes it shall have, at most what it has
 *
 * Pages that are no longer needed are freed.
 *
 * Context: any.
 */
void kelp_blob_trim(struct kelp_blob *blob, size_t len)
{
	unsigned int i;

	if (WARN_ON_ONCE(len > blob->len))
		return;
	blob->len = len;
	for (i = 0; len; i++) {
		blob->bv[i].bv_len = min_t(size_t, len, blob->bv[i].bv_len);
		len -= blob->bv[i].bv_len;
	}
	while (blob->nr > i)
		put_page(blob->bv[--blob->nr].bv_page);
}
