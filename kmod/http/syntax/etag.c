// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entity-tags: reading, comparing, writing.
 *
 * Pure; runs anywhere, softirq included. It must not know what a tag is made
 * from.
 */
#include "etag.h"

#include "scan.h"

#include <linux/string.h>

/* etagc: RFC 9110, 8.8.3. */
static bool is_etagc(u8 c)
{
	return c == 0x21 || (c >= 0x23 && c <= 0x7e) || c >= 0x80;
}

/* The tag that begins at p; returns what follows it, NULL when there is none. */
static const u8 *tag_end(struct http_etag *tag, const u8 *p, const u8 *end)
{
	bool weak = end - p >= 2 && p[0] == 'W' && p[1] == '/';
	const u8 *q;

	if (weak)
		p += 2;
	if (p == end || *p != '"')
		return NULL;
	for (q = p + 1; q < end && is_etagc(*q); q++)
		;
	if (q == end || *q != '"')
		return NULL;
	q++;
	tag->text = p;
	tag->len = q - p;
	tag->weak = weak;
	return q;
}

bool http_etag_parse(struct http_etag *tag, const u8 *s, size_t len)
{
	struct http_etag read;

	if (tag_end(&read, s, s + len) != s + len)
		return false;
	*tag = read;
	return true;
}

bool http_etag_weak(const struct http_etag *a, const struct http_etag *b)
{
	return a->len && a->len == b->len && !memcmp(a->text, b->text, a->len);
}

bool http_etag_strong(const struct http_etag *a, const struct http_etag *b)
{
	return !a->weak && !b->weak && http_etag_weak(a, b);
}

bool http_etag_listed(const u8 *s, size_t len, const struct http_etag *tag,
		      bool (*same)(const struct http_etag *,
				   const struct http_etag *))
{
	const u8 *end = s + len;
	struct http_etag each;

	while (s < end) {
		if (is_ows(*s) || *s == ',') {
			s++;
			continue;
		}
		s = tag_end(&each, s, end);
		if (!s)
			return false;
		while (s < end && is_ows(*s))
			s++;
		if (s < end && *s != ',')
			return false;
		if (same(&each, tag))
			return true;
	}
	return false;
}

static char *put_hex(char *dst, u64 v, int digits)
{
	while (digits < 16 && v >> (4 * digits))
		digits++;
	while (digits--)
		*dst++ = "0123456789abcdef"[v >> (4 * digits) & 15];
	return dst;
}

size_t http_etag_format(char *dst, u64 digest, u64 size, const char *suffix)
{
	char *p = dst;

	*p++ = '"';
	p = put_hex(p, digest, 16);
	*p++ = '-';
	p = put_hex(p, size, 1);
	if (*suffix)
		*p++ = '-';
	while (*suffix)
		*p++ = *suffix++;
	*p++ = '"';
	return p - dst;
}
