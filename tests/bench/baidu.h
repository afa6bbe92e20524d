/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls over baidu_std, as load generators make them: frames of which only the
 * correlation id changes, and to which call in flight a reply belongs.
 */
#ifndef BENCH_BAIDU_H
#define BENCH_BAIDU_H

#include "load.h"

/* Correlation ids are numbers that take this many bytes as a varint. */
#define BAIDU_ID_LEN 5

/**
 * struct baidu_method - what is called
 * @service: service name
 * @method: method name
 * @timeout_ms: to be sent along, 0 for none
 */
struct baidu_method {
	const char *service;
	const char *method;
	uint32_t timeout_ms;
};

/**
 * struct baidu_request - a frame with a correlation id to be overwritten
 * @frame: it
 * @id_at: where the id is
 * @payload_at: where the message begins
 */
struct baidu_request {
	struct span frame;
	size_t id_at;
	size_t payload_at;
};

int baidu_prepare(struct baidu_request *request,
		  const struct baidu_method *method, struct span payload,
		  struct span attachment);
uint64_t baidu_get_id(const uint8_t *at);
void baidu_put_id(uint8_t *at, struct load_conn *conn, struct load_call *call);
size_t baidu_id_in(struct span data, const struct prpc_frame *frame);
enum load_verdict baidu_need(struct span data, struct load_answer *answer);
enum load_verdict baidu_answer(struct load_conn *conn, uint64_t id,
			       struct load_answer *answer);

#endif
