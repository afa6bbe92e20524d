// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dates, with the kernel's own calendar under them: in user space it is the C
 * library's.
 */
#include "date.h"
#include "suites.h"

#include <linux/limits.h>
#include <linux/string.h>

static void check_format(struct kunit *test, time64_t t, const char *want)
{
	char s[HTTP_DATE_LEN + 1] = "";

	http_date_format(s, t);
	KUNIT_EXPECT_STREQ(test, s, want);
}

static void check_parse(struct kunit *test, const char *s, time64_t want)
{
	time64_t t = 42;

	KUNIT_EXPECT_EQ_MSG(test, http_date_parse(s, strlen(s), &t), 0, "%s",
			    s);
	KUNIT_EXPECT_EQ_MSG(test, t, want, "%s", s);
}

static void check_bad(struct kunit *test, const char *s)
{
	time64_t t;

	KUNIT_EXPECT_NE_MSG(test, http_date_parse(s, strlen(s), &t), 0, "%s",
			    s);
}

static void format__dates(struct kunit *test)
{
	check_format(test, 784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
	check_format(test, 1709208000, "Thu, 29 Feb 2024 12:00:00 GMT");
}

static void format__bounds(struct kunit *test)
{
	check_format(test, S64_MIN, "Thu, 01 Jan 1970 00:00:00 GMT");
	check_format(test, 0, "Thu, 01 Jan 1970 00:00:00 GMT");
	check_format(test, 253402300799LL, "Fri, 31 Dec 9999 23:59:59 GMT");
	check_format(test, S64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void parse__forms(struct kunit *test)
{
	check_parse(test, "Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
	check_parse(test, "Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
	check_parse(test, "Sun Nov  6 08:49:37 1994", 784111777);
}

static void parse__bounds(struct kunit *test)
{
	check_parse(test, "Thu, 01 Jan 1970 00:00:00 GMT", 0);
	check_parse(test, "Wed, 31 Dec 1969 23:59:59 GMT", -1);
	check_parse(test, "Mon, 01 Jan 0001 00:00:00 GMT", -62135596800LL);
	check_parse(test, "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799LL);
	check_parse(test, "Wednesday, 31-Dec-69 23:59:59 GMT", 3155759999LL);
	check_parse(test, "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800);
	check_parse(test, "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000);
}

static void parse__refuses(struct kunit *test)
{
	check_bad(test, "");
	check_bad(test, "Sun, 06 Nov 1994 08:49:37 UTC");
	check_bad(test, "Sun, 06 Nov 1994 08:49:37 GMT ");
	check_bad(test, "Sun, 31 Nov 1994 08:49:37 GMT");
	check_bad(test, "Sun, 29 Feb 1900 08:49:37 GMT");
	check_bad(test, "Sun, 06 Nov 1994 24:00:00 GMT");
	check_bad(test, "Sun, 06 Nov 0000 08:49:37 GMT");
	check_bad(test, "Sunday, 06-Nov-1994 08:49:37 GMT");
	check_bad(test, "Sun Nov 6 08:49:37 1994");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(format__dates),
	KUNIT_CASE(format__bounds),
	KUNIT_CASE(parse__forms),
	KUNIT_CASE(parse__bounds),
	KUNIT_CASE(parse__refuses),
	{}
};

struct kunit_suite kelp_date_suite = {
	.name = "kelp_date",
	.test_cases = cases,
};
