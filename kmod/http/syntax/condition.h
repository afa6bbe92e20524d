/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conditional requests: RFC 9110, 13.
 *
 * Pure; runs anywhere, softirq included. It must not know about objects or
 * answers: who asks has a representation's validators.
 *
 * If-Match and If-None-Match are lists: their lines are read as one. The others
 * are single values: when one of them came on several lines, dates are ignored
 * as RFC 9110, 13.1.3 and 13.1.4, has it for a list of dates, and If-Range does
 * not hold, so that the whole representation is sent.
 */
#ifndef KELP_HTTP_CONDITION_H
#define KELP_HTTP_CONDITION_H

#include <linux/time64.h>
#include <linux/types.h>

#include "etag.h"
#include "parse.h"

/* http_req.seen: preconditions that are not about ranges. */
#define HTTP_SEEN_CONDITION						\
	(1U << HTTP_KNOWN_IF_MATCH | 1U << HTTP_KNOWN_IF_NONE_MATCH |	\
	 1U << HTTP_KNOWN_IF_MODIFIED_SINCE |				\
	 1U << HTTP_KNOWN_IF_UNMODIFIED_SINCE)

/**
 * struct http_validators - what is known of a representation
 * @exists: there is one; else all below is unset
 * @etag: its entity-tag; length 0 when it has none
 * @mtime: its Last-Modified in seconds since the epoch, 0 when it has none
 */
struct http_validators {
	bool exists;
	struct http_etag etag;
	time64_t mtime;
};

/**
 * http_condition_status() - evaluate a request's preconditions
 * @req: the request, complete
 * @head: first byte of its head
 * @v: of the representation that the answer would have, or that the method
 *	would change
 *
 * In the order of RFC 9110, 13.2.2. To be asked only when the answer would be
 * 2xx without preconditions (13.2.1).
 *
 * Context: Any.
 * Return: 0: go on; 304 or 412: answer this instead.
 */
unsigned int http_condition_status(const struct http_req *req, const u8 *head,
				   const struct http_validators *v);

/**
 * http_condition_range() - does If-Range let a range be sent?
 * @req: the request, complete; it has Range
 * @head: first byte of its head
 * @v: of the representation
 * @now: seconds since the epoch
 *
 * A date must be the very Last-Modified and lie in the past: in the second in
 * which a representation was made it may be made again.
 *
 * Context: Any.
 * Return: true without If-Range, or when it holds.
 */
bool http_condition_range(const struct http_req *req, const u8 *head,
			  const struct http_validators *v, time64_t now);

#endif /* KELP_HTTP_CONDITION_H */
