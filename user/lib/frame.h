/* SPDX-License-Identifier: MIT */
/*
 * Frames as a client writes and reads them, on top of the project's own reader
 * and writer of the wire (rpc/wire.h). Pure.
 */
#ifndef LIBKELP_FRAME_H
#define LIBKELP_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include <kelp/client.h>

/**
 * struct frame_request - what the head of a request says
 * @service: "package.Service"
 * @method: "Method"
 * @id: correlation id
 * @timeout_ms: time that is left, 0 when there is no end
 * @log_id: numbers for logs, 0 for none; as the next two
 * @trace_id: see there
 * @span_id: see there
 * @secret: what the server wants to know first, or NULL
 * @message_len: bytes that follow
 * @attachment_len: bytes that follow these
 */
struct frame_request {
	struct kelp_bytes service;
	struct kelp_bytes method;
	uint64_t id;
	int32_t timeout_ms;
	uint64_t log_id;
	uint64_t trace_id;
	uint64_t span_id;
	const char *secret;
	size_t message_len;
	size_t attachment_len;
};

/* Bytes that frame_write() needs at most. */
size_t frame_room(const struct frame_request *request);

/* Write all before the message; returns the bytes, at most frame_room(). */
size_t frame_write(const struct frame_request *request, uint8_t *to,
		   size_t room);

/* Can that be sent at all? 0 or -EINVAL, -EMSGSIZE. */
int frame_check(const struct kelp_request *request);

/**
 * struct frame_reply - what the head of a reply says
 * @size: bytes of the frame, its head included
 * @begin: where the message is in it
 * @id: correlation id
 * @code: 0, or what the server answered instead of a reply
 * @text: its words for it; bytes of the frame
 * @message_len: bytes of the message
 * @attachment_len: bytes behind it
 */
struct frame_reply {
	size_t size;
	size_t begin;
	uint64_t id;
	int32_t code;
	struct kelp_bytes text;
	size_t message_len;
	size_t attachment_len;
};

/**
 * frame_read() - look at the beginning of a reply
 * @data: its first byte
 * @len: bytes there are now
 * @most: bytes that a body may have
 * @reply: with 1 all set; with 0 @size, if it is known, else 0
 *
 * Return: 1 when head and meta are there; 0 when more bytes are needed (@len is
 * less than @reply->size, which may not be known yet); a negative number when it
 * is no reply: the connection is of no use any more.
 */
int frame_read(const uint8_t *data, size_t len, size_t most,
	       struct frame_reply *reply);

#endif
