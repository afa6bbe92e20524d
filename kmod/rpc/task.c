// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that outlive the invocation in which they came: created under the socket
 * lock (or in the dispatcher, for a bridge), run there or in the dispatcher,
 * finished from anywhere. What becomes of the answer is the owner's.
 */
#include "rpc/task.h"

#include <linux/bottom_half.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net/blob.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "rpc/send.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "rpc/state.h"
#include "rpc/unpack.h"
#include "stats/census.h"

static void rpc_task_work(struct work_struct *work);

/**
 * rpc_task_create() - make a task
 * @kn: the server
 * @method: what is called; found in this RCU read-side section
 * @body: the first bytes of the request's body, or all; copied
 * @len: how many
 * @gfp: how to allocate
 *
 * The caller sets where in rpc_task.body or .pieces message and attachment are,
 * who waits for the answer, and calls rpc_task_enter().
 *
 * Context: what @gfp allows, RCU reader.
 * Return: the task with one reference for whoever waits for the answer, and
 * its memory charged to the server; NULL without memory, or when there are too
 * many already.
 */
struct rpc_task *rpc_task_create(struct kelp_net *kn,
				 const struct rpc_method *method,
				 const void *body, size_t len, gfp_t gfp)
{
	struct kelp_rpc *rpc = kelp_rpc_of(kn);
	struct rpc_task *task;
	size_t size = struct_size(task, body, len);

	if (!rpc_server_enter(rpc)) {
		kelp_stat_inc(kn->stats, KELP_STAT_RPC_LIMITED);
		return NULL;
	}
	if (!kelp_net_mem_charge(kn, size)) {
		kelp_stat_inc(kn->stats, KELP_STAT_MEM_REFUSED);
		goto err_leave;
	}
	task = kmalloc(size, gfp | __GFP_NOWARN);
	if (!task) {
		kelp_stat_inc(kn->stats, KELP_STAT_NOMEM);
		goto err_uncharge;
	}
	kelp_census_add(KELP_CENSUS_RPC_TASK);
	memset(task, 0, sizeof(*task));
	rpc_call_init(&task->call, kn, method, NULL);
	task->call.task = task;
	refcount_set(&task->ref, 1);
	refcount_set(&task->hold, 1);
	INIT_LIST_HEAD(&task->node);
	INIT_LIST_HEAD(&task->active);
	INIT_LIST_HEAD(&task->pieces);
	INIT_WORK(&task->work, rpc_task_work);
	spin_lock_init(&task->lock);
	task->charged = size;
	task->body_len = len;
	memcpy(task->body, body, len);
	return task;

err_uncharge:
	kelp_net_mem_uncharge(kn, size);
err_leave:
	rpc_server_leave(rpc);
	return NULL;
}

/**
 * rpc_task_enter() - from now on the service waits for it
 * @task: the task, new
 *
 * Context: any, RCU reader, the same section as rpc_task_create().
 * Return: false when the service is going: put the task.
 */
bool rpc_task_enter(struct rpc_task *task)
{
	const struct rpc_method *method = task->call.method;

	if (rpc_service_enter(method->service, task))
		return true;
	refcount_set(&task->hold, 0);
	rpc_method_end(method, task->call.arrived, true);
	return false;
}

/**
 * rpc_task_release() - give back what keeps the service
 * @task: the task; with the last one there is no method any more
 *
 * Context: any; not under rpc_service.lock.
 */
void rpc_task_release(struct rpc_task *task)
{
	const struct rpc_method *method = task->call.method;

	if (!refcount_dec_and_test(&task->hold))
		return;
	rpc_method_end(method, task->call.arrived, task->call.reply.code);
	rpc_service_leave(method->service, task);
}

/**
 * rpc_task_orphan() - may the service go although the task is there?
 * @task: the task, in rpc_service.active
 *
 * Context: holds rpc_service.lock.
 * Return: true when its body is still coming: the caller has a reference then,
 *	and the hold of whoever would have called the method.
 */
bool rpc_task_orphan(struct rpc_task *task)
{
	spin_lock_bh(&task->lock);
	/* without a reference left its release waits for our caller's lock */
	task->orphan = task->receiving && refcount_inc_not_zero(&task->ref);
	task->receiving = false;
	spin_unlock_bh(&task->lock);
	return task->orphan;
}

/**
 * rpc_task_received() - its body is complete
 * @task: the task
 *
 * Context: any.
 * Return: false when its service has gone: it is answered.
 */
bool rpc_task_received(struct rpc_task *task)
{
	bool orphan;

	spin_lock_bh(&task->lock);
	orphan = task->orphan;
	task->receiving = false;
	spin_unlock_bh(&task->lock);
	if (!orphan)
		return true;
	kelp_call_fail(&task->call, KELP_RPC_ELOGOFF, "the service has gone");
	task->finished(task);
	return false;
}

static void pieces_free(struct rpc_task *task)
{
	struct rpc_piece *piece, *next;

	list_for_each_entry_safe(piece, next, &task->pieces, node) {
		kelp_blob_put(piece->blob);
		kfree(piece);
	}
}

/**
 * rpc_task_put() - give a reference back
 * @task: the task; not to be touched afterwards
 *
 * Context: any.
 */
void rpc_task_put(struct rpc_task *task)
{
	struct kelp_conn *conn = task->conn;
	struct kelp_net *kn = task->call.kn;
	struct kelp_rpc *rpc = task->call.rpc;

	if (!refcount_dec_and_test(&task->ref))
		return;
	/* never called */
	if (refcount_read(&task->hold))
		rpc_task_release(task);
	rpc_answer_drop(&task->call);
	pieces_free(task);
	kvfree(task->unpacked);
	kelp_net_mem_uncharge(kn, task->charged);
	kfree(task);
	kelp_census_sub(KELP_CENSUS_RPC_TASK);
	rpc_server_leave(rpc);
	if (conn)
		kelp_conn_put(conn);
}

/**
 * kelp_call_finish() - the answer of a call is made
 * @call: the call, whose method has returned, or is about to return,
 *	KELP_CALL_LATER; not to be touched afterwards
 *
 * Context: any, but not from kelp_method.cancel().
 */
void kelp_call_finish(struct kelp_call *call)
{
	struct rpc_task *task = call->task;
	bool twice;

	if (WARN_ON_ONCE(!task))
		return;
	rpc_call_bound(call);
	spin_lock_bh(&task->lock);
	twice = task->state == RPC_TASK_FINISHED;
	task->state = RPC_TASK_FINISHED;
	spin_unlock_bh(&task->lock);
	if (WARN_ON_ONCE(twice))
		return;
	rpc_task_release(task);
	task->finished(task);
	rpc_task_put(task);
}
EXPORT_SYMBOL_GPL(kelp_call_finish);

/**
 * rpc_task_cancel() - nobody waits for the answer any more
 * @task: the task; the caller has a reference, or the service's lock
 *
 * Context: any.
 */
void rpc_task_cancel(struct rpc_task *task)
{
	const struct kelp_method *method;
	bool first;

	spin_lock_bh(&task->lock);
	first = !task->cancelled;
	WRITE_ONCE(task->cancelled, true);
	/* under the lock, so that the method does not finish meanwhile */
	if (first && task->state == RPC_TASK_LATER) {
		method = task->call.method->def;
		if (method->cancel)
			method->cancel(&task->call);
	}
	spin_unlock_bh(&task->lock);
}

/* call() said that the answer comes later, unless it has come already. */
static void task_later(struct rpc_task *task)
{
	const struct kelp_method *method = task->call.method->def;

	spin_lock_bh(&task->lock);
	if (task->state == RPC_TASK_NEW) {
		task->state = RPC_TASK_LATER;
		if (task->cancelled && method->cancel)
			method->cancel(&task->call);
	}
	spin_unlock_bh(&task->lock);
}

/* Call the method; false when it wants to be called where it may sleep. */
static bool task_run(struct rpc_task *task)
{
	struct kelp_call *call = &task->call;
	int ret = 0;

	/* for kelp_call_finish(), and to look at it afterwards */
	refcount_add(2, &task->ref);
	refcount_inc(&task->hold);
	if (READ_ONCE(task->cancelled)) {
		kelp_call_fail(call, KELP_RPC_ELOGOFF, "nobody waits any more");
	} else if (rpc_call_expired(call)) {
		kelp_stat_inc(call->kn->stats, KELP_STAT_RPC_EXPIRED);
		kelp_call_fail(call, KELP_RPC_ERPCTIMEDOUT,
			       "its time was up before it began");
	} else {
		ret = rpc_call_run(call);
	}
	if (!ret) {
		kelp_call_finish(call);
	} else if (ret == KELP_CALL_LATER) {
		task_later(task);
	} else {
		rpc_call_forget(call);
		rpc_task_put(task);
	}
	/* what kelp_call_finish() had, when that is not called yet */
	rpc_task_release(task);
	rpc_task_put(task);
	return ret != KELP_CALL_SLEEP;
}

/**
 * rpc_task_run() - call the method, whose flags allow it, at once
 * @task: the task, entered; its request is complete. The caller, or whom it
 *	keeps from that, has a reference
 *
 * Context: socket lock, BH off, RCU reader.
 */
void rpc_task_run(struct rpc_task *task)
{
	if (task_run(task))
		return;
	task->sleeps = true;
	rpc_task_start(task);
}

/**
 * rpc_task_dispatched() - call the method in the dispatcher
 * @task: the task, entered; its request is complete, and in the form in which
 *	methods want it. The caller has a reference
 *
 * One that does not sleep finds BH off and itself under RCU, as elsewhere.
 *
 * Context: dispatcher, sleeps.
 */
void rpc_task_dispatched(struct rpc_task *task)
{
	bool done;

	if (!task->sleeps &&
	    !(task->call.method->def->flags & KELP_METHOD_SLEEPS)) {
		local_bh_disable();
		rcu_read_lock();
		done = task_run(task);
		rcu_read_unlock();
		local_bh_enable();
		if (done)
			return;
	}
	task->sleeps = true;
	task_run(task);
}

static int task_prepare(struct rpc_task *task)
{
	struct kelp_call *call = &task->call;
	int err = rpc_state_make(call->rpc, call->method->service);

	return err ?: rpc_unpack(task);
}

/*
 * The last reference may be the item's own, so whatever else there is to free
 * is freed by a dispatcher item, never by one that is being waited for.
 */
static void rpc_task_work(struct work_struct *work)
{
	struct rpc_task *task = container_of(work, struct rpc_task, work);
	int err = task_prepare(task);

	if (!err) {
		rpc_task_dispatched(task);
	} else {
		if (!task->call.reply.code)
			kelp_call_fail(&task->call, KELP_RPC_ELIMIT,
				       "no memory");
		refcount_inc(&task->ref);
		refcount_inc(&task->hold);
		kelp_call_finish(&task->call);
		rpc_task_release(task);
	}
	rpc_task_put(task);
}

/**
 * rpc_task_start() - have the method called in the dispatcher
 * @task: the task, entered; its request is complete
 *
 * Context: any.
 */
void rpc_task_start(struct rpc_task *task)
{
	refcount_inc(&task->ref);
	kelp_dispatch_call(&task->work);
}
