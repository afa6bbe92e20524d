// SPDX-License-Identifier: GPL-2.0-only
/* Names that an administrator gives. */
#include "http/name.h"
#include "suites.h"

#include <linux/errno.h>
#include <linux/string.h>

static void path__accepts(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kelp_name_path("/", NULL), 1);
	KUNIT_EXPECT_EQ(test, kelp_name_path("/a/b.c/", NULL), 7);
	KUNIT_EXPECT_EQ(test, kelp_name_path("/..a/...", NULL), 8);
	KUNIT_EXPECT_EQ(test, kelp_name_path("/\xc3\xa4 b", NULL), 5);
}

static void path__refuses(struct kunit *test)
{
	static const char *const bad[] = {
		"", "a", "/a//b", "/a/.", "/..", "/a/../b", "/./a", "/a?b",
		"/a#b", "/%41", "/a\n", "/\x7f",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, kelp_name_path(bad[i], NULL),
				    -EINVAL, "%s", bad[i]);
}

static void path__length(struct kunit *test)
{
	char path[KELP_NAME_PATH + 2];

	memset(path, '/', sizeof(path));
	memset(path + 1, 'a', sizeof(path) - 1);
	path[KELP_NAME_PATH] = '\0';
	KUNIT_EXPECT_EQ(test, kelp_name_path(path, NULL), KELP_NAME_PATH);
	path[KELP_NAME_PATH] = 'a';
	path[KELP_NAME_PATH + 1] = '\0';
	KUNIT_EXPECT_EQ(test, kelp_name_path(path, NULL), -EINVAL);
}

static void prefix__trailing_slash(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kelp_name_prefix("/", NULL), 0);
	KUNIT_EXPECT_EQ(test, kelp_name_prefix("/a", NULL), 2);
	KUNIT_EXPECT_EQ(test, kelp_name_prefix("/a/", NULL), 2);
}

static void prefix__depth(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test,
			kelp_name_prefix("/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/",
					 NULL), 32);
	KUNIT_EXPECT_EQ(test,
			kelp_name_prefix("/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h",
					 NULL), -EINVAL);
}

static void host__accepts(struct kunit *test)
{
	char host[KELP_NAME_HOST + 1];

	KUNIT_EXPECT_EQ(test, kelp_name_host("WWW.Example.org.", host, NULL), 15);
	KUNIT_EXPECT_STREQ(test, host, "www.example.org");
	KUNIT_EXPECT_EQ(test, kelp_name_host("[2001:DB8::1]", host, NULL), 13);
	KUNIT_EXPECT_STREQ(test, host, "[2001:db8::1]");
	KUNIT_EXPECT_EQ(test, kelp_name_host("*.Org.", host, NULL), 5);
	KUNIT_EXPECT_STREQ(test, host, "*.org");
	KUNIT_EXPECT_EQ(test, kelp_name_host(NULL, host, NULL), 0);
	KUNIT_EXPECT_EQ(test, kelp_name_host("", host, NULL), 0);
	KUNIT_EXPECT_STREQ(test, host, "");
}

static void host__refuses(struct kunit *test)
{
	static const char *const bad[] = {
		"a:80", "[::1]:80", "[", "[]", "[::1", "a b", "a/b", "\xe9",
		"*", "*.", "*a", "a.*", "*.*.a", "*..a", "*.[::1]", "*.a*",
	};
	char host[KELP_NAME_HOST + 1];
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, kelp_name_host(bad[i], host, NULL),
				    -EINVAL, "%s", bad[i]);
}

static void type__accepts(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kelp_name_type("text/plain", NULL), 0);
	KUNIT_EXPECT_EQ(test, kelp_name_type("a/b+c; charset=utf-8", NULL), 0);
}

static void type__refuses(struct kunit *test)
{
	static const char *const bad[] = {
		"", "text", "/plain", "text/", "text/pl ain\r\nX: y", "a/b\n",
		"a/b;c=\xe9", "a b/c", "a/b,c/d",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, kelp_name_type(bad[i], NULL),
				    -EINVAL, "%s", bad[i]);
}

static struct kunit_case name_cases[] = {
	KUNIT_CASE(path__accepts),
	KUNIT_CASE(path__refuses),
	KUNIT_CASE(path__length),
	KUNIT_CASE(prefix__trailing_slash),
	KUNIT_CASE(prefix__depth),
	KUNIT_CASE(host__accepts),
	KUNIT_CASE(host__refuses),
	KUNIT_CASE(type__accepts),
	KUNIT_CASE(type__refuses),
	{}
};

struct kunit_suite kelp_name_suite = {
	.name = "kelp_name",
	.test_cases = name_cases,
};
