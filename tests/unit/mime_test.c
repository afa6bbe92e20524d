// SPDX-License-Identifier: GPL-2.0-only
/* Media types by extension. */
#include <string.h>

#include <linux/types.h>

#include "harness.h"
#include "mime.h"

static const char unknown[] = "application/octet-stream";

static void check(const char *path, const char *want)
{
	size_t len = strlen(path);

	assert_string_equal(http_mime_type((const char *)guarded(path, len),
					   len), want);
}

static void check_extension(const char *path, const char *want)
{
	size_t len = strlen(path), ext_len;
	const char *src = (const char *)guarded(path, len);
	const char *ext = http_mime_extension(src, len, &ext_len);

	if (!want) {
		assert_null(ext);
		return;
	}
	assert_non_null(ext);
	assert_int_equal(ext_len, strlen(want));
	assert_memory_equal(ext, want, ext_len);
}

static void mime_extension__is_behind_the_last_dot(void **state)
{
	(void)state;
	check_extension("/a.html", "html");
	check_extension("a.TAR.gZ", "gZ");
	check_extension("/d.x/a.b", "b");
	check_extension("/a.an-extension-longer-than-any-known",
			"an-extension-longer-than-any-known");
}

static void mime_extension__none(void **state)
{
	(void)state;
	check_extension("", NULL);
	check_extension(".", NULL);
	check_extension("a", NULL);
	check_extension("/a.", NULL);
	check_extension("/.bashrc", NULL);
	check_extension(".x", NULL);
	check_extension("/d.x/a", NULL);
	check_extension("/d.x/", NULL);
}

static void mime_type__of_the_web(void **state)
{
	(void)state;
	check("/index.html", "text/html; charset=utf-8");
	check("/a.htm", "text/html; charset=utf-8");
	check("/a.css", "text/css; charset=utf-8");
	check("/a.js", "text/javascript; charset=utf-8");
	check("/a.mjs", "text/javascript; charset=utf-8");
	check("/a.json", "application/json");
	check("/a.map", "application/json");
	check("/a.wasm", "application/wasm");
	check("/a.webmanifest", "application/manifest+json");
	check("/a.svg", "image/svg+xml");
	check("/a.png", "image/png");
	check("/a.jpg", "image/jpeg");
	check("/a.jpeg", "image/jpeg");
	check("/a.gif", "image/gif");
	check("/a.webp", "image/webp");
	check("/a.avif", "image/avif");
	check("/favicon.ico", "image/vnd.microsoft.icon");
	check("/a.woff", "font/woff");
	check("/a.woff2", "font/woff2");
}

static void mime_type__of_others(void **state)
{
	(void)state;
	check("/a.txt", "text/plain; charset=utf-8");
	check("/a.md", "text/markdown; charset=utf-8");
	check("/a.csv", "text/csv; charset=utf-8");
	check("/a.xml", "text/xml; charset=utf-8");
	check("/a.pdf", "application/pdf");
	check("/a.zip", "application/zip");
	check("/a.tar.gz", "application/gzip");
	check("/a.7z", "application/x-7z-compressed");
	check("/a.mp4", "video/mp4");
	check("/a.webm", "video/webm");
	check("/a.mp3", "audio/mpeg");
	check("/a.ogg", "audio/ogg");
	check("/a.zst", "application/zstd");
	check("/a.docx", "application/vnd.openxmlformats-officedocument."
	      "wordprocessingml.document");
}

static void mime_type__in_any_case(void **state)
{
	(void)state;
	check("/A.HTML", "text/html; charset=utf-8");
	check("/A.JpG", "image/jpeg");
}

static void mime_type__where_the_extension_is(void **state)
{
	(void)state;
	check("a.css", "text/css; charset=utf-8");
	check("/a.b/c.css", "text/css; charset=utf-8");
	check("/a.css/b", unknown);
	check("/a.css/", unknown);
	check("/a.css.", unknown);
	check("/a.css.x", unknown);
	check("/.css", unknown);
	check(".css", unknown);
	check("/a/.css", unknown);
	check("/..css", "text/css; charset=utf-8");
}

static void mime_type__none_known(void **state)
{
	(void)state;
	check("", unknown);
	check("/", unknown);
	check(".", unknown);
	check("/a", unknown);
	check("/css", unknown);
	check("/a.", unknown);
	check("/a.cs", unknown);
	check("/a.csss", unknown);
	check("/a.webmanifestx", unknown);
	check("/a.aaaaaaaaaaa", unknown);
	check("/a.zzzzzzzzzzz", unknown);
	check("/a.averylongextensionindeed", unknown);
	check("/a.\xff\xfe", unknown);
}

/* The length counts, not a NUL. */
static void mime_type__stops_at_the_length(void **state)
{
	(void)state;
	assert_string_equal(http_mime_type("/a.html", 5), unknown);
	assert_string_equal(http_mime_type("/a.jsonld", 7), "application/json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mime_extension__is_behind_the_last_dot),
		cmocka_unit_test(mime_extension__none),
		cmocka_unit_test(mime_type__of_the_web),
		cmocka_unit_test(mime_type__of_others),
		cmocka_unit_test(mime_type__in_any_case),
		cmocka_unit_test(mime_type__where_the_extension_is),
		cmocka_unit_test(mime_type__none_known),
		cmocka_unit_test(mime_type__stops_at_the_length),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
