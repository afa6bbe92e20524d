// SPDX-License-Identifier: GPL-2.0-only
/* Digests: they depend on the bytes and on nothing else. */
#include "http/digest.h"
#include "suites.h"

#include <linux/mm.h>
#include <linux/string.h>

#include "http/files/ident.h"
#include "http/object.h"
#include "net/blob.h"

#define SIZE (5 * 4096 + 7)

static void tag_of(char *tag, const void *body, size_t len)
{
	struct kelp_object_spec spec = { .body = body, .body_len = len };

	kelp_digest_tag(tag, &spec, HTTP_CODING_IDENTITY);
}

/* Known ones: an upgrade that changed them would empty every client's cache. */
static void tag__constant(struct kunit *test)
{
	char tag[KELP_TAG_ROOM];

	tag_of(tag, "", 0);
	KUNIT_EXPECT_STREQ(test, tag, "\"0000000000000000-0\"");
	tag_of(tag, "hello, world", 12);
	KUNIT_EXPECT_STREQ(test, tag, "\"1df957689be47589-c\"");
}

static void tag__of_bytes_and_coding(struct kunit *test)
{
	struct kelp_object_spec spec = { .body = "abc", .body_len = 3 };
	char one[KELP_TAG_ROOM], other[KELP_TAG_ROOM];

	tag_of(one, "abc", 3);
	tag_of(other, "abc", 3);
	KUNIT_EXPECT_STREQ(test, one, other);
	tag_of(other, "abd", 3);
	KUNIT_EXPECT_STRNEQ(test, one, other);
	kelp_digest_tag(other, &spec, HTTP_CODING_GZIP);
	KUNIT_EXPECT_STRNEQ(test, one, other);
}

/* The same bytes in runs of other lengths, and in one piece. */
static void tag__not_of_runs(struct kunit *test)
{
	u8 *bytes = kunit_kzalloc(test, SIZE, GFP_KERNEL);
	struct kelp_object_spec spec = { .body_len = SIZE };
	char one[KELP_TAG_ROOM], other[KELP_TAG_ROOM];
	struct kelp_blob *blob, *pages;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	for (i = 0; i < SIZE; i++)
		bytes[i] = i * 7 + i / 256;
	tag_of(one, bytes, SIZE);

	blob = kelp_blob_alloc(SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, blob);
	kelp_blob_write(blob, bytes);
	spec.blob = blob;
	kelp_digest_tag(other, &spec, HTTP_CODING_IDENTITY);
	KUNIT_EXPECT_STREQ(test, one, other);

	/* a run for each page, as when memory is in pieces */
	pages = kunit_kzalloc(test, struct_size(pages, bv, 6), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	pages->nr = DIV_ROUND_UP(SIZE, PAGE_SIZE);
	for (i = 0; i < pages->nr; i++) {
		pages->bv[i].bv_page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, pages->bv[i].bv_page);
		pages->bv[i].bv_len = min_t(size_t, PAGE_SIZE,
					    SIZE - i * PAGE_SIZE);
		memcpy(page_address(pages->bv[i].bv_page),
		       bytes + i * PAGE_SIZE, pages->bv[i].bv_len);
	}
	spec.blob = pages;
	kelp_digest_tag(other, &spec, HTTP_CODING_IDENTITY);
	KUNIT_EXPECT_STREQ(test, one, other);
	for (i = 0; i < pages->nr; i++)
		put_page(pages->bv[i].bv_page);

	/* a byte of any piece counts */
	for (i = 0; i < SIZE; i += 4096) {
		bytes[i]++;
		tag_of(other, bytes, SIZE);
		KUNIT_EXPECT_STRNEQ(test, one, other);
		bytes[i]--;
	}
	kelp_blob_put(blob);
}

static void ident__every_field(struct kunit *test)
{
	struct kelp_ident base = { .ino = 1, .size = 2, .version = 3 };
	u64 digest = kelp_digest_ident(&base, 0);
	struct kelp_ident one;

	KUNIT_EXPECT_EQ(test, kelp_digest_ident(&base, 0), digest);
	KUNIT_EXPECT_NE(test, kelp_digest_ident(&base, 1), digest);
	one = base;
	one.ino++;
	KUNIT_EXPECT_NE(test, kelp_digest_ident(&one, 0), digest);
	one = base;
	one.size++;
	KUNIT_EXPECT_NE(test, kelp_digest_ident(&one, 0), digest);
	one = base;
	one.version++;
	KUNIT_EXPECT_NE(test, kelp_digest_ident(&one, 0), digest);
	one = base;
	one.mtime.tv_nsec++;
	KUNIT_EXPECT_NE(test, kelp_digest_ident(&one, 0), digest);
	one = base;
	one.ctime.tv_sec++;
	KUNIT_EXPECT_NE(test, kelp_digest_ident(&one, 0), digest);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(tag__constant),
	KUNIT_CASE(tag__of_bytes_and_coding),
	KUNIT_CASE(tag__not_of_runs),
	KUNIT_CASE(ident__every_field),
	{}
};

struct kunit_suite kelp_digest_suite = {
	.name = "kelp_digest",
	.test_cases = cases,
};
