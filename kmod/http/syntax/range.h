/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of bytes: RFC 9110, 14.
 *
 * Pure; runs anywhere, softirq included. It must not know what the bytes are.
 */
#ifndef KELP_HTTP_RANGE_H
#define KELP_HTTP_RANGE_H

#include <linux/types.h>

/* More in one request are not honoured. */
#define HTTP_RANGES_MAX	16

/* http_range_parse() */
#define HTTP_RANGE_IGNORE	0	/* the whole representation is sent */
#define HTTP_RANGE_NONE		(-1)	/* 416: none of them can be satisfied */

/**
 * struct http_range - bytes that lie together
 * @first: offset of the first
 * @len: how many, at least 1
 */
struct http_range {
	u64 first;
	u64 len;
};

/**
 * http_range_parse() - read the value of Range
 * @ranges: filled with those that can be satisfied, in the order of the request
 * @s: the value, no white space around it
 * @len: its length in bytes
 * @size: of the representation in bytes
 *
 * What does not fit the grammar, or has another unit than bytes, is ignored as
 * a whole. So is what only a broken or hostile client wants (14.2): more than
 * HTTP_RANGES_MAX ranges, three that overlap, or more bytes in all than the
 * representation has. Numbers may be as long as they like.
 *
 * Context: Any.
 * Return: how many ranges, HTTP_RANGE_IGNORE, or HTTP_RANGE_NONE.
 */
int http_range_parse(struct http_range ranges[HTTP_RANGES_MAX], const u8 *s,
		     size_t len, u64 size);

#endif /* KELP_HTTP_RANGE_H */
