/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoder of chunked bodies: bytes in, runs of payload out, in place.
 *
 * Pure and resumable like the request parser, and like it for any context. It
 * must not know about connections, requests or what becomes of the payload.
 */
#ifndef KELP_HTTP_CHUNK_H
#define KELP_HTTP_CHUNK_H

#include <linux/types.h>

/**
 * struct http_chunk_limits - how much is decoded before refusing
 * @body: payload of all chunks in bytes; beyond: 413, at the end of the size
 *	that says so
 * @ext: chunk extensions of the whole body in bytes, the white space about
 *	them included; beyond: 413
 * @trailer: trailer lines in bytes, the final empty line included; beyond: 431
 */
struct http_chunk_limits {
	u64 body;
	u32 ext;
	u32 trailer;
};

/**
 * struct http_chunk - one chunked body, while it is decoded
 * @left: payload bytes the current chunk still has; while a size is read, the
 *	size so far
 * @total: payload bytes of all chunks whose size was read
 * @ext: bytes of extensions seen
 * @trailer: bytes of trailer lines seen
 * @state: where in the grammar the decoder stands
 * @digits: digits of the current size
 * @status: the status of a refusal, 0 while there is none
 *
 * Belongs to whoever owns the connection; no locking of its own.
 */
struct http_chunk {
	u64 left;
	u64 total;
	u32 ext;
	u32 trailer;
	u8  state;
	u8  digits;
	u16 status;
};

/**
 * struct http_chunk_out - a run of payload, where it lies
 * @data: its first byte, inside the buffer that was given; NULL when @len is 0
 * @len: its length in bytes
 */
struct http_chunk_out {
	const u8 *data;
	size_t len;
};

/**
 * http_chunk_init() - make ready for the first byte of a body
 * @c: decoder to reset; nothing it held needs releasing
 *
 * Context: Any.
 */
void http_chunk_init(struct http_chunk *c);

/**
 * http_chunk_parse() - decode up to and including the next run of payload
 * @c: the decoder
 * @buf: bytes that were not consumed yet
 * @len: how many there are; may exceed the body
 * @lim: limits, the same in all calls for one body
 * @out: set to the run of payload; empty when there was none
 *
 * Call it again with what lies behind the consumed bytes, until it consumes
 * nothing or http_chunk_done(). Nothing has to be kept between calls. Trailer
 * fields are checked and dropped.
 *
 * Context: Any. Does not sleep. Touches @c, @out and the bytes only.
 * Return: bytes consumed, @out's included; 0 when @len is 0 or the body is
 * complete; or the negated status of the refusal: -400 -413 -431, then for
 * good.
 */
ssize_t http_chunk_parse(struct http_chunk *c, const u8 *buf, size_t len,
			 const struct http_chunk_limits *lim,
			 struct http_chunk_out *out);

/**
 * http_chunk_done() - has the whole body been consumed?
 * @c: the decoder
 *
 * Context: Any.
 * Return: true when the final empty line was consumed.
 */
bool http_chunk_done(const struct http_chunk *c);

#endif /* KELP_HTTP_CHUNK_H */
