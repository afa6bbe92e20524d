// SPDX-License-Identifier: GPL-2.0-only
/* Ranges of bytes: RFC 9110, 14. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "range.h"

static struct http_range ranges[HTTP_RANGES_MAX];

static int parse(const char *s, u64 size)
{
	return http_range_parse(ranges, guarded(s, strlen(s)), strlen(s), size);
}

static void is_one(const char *s, u64 size, u64 first, u64 len)
{
	int nr = parse(s, size);

	if (nr != 1 || ranges[0].first != first || ranges[0].len != len)
		fail_msg("%s of %llu: %d", s, (unsigned long long)size, nr);
}

static void test_one(void **state)
{
	(void)state;
	is_one("bytes=0-0", 10, 0, 1);
	is_one("bytes=0-4", 10, 0, 5);
	is_one("bytes=9-9", 10, 9, 1);
	is_one("bytes=5-", 10, 5, 5);
	is_one("bytes=0-", 10, 0, 10);
	is_one("bytes=5-100", 10, 5, 5);
	is_one("bytes=-1", 10, 9, 1);
	is_one("bytes=-10", 10, 0, 10);
	is_one("bytes=-11", 10, 0, 10);
	is_one("bytes=00000000000000000000000000-0000004", 10, 0, 5);
	is_one("BYTES=0-4", 10, 0, 5);
	is_one("ByTeS=0-4", 10, 0, 5);
	is_one("bytes= 0-4", 10, 0, 5);
	is_one("bytes=\t,, 0-4 ,\t", 10, 0, 5);
	is_one("bytes=0-4,10-", 10, 0, 5);
	is_one("bytes=10-20,0-4,-0", 10, 0, 5);
}

static void test_large_numbers(void **state)
{
	(void)state;
	is_one("bytes=0-18446744073709551615", 10, 0, 10);
	is_one("bytes=0-18446744073709551616", 10, 0, 10);
	is_one("bytes=0-99999999999999999999999999999999999", 10, 0, 10);
	is_one("bytes=-18446744073709551616", 10, 0, 10);
	is_one("bytes=18446744073709551613-", ~0ULL, ~0ULL - 2, 2);
	is_one("bytes=18446744073709551613-18446744073709551614", ~0ULL,
	       ~0ULL - 2, 2);
	is_one("bytes=-1", ~0ULL, ~0ULL - 1, 1);
	assert_int_equal(parse("bytes=18446744073709551615-", ~0ULL),
			 HTTP_RANGE_NONE);
	assert_int_equal(parse("bytes=18446744073709551616-", 10),
			 HTTP_RANGE_NONE);
	assert_int_equal(parse("bytes=36893488147419103232-", 10),
			 HTTP_RANGE_NONE);
	/* it would be backwards if it wrapped around */
	assert_int_equal(parse("bytes=18446744073709551617-18446744073709551618",
			       10), HTTP_RANGE_NONE);
}

static void test_unsatisfiable(void **state)
{
	static const char *const none[] = {
		"bytes=10-", "bytes=10-10", "bytes=10-20", "bytes=-0",
		"bytes=-0,10-", "bytes=-00",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(none); i++)
		if (parse(none[i], 10) != HTTP_RANGE_NONE)
			fail_msg("%s", none[i]);
	assert_int_equal(parse("bytes=0-", 0), HTTP_RANGE_NONE);
	assert_int_equal(parse("bytes=0-0", 0), HTTP_RANGE_NONE);
	assert_int_equal(parse("bytes=-1", 0), HTTP_RANGE_IGNORE);
}

static void test_ignored(void **state)
{
	static const char *const bad[] = {
		"", "b", "bytes", "bytes=", "bytes=,", "bytes= ", "bytes=-",
		"bytes=a-b", "bytes=1", "bytes=1-2-3", "bytes=--1",
		"bytes=+1-2", "bytes=1 -2", "bytes=1- 2", "bytes=2-1",
		"bytes=9-8,0-1", "bytes=0-1 2-3", "bytes=0-1;2-3",
		"bytes:0-1", "bytes =0-1", "bytes 0-1", "bytess=0-1",
		"items=0-1", "lines=0-1", "bits=0-1", "bytes=0-1,x",
		"bytes=0-1,2", "bytes=0x0-0x1", "bytes=0-1.5", "bytes=-1-",
		"bytes=0-1\x01", "none", "bytes=*", "seconds=1-2",
		"bytes=18446744073709551617-1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		if (parse(bad[i], 10) != HTTP_RANGE_IGNORE)
			fail_msg("%s", bad[i]);
}

static void test_several(void **state)
{
	(void)state;
	assert_int_equal(parse("bytes=0-1, 4-5 ,-2", 10), 3);
	assert_int_equal(ranges[0].first, 0);
	assert_int_equal(ranges[1].first, 4);
	assert_int_equal(ranges[2].first, 8);
	assert_int_equal(ranges[2].len, 2);
	/* the order is the client's */
	assert_int_equal(parse("bytes=8-9,0-1", 10), 2);
	assert_int_equal(ranges[0].first, 8);
	/* those that cannot be satisfied are left out */
	assert_int_equal(parse("bytes=8-9,10-,0-1,-0", 10), 2);
	assert_int_equal(ranges[1].first, 0);
}

static void many(char *s, int nr)
{
	int i;

	s += sprintf(s, "bytes=");
	for (i = 0; i < nr; i++)
		s += sprintf(s, "%s%d-%d", i ? "," : "", 2 * i, 2 * i);
}

static void test_limits(void **state)
{
	char s[512];

	(void)state;
	many(s, HTTP_RANGES_MAX);
	assert_int_equal(parse(s, 1000), HTTP_RANGES_MAX);
	many(s, HTTP_RANGES_MAX + 1);
	assert_int_equal(parse(s, 1000), HTTP_RANGE_IGNORE);
	/* also when hardly any of them can be satisfied */
	assert_int_equal(parse(s, 1), HTTP_RANGE_IGNORE);
	/* two may overlap, three may not */
	assert_int_equal(parse("bytes=0-5,5-9", 100), 2);
	assert_int_equal(parse("bytes=0-5,5-9,9-12", 100), HTTP_RANGE_IGNORE);
	assert_int_equal(parse("bytes=1-1,1-1,1-1", 100), HTTP_RANGE_IGNORE);
	assert_int_equal(parse("bytes=0-5,6-9,10-12", 100), 3);
	/* no more than there is */
	assert_int_equal(parse("bytes=0-,0-", 100), HTTP_RANGE_IGNORE);
	assert_int_equal(parse("bytes=0-49,0-49", 100), 2);
	assert_int_equal(parse("bytes=0-49,0-50", 100), HTTP_RANGE_IGNORE);
}

/* Whatever comes, the ranges lie inside and are worth sending. */
static void test_random(void **state)
{
	static const char alphabet[] = "0123456789-,- ,=ab";
	char s[64] = "bytes=";
	int i, n, nr;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		u64 size = random() % 40, sum = 0;
		int len = 6 + random() % 20;

		for (n = 6; n < len; n++)
			s[n] = alphabet[random() % (sizeof(alphabet) - 1)];
		s[len] = 0;
		nr = parse(s, size);
		assert_in_range(nr + 1, 0, HTTP_RANGES_MAX + 1);
		for (n = 0; n < nr; n++) {
			assert_true(ranges[n].len > 0);
			assert_true(ranges[n].first + ranges[n].len <= size);
			sum += ranges[n].len;
		}
		assert_true(sum <= size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_unsatisfiable),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
