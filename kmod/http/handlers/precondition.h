/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preconditions of requests that handlers answer: handler.h has the rule.
 */
#ifndef KELP_HTTP_PRECONDITION_H
#define KELP_HTTP_PRECONDITION_H

#include <linux/types.h>

struct http_asked;
struct http_req;
struct kelp_http_rq;

/* To be asked only when http_req.seen has one of HTTP_SEEN_CONDITION. */
bool http_precondition_refuses(const struct http_req *req,
			       const struct http_asked *asked);
bool http_precondition_judge(struct kelp_http_rq *rq);

#endif
