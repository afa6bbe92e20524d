/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpc_load's parts: the call that is made, and a connection that makes it over
 * and over.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prpc.h"

struct tally;

/* Correlation ids are numbers that take this many bytes as a varint. */
#define ID_LEN 5
#define PIPELINE_BITS 12
#define PIPELINE_MAX (1 << PIPELINE_BITS)

/**
 * struct load - what everyone does; constant once it is set up
 * @service: service name
 * @method: method name
 * @payload: the request's message
 * @expect: the reply's message
 * @attachment: of the request, and of the reply when @returned
 * @returned: the reply has the request's attachment
 * @timeout_ms: to be sent along, 0 for none
 * @pipeline: calls in flight per connection
 * @request: the frame, with a correlation id to be overwritten
 * @id_at: where that is
 */
struct load {
	const char *service;
	const char *method;
	struct span payload;
	struct span expect;
	struct span attachment;
	bool returned;
	uint32_t timeout_ms;
	unsigned int pipeline;
	struct span request;
	size_t id_at;
};

/**
 * struct shape - a reply that was found right, as a whole
 * @data: it, or NULL
 * @len: its bytes
 * @id_at: where its correlation id is
 *
 * A reply that differs in nothing but the id is right too, and need not be
 * taken apart. A thread's own.
 */
struct shape {
	uint8_t *data;
	size_t len;
	size_t id_at;
};

/**
 * struct call - a call in flight
 * @id: its correlation id, 0 when there is none
 * @sent: when, in nanoseconds
 */
struct call {
	uint64_t id;
	uint64_t sent;
};

/**
 * struct load_conn - a connection; of its thread only
 * @fd: its socket, -1 once it is closed
 * @load: what to do
 * @tally: to be counted in
 * @shape: of its thread
 * @calls: a place for each call of the pipeline
 * @idle: the places that are free
 * @idle_count: how many are
 * @serial: of the last call
 * @out: the request, @load->pipeline times; only ids change
 * @out_len: bytes of @out to be sent
 * @out_sent: bytes of them that are
 * @in: part of a reply
 * @in_len: bytes of it
 * @in_room: bytes that @in can hold
 */
struct load_conn {
	int fd;
	const struct load *load;
	struct tally *tally;
	struct shape *shape;
	struct call *calls;
	uint16_t *idle;
	unsigned int idle_count;
	uint32_t serial;
	uint8_t *out;
	size_t out_len;
	size_t out_sent;
	uint8_t *in;
	size_t in_len;
	size_t in_room;
};

uint64_t now_ns(void);

int load_prepare(struct load *load);
uint64_t load_get_id(const uint8_t *at);
void load_put_id(uint8_t *at, uint64_t id);
const char *load_judge(const struct load *load, struct span data,
		       struct prpc_frame *frame, struct shape *shape);

int load_conn_init(struct load_conn *conn, const struct load *load,
		   struct tally *tally, struct shape *shape);
void load_conn_close(struct load_conn *conn);
void load_conn_send(struct load_conn *conn, uint64_t now);
void load_conn_ready(struct load_conn *conn, uint64_t until, bool ended);
unsigned int load_conn_in_flight(const struct load_conn *conn);

#endif
