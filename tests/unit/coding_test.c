// SPDX-License-Identifier: GPL-2.0-only
/* Accept-Encoding: RFC 9110, 12.5.3. */
#include <string.h>

#include "coding.h"
#include "harness.h"
#include "request_kit.h"

#define BR	(1 << HTTP_CODING_BR)
#define ZSTD	(1 << HTTP_CODING_ZSTD)
#define GZIP	(1 << HTTP_CODING_GZIP)
#define ALL	(BR | ZSTD | GZIP)

#define ONE(value)	"Accept-Encoding: " value "\r\n"

struct coding_case {
	const char *fields;
	unsigned int there;
	enum http_coding want;
};

static const struct coding_case cases[] = {
	{ "", ALL, HTTP_CODING_IDENTITY },
	{ ONE(""), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip"), 0, HTTP_CODING_IDENTITY },
	{ ONE("gzip"), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip"), BR, HTTP_CODING_IDENTITY },
	{ ONE("x-gzip"), ALL, HTTP_CODING_GZIP },
	{ ONE("GZip"), ALL, HTTP_CODING_GZIP },
	{ ONE("br"), ALL, HTTP_CODING_BR },
	{ ONE("zstd"), ALL, HTTP_CODING_ZSTD },
	{ ONE("zst"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("deflate, compress"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip, deflate, br, zstd"), ALL, HTTP_CODING_BR },
	{ ONE("gzip, deflate, br, zstd"), ZSTD | GZIP, HTTP_CODING_ZSTD },
	{ ONE("gzip, deflate, br, zstd"), GZIP, HTTP_CODING_GZIP },
	{ ONE("gzip;q=1.0, br;q=0.9"), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip;q=0.5, br;q=0.5"), ALL, HTTP_CODING_BR },
	{ ONE("gzip;q=0.001"), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip;q=0.002, br;q=0.001"), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip;q=0"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0.000"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0."), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=1."), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip;q=1.000"), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip;Q=0.5"), ALL, HTTP_CODING_GZIP },
	{ ONE("gzip \t; \tq=0.5 , br ;q=0.4"), ALL, HTTP_CODING_GZIP },
	{ ONE(",, gzip ,,"), ALL, HTTP_CODING_GZIP },
	{ ONE("*"), ALL, HTTP_CODING_BR },
	{ ONE("*"), GZIP, HTTP_CODING_GZIP },
	{ ONE("*;q=0"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("*;q=0, gzip"), ALL, HTTP_CODING_GZIP },
	{ ONE("*, br;q=0"), ALL, HTTP_CODING_ZSTD },
	{ ONE("*, br;q=0"), BR, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0.5, *;q=1"), GZIP, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0.5, *"), GZIP | ZSTD, HTTP_CODING_ZSTD },
	{ ONE("identity"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("identity, gzip;q=0.9"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("identity;q=0.5, gzip;q=0.9"), ALL, HTTP_CODING_GZIP },
	{ ONE("identity;q=0.5, gzip;q=0.5"), ALL, HTTP_CODING_GZIP },
	{ ONE("identity;q=0.5, gzip;q=0.4"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("identity;q=1, *;q=0"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("identity;q=0, gzip;q=0.1"), ALL, HTTP_CODING_GZIP },
	/* nothing that is there is wanted: it is sent as it is */
	{ ONE("identity;q=0"), 0, HTTP_CODING_IDENTITY },
	{ ONE("identity;q=0"), GZIP, HTTP_CODING_IDENTITY },
	{ ONE("identity;q=0, br"), GZIP, HTTP_CODING_IDENTITY },
	{ ONE("identity;q=0, *;q=0"), ALL, HTTP_CODING_IDENTITY },
	/* elements that do not fit the grammar */
	{ ONE("gzip;q=2"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=1.001"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0.1234"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=.5"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=-1"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0,5"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q="), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip; q =1"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=1;x=2"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;level=9"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip br"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip/br"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("\"gzip\""), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=2, br;q=0.1"), ALL, HTTP_CODING_BR },
	{ ONE("**"), ALL, HTTP_CODING_IDENTITY },
	/* named twice */
	{ ONE("gzip, gzip;q=0"), ALL, HTTP_CODING_IDENTITY },
	{ ONE("gzip;q=0, gzip"), ALL, HTTP_CODING_IDENTITY },
	/* lines are one list */
	{ ONE("gzip;q=0.5") "X: y\r\n" ONE("br;q=0.6"), ALL, HTTP_CODING_BR },
	{ ONE("gzip;q=0.5") "Accept-Encodings: br\r\n" ONE("zstd;q=0.4"), ALL,
	  HTTP_CODING_GZIP },
	{ ONE("br") ONE("br;q=0"), ALL, HTTP_CODING_IDENTITY },
};

static void test_choose(void **state)
{
	struct http_req req;
	const u8 *head;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		enum http_coding got;

		head = request_parse(&req, "GET", cases[i].fields);
		got = http_coding_choose(&req, head, cases[i].there);
		if (got != cases[i].want)
			fail_msg("%s of %x: %s", cases[i].fields,
				 cases[i].there, http_coding_name(got));
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(http_coding_name(HTTP_CODING_GZIP), "gzip");
	assert_string_equal(http_coding_suffix(HTTP_CODING_GZIP), "gz");
	assert_string_equal(http_coding_suffix(HTTP_CODING_ZSTD), "zst");
	assert_string_equal(http_coding_suffix(HTTP_CODING_BR), "br");
	assert_string_equal(http_coding_suffix(HTTP_CODING_IDENTITY), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("coding", tests, NULL, NULL);
}
