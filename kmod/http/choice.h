/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing what of an object a request gets: which variant, whether at all
 * (preconditions), and which parts (ranges).
 */
#ifndef KELP_HTTP_CHOICE_H
#define KELP_HTTP_CHOICE_H

#include <linux/types.h>

#include "http/syntax/condition.h"
#include "http/syntax/range.h"

struct kelp_object;

/* http_req.seen: without any of these there is nothing to choose. */
#define HTTP_SEEN_CHOICE						\
	(HTTP_SEEN_CONDITION | 1U << HTTP_KNOWN_RANGE |			\
	 1U << HTTP_KNOWN_ACCEPT_ENCODING)

/**
 * struct http_choice - what of an object a request gets
 * @obj: the object that was asked for, or one of its variants; kept by whatever
 *	keeps the former
 * @status: status of the answer: @obj's own; 206 with @nr; or 304, 412, 416
 * @nr: how many @ranges
 * @ranges: which bytes, with 206
 *
 * Lives on the stack, or in a request's task.
 */
struct http_choice {
	struct kelp_object *obj;
	unsigned int status;
	unsigned int nr;
	struct http_range ranges[HTTP_RANGES_MAX];
};

void http_choose(struct http_choice *choice, const struct http_req *req,
		 const u8 *head, struct kelp_object *obj);

#endif
