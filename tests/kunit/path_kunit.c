// SPDX-License-Identifier: GPL-2.0-only
/* Paths: the essential cases, from blocks that KASAN watches. */
#include "path.h"
#include "suites.h"

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

static bool is_normal(struct kunit *test, const char *in)
{
	size_t len = strlen(in);
	u8 *block = kmemdup(in, len, GFP_KERNEL);
	bool ret;

	KUNIT_ASSERT_NOT_NULL(test, block);
	ret = http_path_is_normal(block, len);
	kfree(block);
	return ret;
}

/* want NULL: refused. */
static void normalize(struct kunit *test, const char *in, const char *want)
{
	size_t len = strlen(in);
	u8 *src = kmemdup(in, len, GFP_KERNEL);
	char *dst = kmalloc(len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, src);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	KUNIT_EXPECT_EQ_MSG(test, http_path_normalize(dst, len + 1, src, len),
			    want ? (int)strlen(want) : -EINVAL, "%s", in);
	if (want)
		KUNIT_EXPECT_STREQ(test, dst, want);
	kfree(dst);
	kfree(src);
}

static void is_normal__yes(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, is_normal(test, "/"));
	KUNIT_EXPECT_TRUE(test, is_normal(test, "/a/b.c/d../"));
}

static void is_normal__no(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, is_normal(test, "*"));
	KUNIT_EXPECT_FALSE(test, is_normal(test, "/a%20"));
	KUNIT_EXPECT_FALSE(test, is_normal(test, "/a//b"));
	KUNIT_EXPECT_FALSE(test, is_normal(test, "/a/.."));
	KUNIT_EXPECT_FALSE(test, is_normal(test, "/.a"));
	KUNIT_EXPECT_FALSE(test, is_normal(test, "/\x7f"));
}

static void normalize__decodes(struct kunit *test)
{
	normalize(test, "/%61%2db%20", "/a-b ");
	normalize(test, "/%252e%252e/", "/%2e%2e/");
	normalize(test, "/%C3%a4\\", "/\xc3\xa4\\");
}

static void normalize__segments(struct kunit *test)
{
	normalize(test, "/", "/");
	normalize(test, "/a/./b/../c", "/a/c");
	normalize(test, "/a/b/..", "/a/");
	normalize(test, "/a/%2e%2E/b", "/b");
	normalize(test, "//a//..//b/.", "/b/");
	normalize(test, "/.../..a", "/.../..a");
}

static void normalize__refuses(struct kunit *test)
{
	normalize(test, "a", NULL);
	normalize(test, "/..", NULL);
	normalize(test, "/a/../..", NULL);
	normalize(test, "/%2e%2e/a", NULL);
	normalize(test, "/a%2fb", NULL);
	normalize(test, "/a%00", NULL);
	normalize(test, "/a%0a", NULL);
	normalize(test, "/a%", NULL);
	normalize(test, "/a%4", NULL);
	normalize(test, "/a%4g", NULL);
}

static void normalize__no_room(struct kunit *test)
{
	char dst[4];

	KUNIT_EXPECT_EQ(test, http_path_normalize(dst, 4, "/abc", 4),
			-ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, http_path_normalize(dst, 4, "/ab", 3), 3);
	KUNIT_EXPECT_EQ(test, http_path_normalize(dst, 0, "/", 1),
			-ENAMETOOLONG);
}

static void hidden__names(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, http_path_hidden("/"));
	KUNIT_EXPECT_FALSE(test, http_path_hidden("/a.b/c.d"));
	KUNIT_EXPECT_TRUE(test, http_path_hidden("/.a"));
	KUNIT_EXPECT_TRUE(test, http_path_hidden("/a/.b/c"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_normal__yes),
	KUNIT_CASE(is_normal__no),
	KUNIT_CASE(normalize__decodes),
	KUNIT_CASE(normalize__segments),
	KUNIT_CASE(normalize__refuses),
	KUNIT_CASE(normalize__no_room),
	KUNIT_CASE(hidden__names),
	{}
};

struct kunit_suite kelp_path_suite = {
	.name = "kelp_path",
	.test_cases = cases,
};
