/* SPDX-License-Identifier: MIT */
/* One attempt of a blocking call. The caller's thread. */
#ifndef LIBKELP_BLOCKING_H
#define LIBKELP_BLOCKING_H

#include <stdbool.h>
#include <stdint.h>

#include <kelp/client.h>

struct endpoint;
struct kelp_channel;

/**
 * struct blocking - a call
 * @channel: on which
 * @request: what
 * @options: how, nothing left open
 * @reply: what becomes of it
 * @deadline: when its time is up
 * @log_id: numbers for logs, as the next two
 * @trace_id: see there
 * @span_id: see there
 */
struct blocking {
	struct kelp_channel *channel;
	const struct kelp_request *request;
	const struct kelp_call_options *options;
	struct kelp_reply *reply;
	uint64_t deadline;
	uint64_t log_id;
	uint64_t trace_id;
	uint64_t span_id;
};

/**
 * struct blocked - how an attempt ended, besides @reply
 * @sent: bytes of it left this host
 * @unreached: there was no connection, by the server's fault
 */
struct blocked {
	bool sent;
	bool unreached;
};

/**
 * blocking_attempt() - make the call, once
 * @call: the call; its reply is filled
 * @endpoint: where
 *
 * Return: see there; the code is in the reply.
 */
struct blocked blocking_attempt(struct blocking *call,
				struct endpoint *endpoint);

#endif
