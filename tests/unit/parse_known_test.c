// SPDX-License-Identifier: GPL-2.0-only
/* The fields that the parser remembers, and walking over all of them. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "parse_cases.h"
#include "parse_kit.h"

static const char *const known_names[HTTP_NR_KNOWN] = {
	"If-Match", "If-None-Match", "If-Modified-Since",
	"If-Unmodified-Since", "If-Range", "Range", "Accept",
	"Accept-Encoding", "Content-Type", "Cookie", "Authorization",
	"Upgrade", "Origin", "X-Forwarded-For"
};

static void known__each(void **state)
{
	struct http_req r;
	char in[200];
	int i, j, n;

	(void)state;
	for (i = 0; i < HTTP_NR_KNOWN; i++) {
		n = snprintf(in, sizeof(in), GETH "%s: \t the value %d\t \r\n"
			     "\r\n", known_names[i], i);
		assert_int_equal(parse_one(&r, in, (size_t)n), n);
		for (j = 0; j < HTTP_NR_KNOWN; j++) {
			if (j != i)
				assert_int_equal(r.known[j].len, 0);
		}
		snprintf(in + n, sizeof(in) - (size_t)n, "the value %d", i);
		parse_check_slice(in, r.known[i], in + n);
		assert_int_equal(r.repeated, 0);
	}
}

static void known__names_without_case(void **state)
{
	struct http_req r;
	char in[200], *p;
	int i, n;

	(void)state;
	for (i = 0; i < 2 * HTTP_NR_KNOWN; i++) {
		n = snprintf(in, sizeof(in), GETH "%s:v\r\n\r\n",
			     known_names[i / 2]);
		for (p = in + strlen(GETH); *p != ':'; p++)
			*p = (char)(i % 2 ? *p | 0x20 :
				    *p >= 'a' && *p <= 'z' ? *p - 0x20 : *p);
		assert_int_equal(parse_one(&r, in, (size_t)n), n);
		parse_check_slice(in, r.known[i / 2], "v");
	}
}

/* One byte of the name wrong: it is another field. */
static void known__near_misses(void **state)
{
	struct http_req r;
	char in[200];
	size_t i, at;
	int n;

	(void)state;
	for (i = 0; i < HTTP_NR_KNOWN; i++)
		for (at = 0; at < strlen(known_names[i]); at++) {
			n = snprintf(in, sizeof(in), GETH "%s:v\r\n\r\n",
				     known_names[i]);
			in[strlen(GETH) + at] = '~';
			assert_int_equal(parse_one(&r, in, (size_t)n), n);
			assert_int_equal(r.known[i].len, 0);
		}
}

static void known__names_of_members(void **state)
{
	static const char in[] = GETH "Range: bytes=0-1\r\n"
		"If-None-Match: \"e\"\r\nAccept-Encoding: br\r\n"
		"If-Modified-Since: x\r\n\r\n";
	struct http_req r;

	(void)state;
	assert_int_equal(parse_one(&r, in, sizeof(in) - 1), sizeof(in) - 1);
	parse_check_slice(in, r.range, "bytes=0-1");
	parse_check_slice(in, r.if_none_match, "\"e\"");
	parse_check_slice(in, r.accept_encoding, "br");
	parse_check_slice(in, r.if_modified_since, "x");
	assert_int_equal(r.nr_fields, 5);
}

static void known__repeated(void **state)
{
	static const char in[] = GETH "Cookie: a=b\r\nRange: x\r\n"
		"cookie: c=d\r\nAccept:\r\nAccept: y\r\n\r\n";
	struct http_req r;

	(void)state;
	assert_int_equal(parse_one(&r, in, sizeof(in) - 1), sizeof(in) - 1);
	parse_check_slice(in, r.cookie, "a=b");
	parse_check_slice(in, r.accept, "");
	assert_int_equal(r.repeated,
			 1 << HTTP_KNOWN_COOKIE | 1 << HTTP_KNOWN_ACCEPT);
}

static void field_next__walks(void **state)
{
	static const char in[] = "\r\n" GETH "A:\r\nBc: \t d e \t\r\n"
				 "A:f:g\r\n\r\n";
	static const char *const names[] = { "Host", "A", "Bc", "A" };
	static const char *const values[] = { "a", "", "d e", "f:g" };
	struct http_slice name, value;
	struct http_req r;
	u16 pos = 0;
	size_t i;

	(void)state;
	assert_int_equal(parse_one(&r, in, sizeof(in) - 1), sizeof(in) - 1);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(http_field_next(&r, (const u8 *)in, &pos, &name,
					    &value));
		parse_check_slice(in, name, names[i]);
		parse_check_slice(in, value, values[i]);
	}
	assert_false(http_field_next(&r, (const u8 *)in, &pos, &name, &value));
	assert_false(http_field_next(&r, (const u8 *)in, &pos, &name, &value));
}

static void field_next__incomplete(void **state)
{
	struct http_slice name, value;
	struct http_req r;
	u16 pos = 0;

	(void)state;
	assert_int_equal(parse_one(&r, GETH, strlen(GETH)), 0);
	assert_false(http_field_next(&r, (const u8 *)GETH, &pos, &name,
				     &value));
	assert_int_equal(parse_one(&r, GET10 EOL, strlen(GET10 EOL)),
			 strlen(GET10 EOL));
	assert_false(http_field_next(&r, (const u8 *)GET10 EOL, &pos, &name,
				     &value));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(known__each),
	cmocka_unit_test(known__names_without_case),
	cmocka_unit_test(known__near_misses),
	cmocka_unit_test(known__names_of_members),
	cmocka_unit_test(known__repeated),
	cmocka_unit_test(field_next__walks),
	cmocka_unit_test(field_next__incomplete),
};

int main(void)
{
	return cmocka_run_group_tests_name("parse_known", tests, NULL, NULL);
}
