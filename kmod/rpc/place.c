// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a call is answered: in place, that is at once and from the bytes that
 * TCP has, or by a task that outlives the invocation. Under the socket lock with
 * BH off, in softirq or in the worker.
 */
#include "rpc/place.h"

#include <linux/list.h>
#include <linux/spinlock.h>

#include "hot.h"
#include "net/conn.h"
#include "net/net.h"
#include "rpc/admit.h"
#include "rpc/call.h"
#include "rpc/rpc.h"
#include "rpc/send.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "rpc/state.h"
#include "rpc/task.h"

static void rpc_call_fill(struct kelp_call *call, const struct rpc_frame *f)
{
	const struct kelp_wire_meta *meta = &f->meta;

	call->correlation_id = meta->correlation_id;
	call->log_id = meta->log_id;
	call->message_len = kelp_wire_payload(&f->head, meta);
	call->attachment_len = meta->attachment_size;
	call->checksum = f->checksum;
	call->checksum_attachment = meta->checksum_with_attachment;
	if (meta->timeout_ms > 0)
		rpc_call_timeout(call, meta->timeout_ms);
}

/* Where message and attachment are in a body that is complete. */
static void rpc_call_body(struct kelp_call *call, const u8 *body, size_t meta)
{
	call->message = body + meta;
	call->attachment = call->message + call->message_len;
}

static bool rpc_checksum_fits(const struct kelp_call *call,
			      const struct rpc_frame *f)
{
	size_t len = call->message_len;

	if (f->meta.checksum_with_attachment)
		len += call->attachment_len;
	return kelp_rpc_crc_mask(rpc_crc(0, call->message, len)) == f->crc;
}

/* The whole call at once; false when its method has to sleep for it. */
__kelp_hot
static bool rpc_in_place(struct kelp_conn *conn, struct kelp_run *run,
			 const struct rpc_frame *f)
{
	struct kelp_call call __kelp_not_zeroed;

	rpc_call_init(&call, conn->kn, f->method, run);
	rpc_call_fill(&call, f);
	rpc_call_body(&call, f->body, f->head.meta);
	if (f->meta.nr_user)
		call.user_fields = f->meta.users;
	if (unlikely(f->checksum && !rpc_checksum_fits(&call, f))) {
		kelp_call_fail(&call, KELP_RPC_EREQUEST, "wrong checksum");
	} else if (unlikely(rpc_call_run(&call))) {
		rpc_call_forget(&call);
		rpc_method_undo(f->method);
		return false;
	}
	rpc_call_bound(&call);
	rpc_send(run, &call);
	rpc_call_exit(&call);
	return true;
}

/* Everything that a task has of its own. */
static void rpc_task_fill(struct rpc_task *task, const struct rpc_frame *f)
{
	struct kelp_call *call = &task->call;

	rpc_call_fill(call, f);
	task->compress = f->meta.compress_type;
	task->checksum = f->crc;
	if (f->meta.nr_user) {
		/* all of the meta, now where the copy is */
		call->user_fields.data = task->body;
		call->user_fields.len = f->head.meta;
	}
	if (f->whole) {
		rpc_call_body(call, task->body, f->head.meta);
		return;
	}
	call->message = task->body;	/* none, or set by rpc_unpack() */
	call->pieces = &task->pieces;
	call->pieces_off = call->message_len;
}

/* The answer of a task is made: to the connection with it. Any context. */
static void rpc_finished(struct rpc_task *task)
{
	struct kelp_conn *conn = task->conn;
	struct rpc_conn *rc = kelp_conn_priv(conn);
	size_t most = kelp_net_limit(conn->kn, KELP_LIMIT_RPC_QUEUE);
	bool closed, full = false;

	spin_lock_bh(&rc->lock);
	closed = rc->closed;
	if (!closed) {
		list_move_tail(&task->node, &rc->done);
		rc->queued += rpc_reply_cost(&task->call.reply);
		full = rc->queued > most;
	}
	spin_unlock_bh(&rc->lock);
	if (full) {
		kelp_stat_inc(conn->stats, KELP_STAT_RPC_CROWDED);
		kelp_conn_set(conn, KELP_CONN_ABORT);
	} else if (!closed) {
		kelp_conn_set(conn, KELP_CONN_READY);
	}
}

/* NULL with @code set to what is to be said. */
static struct rpc_task *rpc_task_of(struct kelp_conn *conn,
				    const struct rpc_frame *f, int *code)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_task *task;

	task = rpc_task_create(conn->kn, f->method, f->body,
			       f->whole ? f->head.body : f->head.meta,
			       GFP_ATOMIC);
	*code = KELP_RPC_ELIMIT;
	if (!task)
		return NULL;
	task->receiving = !f->whole;
	if (!rpc_task_enter(task)) {
		*code = KELP_RPC_ELOGOFF;
		rpc_task_put(task);
		return NULL;
	}
	rpc_task_fill(task, f);
	task->finished = rpc_finished;
	task->conn = kelp_conn_get(conn);
	spin_lock(&rc->lock);
	list_add_tail(&task->node, &rc->pending);
	spin_unlock(&rc->lock);
	rc->tasks++;
	return task;
}

/**
 * rpc_go() - the request of a task is complete
 * @task: the task, entered
 *
 * Context: socket lock, BH off, RCU reader.
 */
void rpc_go(struct rpc_task *task)
{
	const struct kelp_call *call = &task->call;
	const struct rpc_method *method = call->method;
	void *state;

	if (method->def->flags != KELP_METHOD_LATER || task->compress ||
	    call->checksum || call->pieces ||
	    !rpc_state_find(call->rpc, method->service, &state))
		rpc_task_start(task);
	else
		rpc_task_run(task);
}

static bool rpc_fits_in_place(const struct kelp_conn *conn,
			      const struct rpc_frame *f)
{
	const struct rpc_method *method = f->method;
	void *state;

	return f->whole && !method->def->flags && !f->meta.compress_type &&
	       rpc_state_find(kelp_rpc_of(conn->kn), method->service, &state);
}

/**
 * rpc_place() - have a call answered: in place, or by a task
 * @conn: the connection
 * @run: the invocation
 * @f: the frame, which rpc_admit() let pass
 *
 * One whose body has not come whole becomes rpc_conn.rx.
 *
 * Context: socket lock, BH off, RCU reader.
 */
__kelp_hot
void rpc_place(struct kelp_conn *conn, struct kelp_run *run,
	       const struct rpc_frame *f)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);
	struct rpc_task *task = NULL;
	int code = KELP_RPC_ELIMIT;
	bool sleeps = false;

	if (likely(rpc_fits_in_place(conn, f))) {
		if (likely(rpc_in_place(conn, run, f)))
			return;
		sleeps = true;
	}
	if (rc->tasks < kelp_net_limits(conn->kn)[KELP_LIMIT_RPC_CONN_CALLS])
		task = rpc_task_of(conn, f, &code);
	else
		kelp_stat_inc(conn->stats, KELP_STAT_RPC_LIMITED);
	if (!task) {
		rpc_send_error(run, f->meta.correlation_id, code, "%s",
			       code == KELP_RPC_ELOGOFF ?
				       "the service is going" :
				       "too many calls at a time");
		return;
	}
	task->sleeps = sleeps;
	if (f->whole)
		rpc_go(task);
	else
		rc->rx = task;
}
