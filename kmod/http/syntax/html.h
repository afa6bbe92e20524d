/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that goes into HTML: names of files, which may hold any byte.
 *
 * Pure; runs anywhere. Each function writes what fits, like snprintf() but
 * without a NUL, and returns how much there is, so that a page can be measured
 * before there is room for it.
 */
#ifndef KELP_HTTP_HTML_H
#define KELP_HTTP_HTML_H

#include <linux/types.h>

/**
 * http_html_text() - write text so that it is text in HTML
 * @dst: where to; may be NULL when @cap is 0
 * @cap: room at @dst in bytes
 * @src: the text
 * @len: its length in bytes
 *
 * Right between tags and inside quoted attributes. Bytes from 0x80 on are
 * passed on: whether they are UTF-8 is for the reader to see.
 *
 * Context: Any.
 * Return: bytes of the whole, however many fit.
 */
size_t http_html_text(char *dst, size_t cap, const char *src, size_t len);

/**
 * http_html_url() - write a name as one segment of a URL
 * @dst: where to; may be NULL when @cap is 0
 * @cap: room at @dst in bytes
 * @src: the name
 * @len: its length in bytes
 *
 * All but unreserved characters (RFC 3986, 2.3) is percent-encoded, slashes
 * and colons included: the result is no path and no scheme, and needs no
 * escaping in HTML.
 *
 * Context: Any.
 * Return: bytes of the whole, however many fit.
 */
size_t http_html_url(char *dst, size_t cap, const char *src, size_t len);

#endif /* KELP_HTTP_HTML_H */
