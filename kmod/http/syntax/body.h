/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The framing of a request's body (RFC 9112, 6): where it ends, and which of
 * the bytes that come are payload. Pure, resumable, in place: what was taken
 * is never looked at again, wherever TCP cut it.
 */
#ifndef KELP_HTTP_BODY_H
#define KELP_HTTP_BODY_H

#include <linux/types.h>

#include "chunk.h"

struct http_req;

/**
 * struct http_body - a request's body, while it is read
 * @left: with a Content-Length, payload bytes that were not taken yet
 * @limit: payload bytes of all chunks, at most; set by whoever knows
 * @chunk: the decoder, when @chunked
 * @chunked: a chunked body that is not complete yet
 *
 * Belongs to whoever owns the connection; no locking of its own.
 */
struct http_body {
	u64 left;
	u64 limit;
	struct http_chunk chunk;
	bool chunked;
};

/**
 * http_body_done() - has the whole body been taken?
 * @body: the body
 *
 * Context: Any.
 * Return: true when nothing of it is to come; at once when there is none.
 */
static inline bool http_body_done(const struct http_body *body)
{
	return !body->left && !body->chunked;
}

/**
 * http_body_init() - make ready for the first byte behind a head
 * @body: body to reset
 * @req: the request; complete
 * @limit: payload bytes that are accepted when it is chunked
 *
 * A Content-Length is not compared with @limit: the caller does that.
 *
 * Context: Any.
 */
void http_body_init(struct http_body *body, const struct http_req *req,
		    u64 limit);

/**
 * http_body_take() - take up to and including the next run of payload
 * @body: a body that is not done
 * @data: bytes that were not taken yet
 * @len: how many there are; may exceed the body
 * @ext: limit of chunk extensions in bytes
 * @trailer: limit of trailer fields in bytes
 * @out: set to the run of payload, where it lies; empty when there was none
 *
 * Context: Any. Does not sleep. Touches @body, @out and the bytes only.
 * Return: bytes taken, @out's included, never 0 when @len is not 0; or the
 * negated status of a refusal: -400 -413 -431, then for good.
 */
ssize_t http_body_take(struct http_body *body, const u8 *data, size_t len,
		       u32 ext, u32 trailer, struct http_chunk_out *out);

#endif /* KELP_HTTP_BODY_H */
