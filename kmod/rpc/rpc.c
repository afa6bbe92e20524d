// SPDX-License-Identifier: GPL-2.0-only
/*
 * The binary RPC protocol on a connection: the protocol's callbacks. They take
 * frames apart, see to it that a call may be made (admit.c), have it answered
 * (place.c), and write the answers of tasks. Under the socket lock with BH off,
 * in softirq or in the worker.
 */
#include "rpc/rpc.h"

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "hot.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"
#include "net/proto.h"
#include "rpc/admit.h"
#include "rpc/call.h"
#include "rpc/place.h"
#include "rpc/receive.h"
#include "rpc/send.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "rpc/task.h"

/* A frame up to this size is gathered when it comes in pieces. */
#define RPC_GATHER 16384

/**
 * rpc_settle() - say what the connection waits for
 * @conn: the connection, between two frames or in a body
 *
 * Context: socket lock.
 */
void rpc_settle(struct kelp_conn *conn)
{
	const struct rpc_conn *rc = kelp_conn_priv(conn);

	conn->async = rc->tasks > !!rc->rx;
	if (rc->rx_left)
		kelp_conn_wait(conn, KELP_WAIT_BODY);
	else
		kelp_conn_wait(conn, rc->tasks ? KELP_WAIT_ASYNC :
						 KELP_WAIT_IDLE);
}

/* The connection has no more to do with the task. */
static void rpc_drop(struct kelp_conn *conn, struct rpc_task *task)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);

	rc->tasks--;
	conn->async = rc->tasks > !!rc->rx;
	kelp_conn_mem_uncharge(conn, task->conn_charged);
	rpc_task_put(task);
}

/*
 * What follows cannot be told apart: no more is looked at. Calls that came
 * before are answered.
 */
static void rpc_lost(struct kelp_conn *conn)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);

	kelp_stat_inc(conn->stats, KELP_STAT_RPC_BROKEN);
	rc->lost = true;
	if (rc->tasks)
		rpc_settle(conn);
	else
		kelp_conn_close_sent(conn, true);
}

/* @f has its head: is the meta one that can be answered? Returns 1 if so. */
__kelp_hot
static int rpc_frame_meta(struct kelp_run *run, struct rpc_frame *f)
{
	int err = kelp_wire_meta_parse(f->body, &f->head, &f->meta);

	if (unlikely(err && err != -ERANGE))
		return err;
	if (unlikely(!(f->meta.has & KELP_WIRE_REQUEST)))
		return -EPROTO;
	if (likely(!err))
		return 1;
	rpc_send_error(run, f->meta.correlation_id, KELP_RPC_EREQUEST,
		       "the attachment is longer than the body");
	return 0;
}

static size_t rpc_more(struct kelp_conn *conn)
{
	const struct rpc_conn *rc = kelp_conn_priv(conn);

	conn->async = rc->tasks;
	kelp_conn_wait(conn, KELP_WAIT_HEADER);
	return 0;
}

/* Larger than allowed, which is said if the meta is not too large for that. */
static size_t rpc_too_large(struct kelp_conn *conn, struct kelp_run *run,
			    struct rpc_frame *f, size_t len)
{
	if (f->head.meta <= kelp_net_limit(conn->kn, KELP_LIMIT_RPC_META)) {
		if (len < (size_t)KELP_RPC_HEAD_SIZE + f->head.meta)
			return rpc_more(conn);
		if (rpc_frame_meta(run, f) > 0)
			rpc_send_error(run, f->meta.correlation_id,
				       KELP_RPC_EREQUEST,
				       "a body of %u bytes is too large",
				       f->head.body);
	}
	rpc_lost(conn);
	return len;
}

/* The beginning of a frame is at @data. Returns the bytes taken. */
__kelp_hot
static size_t rpc_on_frame(struct kelp_conn *conn, struct kelp_run *run,
			   const u8 *data, size_t len)
{
	const u64 *limits = kelp_net_limits(conn->kn);
	struct kelp_wire_limits most = {
		.body = limits[KELP_LIMIT_RPC_BODY],
		.meta = limits[KELP_LIMIT_RPC_META],
	};
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_frame f __kelp_not_zeroed;
	size_t size;
	int ret;

	ret = kelp_wire_head_parse(data, len, &most, &f.head);
	if (!ret)
		return rpc_more(conn);
	f.body = data + KELP_RPC_HEAD_SIZE;
	if (unlikely(ret == -EMSGSIZE))
		return rpc_too_large(conn, run, &f, len);
	size = KELP_RPC_HEAD_SIZE + f.head.meta;
	if (ret > 0) {
		f.whole = len >= (size_t)KELP_RPC_HEAD_SIZE + f.head.body;
		if (len < size || (!f.whole && f.head.body <= RPC_GATHER))
			return rpc_more(conn);
		ret = rpc_frame_meta(run, &f);
	}
	if (unlikely(ret < 0)) {
		rpc_lost(conn);
		return len;
	}
	if (likely(ret > 0 && rpc_admit(conn, run, &f)))
		rpc_place(conn, run, &f);
	if (likely(f.whole))
		size += f.head.body - f.head.meta;
	else
		rc->rx_left = f.head.body - f.head.meta;
	rpc_settle(conn);
	return size;
}

/* No memory for the rest of a body, which is dropped. */
static void rpc_refuse_body(struct kelp_conn *conn, struct kelp_run *run)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_task *task = rc->rx;

	rc->rx = NULL;
	spin_lock(&rc->lock);
	list_del_init(&task->node);
	spin_unlock(&rc->lock);
	rpc_send_error(run, task->call.correlation_id, KELP_RPC_ELIMIT,
		       "no memory for the body");
	rpc_drop(conn, task);
}

/* More of a body that is received in pieces, or dropped. */
static size_t rpc_on_body(struct kelp_conn *conn, struct kelp_run *run,
			  const u8 *data, size_t len)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_task *task = rc->rx;
	size_t n = min_t(size_t, len, rc->rx_left);

	if (task && !rpc_receive(conn, task, data, n, rc->rx_left)) {
		rpc_refuse_body(conn, run);
		task = NULL;
	}
	rc->rx_left -= n;
	if (!rc->rx_left && task) {
		rc->rx = NULL;
		if (rpc_task_received(task))
			rpc_go(task);
	}
	rpc_settle(conn);
	return n;
}

static enum kelp_detect rpc_detect(const u8 *data, size_t len)
{
	len = min_t(size_t, len, KELP_RPC_MAGIC_SIZE);
	if (memcmp(data, KELP_RPC_MAGIC, len))
		return KELP_DETECT_NO;
	return len == KELP_RPC_MAGIC_SIZE ? KELP_DETECT_YES :
					    KELP_DETECT_MORE;
}

static void rpc_on_open(struct kelp_conn *conn)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);

	BUILD_BUG_ON(sizeof(*rc) > KELP_CONN_PRIV);
	memset(rc, 0, sizeof(*rc));
	spin_lock_init(&rc->lock);
	INIT_LIST_HEAD(&rc->pending);
	INIT_LIST_HEAD(&rc->done);
	rpc_settle(conn);
}

__kelp_hot
static size_t rpc_on_data(struct kelp_conn *conn, struct kelp_run *run,
			  const u8 *data, size_t len)
{
	const struct rpc_conn *rc = kelp_conn_priv(conn);

	if (unlikely(rc->rx_left))
		return rpc_on_body(conn, run, data, len);
	if (unlikely(rc->lost))
		return len;
	return rpc_on_frame(conn, run, data, len);
}

static struct rpc_task *rpc_next_done(struct rpc_conn *rc)
{
	struct rpc_task *task;

	spin_lock(&rc->lock);
	task = list_first_entry_or_null(&rc->done, struct rpc_task, node);
	if (task) {
		list_del_init(&task->node);
		rc->queued -= rpc_reply_cost(&task->call.reply);
	}
	spin_unlock(&rc->lock);
	return task;
}

/* Tasks are finished: write their answers while TCP takes them. */
static void rpc_on_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_task *task;

	conn->want_ready = false;
	while (!conn->failed && (conn->closing || list_empty(&conn->txq))) {
		/* come back when the budget is new, and there is room again */
		if (kelp_run_spent(run) && !conn->closing) {
			conn->want_ready = true;
			break;
		}
		task = rpc_next_done(rc);
		if (!task)
			break;
		if (!conn->closing)
			rpc_send(run, &task->call);
		rpc_drop(conn, task);
	}
	if (!list_empty(&conn->txq) && !conn->closing)
		conn->want_ready = true;
	if (conn->wait == KELP_WAIT_ASYNC)
		rpc_settle(conn);
	if (rc->lost && !rc->tasks)
		kelp_conn_close_sent(conn, true);
}

/* Whoever stops in the middle of a frame is not told anything. */
static void rpc_on_timeout(struct kelp_conn *conn, struct kelp_run *run,
			   enum kelp_wait wait)
{
}

static void rpc_on_close(struct kelp_conn *conn)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_task *task, *next;
	LIST_HEAD(all);

	spin_lock_bh(&rc->lock);
	rc->closed = true;
	list_splice_init(&rc->pending, &all);
	list_splice_tail_init(&rc->done, &all);
	spin_unlock_bh(&rc->lock);
	list_for_each_entry_safe(task, next, &all, node) {
		list_del_init(&task->node);
		rpc_task_cancel(task);
		rpc_drop(conn, task);
	}
}

static const struct kelp_proto_ops rpc_proto = {
	.owner = THIS_MODULE,
	.name = "rpc",
	.detect = rpc_detect,
	.net_init = rpc_server_init,
	.net_exit = rpc_server_exit,
	.on_open = rpc_on_open,
	.on_data = rpc_on_data,
	.on_ready = rpc_on_ready,
	.on_timeout = rpc_on_timeout,
	.on_close = rpc_on_close,
};

/**
 * kelp_rpc_init() - make RPC known to the engine
 *
 * Context: module load, behind kelp_http_init().
 * Return: 0 or -errno.
 */
int kelp_rpc_init(void)
{
	int err = rpc_service_init();
	int slot;

	if (err)
		return err;
	slot = kelp_proto_register(&rpc_proto);
	if (slot < 0) {
		rpc_service_exit();
		return slot;
	}
	rpc_server_slot(slot);
	return 0;
}

/**
 * kelp_rpc_exit() - undo kelp_rpc_init()
 *
 * Context: module unload; every service is unregistered.
 */
void kelp_rpc_exit(void)
{
	kelp_proto_unregister(&rpc_proto);
	rpc_service_exit();
}
