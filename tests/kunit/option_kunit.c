// SPDX-License-Identifier: GPL-2.0-only
/* Options of a site. */
#include "http/files/option.h"
#include "suites.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/string.h>

#define OPTION(what, value) { .kind = KELP_OPTION_##what, .text = (value) }

static const struct kelp_option good[] = {
	OPTION(HEADER, "X-One: 1"), OPTION(INDEX, "a.htm"),
	OPTION(CACHE_CONTROL, " no-store "), OPTION(ERROR, "404=/e/404.html"),
	OPTION(MIME, "foo=a/b"), OPTION(HEADER, "X-One:\t2 "),
	OPTION(INDEX, "b"), OPTION(MIME, "txt=text/x"), OPTION(ERROR, "503=/busy"),
};

static void create__keeps_the_order(struct kunit *test)
{
	struct kelp_options *o = kelp_options_create(good, ARRAY_SIZE(good),
						     NULL);
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(o));
	KUNIT_EXPECT_EQ(test, o->nr, ARRAY_SIZE(good));
	for (i = 0; i < o->nr; i++) {
		KUNIT_EXPECT_EQ(test, (int)o->items[i].kind, (int)good[i].kind);
		KUNIT_EXPECT_STREQ(test, o->items[i].text, good[i].text);
		KUNIT_EXPECT_PTR_NE(test, o->items[i].text, good[i].text);
	}
	kelp_options_free(o);
}

static void create__fields(struct kunit *test)
{
	struct kelp_options *o = kelp_options_create(good, ARRAY_SIZE(good),
						     NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(o));
	KUNIT_EXPECT_STREQ(test, o->headers, "X-One: 1\r\nX-One: 2\r\n");
	KUNIT_EXPECT_STREQ(test, o->control, "Cache-Control: no-store\r\n");
	kelp_options_free(o);
}

static void create__without_options(struct kunit *test)
{
	struct kelp_options *o = kelp_options_create(NULL, 0, NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(o));
	KUNIT_EXPECT_NULL(test, o->headers);
	KUNIT_EXPECT_NULL(test, o->control);
	KUNIT_EXPECT_STREQ(test, kelp_options_index(o, 0), "index.html");
	KUNIT_EXPECT_NULL(test, kelp_options_index(o, 1));
	KUNIT_EXPECT_NULL(test, kelp_options_error(o, 404));
	KUNIT_EXPECT_STREQ(test, kelp_options_type(o, "/a.css"),
			   "text/css; charset=utf-8");
	kelp_options_free(o);
}

static void create__refuses(struct kunit *test)
{
	static const struct kelp_option bad[] = {
		OPTION(CACHE_CONTROL, ""), OPTION(CACHE_CONTROL, "a\nb"),
		OPTION(HEADER, ""), OPTION(HEADER, "a"), OPTION(HEADER, "a b: c"),
		OPTION(HEADER, "a: \r\n"), OPTION(HEADER, "a:"),
		OPTION(HEADER, "SERVER: x"), OPTION(HEADER, "etag: x"),
		OPTION(INDEX, ""), OPTION(INDEX, "."), OPTION(INDEX, ".."),
		OPTION(INDEX, "a/b"), OPTION(INDEX, "a\nb"),
		OPTION(ERROR, ""), OPTION(ERROR, "404"), OPTION(ERROR, "404="),
		OPTION(ERROR, "404=x"), OPTION(ERROR, "404=/x/"),
		OPTION(ERROR, "200=/x"), OPTION(ERROR, "404=/../x"),
		OPTION(MIME, ""), OPTION(MIME, "a"), OPTION(MIME, "=a/b"),
		OPTION(MIME, "a.b=a/b"), OPTION(MIME, "a=b"),
		OPTION(MIME, "a=a/b\n"), OPTION(MIME, "\xff=a/b"),
		OPTION(MIME, "an-extension-that-is-much-too-long=a/b"),
		{ .kind = KELP_OPTION_MIME + 1, .text = "a=a/b" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    PTR_ERR(kelp_options_create(&bad[i], 1, NULL)),
				    -EINVAL, "%d %s", bad[i].kind, bad[i].text);
}

static void create__refuses_two_of_a_kind(struct kunit *test)
{
	static const struct kelp_option bad[][2] = {
		{ OPTION(CACHE_CONTROL, "a"), OPTION(CACHE_CONTROL, "b") },
		{ OPTION(INDEX, "a"), OPTION(INDEX, "a") },
		{ OPTION(ERROR, "404=/a"), OPTION(ERROR, "404=/b") },
		{ OPTION(MIME, "a=a/b"), OPTION(MIME, "A=a/c") },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test,
				PTR_ERR(kelp_options_create(bad[i], 2, NULL)),
				-EINVAL);
}

static void create__bounds_the_fields(struct kunit *test)
{
	char *value = kunit_kzalloc(test, KELP_OPTION_FIELDS + 1, GFP_KERNEL);
	struct kelp_option option = OPTION(HEADER, value);
	struct kelp_options *o;

	KUNIT_ASSERT_NOT_NULL(test, value);
	memset(value, 'v', KELP_OPTION_FIELDS);
	memcpy(value, "X: ", 3);
	/* with its CRLF exactly as long as may be */
	value[KELP_OPTION_FIELDS - 2] = '\0';
	o = kelp_options_create(&option, 1, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(o));
	KUNIT_EXPECT_EQ(test, strlen(o->headers), (size_t)KELP_OPTION_FIELDS);
	kelp_options_free(o);
	value[KELP_OPTION_FIELDS - 2] = 'v';
	value[KELP_OPTION_FIELDS - 1] = '\0';
	KUNIT_EXPECT_EQ(test, PTR_ERR(kelp_options_create(&option, 1, NULL)),
			-EINVAL);
}

static void look_up__finds_each(struct kunit *test)
{
	struct kelp_options *o = kelp_options_create(good, ARRAY_SIZE(good),
						     NULL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(o));
	KUNIT_EXPECT_STREQ(test, kelp_options_index(o, 0), "a.htm");
	KUNIT_EXPECT_STREQ(test, kelp_options_index(o, 1), "b");
	KUNIT_EXPECT_NULL(test, kelp_options_index(o, 2));
	KUNIT_EXPECT_STREQ(test, kelp_options_error(o, 404), "/e/404.html");
	KUNIT_EXPECT_STREQ(test, kelp_options_error(o, 503), "/busy");
	KUNIT_EXPECT_NULL(test, kelp_options_error(o, 500));
	KUNIT_EXPECT_STREQ(test, kelp_options_type(o, "/x/a.FOO"), "a/b");
	KUNIT_EXPECT_STREQ(test, kelp_options_type(o, "/x/a.txt"), "text/x");
	KUNIT_EXPECT_STREQ(test, kelp_options_type(o, "/x/foo"),
			   "application/octet-stream");
	kelp_options_free(o);
}

static struct kunit_case option_cases[] = {
	KUNIT_CASE(create__keeps_the_order),
	KUNIT_CASE(create__fields),
	KUNIT_CASE(create__without_options),
	KUNIT_CASE(create__refuses),
	KUNIT_CASE(create__refuses_two_of_a_kind),
	KUNIT_CASE(create__bounds_the_fields),
	KUNIT_CASE(look_up__finds_each),
	{}
};

struct kunit_suite kelp_option_suite = {
	.name = "kelp_option",
	.test_cases = option_cases,
};
