/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct http_call, for call.c (the connection's side) and call_io.c (the
 * handler's side). Between them lie two bounded buffers under one spinlock: the
 * body as it comes, and the answer as it is written. A full one stops its
 * writer: the connection reads no more, or the handler sleeps.
 */
#ifndef KELP_HTTP_CALL_IMPL_H
#define KELP_HTTP_CALL_IMPL_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "http/syntax/parse.h"
#include "http/handlers/rq.h"

struct kelp_http;

/* The body's buffer. */
#define CALL_RX 16384

/**
 * struct http_piece - a part of an answer's body on its way to the connection
 * @node: in http_call.tx, then in a list of its reader's
 * @len: bytes in @data
 * @data: the bytes
 */
struct http_piece {
	struct list_head node;
	size_t len;
	u8 data[];
};

#define PIECE_BYTES (4096 - sizeof(struct http_piece))

/**
 * struct http_call - a request whose handler runs in the dispatcher
 * @rq: the request; the handler's while serve() runs
 * @work: runs serve()
 * @ref: holders: the connection (http_conn.rq), @work
 * @http: the tables, which handlers may read; a reference is held; set once
 * @req: copy of the request; set once
 * @head_sent: the answer's head is written; socket lock
 * @lock: protects what follows; BH off; inside the socket lock
 * @wait: where the handler sleeps; woken when anything below changes for it
 * @dead: the connection wants no more of it
 * @begun: the answer's head may be written
 * @done: serve() has returned
 * @want_body: the body shall be read
 * @rx_end: the whole body is in @rx
 * @rx_stopped: @rx was full and the connection stopped reading
 * @result: what serve() returned
 * @rx: ring of CALL_RX bytes, made by the first read, before @want_body is set;
 *	charged
 * @rx_at: first byte in it
 * @rx_len: bytes in it
 * @tx: pieces of the answer's body
 * @tx_bytes: memory of them; charged
 * @tx_max: where a writer has to wait; set once
 */
struct http_call {
	struct kelp_http_rq rq;
	struct work_struct work;
	refcount_t ref;
	struct kelp_http *http;
	struct http_req req;
	bool head_sent;

	spinlock_t lock;
	wait_queue_head_t wait;
	bool dead;
	bool begun;
	bool done;
	bool want_body;
	bool rx_end;
	bool rx_stopped;
	int result;
	u8 *rx;
	u32 rx_at;
	u32 rx_len;
	struct list_head tx;
	size_t tx_bytes;
	size_t tx_max;
};

#endif
