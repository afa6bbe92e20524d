// SPDX-License-Identifier: GPL-2.0-only
/* Pairs in Cookie fields and in queries. */
#include <stdlib.h>
#include <string.h>

#include "cookie.h"
#include "harness.h"

struct pair_case {
	const char *text;
	const char *name;
	const char *value;	/* NULL: not there */
};

static const struct pair_case cookies[] = {
	{ "a=1", "a", "1" }, { "a=1; b=2", "b", "2" }, { "a=1;b=2", "b", "2" },
	{ "a=1 ; b=2 ", "b", "2" }, { "a=1 ; b=2", "a", "1" },
	{ "a=1; a=2", "a", "1" }, { "a=\"1 2\"", "a", "1 2" },
	{ "a=\"", "a", "\"" }, { "a=\"\"", "a", "" }, { "a=", "a", "" },
	{ "a=b=c", "a", "b=c" }, { "ab=1", "a", NULL }, { "a=1", "ab", NULL },
	{ "a", "a", NULL }, { "A=1", "a", NULL }, { "", "a", NULL },
	{ ";;;a=1", "a", "1" }, { "=x", "a", NULL }, { "x; a=1", "a", "1" },
};

static const struct pair_case queries[] = {
	{ "a=1", "a", "1" }, { "a=1&b=2", "b", "2" }, { "a&b=2", "a", "" },
	{ "a=1&a=2", "a", "1" }, { "a=b=c", "a", "b=c" }, { "a=", "a", "" },
	{ "ab=1", "a", NULL }, { "", "a", NULL }, { "&&a=%41", "a", "%41" },
	{ " a=1", "a", NULL }, { "a=\"1\"", "a", "\"1\"" }, { "b;a=1", "a", NULL },
};

static void check(const struct pair_case *c,
		  const char *(*find)(const char *, size_t, const char *, size_t,
				      size_t *))
{
	const char *text = (const char *)guarded(c->text, strlen(c->text));
	const char *value;
	size_t len = 99;

	value = find(text, strlen(c->text), c->name, strlen(c->name), &len);
	if (!c->value) {
		assert_null(value);
		return;
	}
	assert_non_null(value);
	assert_int_equal(len, strlen(c->value));
	assert_memory_equal(value, c->value, len);
}

static void test_cookies(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cookies); i++)
		check(&cookies[i], http_cookie_find);
}

static void test_queries(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(queries); i++)
		check(&queries[i], http_query_find);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_queries),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
