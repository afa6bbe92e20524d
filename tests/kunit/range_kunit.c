// SPDX-License-Identifier: GPL-2.0-only
/* Ranges, as the kernel compiles them: 64-bit numbers and the kernel's min(). */
#include "range.h"
#include "suites.h"

#include <linux/limits.h>
#include <linux/string.h>

static struct http_range ranges[HTTP_RANGES_MAX];

static int parse(const char *s, u64 size)
{
	return http_range_parse(ranges, (const u8 *)s, strlen(s), size);
}

static void parse__bounds(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, parse("bytes=5-100", 10), 1);
	KUNIT_EXPECT_EQ(test, ranges[0].first, 5ULL);
	KUNIT_EXPECT_EQ(test, ranges[0].len, 5ULL);
	KUNIT_EXPECT_EQ(test, parse("bytes=-99999999999999999999", 10), 1);
	KUNIT_EXPECT_EQ(test, ranges[0].len, 10ULL);
	KUNIT_EXPECT_EQ(test, parse("bytes=18446744073709551613-", U64_MAX), 1);
	KUNIT_EXPECT_EQ(test, ranges[0].len, 2ULL);
	KUNIT_EXPECT_EQ(test, parse("bytes=10-", 10), HTTP_RANGE_NONE);
}

static void parse__lists(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, parse("bytes=0-0,-1", 10), 2);
	KUNIT_EXPECT_EQ(test, ranges[1].first, 9ULL);
	KUNIT_EXPECT_EQ(test, parse("bytes=0-,0-", 10), HTTP_RANGE_IGNORE);
	KUNIT_EXPECT_EQ(test, parse("bytes=2-1", 10), HTTP_RANGE_IGNORE);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(parse__bounds),
	KUNIT_CASE(parse__lists),
	{}
};

struct kunit_suite kelp_range_suite = {
	.name = "kelp_range",
	.test_cases = cases,
};
