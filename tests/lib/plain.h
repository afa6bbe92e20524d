/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client that does nothing by itself: a socket, calls that are sent as they
 * are, and replies that are read one by one. For tests of the server and the
 * proxy, and to see what they do without libkelp. One thread.
 */
#ifndef TEST_PLAIN_H
#define TEST_PLAIN_H

#include "../bench/prpc.h"
#include "outlet.h"

/**
 * struct plain - a connection
 * @fd: its socket
 * @in: what was received and not taken; behind the end of a connection the
 *	bytes of a frame that was cut
 * @frame: the reply that was read last
 * @used: its bytes, which are still in @in
 */
struct plain {
	int fd;
	struct outlet in;
	struct prpc_frame frame;
	size_t used;
};

/**
 * struct plain_call - a call; what is zero is not sent
 * @method: "package.Service/Method"
 * @id: correlation_id
 * @message: field 1 of the payload, when it has bytes
 * @number: fields 1 and 2, when there is no message
 * @attachment: behind it
 * @log_id: likewise, as are the others
 * @trace_id: see there
 * @span_id: see there
 * @timeout_ms: see there
 * @secret: authentication_data
 * @summed: with a checksum
 */
struct plain_call {
	const char *method;
	int64_t id;
	struct span message;
	int64_t number[2];
	struct span attachment;
	int64_t log_id;
	int64_t trace_id;
	int64_t span_id;
	int32_t timeout_ms;
	const char *secret;
	bool summed;
};

/* What comes next on a connection. */
enum plain_next {
	PLAIN_FRAME,	/* a whole frame */
	PLAIN_CLOSED,	/* FIN */
	PLAIN_RESET,	/* RST */
	PLAIN_SILENT,	/* nothing in time, or no more than a part of a frame */
	PLAIN_NO_FRAME,	/* bytes that are none */
};

/**
 * plain_open() - connect to this machine
 * @plain: filled
 * @port: where
 *
 * Return: 0, or -errno and then it is closed: -ECONNREFUSED, -ECONNRESET when
 * that came at once, -ETIMEDOUT after a second.
 */
int plain_open(struct plain *plain, uint16_t port);

/**
 * plain_close() - end a connection
 * @plain: was opened; closed or not
 */
void plain_close(struct plain *plain);

/**
 * plain_send() - send a call
 * @plain: where
 * @call: what
 *
 * Return: 0 or -errno; -ETIMEDOUT when it was not taken within 20 seconds.
 */
int plain_send(struct plain *plain, const struct plain_call *call);

/**
 * plain_next() - read a frame
 * @plain: from there; @plain->frame is set, and good until the next time
 * @timeout_ms: how long to wait at most
 */
enum plain_next plain_next(struct plain *plain, int timeout_ms);

/**
 * plain_message() - what a reply says
 * @plain: the one that was read last
 *
 * Return: field 1 of its payload, empty when there is none.
 */
struct span plain_message(const struct plain *plain);

/**
 * plain_number() - what a reply says
 * @plain: the one that was read last
 * @field: the number of a field
 *
 * Return: that of its payload, 0 when there is none.
 */
int64_t plain_number(const struct plain *plain, uint32_t field);

#endif
