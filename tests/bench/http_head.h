/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of an HTTP answer, taken apart as strictly as RFC 9112 has it. Pure:
 * no I/O, no allocation.
 */
#ifndef BENCH_HTTP_HEAD_H
#define BENCH_HTTP_HEAD_H

#include "prpc.h"

/* Longer heads are wrong. */
#define HTTP_HEAD_MAX 32768
#define HTTP_DATE_LEN 29

/**
 * struct http_head - what a head says
 * @len: its bytes, with the empty line
 * @status: the status code
 * @sized: there is a Content-Length
 * @body_len: bytes of the body, which some codes have none of whatever
 *	Content-Length says
 * @date_at: where the value of Date is, 0 without one
 */
struct http_head {
	size_t len;
	int status;
	bool sized;
	uint64_t body_len;
	size_t date_at;
};

/**
 * enum http_found - what some bytes begin with
 * @HTTP_HEAD: a head
 * @HTTP_PART: part of one, perhaps
 * @HTTP_BAD: none
 */
enum http_found { HTTP_HEAD, HTTP_PART, HTTP_BAD };

enum http_found http_head_parse(struct span data, struct http_head *head,
				const char **why);
bool http_date_valid(const uint8_t *date);

#endif
