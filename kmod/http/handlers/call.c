// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers in the dispatcher: the life of a call, and the connection's side of
 * it, which runs under the socket lock, in softirq or in the worker.
 */
#include "http/handlers/call.h"

#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handlers/call_impl.h"
#include "http/deliver.h"
#include "http/http.h"
#include "http/handlers/mount.h"
#include "http/table.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "net/out.h"

static struct http_call *call_of(struct kelp_http_rq *rq)
{
	return container_of(rq, struct http_call, rq);
}

static void pieces_free(struct http_call *call, struct list_head *pieces)
{
	struct http_piece *piece, *next;

	list_for_each_entry_safe(piece, next, pieces, node) {
		kelp_conn_mem_uncharge(call->rq.conn, PIECE_BYTES);
		kfree(piece);
	}
}

static void call_put(struct http_call *call)
{
	struct kelp_conn *conn = call->rq.conn;
	struct kelp_http *http = call->http;

	if (!refcount_dec_and_test(&call->ref))
		return;
	pieces_free(call, &call->tx);
	if (call->rx)
		kelp_conn_mem_uncharge(conn, CALL_RX);
	kfree(call->rx);
	http_rq_free(&call->rq);
	kelp_http_put(http);
	kelp_conn_put(conn);
}

static void call_work(struct work_struct *work)
{
	struct http_call *call = container_of(work, struct http_call, work);
	struct kelp_http_rq *rq = &call->rq;
	int ret = rq->mount->handler->serve(rq);

	if (ret >= 0)
		ret = kelp_http_finish(rq);
	spin_lock_bh(&call->lock);
	call->done = true;
	call->result = ret;
	spin_unlock_bh(&call->lock);
	kelp_conn_set(rq->conn, KELP_CONN_READY);
	call_put(call);
}

/**
 * http_call_start() - have serve() called
 * @conn: the connection; reading pauses until the handler wants the body, or
 *	has answered
 * @asked: what was asked; copied
 *
 * Context: socket lock, BH off, RCU reader.
 * Return: false without memory, or when the mount is going away.
 */
bool http_call_start(struct kelp_conn *conn, const struct http_asked *asked)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http_rq *rq;
	struct http_call *call;

	BUILD_BUG_ON(offsetof(struct http_call, rq));
	rq = http_rq_create(conn, asked, sizeof(*call));
	if (!rq)
		return false;
	call = call_of(rq);
	call->req = h->req;
	rq->req = &call->req;
	rq->call = call;
	kelp_conn_get(conn);
	call->http = kelp_http_get(kelp_http_of(conn->kn));
	refcount_set(&call->ref, 2);
	spin_lock_init(&call->lock);
	init_waitqueue_head(&call->wait);
	INIT_LIST_HEAD(&call->tx);
	INIT_WORK(&call->work, call_work);
	call->rx_end = http_body_done(&h->body);
	/* as much again may wait on the connection itself */
	call->tx_max = kelp_net_limit(conn->kn, KELP_LIMIT_QUEUE) / 2;
	h->rq = rq;
	h->state = HTTP_STATE_WAIT;
	conn->paused = true;
	kelp_conn_wait(conn, KELP_WAIT_ASYNC);
	kelp_dispatch_call(&call->work);
	return true;
}

/* The connection's side */

/**
 * http_call_room() - how much of the body may be given to the handler
 * @call: the call
 *
 * Context: socket lock, BH off.
 * Return: bytes; when it is 0 the connection has to stop reading, and
 * http_call_ready() goes on.
 */
size_t http_call_room(struct http_call *call)
{
	size_t room;

	spin_lock(&call->lock);
	room = CALL_RX - call->rx_len;
	if (!room)
		call->rx_stopped = true;
	spin_unlock(&call->lock);
	return room;
}

/**
 * http_call_body() - give a part of the body to the handler
 * @call: the call
 * @data: the bytes
 * @len: how many, at most http_call_room()
 *
 * Context: socket lock, BH off.
 */
void http_call_body(struct http_call *call, const void *data, size_t len)
{
	size_t at, first;

	spin_lock(&call->lock);
	at = (call->rx_at + call->rx_len) % CALL_RX;
	first = min_t(size_t, len, CALL_RX - at);
	memcpy(call->rx + at, data, first);
	memcpy(call->rx, data + first, len - first);
	call->rx_len += len;
	spin_unlock(&call->lock);
	wake_up(&call->wait);
}

/**
 * http_call_body_end() - that was the whole body
 * @call: the call
 *
 * Context: socket lock, BH off.
 */
void http_call_body_end(struct http_call *call)
{
	spin_lock(&call->lock);
	call->rx_end = true;
	spin_unlock(&call->lock);
	wake_up(&call->wait);
}

/**
 * http_call_begun() - is the answer's head written?
 * @call: the call
 *
 * Context: socket lock.
 * Return: true when nothing else can be answered any more.
 */
bool http_call_begun(const struct http_call *call)
{
	return call->head_sent;
}

/**
 * http_call_drop() - the connection wants no more of it
 * @call: the connection's; not to be touched afterwards
 *
 * The handler's reads and writes fail from now on.
 *
 * Context: socket lock, or the owning worker when the connection ends.
 */
void http_call_drop(struct http_call *call)
{
	spin_lock_bh(&call->lock);
	call->dead = true;
	spin_unlock_bh(&call->lock);
	wake_up(&call->wait);
	call_put(call);
}

/* The handler wants the body, or more of it: read on. */
static void call_resume(struct kelp_conn *conn, struct kelp_run *run,
			struct http_call *call)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (!conn->paused || http_body_done(&h->body))
		return;
	if (!call->head_sent)
		http_continue(conn, run);
	h->state = HTTP_STATE_BODY;
	conn->paused = false;
	kelp_conn_wait(conn, KELP_WAIT_BODY);
}

static void call_send(struct kelp_run *run, struct http_call *call,
		      struct list_head *pieces)
{
	struct http_piece *piece;

	if (list_empty(pieces))
		return;
	list_for_each_entry(piece, pieces, node)
		http_answer_piece(&call->rq, run, piece->data, piece->len, true);
	/* TCP or the transmit queue has a copy: the pieces may go. */
	kelp_out_flush(run, false);
	pieces_free(call, pieces);
	wake_up(&call->wait);
}

/* serve() has returned, and all that it wrote is sent. */
static void call_end(struct kelp_conn *conn, struct kelp_run *run,
		     struct http_call *call)
{
	struct http_conn *h = kelp_conn_priv(conn);
	bool begun = call->head_sent, failed = call->result < 0;

	if (!failed)
		http_answer_end(&call->rq, run);
	h->rq = NULL;
	conn->paused = false;
	http_call_drop(call);
	if (!failed) {
		http_answered(conn, run);
		return;
	}
	kelp_stat_inc(conn->stats, KELP_STAT_HANDLER_ERRORS);
	if (begun)
		http_abort(conn, run);
	else
		http_deliver_status(conn, run, 500, NULL);
}

/**
 * http_call_ready() - go on with a call
 * @conn: the connection; its request is a call
 * @run: the invocation
 *
 * Context: socket lock, BH off; owning worker; the transmit queue is empty.
 */
void http_call_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct http_call *call = h->rq->call;
	bool begun, done, resume;
	LIST_HEAD(pieces);

	if (conn->closing)	/* the peer is gone, or took too long */
		return;
	spin_lock(&call->lock);
	list_splice_init(&call->tx, &pieces);
	call->tx_bytes = 0;
	begun = call->begun;
	done = call->done;
	resume = call->want_body && !call->rx_stopped && !done;
	spin_unlock(&call->lock);

	if (resume)
		call_resume(conn, run, call);
	if (begun && !call->head_sent) {
		call->head_sent = true;
		http_answer_head(&call->rq, run, done && call->result >= 0);
	}
	call_send(run, call, &pieces);
	if (done)
		call_end(conn, run, call);
}
