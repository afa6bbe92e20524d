// SPDX-License-Identifier: GPL-2.0-only
/* Dates: RFC 9110, 5.6.7. */
#include <errno.h>
#include <string.h>

#include "date.h"
#include "harness.h"

struct date_case {
	const char *in;
	time64_t t;
};

static const struct date_case good[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
	{ "Sun Nov  6 08:49:37 1994", 784111777 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Thursday, 01-Jan-70 00:00:00 GMT", 0 },
	{ "Thu Jan  1 00:00:00 1970", 0 },
	{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
	{ "Mon, 01 Jan 0001 00:00:00 GMT", -62135596800 },
	{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
	{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
	{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	{ "Wed Dec 31 23:59:59 2025", 1767225599 },
	{ "Wed Dec 01 00:00:00 2025", 1764547200 },
	{ "Wednesday, 31-Dec-69 23:59:59 GMT", 3155759999 },
	/* the day of the week is not checked against the date */
	{ "Mon, 06 Nov 1994 08:49:37 GMT", 784111777 },
};

static const char *const bad[] = {
	"", "0", "784111777", "now",
	"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
	"Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 GMT ",
	" Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GM",
	"sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
	"Sun, 06 NOV 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 Xyz 1994 08:49:37 GMT", "Sun; 06 Nov 1994 08:49:37 GMT",
	"Sun, 6 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
	"Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
	"Sun, 06 Nov 1994 08.49.37 GMT", "Sun, 06 Nov 1994 08:49 GMT    ",
	"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
	"Sun, 32 Jan 1994 08:49:37 GMT", "Sun, 29 Feb 1994 08:49:37 GMT",
	"Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 30 Feb 2000 08:49:37 GMT",
	"Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
	"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 -8:49:37 GMT",
	"Sun, 06 Nov +994 08:49:37 GMT", "Sun, 06 Nov 0000 08:49:37 GMT",
	"Sun, 0a Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19 4 08:49:37 GMT",
	"Sun, 06 Nov 1994  8:49:37 GMT", "SunX 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 Nov 1994 08:49:37 +0000",
	"Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
	"Sunday, 06 Nov 94 08:49:37 GMT", "Sunday, 6-Nov-94 08:49:37 GMT",
	"Sundy, 06-Nov-94 08:49:37 GMT", "Sunday, 31-Jun-94 08:49:37 GMT",
	"Sunday 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT ",
	"Sunday", "Sunday,",
	"Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 94",
	"Sun Nov  6 08:49:37 19 4", "Sun Nov  0 08:49:37 1994",
	"Sun Nov 31 08:49:37 1994", "Sun Nov 6  08:49:37 1994",
	"Xun Nov  6 08:49:37 1994", "Sun Nov    08:49:37 1994",
	"Sun, Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 ",
};

static int parse(const char *s, time64_t *t)
{
	size_t len = strlen(s);

	return http_date_parse((const char *)guarded(s, len), len, t);
}

static void format__fixdate(void **state)
{
	char s[HTTP_DATE_LEN + 1];

	(void)state;
	s[HTTP_DATE_LEN] = '#';
	http_date_format(s, 784111777);
	assert_memory_equal(s, "Sun, 06 Nov 1994 08:49:37 GMT#", 30);
	http_date_format(s, 1709208000);
	assert_memory_equal(s, "Thu, 29 Feb 2024 12:00:00 GMT#", 30);
}

static void format__bounds(void **state)
{
	char s[HTTP_DATE_LEN];

	(void)state;
	http_date_format(s, -1);
	assert_memory_equal(s, "Thu, 01 Jan 1970 00:00:00 GMT", sizeof(s));
	http_date_format(s, INT64_MIN);
	assert_memory_equal(s, "Thu, 01 Jan 1970 00:00:00 GMT", sizeof(s));
	http_date_format(s, 253402300800);
	assert_memory_equal(s, "Fri, 31 Dec 9999 23:59:59 GMT", sizeof(s));
	http_date_format(s, INT64_MAX);
	assert_memory_equal(s, "Fri, 31 Dec 9999 23:59:59 GMT", sizeof(s));
}

static void parse__good(void **state)
{
	time64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		t = 42;
		assert_int_equal(parse(good[i].in, &t), 0);
		assert_int_equal(t, good[i].t);
	}
}

static void parse__bad(void **state)
{
	time64_t t = 42;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse(bad[i], &t), -EINVAL);
	assert_int_equal(t, 42);
}

/* One byte wrong is never the same date, and no part of a date is one. */
static void parse__mutations(void **state)
{
	char s[40];
	time64_t t;
	size_t i, at, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		len = strlen(good[i].in);
		for (at = 0; at < len; at++) {
			strcpy(s, good[i].in);
			s[at] = '~';
			assert_int_equal(parse(s, &t), -EINVAL);
			s[at] = '\0';
			assert_int_equal(parse(s, &t), -EINVAL);
		}
	}
}

static void parse__what_format_wrote(void **state)
{
	char s[HTTP_DATE_LEN];
	time64_t t, u;

	(void)state;
	for (t = 0; t < 253402300800; t += 86400 * 37 + 3671) {
		http_date_format(s, t);
		assert_int_equal(http_date_parse(s, sizeof(s), &u), 0);
		assert_int_equal(t, u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format__fixdate),
		cmocka_unit_test(format__bounds),
		cmocka_unit_test(parse__good),
		cmocka_unit_test(parse__bad),
		cmocka_unit_test(parse__mutations),
		cmocka_unit_test(parse__what_format_wrote),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
