// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that goes into HTML.
 *
 * Pure; runs anywhere.
 */
#include "html.h"

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* Append at @at; what does not fit is dropped. Return: the new @at. */
static size_t put(char *dst, size_t cap, size_t at, const char *src, size_t len)
{
	if (at < cap)
		memcpy(dst + at, src, len < cap - at ? len : cap - at);
	return at + len;
}

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

size_t http_html_text(char *dst, size_t cap, const char *src, size_t len)
{
	size_t at = 0, i;

	for (i = 0; i < len; i++) {
		const char *named = entity(src[i]);

		at = named ? put(dst, cap, at, named, strlen(named)) :
			     put(dst, cap, at, &src[i], 1);
	}
	return at;
}

static bool unreserved(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || c == '-' || c == '.' || c == '_' ||
			    c == '~');
}

size_t http_html_url(char *dst, size_t cap, const char *src, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0, i;

	for (i = 0; i < len; i++) {
		unsigned char c = src[i];
		char code[3] = { '%', digits[c >> 4], digits[c & 15] };

		at = unreserved(c) ? put(dst, cap, at, &src[i], 1) :
				     put(dst, cap, at, code, sizeof(code));
	}
	return at;
}
