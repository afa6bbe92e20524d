// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calling handlers. A request without a body that is wanted lives on the stack
 * and is over when its callbacks have returned; others are kept in
 * http_conn.rq, as are those that serve() answers. Under the socket lock with
 * BH off, in softirq or in the worker; an RCU reader throughout.
 */
#include "http/handlers/hook.h"

#include <linux/errno.h>

#include "http/handlers/call.h"
#include "http/deliver.h"
#include "http/http.h"
#include "http/handlers/mount.h"
#include "http/request.h"
#include "http/handlers/rq.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"

static int hook_call(int (*callback)(struct kelp_http_rq *rq),
		     struct kelp_http_rq *rq, struct kelp_run *run)
{
	rq->run = run;
	return callback ? callback(rq) : 0;
}

/* The handler failed: say so, or break the answer off. */
static void hook_fail(struct kelp_conn *conn, struct kelp_run *run, bool begun)
{
	kelp_stat_inc(conn->stats, KELP_STAT_HANDLER_ERRORS);
	if (begun)
		http_abort(conn, run);
	else
		http_deliver_status(conn, run, 500, NULL);
}

static void hook_sleep(struct kelp_conn *conn, struct kelp_run *run,
		       const struct http_asked *asked)
{
	if (!http_call_start(conn, asked))
		http_deliver_status(conn, run, 503, NULL);
}

/* The request and its callbacks in one go. */
static void hook_once(struct kelp_conn *conn, struct kelp_run *run,
		      const struct http_asked *asked)
{
	const struct kelp_http_handler *handler = asked->mount->handler;
	struct kelp_http_rq rq;
	bool begun;
	int ret;

	http_rq_init(&rq, conn, asked);
	ret = hook_call(handler->on_request, &rq, run);
	if (!ret && !rq.finished)
		ret = hook_call(handler->on_end, &rq, run);
	if (!ret && !rq.finished)
		ret = -EIO;
	begun = rq.begun;
	http_rq_exit(&rq);
	if (likely(!ret))
		http_answered(conn, run);
	else if (ret == KELP_HTTP_SLEEP && !begun && handler->serve)
		hook_sleep(conn, run, asked);
	else
		hook_fail(conn, run, begun);
}

/* Is the kept request over? Then it is gone, and the connection goes on. */
static bool hook_over(struct kelp_conn *conn, struct kelp_run *run, int ret)
{
	struct http_conn *h = kelp_conn_priv(conn);
	bool begun = h->rq->begun;

	if (!ret && !h->rq->finished)
		return false;
	http_hook_drop(conn);
	conn->paused = false;
	conn->want_ready = false;
	if (ret)
		hook_fail(conn, run, begun);
	else
		http_answered(conn, run);
	return true;
}

/* A normalised path is where the first answer that is sent overwrites it. */
static bool hook_path_stays(const struct http_asked *asked, size_t head_len)
{
	const char *head = (const char *)asked->head;

	return asked->path >= head && asked->path <= head + head_len;
}

static void hook_kept(struct kelp_conn *conn, struct kelp_run *run,
		      const struct http_asked *asked)
{
	const struct kelp_http_handler *handler = asked->mount->handler;
	struct http_conn *h = kelp_conn_priv(conn);
	int ret;

	h->rq = http_rq_create(conn, asked, sizeof(*h->rq));
	if (!h->rq) {
		http_deliver_status(conn, run, 503, NULL);
		return;
	}
	h->state = HTTP_STATE_BODY;
	ret = hook_call(handler->on_request, h->rq, run);
	if (ret == KELP_HTTP_SLEEP && !h->rq->begun && handler->serve) {
		http_hook_drop(conn);
		hook_sleep(conn, run, asked);
		return;
	}
	if (hook_over(conn, run, ret))
		return;
	if (http_body_done(&h->body)) {
		http_hook_end(conn, run);
		return;
	}
	http_continue(conn, run);
	kelp_conn_wait(conn, KELP_WAIT_BODY);
}

/**
 * http_hook_request() - have a handler answer a request
 * @conn: the connection
 * @run: the invocation
 * @asked: what was asked
 *
 * Context: socket lock, BH off, RCU reader.
 */
void http_hook_request(struct kelp_conn *conn, struct kelp_run *run,
		       const struct http_asked *asked)
{
	const struct kelp_http_handler *handler = asked->mount->handler;
	struct http_conn *h = kelp_conn_priv(conn);

	if (!handler->on_request && !handler->on_end)
		hook_sleep(conn, run, asked);
	else if (handler->on_room ||
		 (handler->on_body && !http_body_done(&h->body)) ||
		 !hook_path_stays(asked, h->req.head_len))
		hook_kept(conn, run, asked);
	else
		hook_once(conn, run, asked);
}

/**
 * http_hook_room() - how much of the body may be read now
 * @conn: the connection
 *
 * Context: socket lock, BH off.
 * Return: bytes; when it is 0 reading pauses until http_hook_ready().
 */
size_t http_hook_room(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	return h->rq->call ? http_call_room(h->rq->call) : SIZE_MAX;
}

/**
 * http_hook_body() - a part of the body has come
 * @conn: the connection
 * @run: the invocation
 * @payload: its bytes, at most http_hook_room()
 *
 * Context: socket lock, BH off, RCU reader.
 */
void http_hook_body(struct kelp_conn *conn, struct kelp_run *run,
		    const struct http_chunk_out *payload)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http_rq *rq = h->rq;
	int ret = 0;

	if (rq->call) {
		http_call_body(rq->call, payload->data, payload->len);
		return;
	}
	rq->run = run;
	if (rq->mount->handler->on_body)
		ret = rq->mount->handler->on_body(rq, payload->data,
						  payload->len);
	hook_over(conn, run, ret);
}

/**
 * http_hook_end() - the whole body has come
 * @conn: the connection
 * @run: the invocation
 *
 * Context: socket lock, BH off, RCU reader.
 */
void http_hook_end(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http_rq *rq = h->rq;
	int ret;

	h->state = HTTP_STATE_WAIT;
	kelp_conn_wait(conn, KELP_WAIT_ASYNC);
	if (rq->call) {
		conn->paused = true;
		http_call_body_end(rq->call);
		return;
	}
	ret = hook_call(rq->mount->handler->on_end, rq, run);
	if (!ret && !rq->finished && !rq->mount->handler->on_room)
		ret = -EIO;
	if (hook_over(conn, run, ret))
		return;
	conn->paused = true;
	conn->want_ready = true;
}

/* All that was written is with TCP: go on. */
static void hook_write_on(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http_rq *rq = h->rq;
	u64 written = rq->written;
	int ret;

	ret = hook_call(rq->mount->handler->on_room, rq, run);
	/* or it would be called for ever */
	if (!ret && !rq->finished && rq->written == written)
		ret = -EIO;
	hook_over(conn, run, ret);
}

/**
 * http_hook_ready() - the dispatcher has something, or there is room again
 * @conn: the connection
 * @run: the invocation
 *
 * Context: socket lock, BH off; owning worker; the transmit queue is empty.
 */
void http_hook_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (h->rq->call)
		http_call_ready(conn, run);
	else if (conn->want_ready)
		hook_write_on(conn, run);
}

/**
 * http_hook_broken() - the rest of the request will not come
 * @conn: the connection
 * @run: the invocation
 * @status: why
 *
 * An answer that has begun stays visibly incomplete: without its last bytes if
 * it says how many there are, by a reset if only its end tells.
 *
 * Context: socket lock, BH off.
 */
void http_hook_broken(struct kelp_conn *conn, struct kelp_run *run,
		      unsigned int status)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http_rq *rq = h->rq;
	u8 framing = rq->framing;
	bool begun = rq->call ? http_call_begun(rq->call) : rq->begun;

	http_hook_drop(conn);
	if (!begun)
		http_refuse(conn, run, status);
	else if (framing == HTTP_FRAMING_CLOSE)
		http_abort(conn, run);
	else
		kelp_conn_close_sent(conn, true);
}

/**
 * http_hook_drop() - the connection wants no more of the request
 * @conn: the connection
 *
 * Context: socket lock, or the owning worker when the connection ends.
 */
void http_hook_drop(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http_rq *rq = h->rq;

	h->rq = NULL;
	if (rq->call)
		http_call_drop(rq->call);
	else
		http_rq_free(rq);
}
