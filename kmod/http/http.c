// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP/1.1 on a connection: the protocol's callbacks. They parse what came,
 * have each request answered (http/request.c), and take care of bodies. Under
 * the socket lock with BH off, in softirq or in the worker.
 */
#include "http/http.h"

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "hot.h"
#include "http/handlers/builtin.h"
#include "http/handlers/hook.h"
#include "http/request.h"
#include "http/table.h"
#include "http/files/task.h"
#include "http/files/watch.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"
#include "net/proto.h"

static void http_expect_request(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	h->state = HTTP_STATE_HEAD;
	http_req_next(&h->req);
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
}

/**
 * http_settle_close() - decide whether the connection ends after this answer
 * @h: the connection
 *
 * A client that waits for 100 Continue and gets a final answer may or may not
 * send its body: what comes next could not be told apart. A body above the
 * limit is not read just to be dropped.
 *
 * Context: socket lock; before the answer's head is written.
 */
void http_settle_close(struct http_conn *h)
{
	if (likely(http_body_done(&h->body)))
		return;
	if (h->req.flags & HTTP_F_EXPECT_CONTINUE ||
	    h->body.left > h->body.limit)
		h->mode.close = true;
}

/* The peer may still send: the body's rest, or requests it hopes to make. */
static void http_close(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	bool more = !http_body_done(&h->body) ||
		    h->req.flags & HTTP_F_KEEPALIVE;

	kelp_conn_close_sent(conn, more);
}

/**
 * http_will_close() - the answer that ends the connection is about to be written
 * @conn: the connection
 *
 * Said beforehand so that the FIN can ride on the answer's last segment.
 *
 * Context: socket lock, BH off; the whole answer follows at once.
 */
__kelp_hot
void http_will_close(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	http_settle_close(h);
	if (h->mode.close)
		http_close(conn);
}

/**
 * http_answered() - the answer to the current request is written
 * @conn: the connection
 * @run: the invocation
 *
 * Context: socket lock, BH off.
 */
__kelp_hot
void http_answered(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);

	kelp_out_done(run);
	if (h->mode.close) {
		http_close(conn);
		return;
	}
	if (likely(http_body_done(&h->body))) {
		http_expect_request(conn);
		return;
	}
	h->state = HTTP_STATE_BODY;
	kelp_conn_wait(conn, KELP_WAIT_BODY);
}

/**
 * http_continue() - somebody wants the body: tell a client that waits for it
 * @conn: the connection; the answer has not begun
 * @run: the invocation
 *
 * Context: socket lock, BH off.
 */
void http_continue(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (likely(!(h->req.flags & HTTP_F_EXPECT_CONTINUE)) ||
	    http_body_done(&h->body))
		return;
	h->req.flags &= ~HTTP_F_EXPECT_CONTINUE;
	http_respond_continue(run);
}

/**
 * http_abort() - break an answer off that has begun
 * @conn: the connection
 * @run: the invocation
 *
 * Only a reset tells the client that it has not all of it. What was written
 * before, earlier answers above all, is given to TCP first.
 *
 * Context: socket lock, BH off.
 */
void http_abort(struct kelp_conn *conn, struct kelp_run *run)
{
	kelp_out_flush(run, false);
	conn->failed = true;
}

static size_t http_on_head(struct kelp_conn *conn, struct kelp_run *run,
			   const u8 *data, size_t len)
{
	struct http_conn *h = kelp_conn_priv(conn);
	const u64 *limits = kelp_net_limits(conn->kn);
	struct http_parse_limits lim = {
		.line = limits[KELP_LIMIT_LINE],
		.field = limits[KELP_LIMIT_FIELD],
		.head = limits[KELP_LIMIT_HEAD],
		.nr_fields = limits[KELP_LIMIT_FIELDS],
	};
	int n = 0;

	/* TCP may have cut the bytes anew: what was seen gets gathered. */
	if (likely(len >= h->req.pos))
		n = http_parse(&h->req, data, len, &lim);
	if (likely(n > 0)) {
		http_request(conn, run, data);
		return n;
	}
	if (n < 0) {
		http_refuse(conn, run, -n);
		return len;
	}
	kelp_conn_wait(conn, KELP_WAIT_HEADER);
	return 0;
}

/*
 * Not the framing that was promised, or too much: where the next request
 * begins is not known. An answer that is complete stays the only one.
 */
static void http_bad_body(struct kelp_conn *conn, struct kelp_run *run,
			  unsigned int status)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (h->rq)
		http_hook_broken(conn, run, status);
	else
		kelp_conn_close_sent(conn, true);
}

/* What was taken of the body, and perhaps its end, for whoever wants it. */
static void http_give_body(struct kelp_conn *conn, struct kelp_run *run,
			   const struct http_chunk_out *payload)
{
	struct http_conn *h = kelp_conn_priv(conn);
	bool wanted = h->rq;

	if (wanted && payload->len)
		http_hook_body(conn, run, payload);
	if (wanted && !h->rq)
		return;		/* answered, or failed */
	if (!http_body_done(&h->body))
		kelp_conn_wait(conn, KELP_WAIT_BODY);
	else if (wanted)
		http_hook_end(conn, run);
	else
		http_expect_request(conn);
}

static size_t http_on_body(struct kelp_conn *conn, struct kelp_run *run,
			   const u8 *data, size_t len)
{
	const u64 *limits = kelp_net_limits(conn->kn);
	struct http_conn *h = kelp_conn_priv(conn);
	struct http_chunk_out payload;
	ssize_t n;

	if (h->rq)
		len = min(len, http_hook_room(conn));
	if (!len) {
		conn->paused = true;
		kelp_conn_wait(conn, KELP_WAIT_ASYNC);
		return 0;
	}
	n = http_body_take(&h->body, data, len,
			   limits[KELP_LIMIT_CHUNK_EXT],
			   limits[KELP_LIMIT_TRAILER], &payload);
	if (unlikely(n < 0)) {
		http_bad_body(conn, run, -n);
		return len;
	}
	http_give_body(conn, run, &payload);
	return n;
}

static void http_on_open(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	BUILD_BUG_ON(sizeof(struct http_conn) > KELP_CONN_PRIV);
	http_req_init(&h->req);
	http_expect_request(conn);
}

__kelp_hot
static size_t http_on_data(struct kelp_conn *conn, struct kelp_run *run,
			   const u8 *data, size_t len)
{
	struct http_conn *h = kelp_conn_priv(conn);

	switch (h->state) {
	case HTTP_STATE_HEAD:
		return http_on_head(conn, run, data, len);
	case HTTP_STATE_BODY:
		return http_on_body(conn, run, data, len);
	}
	return 0;
}

/*
 * 408 when the peer began a request and did not finish it; nothing when it
 * was merely idle, or when an answer has begun already.
 */
static void http_on_timeout(struct kelp_conn *conn, struct kelp_run *run,
			    enum kelp_wait wait)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (h->rq)
		http_hook_broken(conn, run, 408);
	else if (wait == KELP_WAIT_HEADER)
		http_refuse(conn, run, 408);
}

static void http_on_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (h->rq)
		http_hook_ready(conn, run);
	else
		http_task_ready(conn, run);
}

static void http_on_close(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (h->rq)
		http_hook_drop(conn);
	http_task_abandon(conn);
}

static void *http_net_init(struct kelp_net *kn)
{
	return kelp_http_create(kn);
}

static void http_net_exit(struct kelp_net *kn, void *priv)
{
	kelp_http_destroy(priv);
}

static const struct kelp_proto_ops http_proto = {
	.owner = THIS_MODULE,
	.name = "http",
	.fallback = true,
	.net_init = http_net_init,
	.net_exit = http_net_exit,
	.on_open = http_on_open,
	.on_data = http_on_data,
	.on_ready = http_on_ready,
	.on_timeout = http_on_timeout,
	.on_close = http_on_close,
};

/**
 * kelp_http_init() - make HTTP known to the engine
 *
 * Context: module load, before any other protocol.
 * Return: 0 or -errno.
 */
int kelp_http_init(void)
{
	int err = kelp_watch_init();
	int slot;

	if (err)
		return err;
	slot = kelp_proto_register(&http_proto);
	if (slot == KELP_HTTP_SLOT)
		err = kelp_http_builtin_init();
	else
		err = WARN_ON_ONCE(slot > 0) ? -EINVAL : slot;
	if (err && slot >= 0)
		kelp_proto_unregister(&http_proto);
	if (err)
		kelp_watch_exit();
	return err;
}

/**
 * kelp_http_exit() - undo kelp_http_init()
 *
 * Context: module unload.
 */
void kelp_http_exit(void)
{
	kelp_http_builtin_exit();
	kelp_proto_unregister(&http_proto);
	kelp_watch_exit();
}
