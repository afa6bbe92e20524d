// SPDX-License-Identifier: GPL-2.0-only
/* Media types: the essential cases. */
#include "mime.h"
#include "suites.h"

#include <linux/string.h>

static const char unknown[] = "application/octet-stream";

static void check(struct kunit *test, const char *path, const char *want)
{
	KUNIT_EXPECT_STREQ(test, http_mime_type(path, strlen(path)), want);
}

static void mime_type__known(struct kunit *test)
{
	check(test, "/index.html", "text/html; charset=utf-8");
	check(test, "/a.b/C.CSS", "text/css; charset=utf-8");
	check(test, "a.7z", "application/x-7z-compressed");
	check(test, "/a.zst", "application/zstd");
	check(test, "/a.webmanifest", "application/manifest+json");
}

static void mime_type__unknown(struct kunit *test)
{
	check(test, "", unknown);
	check(test, "/", unknown);
	check(test, "/a", unknown);
	check(test, "/a.", unknown);
	check(test, "/.css", unknown);
	check(test, "/a.css/b", unknown);
	check(test, "/a.nothing", unknown);
	check(test, "/a.averylongextension", unknown);
}

static void mime_type__length_counts(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, http_mime_type("/a.jsonx", 7),
			   "application/json");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(mime_type__known),
	KUNIT_CASE(mime_type__unknown),
	KUNIT_CASE(mime_type__length_counts),
	{}
};

struct kunit_suite kelp_mime_suite = {
	.name = "kelp_mime",
	.test_cases = cases,
};
