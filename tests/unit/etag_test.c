// SPDX-License-Identifier: GPL-2.0-only
/* Entity-tags: RFC 9110, 8.8.3; lists of them, 5.6.1 and 13.1. */
#include <string.h>

#include "etag.h"
#include "harness.h"

static bool parse(struct http_etag *tag, const char *s)
{
	return http_etag_parse(tag, guarded(s, strlen(s)), strlen(s));
}

static void test_good_tags(void **state)
{
	static const struct {
		const char *in, *text;
		bool weak;
	} good[] = {
		{ "\"xyzzy\"", "\"xyzzy\"", false },
		{ "W/\"xyzzy\"", "\"xyzzy\"", true },
		{ "\"\"", "\"\"", false },
		{ "W/\"\"", "\"\"", true },
		{ "\"!#~\x80\xff\"", "\"!#~\x80\xff\"", false },
		{ "\"a,b\"", "\"a,b\"", false },
		{ "\"a\\b\"", "\"a\\b\"", false },
	};
	struct http_etag tag;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(parse(&tag, good[i].in));
		assert_int_equal(tag.len, strlen(good[i].text));
		assert_memory_equal(tag.text, good[i].text, tag.len);
		assert_int_equal(tag.weak, good[i].weak);
	}
}

static void test_bad_tags(void **state)
{
	static const char *const bad[] = {
		"", "\"", "a", "a\"", "\"a", "W/", "W/a", "W\"a\"", "w/\"a\"",
		"\"a\"b", "\"a\" ", " \"a\"", "\"a b\"", "\"a\tb\"", "W/ \"a\"",
		"\"a\x7f\"", "'a'", "*", "\"a\",\"b\"", "W/W/\"a\"", "\"a\"\"",
	};
	struct http_etag tag = { .len = 77 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(parse(&tag, bad[i]));
		assert_int_equal(tag.len, 77);
	}
}

/* The table of RFC 9110, 8.8.3.2. */
static void test_comparison(void **state)
{
	static const struct {
		const char *a, *b;
		bool strong, weak;
	} table[] = {
		{ "W/\"1\"", "W/\"1\"", false, true },
		{ "W/\"1\"", "W/\"2\"", false, false },
		{ "W/\"1\"", "\"1\"", false, true },
		{ "\"1\"", "W/\"1\"", false, true },
		{ "\"1\"", "\"1\"", true, true },
		{ "\"1\"", "\"10\"", false, false },
		{ "\"a\"", "\"A\"", false, false },
	};
	struct http_etag a, b, none = {};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(table); i++) {
		assert_true(http_etag_parse(&a, (const u8 *)table[i].a,
					    strlen(table[i].a)));
		assert_true(http_etag_parse(&b, (const u8 *)table[i].b,
					    strlen(table[i].b)));
		assert_int_equal(http_etag_strong(&a, &b), table[i].strong);
		assert_int_equal(http_etag_weak(&a, &b), table[i].weak);
	}
	assert_false(http_etag_weak(&none, &none));
	assert_false(http_etag_strong(&none, &none));
}

static void test_lists(void **state)
{
	static const struct {
		const char *list;
		bool has;
	} lists[] = {
		{ "\"b\"", true },
		{ "\"a\", \"b\", \"c\"", true },
		{ "\"a\",\"b\"", true },
		{ "\"a\"\t ,\t \"b\"", true },
		{ ",, ,\"b\",,", true },
		{ "\"b\" ,", true },
		{ "W/\"b\"", true },
		{ "\"a,\", \"b\"", true },
		{ "\"b\", junk", true },	/* what came before counts */
		{ "", false },
		{ ",", false },
		{ "b", false },
		{ "*", false },
		{ "\"a\", *", false },
		{ "\"a\" \"b\"", false },
		{ "\"a\";\"b\"", false },
		{ "junk, \"b\"", false },
		{ "\"a, \"b\"", false },
		{ "\"a\", \"b", false },
		{ "\"b\"x", false },
		{ "\"a\", \"bb\"", false },
		{ "w/\"b\"", false },
	};
	struct http_etag b;
	size_t i;

	(void)state;
	assert_true(http_etag_parse(&b, (const u8 *)"\"b\"", 3));
	for (i = 0; i < ARRAY_LEN(lists); i++) {
		size_t len = strlen(lists[i].list);

		if (http_etag_listed(guarded(lists[i].list, len), len, &b,
				     http_etag_weak) != lists[i].has)
			fail_msg("%s", lists[i].list);
	}
	assert_false(http_etag_listed((const u8 *)"W/\"b\"", 5, &b,
				      http_etag_strong));
}

static void test_format(void **state)
{
	static const struct {
		u64 digest, size;
		const char *suffix, *want;
	} formats[] = {
		{ 0, 0, "", "\"0000000000000000-0\"" },
		{ 0x123456789abcdef0, 0x10, "gz",
		  "\"123456789abcdef0-10-gz\"" },
		{ ~0ULL, ~0ULL, "12345678",
		  "\"ffffffffffffffff-ffffffffffffffff-12345678\"" },
	};
	char dst[HTTP_ETAG_LEN + 1];
	struct http_etag tag;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(formats); i++) {
		memset(dst, 'x', sizeof(dst));
		n = http_etag_format(dst, formats[i].digest, formats[i].size,
				     formats[i].suffix);
		assert_in_range(n, 1, HTTP_ETAG_LEN);
		assert_int_equal(n, strlen(formats[i].want));
		assert_memory_equal(dst, formats[i].want, n);
		assert_int_equal(dst[n], 'x');
		assert_true(http_etag_parse(&tag, (const u8 *)dst, n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_tags),
		cmocka_unit_test(test_bad_tags),
		cmocka_unit_test(test_comparison),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests_name("etag", tests, NULL, NULL);
}
