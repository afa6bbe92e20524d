/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entity-tags: RFC 9110, 8.8.3, and lists of them as If-Match and
 * If-None-Match have (13.1.1, 13.1.2).
 *
 * Pure; runs anywhere, softirq included. It must not know what a tag is made
 * from.
 */
#ifndef KELP_HTTP_ETAG_H
#define KELP_HTTP_ETAG_H

#include <linux/types.h>

/* Most bytes that http_etag_format() writes, quotes included. */
#define HTTP_ETAG_LEN	48

/**
 * struct http_etag - an entity-tag
 * @text: the opaque tag with its quotes, without "W/"; not terminated
 * @len: bytes of @text; 0 for no tag
 * @weak: "W/" stood before it
 */
struct http_etag {
	const u8 *text;
	size_t len;
	bool weak;
};

/**
 * http_etag_parse() - read one entity-tag
 * @tag: set on success only
 * @s: the tag, nothing around it
 * @len: its length in bytes
 *
 * Context: Any.
 * Return: true when all of @s is one entity-tag.
 */
bool http_etag_parse(struct http_etag *tag, const u8 *s, size_t len);

/**
 * http_etag_strong() - strong comparison (RFC 9110, 8.8.3.2)
 * @a: a tag
 * @b: another
 *
 * Context: Any.
 * Return: true when they are the same and neither is weak.
 */
bool http_etag_strong(const struct http_etag *a, const struct http_etag *b);

/**
 * http_etag_weak() - weak comparison (RFC 9110, 8.8.3.2)
 * @a: a tag
 * @b: another
 *
 * Context: Any.
 * Return: true when they are the same but perhaps for being weak.
 */
bool http_etag_weak(const struct http_etag *a, const struct http_etag *b);

/**
 * http_etag_listed() - is a tag in a list of tags?
 * @s: the list as one field line has it, not "*"
 * @len: its length in bytes
 * @tag: the tag looked for
 * @same: how to compare
 *
 * Empty elements are passed over (RFC 9110, 5.6.1.2). A list counts up to the
 * first byte that does not fit the grammar.
 *
 * Context: Any.
 * Return: true when it is.
 */
bool http_etag_listed(const u8 *s, size_t len, const struct http_etag *tag,
		      bool (*same)(const struct http_etag *,
				   const struct http_etag *));

/**
 * http_etag_format() - write a strong tag for some content
 * @dst: room for HTTP_ETAG_LEN bytes; not terminated
 * @digest: of the content
 * @size: of the content in bytes
 * @suffix: short name of how it is encoded, "" for not at all; at most 8 bytes
 *
 * Context: Any.
 * Return: how many bytes were written.
 */
size_t http_etag_format(char *dst, u64 digest, u64 size, const char *suffix);

#endif /* KELP_HTTP_ETAG_H */
