// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framing of a request's body: by its length, or chunked (http/syntax/chunk.c).
 *
 * Pure; runs in softirq, in workers and in user space. It must not know about
 * connections or what becomes of the payload.
 */
#include "body.h"
#include "parse.h"

#include <linux/kernel.h>

void http_body_init(struct http_body *body, const struct http_req *req,
		    u64 limit)
{
	body->left = req->flags & HTTP_F_HAS_LENGTH ? req->content_length : 0;
	body->chunked = req->flags & HTTP_F_CHUNKED;
	body->limit = limit;
	if (body->chunked)
		http_chunk_init(&body->chunk);
}

static size_t take_counted(struct http_body *body, const u8 *data, size_t len,
			   struct http_chunk_out *out)
{
	out->data = data;
	out->len = min_t(u64, len, body->left);
	body->left -= out->len;
	return out->len;
}

ssize_t http_body_take(struct http_body *body, const u8 *data, size_t len,
		       u32 ext, u32 trailer, struct http_chunk_out *out)
{
	const struct http_chunk_limits lim = {
		.body = body->limit, .ext = ext, .trailer = trailer,
	};
	ssize_t n;

	if (!body->chunked)
		return take_counted(body, data, len, out);
	n = http_chunk_parse(&body->chunk, data, len, &lim, out);
	if (n >= 0 && http_chunk_done(&body->chunk))
		body->chunked = false;
	return n;
}
