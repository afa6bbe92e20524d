// SPDX-License-Identifier: GPL-2.0-only
/* The request parser: every byte in every place. */
#include <string.h>

#include "harness.h"
#include "parse_cases.h"
#include "parse_kit.h"

/* What each place may have, from the RFCs, apart from the parser's table. */
static bool may_be(const char *set, int c)
{
	return c && strchr(set, c);
}

static bool is_alnum(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static bool is_tchar(int c)
{
	return is_alnum(c) || may_be("!#$%&'*+-.^_`|~", c);
}

static bool is_reg_name(int c)
{
	return is_alnum(c) || may_be("-._~!$&'()*+,;=", c);
}

static bool is_pchar(int c)
{
	return is_reg_name(c) || may_be(":@", c);
}

/* Status with c put between two strings; 0 = more is needed. */
static int with_byte(const char *before, int c, const char *behind)
{
	char in[128];
	struct http_req r;
	size_t n = strlen(before), m = strlen(behind);

	memcpy(in, before, n);
	in[n] = (char)c;
	memcpy(in + n + 1, behind, m);
	return parse_one(&r, in, n + 1 + m);
}

static void every_byte__method(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte("GE", c, ""),
				 is_tchar(c) ? 0 : c == ' ' ? 0 : -400);
}

static void every_byte__path(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte("GET /", c, ""),
				 is_pchar(c) || may_be("/?% ", c) ? 0 : -400);
}

static void every_byte__query(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte("GET /?abcdef", c, ""),
				 is_pchar(c) || may_be("/?% ", c) ? 0 : -400);
}

static void every_byte__name(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte(GET "Abc", c, ""),
				 is_tchar(c) || c == ':' ? 0 : -400);
}

static void every_byte__value(void **state)
{
	static const char *const before[] = {
		GET "A:", GET "A: b", GET "A: bcdefg", GET "A: bcdefgh",
		GET "A: \x80\x80\x80\x80", GET "Range: b"
	};
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < ARRAY_LEN(before); i++)
		for (c = 0; c < 256; c++) {
			bool ok = c == '\t' || c == '\r' ||
				  (c >= ' ' && c != 0x7f);

			assert_int_equal(with_byte(before[i], c, ""),
					 ok ? 0 : -400);
			/* in the middle of eight */
			if (c != '\r')
				assert_int_equal(with_byte(before[i], c,
							   "1234567"),
						 ok ? 0 : -400);
		}
}

static void every_byte__host(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte(GET "Host: b", c, ""),
				 is_reg_name(c) || may_be(":% \t\r", c) ?
				 0 : -400);
}

static void every_byte__hex(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool ok = may_be("0123456789abcdefABCDEF", c);

		assert_int_equal(with_byte("GET /%", c, ""), ok ? 0 : -400);
		assert_int_equal(with_byte("GET /%0", c, ""), ok ? 0 : -400);
		assert_int_equal(with_byte("GET /?%", c, "0"), ok ? 0 : -400);
		assert_int_equal(with_byte(GET "Host: %", c, "0"),
				 ok ? 0 : -400);
		assert_int_equal(with_byte(GET "Host: %0", c, ""),
				 ok ? 0 : -400);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_byte__method),
	cmocka_unit_test(every_byte__path),
	cmocka_unit_test(every_byte__query),
	cmocka_unit_test(every_byte__name),
	cmocka_unit_test(every_byte__value),
	cmocka_unit_test(every_byte__host),
	cmocka_unit_test(every_byte__hex),
};

int main(void)
{
	return cmocka_run_group_tests_name("parse_byte", tests, NULL, NULL);
}
