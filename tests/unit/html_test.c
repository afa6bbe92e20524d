// SPDX-License-Identifier: GPL-2.0-only
/* Text that goes into HTML. */
#include <string.h>

#include <linux/types.h>

#include "harness.h"
#include "html.h"

typedef size_t (*writer_t)(char *, size_t, const char *, size_t);

/* The same whole, whatever the room; nothing beyond it is written. */
static void check(writer_t writer, const char *src, size_t len,
		  const char *want)
{
	size_t whole = strlen(want), cap;
	char dst[1024];

	src = (const char *)guarded(src, len);
	assert_int_equal(writer(NULL, 0, src, len), whole);
	for (cap = 0; cap <= whole + 1; cap++) {
		size_t fits = cap < whole ? cap : whole;

		memset(dst, '!', sizeof(dst));
		assert_int_equal(writer(dst, cap, src, len), whole);
		assert_memory_equal(dst, want, fits);
		assert_int_equal(dst[fits], '!');
	}
}

static void check_text(const char *src, const char *want)
{
	check(http_html_text, src, strlen(src), want);
}

static void check_url(const char *src, const char *want)
{
	check(http_html_url, src, strlen(src), want);
}

static void html_text__plain(void **state)
{
	(void)state;
	check_text("", "");
	check_text("a.txt", "a.txt");
	check_text("\xc3\xa4 \xff", "\xc3\xa4 \xff");
}

static void html_text__escapes(void **state)
{
	(void)state;
	check_text("<b>", "&lt;b&gt;");
	check_text("a&amp;b", "a&amp;amp;b");
	check_text("'\"", "&#39;&quot;");
	check_text("\"><script>alert(1)</script>",
		   "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
}

static void html_url__unreserved(void **state)
{
	(void)state;
	check_url("", "");
	check_url("azAZ09-._~", "azAZ09-._~");
}

static void html_url__encodes(void **state)
{
	(void)state;
	check_url("a b", "a%20b");
	check_url("javascript:x", "javascript%3Ax");
	check_url("a/b?c#d%e&f", "a%2Fb%3Fc%23d%25e%26f");
	check_url("<\"'>", "%3C%22%27%3E");
	check_url("\xc3\xa4\xff", "%C3%A4%FF");
	check(http_html_url, "a\0b", 3, "a%00b");
}

/* Every byte is either itself and harmless, or encoded. */
static void html_url__every_byte(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		char byte = (char)c, dst[4];
		size_t n = http_html_url(dst, sizeof(dst), &byte, 1);

		if (n == 1) {
			assert_int_equal(dst[0], byte);
			assert_null(memchr("<>&\"'/:?#% \\", byte, 12));
		} else {
			assert_int_equal(n, 3);
			assert_int_equal(dst[0], '%');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_text__plain),
		cmocka_unit_test(html_text__escapes),
		cmocka_unit_test(html_url__unreserved),
		cmocka_unit_test(html_url__encodes),
		cmocka_unit_test(html_url__every_byte),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
