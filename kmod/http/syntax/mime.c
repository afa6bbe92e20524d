// SPDX-License-Identifier: GPL-2.0-only
/*
 * Media types by file name extension: a sorted table and a binary search.
 *
 * Pure; runs anywhere. It must not know about files or responses.
 */
#include "mime.h"

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>

#define EXT_MAX	11	/* the longest extension in the table */

static const char default_type[] = "application/octet-stream";

/* Sorted by extension, byte by byte: the search depends on it, a test sees. */
static const struct {
	char ext[EXT_MAX + 1];
	const char *type;
} types[] = {
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "apng", "image/apng" },
	{ "asc", "application/pgp-signature" },
	{ "atom", "application/atom+xml" },
	{ "avi", "video/x-msvideo" },
	{ "avif", "image/avif" },
	{ "bin", "application/octet-stream" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "c", "text/x-c; charset=utf-8" },
	{ "cc", "text/x-c; charset=utf-8" },
	{ "cjs", "text/javascript; charset=utf-8" },
	{ "conf", "text/plain; charset=utf-8" },
	{ "cpp", "text/x-c; charset=utf-8" },
	{ "crt", "application/x-x509-ca-cert" },
	{ "css", "text/css; charset=utf-8" },
	{ "csv", "text/csv; charset=utf-8" },
	{ "cur", "image/vnd.microsoft.icon" },
	{ "deb", "application/vnd.debian.binary-package" },
	{ "der", "application/x-x509-ca-cert" },
	{ "diff", "text/x-diff; charset=utf-8" },
	{ "dll", "application/octet-stream" },
	{ "doc", "application/msword" },
	{ "docx",
	  "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "eot", "application/vnd.ms-fontobject" },
	{ "eps", "application/postscript" },
	{ "epub", "application/epub+zip" },
	{ "exe", "application/octet-stream" },
	{ "flac", "audio/flac" },
	{ "geojson", "application/geo+json" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "h", "text/x-c; charset=utf-8" },
	{ "heic", "image/heic" },
	{ "hpp", "text/x-c; charset=utf-8" },
	{ "htm", "text/html; charset=utf-8" },
	{ "html", "text/html; charset=utf-8" },
	{ "ico", "image/vnd.microsoft.icon" },
	{ "ics", "text/calendar; charset=utf-8" },
	{ "img", "application/octet-stream" },
	{ "ini", "text/plain; charset=utf-8" },
	{ "iso", "application/x-iso9660-image" },
	{ "jar", "application/java-archive" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "text/javascript; charset=utf-8" },
	{ "json", "application/json" },
	{ "jsonld", "application/ld+json" },
	{ "jxl", "image/jxl" },
	{ "ko", "application/octet-stream" },
	{ "log", "text/plain; charset=utf-8" },
	{ "m3u8", "application/vnd.apple.mpegurl" },
	{ "m4a", "audio/mp4" },
	{ "m4v", "video/mp4" },
	{ "man", "text/troff; charset=utf-8" },
	{ "map", "application/json" },
	{ "markdown", "text/markdown; charset=utf-8" },
	{ "md", "text/markdown; charset=utf-8" },
	{ "mid", "audio/midi" },
	{ "midi", "audio/midi" },
	{ "mjs", "text/javascript; charset=utf-8" },
	{ "mkv", "video/x-matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpd", "application/dash+xml" },
	{ "mpeg", "video/mpeg" },
	{ "mpg", "video/mpeg" },
	{ "o", "application/octet-stream" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "otf", "font/otf" },
	{ "patch", "text/x-diff; charset=utf-8" },
	{ "pdf", "application/pdf" },
	{ "pem", "application/x-x509-ca-cert" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx",
	  "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "ps", "application/postscript" },
	{ "py", "text/x-python; charset=utf-8" },
	{ "rar", "application/vnd.rar" },
	{ "rpm", "application/x-rpm" },
	{ "rss", "application/rss+xml" },
	{ "rtf", "application/rtf" },
	{ "sh", "text/x-shellscript; charset=utf-8" },
	{ "sig", "application/pgp-signature" },
	{ "so", "application/octet-stream" },
	{ "sql", "application/sql" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tex", "application/x-tex" },
	{ "text", "text/plain; charset=utf-8" },
	{ "tgz", "application/gzip" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "toml", "application/toml" },
	{ "torrent", "application/x-bittorrent" },
	{ "ts", "video/mp2t" },
	{ "tsv", "text/tab-separated-values; charset=utf-8" },
	{ "ttc", "font/collection" },
	{ "ttf", "font/ttf" },
	{ "txt", "text/plain; charset=utf-8" },
	{ "vcf", "text/vcard; charset=utf-8" },
	{ "vtt", "text/vtt; charset=utf-8" },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx",
	  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "xml", "text/xml; charset=utf-8" },
	{ "xsd", "text/xml; charset=utf-8" },
	{ "xsl", "text/xml; charset=utf-8" },
	{ "xz", "application/x-xz" },
	{ "yaml", "application/yaml" },
	{ "yml", "application/yaml" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

const char *http_mime_extension(const char *path, size_t len, size_t *ext_len)
{
	size_t n = 0;

	while (n < len && path[len - n - 1] != '.') {
		if (path[len - n - 1] == '/')
			return NULL;
		n++;
	}
	/* a dot there must be, and a name before it */
	if (!n || len < n + 2 || path[len - n - 2] == '/')
		return NULL;
	*ext_len = n;
	return path + len - n;
}

/* The extension in lower case. Returns false when no type is known for it. */
static bool get_extension(char ext[EXT_MAX + 1], const char *path, size_t len)
{
	size_t n, i;

	path = http_mime_extension(path, len, &n);
	if (!path || n > EXT_MAX)
		return false;
	for (i = 0; i < n; i++)
		ext[i] = tolower(path[i]);
	ext[n] = '\0';
	return true;
}

const char *http_mime_type(const char *path, size_t len)
{
	size_t low = 0, high = ARRAY_SIZE(types);
	char ext[EXT_MAX + 1];

	if (!get_extension(ext, path, len))
		return default_type;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = strcmp(ext, types[mid].ext);

		if (!cmp)
			return types[mid].type;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return default_type;
}
