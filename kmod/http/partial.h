/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing what a request gets of an object when that is not simply all of it:
 * 206, 304, 412 and 416. Under the socket lock with BH off, in softirq or in
 * the worker.
 */
#ifndef KELP_HTTP_PARTIAL_H
#define KELP_HTTP_PARTIAL_H

#include <linux/types.h>

#include "http/choice.h"
#include "http/respond.h"

/* Hexadecimal digits of a boundary; 128 bits cannot be guessed. */
#define HTTP_BOUNDARY_LEN 32

/**
 * struct http_parts - an answer that consists of several parts
 * @choice: which parts of what
 * @boundary: what stands between them, not terminated
 * @at: parts that were begun
 * @left: bytes of the last of them that were not written yet
 *
 * Owned by the request; socket lock.
 */
struct http_parts {
	struct http_choice choice;
	char boundary[HTTP_BOUNDARY_LEN];
	unsigned int at;
	u64 left;
};

void http_respond_choice(struct kelp_run *run, struct http_mode mode,
			 const struct http_choice *choice);
void http_respond_range_head(struct kelp_run *run, struct http_mode mode,
			     const struct http_choice *choice);

void http_parts_begin(struct kelp_run *run, struct http_mode mode,
		      struct http_parts *parts);
void http_parts_next(struct kelp_run *run, struct http_parts *parts);
void http_parts_end(struct kelp_run *run, const struct http_parts *parts);

#endif
