// SPDX-License-Identifier: GPL-2.0-only
/* Blobs: runs of pages, their sizes, filling and trimming. */
#include "net/blob.h"
#include "suites.h"

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

static u8 pattern(size_t at)
{
	return at * 31 + (at >> 9);
}

/* A filled blob, or the end of the test. */
static struct kelp_blob *filled(struct kunit *test, size_t len)
{
	struct kelp_blob *blob = kelp_blob_alloc(len, GFP_KERNEL);
	u8 *data = vmalloc(len + !len);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_NOT_NULL(test, blob);
	for (i = 0; i < len; i++)
		data[i] = pattern(i);
	kelp_blob_write(blob, data);
	vfree(data);
	return blob;
}

/* The runs cover @len bytes, full but for the last, and hold the pattern. */
static void check_runs(struct kunit *test, const struct kelp_blob *blob,
		       size_t len)
{
	size_t at = 0, j;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, blob->len, len);
	for (i = 0; i < blob->nr; i++) {
		const struct bio_vec *bv = &blob->bv[i];
		const u8 *data = page_address(bv->bv_page);

		KUNIT_EXPECT_EQ(test, bv->bv_offset, 0U);
		KUNIT_EXPECT_GT(test, bv->bv_len, 0U);
		KUNIT_EXPECT_LE(test, (size_t)bv->bv_len,
				page_size(bv->bv_page));
		if (i + 1 < blob->nr)
			KUNIT_EXPECT_EQ(test, (size_t)bv->bv_len,
					page_size(bv->bv_page));
		for (j = 0; j < bv->bv_len && data[j] == pattern(at + j); j++)
			;
		KUNIT_EXPECT_EQ_MSG(test, j, (size_t)bv->bv_len,
				    "byte %zu of run %u", j, i);
		at += bv->bv_len;
	}
	KUNIT_EXPECT_EQ(test, at, len);
}

static void alloc__sizes(struct kunit *test)
{
	static const size_t sizes[] = {
		1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE,
		8 * PAGE_SIZE - 1, 8 * PAGE_SIZE, 8 * PAGE_SIZE + 1,
		23 * PAGE_SIZE + 17, 1 << 20,
	};
	struct kelp_blob *blob;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		blob = filled(test, sizes[i]);
		check_runs(test, blob, sizes[i]);
		kelp_blob_put(blob);
	}
}

static void alloc__empty(struct kunit *test)
{
	struct kelp_blob *blob = filled(test, 0);

	KUNIT_EXPECT_EQ(test, blob->nr, 0U);
	kelp_blob_put(blob);
}

static void alloc__no_memory(struct kunit *test)
{
	/* more than the machine has; refused quietly */
	KUNIT_EXPECT_NULL(test, kelp_blob_alloc(1UL << 40, GFP_KERNEL));
}

static void get__keeps(struct kunit *test)
{
	struct kelp_blob *blob = filled(test, 100);

	KUNIT_EXPECT_PTR_EQ(test, kelp_blob_get(blob), blob);
	kelp_blob_put(blob);
	check_runs(test, blob, 100);
	kelp_blob_put(blob);
}

static void put__null(struct kunit *test)
{
	kelp_blob_put(NULL);
}

static void trim__shortens(struct kunit *test)
{
	static const size_t sizes[] = {
		20 * PAGE_SIZE, 20 * PAGE_SIZE - 1, 8 * PAGE_SIZE + 1,
		8 * PAGE_SIZE, 5, 0,
	};
	struct kelp_blob *blob;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		blob = filled(test, 20 * PAGE_SIZE);
		kelp_blob_trim(blob, sizes[i]);
		check_runs(test, blob, sizes[i]);
		kelp_blob_put(blob);
	}
}

static int nr_released;

static void released(void *arg)
{
	nr_released += arg == &nr_released;
}

/* Its pages are the caller's until it is kept, and then are given up once. */
static void wrap__others_pages(struct kunit *test)
{
	struct bio_vec bv[2];
	struct kelp_blob *blob;
	int i;

	for (i = 0; i < 2; i++) {
		bv[i].bv_page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bv[i].bv_page);
		bv[i].bv_offset = 100 * i;
		bv[i].bv_len = 1000 + i;
		/* the test's own, to look at them afterwards */
		get_page(bv[i].bv_page);
	}
	nr_released = 0;
	blob = kelp_blob_wrap(bv, 2, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, blob);
	KUNIT_EXPECT_EQ(test, blob->len, (size_t)2001);
	blob->released = released;
	blob->arg = &nr_released;
	kelp_blob_unwrap(blob);
	kelp_blob_put(blob);
	KUNIT_EXPECT_EQ(test, nr_released, 0);
	KUNIT_EXPECT_EQ(test, page_count(bv[0].bv_page), 2);

	blob = kelp_blob_wrap(bv, 2, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, blob);
	blob->released = released;
	blob->arg = &nr_released;
	kelp_blob_get(blob);
	kelp_blob_put(blob);
	KUNIT_EXPECT_EQ(test, nr_released, 0);
	kelp_blob_put(blob);
	KUNIT_EXPECT_EQ(test, nr_released, 1);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, page_count(bv[i].bv_page), 1);
		put_page(bv[i].bv_page);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(alloc__sizes),
	KUNIT_CASE(alloc__empty),
	KUNIT_CASE(alloc__no_memory),
	KUNIT_CASE(get__keeps),
	KUNIT_CASE(put__null),
	KUNIT_CASE(trim__shortens),
	KUNIT_CASE(wrap__others_pages),
	{}
};

struct kunit_suite kelp_blob_suite = {
	.name = "kelp_blob",
	.test_cases = cases,
};
