// SPDX-License-Identifier: GPL-2.0-only
/* Preconditions: RFC 9110, 13. */
#include <string.h>

#include "condition.h"
#include "harness.h"
#include "request_kit.h"

#define BEFORE	"Sun, 06 Nov 1994 08:49:36 GMT"
#define EXACT	"Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER	"Sun, 06 Nov 1994 08:49:38 GMT"
#define MTIME	784111777

struct condition_case {
	const char *rule;
	const char *fields;
	unsigned int get;	/* for GET and HEAD */
	unsigned int put;	/* for other methods */
};

static const struct http_validators both = {
	.exists = true, .mtime = MTIME,
	.etag = { .text = (const u8 *)"\"b\"", .len = 3 },
};

static const struct http_validators neither = { .exists = true };
static const struct http_validators nothing = { .exists = false };

static const struct condition_case with_both[] = {
	{ "none", "", 0, 0 },
	{ "13.1.1 same", "If-Match: \"b\"\r\n", 0, 0 },
	{ "13.1.1 other", "If-Match: \"a\"\r\n", 412, 412 },
	{ "13.1.1 list", "If-Match: \"a\", \"b\"\r\n", 0, 0 },
	{ "13.1.1 any", "If-Match: *\r\n", 0, 0 },
	{ "13.1.1 strong comparison", "If-Match: W/\"b\"\r\n", 412, 412 },
	{ "13.1.1 empty", "If-Match:\r\n", 412, 412 },
	{ "13.1.1 not a tag", "If-Match: b\r\n", 412, 412 },
	{ "13.1.1 lines are one list",
	  "If-Match: \"a\"\r\nA: \"b\"\r\nIF-MATCH: \"b\"\r\n", 0, 0 },
	{ "13.1.1 no line", "If-Match: \"a\"\r\nA: \"b\"\r\nIf-Match: \"c\"\r\n",
	  412, 412 },
	{ "13.1.1 * is no element of a list",
	  "If-Match: \"a\"\r\nIf-Match: *\r\n", 412, 412 },
	{ "13.1.2 same", "If-None-Match: \"b\"\r\n", 304, 412 },
	{ "13.1.2 other", "If-None-Match: \"a\"\r\n", 0, 0 },
	{ "13.1.2 list", "If-None-Match: \"a\" , W/\"b\"\r\n", 304, 412 },
	{ "13.1.2 weak comparison", "If-None-Match: W/\"b\"\r\n", 304, 412 },
	{ "13.1.2 any", "If-None-Match: *\r\n", 304, 412 },
	{ "13.1.2 empty", "If-None-Match:\r\n", 0, 0 },
	{ "13.1.2 lines are one list",
	  "If-None-Match: \"a\"\r\nif-none-match: \"b\"\r\n", 304, 412 },
	{ "13.1.2 not another field's lines",
	  "If-None-Match: \"a\"\r\nIf-None-Match: \"c\"\r\nIf-Matching: \"b\"\r\n",
	  0, 0 },
	{ "13.1.3 since before", "If-Modified-Since: " BEFORE "\r\n", 0, 0 },
	{ "13.1.3 since then", "If-Modified-Since: " EXACT "\r\n", 304, 0 },
	{ "13.1.3 since after", "If-Modified-Since: " AFTER "\r\n", 304, 0 },
	{ "13.1.3 RFC 850 date",
	  "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304, 0 },
	{ "13.1.3 asctime date",
	  "If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304, 0 },
	{ "13.1.3 no date", "If-Modified-Since: yesterday\r\n", 0, 0 },
	{ "13.1.3 a number", "If-Modified-Since: 784111777\r\n", 0, 0 },
	{ "13.1.3 empty", "If-Modified-Since:\r\n", 0, 0 },
	{ "13.1.3 repeated", "If-Modified-Since: " EXACT
	  "\r\nIf-Modified-Since: " EXACT "\r\n", 0, 0 },
	{ "13.1.4 since before", "If-Unmodified-Since: " BEFORE "\r\n",
	  412, 412 },
	{ "13.1.4 since then", "If-Unmodified-Since: " EXACT "\r\n", 0, 0 },
	{ "13.1.4 since after", "If-Unmodified-Since: " AFTER "\r\n", 0, 0 },
	{ "13.1.4 no date", "If-Unmodified-Since: tomorrow\r\n", 0, 0 },
	{ "13.1.4 repeated", "If-Unmodified-Since: " BEFORE
	  "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 0, 0 },
	{ "13.2.2 1 before 2", "If-Match: \"b\"\r\nIf-Unmodified-Since: "
	  BEFORE "\r\n", 0, 0 },
	{ "13.2.2 1 fails whatever 2", "If-Unmodified-Since: " AFTER
	  "\r\nIf-Match: \"a\"\r\n", 412, 412 },
	{ "13.2.2 1 then 3", "If-Match: \"b\"\r\nIf-None-Match: \"b\"\r\n",
	  304, 412 },
	{ "13.2.2 1 fails before 3",
	  "If-None-Match: \"b\"\r\nIf-Match: \"a\"\r\n", 412, 412 },
	{ "13.2.2 2 then 3", "If-Unmodified-Since: " EXACT
	  "\r\nIf-None-Match: \"b\"\r\n", 304, 412 },
	{ "13.2.2 2 fails before 3", "If-Unmodified-Since: " BEFORE
	  "\r\nIf-None-Match: \"b\"\r\n", 412, 412 },
	{ "13.2.2 3 before 4", "If-None-Match: \"a\"\r\nIf-Modified-Since: "
	  AFTER "\r\n", 0, 0 },
	{ "13.2.2 3 before 4, too", "If-None-Match: \"b\"\r\nIf-Modified-Since: "
	  BEFORE "\r\n", 304, 412 },
	{ "13.2.2 2 then 4", "If-Unmodified-Since: " EXACT
	  "\r\nIf-Modified-Since: " EXACT "\r\n", 304, 0 },
};

static const struct condition_case with_neither[] = {
	{ "13.1.1 any", "If-Match: *\r\n", 0, 0 },
	{ "13.1.1 some", "If-Match: \"b\"\r\n", 412, 412 },
	{ "13.1.2 any", "If-None-Match: *\r\n", 304, 412 },
	{ "13.1.2 some", "If-None-Match: \"b\", \"\"\r\n", 0, 0 },
	{ "13.1.3 no date to compare", "If-Modified-Since: " AFTER "\r\n",
	  0, 0 },
	{ "13.1.4 no date to compare", "If-Unmodified-Since: " BEFORE "\r\n",
	  0, 0 },
};

static const struct condition_case with_nothing[] = {
	{ "13.1.1 any", "If-Match: *\r\n", 412, 412 },
	{ "13.1.1 some", "If-Match: \"b\"\r\n", 412, 412 },
	{ "13.1.2 any", "If-None-Match: *\r\n", 0, 0 },
	{ "13.1.2 some", "If-None-Match: \"b\"\r\n", 0, 0 },
	{ "13.1.3", "If-Modified-Since: " AFTER "\r\n", 0, 0 },
	{ "13.1.4", "If-Unmodified-Since: " BEFORE "\r\n", 0, 0 },
};

static void check(const struct condition_case *c, size_t nr,
		  const struct http_validators *v)
{
	static const char *const methods[] = {
		"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH",
	};
	struct http_req req;
	size_t m;

	for (; nr--; c++) {
		for (m = 0; m < ARRAY_LEN(methods); m++) {
			const u8 *head = request_parse(&req, methods[m],
						       c->fields);
			unsigned int want = m < 2 ? c->get : c->put;
			unsigned int got = http_condition_status(&req, head, v);

			if (got != want)
				fail_msg("%s: %s: %u", c->rule, methods[m],
					 got);
			if (got && !(req.seen & HTTP_SEEN_CONDITION))
				fail_msg("%s: not a condition?", c->rule);
		}
	}
}

static void test_both_validators(void **state)
{
	(void)state;
	check(with_both, ARRAY_LEN(with_both), &both);
}

static void test_no_validators(void **state)
{
	(void)state;
	check(with_neither, ARRAY_LEN(with_neither), &neither);
}

static void test_no_representation(void **state)
{
	(void)state;
	check(with_nothing, ARRAY_LEN(with_nothing), &nothing);
}

/* A weak tag of ours never satisfies If-Match. */
static void test_weak_tag(void **state)
{
	struct http_validators weak = both;
	struct http_req req;
	const u8 *head;

	(void)state;
	weak.etag.weak = true;
	head = request_parse(&req, "GET", "If-Match: \"b\", W/\"b\"\r\n");
	assert_int_equal(http_condition_status(&req, head, &weak), 412);
	head = request_parse(&req, "GET", "If-None-Match: \"b\"\r\n");
	assert_int_equal(http_condition_status(&req, head, &weak), 304);
	head = request_parse(&req, "GET",
			     "Range: bytes=0-\r\nIf-Range: \"b\"\r\n");
	assert_false(http_condition_range(&req, head, &weak, MTIME + 9));
}

static void test_if_range(void **state)
{
	static const struct {
		const char *fields;
		time64_t now;
		bool holds;
	} cases[] = {
		{ "", MTIME, true },
		{ "If-Range: \"b\"\r\n", MTIME, true },
		{ "If-Range: \"a\"\r\n", MTIME + 9, false },
		{ "If-Range: W/\"b\"\r\n", MTIME + 9, false },
		{ "If-Range: \"a\", \"b\"\r\n", MTIME + 9, false },
		{ "If-Range: *\r\n", MTIME + 9, false },
		{ "If-Range:\r\n", MTIME + 9, false },
		{ "If-Range: " EXACT "\r\n", MTIME + 1, true },
		{ "If-Range: " EXACT "\r\n", MTIME, false },
		{ "If-Range: " BEFORE "\r\n", MTIME + 9, false },
		{ "If-Range: " AFTER "\r\n", MTIME + 9, false },
		{ "If-Range: \"b\"\r\nIf-Range: \"b\"\r\n", MTIME + 9, false },
		{ "If-Range: " EXACT "\r\nIf-Range: " EXACT "\r\n", MTIME + 9,
		  false },
	};
	struct http_req req;
	const u8 *head;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		head = request_parse(&req, "GET", cases[i].fields);
		if (http_condition_range(&req, head, &both, cases[i].now) !=
		    cases[i].holds)
			fail_msg("%s", cases[i].fields);
	}
	head = request_parse(&req, "GET", "If-Range: \"b\"\r\n");
	assert_false(http_condition_range(&req, head, &neither, MTIME));
	assert_false(http_condition_range(&req, head, &nothing, MTIME));
	head = request_parse(&req, "GET", "If-Range: " EXACT "\r\n");
	assert_false(http_condition_range(&req, head, &neither, MTIME + 9));
	head = request_parse(&req, "GET", "");
	assert_true(http_condition_range(&req, head, &neither, MTIME));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_validators),
		cmocka_unit_test(test_no_validators),
		cmocka_unit_test(test_no_representation),
		cmocka_unit_test(test_weak_tag),
		cmocka_unit_test(test_if_range),
	};

	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
