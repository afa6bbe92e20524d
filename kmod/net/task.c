// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks on one connection, in the dispatcher, and on every connection of a
 * protocol: kelp/task.h. A task holds its owner until its function has
 * returned.
 *
 * Tasks on every connection are handed out in the dispatcher, one after the
 * other for each owner, so that what one caller asked for first happens first
 * on every connection; and so that a caller in softirq does not walk a table
 * of any size.
 */
#include "net/task.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "net/conn.h"
#include "net/dispatch.h"
#include "net/inbox.h"
#include "net/net.h"
#include "net/proto.h"
#include "stats/census.h"

/**
 * struct task_cast - a task on every connection
 * @node: in kelp_proto.casts; its lock
 * @owner: a reference is held; set once, as the following
 * @kn: the server whose connections they are; a reference is held
 * @but: not on this one; a reference is held, or NULL
 * @fn: the task
 * @done: called when all have run, or NULL
 * @arg: for both
 * @left: tasks that have not run, and one for the walk
 * @work: calls @done in the dispatcher
 */
struct task_cast {
	struct list_head node;
	struct kelp_proto *owner;
	struct kelp_net *kn;
	struct kelp_conn *but;
	kelp_task_fn fn;
	void (*done)(void *arg);
	void *arg;
	atomic_t left;
	struct work_struct work;
};

/**
 * struct task_job - a task that is to run once
 * @item: in its connection's inbox
 * @work: or in the dispatcher
 * @owner: a reference is held, or @cast's does; set once, as the following
 * @conn: for the dispatcher: a reference is held, or NULL
 * @cast: what it is part of, or NULL
 * @fn: the task
 * @arg: for @fn
 */
struct task_job {
	struct kelp_item item;
	struct work_struct work;
	struct kelp_proto *owner;
	struct kelp_conn *conn;
	struct task_cast *cast;
	kelp_task_fn fn;
	void *arg;
};

static struct task_job *job_create(kelp_task_fn fn, void *arg, gfp_t gfp)
{
	struct task_job *job = kzalloc(sizeof(*job), gfp | __GFP_NOWARN);

	if (!job)
		return NULL;
	kelp_census_add(KELP_CENSUS_JOB);
	job->fn = fn;
	job->arg = arg;
	return job;
}

static void job_free(struct task_job *job)
{
	kfree(job);
	kelp_census_sub(KELP_CENSUS_JOB);
}

static void job_item(struct kelp_item *item, struct kelp_conn *conn,
		     struct kelp_run *run)
{
	struct task_job *job = container_of(item, struct task_job, item);
	struct kelp_proto *owner = job->owner;
	const struct kelp_task task = {
		.conn = conn, .run = run, .arg = job->arg, .gone = !run,
	};

	job->fn(&task);
	job_free(job);
	kelp_proto_put(owner);
}

/**
 * kelp_task_conn() - run a task on a connection, under its lock
 * @owner: whose task it is
 * @conn: the connection
 * @fn: the task
 * @arg: for @fn
 *
 * In its worker, after this call has returned, also when that is in a callback
 * of the connection. Tasks of one caller run in order.
 *
 * Context: anywhere (kelp/conn.h).
 * Return: 0; -ENOENT when the owner is not registered (any more); -ESHUTDOWN
 * when the connection has ended; -ENOMEM.
 */
int kelp_task_conn(const struct kelp_proto_ops *owner, struct kelp_conn *conn,
		   kelp_task_fn fn, void *arg)
{
	struct task_job *job = job_create(fn, arg, GFP_ATOMIC);
	int err = -ENOENT;

	if (!job)
		return -ENOMEM;
	job->item.fn = job_item;
	job->owner = kelp_proto_find(owner);
	if (!job->owner)
		goto err_free;
	job->item.owner = job->owner;
	if (kelp_inbox_post(conn, &job->item))
		return 0;
	err = -ESHUTDOWN;
	kelp_proto_put(job->owner);
err_free:
	job_free(job);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_task_conn);

static void kelp_task_sleep_work(struct work_struct *work)
{
	struct task_job *job = container_of(work, struct task_job, work);
	struct kelp_proto *owner = job->owner;
	const struct kelp_task task = {
		.conn = job->conn,
		.arg = job->arg,
		.gone = job->conn && READ_ONCE(job->conn->dead),
	};

	job->fn(&task);
	if (job->conn)
		kelp_conn_put(job->conn);
	job_free(job);
	kelp_proto_put(owner);
}

/**
 * kelp_task_sleep() - run a task in the dispatcher
 * @owner: whose task it is
 * @conn: a connection that it is about, which may end meanwhile; or NULL
 * @fn: the task; may sleep
 * @arg: for @fn
 *
 * Tasks in the dispatcher run side by side.
 *
 * Context: anywhere (kelp/conn.h).
 * Return: 0; -ENOENT when the owner is not registered (any more); -ENOMEM.
 */
int kelp_task_sleep(const struct kelp_proto_ops *owner, struct kelp_conn *conn,
		    kelp_task_fn fn, void *arg)
{
	struct task_job *job = job_create(fn, arg, GFP_ATOMIC);

	if (!job)
		return -ENOMEM;
	job->owner = kelp_proto_find(owner);
	if (!job->owner) {
		job_free(job);
		return -ENOENT;
	}
	if (conn)
		job->conn = kelp_conn_get(conn);
	INIT_WORK(&job->work, kelp_task_sleep_work);
	kelp_dispatch_call(&job->work);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_task_sleep);

static void cast_free(struct task_cast *cast)
{
	struct kelp_proto *owner = cast->owner;

	if (cast->but)
		kelp_conn_put(cast->but);
	kelp_net_put(cast->kn);
	kfree(cast);
	kelp_census_sub(KELP_CENSUS_CAST);
	kelp_proto_put(owner);
}

static void kelp_task_done_work(struct work_struct *work)
{
	struct task_cast *cast = container_of(work, struct task_cast, work);

	cast->done(cast->arg);
	cast_free(cast);
}

static void cast_put(struct task_cast *cast)
{
	if (!atomic_dec_and_test(&cast->left))
		return;
	if (cast->done)
		kelp_dispatch_call(&cast->work);
	else
		cast_free(cast);
}

static void cast_call(struct task_cast *cast, struct kelp_conn *conn,
		      struct kelp_run *run)
{
	const struct kelp_task task = {
		.conn = conn, .run = run, .arg = cast->arg, .gone = !run,
	};

	cast->fn(&task);
	cast_put(cast);
}

/* It may have learned another language since it was found. */
static void cast_item(struct kelp_item *item, struct kelp_conn *conn,
		      struct kelp_run *run)
{
	struct task_job *job = container_of(item, struct task_job, item);
	struct task_cast *cast = job->cast;

	job_free(job);
	cast_call(cast, conn, conn->registered == cast->owner ? run : NULL);
}

static void cast_hand_out(struct task_cast *cast, struct kelp_conn *conn)
{
	struct task_job *job = job_create(NULL, NULL, GFP_KERNEL);

	atomic_inc(&cast->left);
	if (job) {
		job->item.fn = cast_item;
		job->item.owner = cast->owner;
		job->cast = cast;
		if (kelp_inbox_post(conn, &job->item))
			return;
		job_free(job);
	}
	cast_call(cast, conn, NULL);
}

static void cast_walk(struct task_cast *cast)
{
	struct kelp_conn *conn;
	unsigned long id;

	for (id = 0; (conn = kelp_conn_next(cast->kn, &id)); id++) {
		if (conn != cast->but &&
		    READ_ONCE(conn->registered) == cast->owner)
			cast_hand_out(cast, conn);
		kelp_conn_put(conn);
		cond_resched();
	}
}

/* Unregistering cancels it: a run that finds nothing needs no reference. */
static void kelp_task_casts_work(struct work_struct *work)
{
	struct kelp_proto *proto = container_of(work, struct kelp_proto,
						casts_work);
	struct task_cast *cast;

	for (;;) {
		spin_lock_bh(&proto->casts_lock);
		cast = list_first_entry_or_null(&proto->casts,
						struct task_cast, node);
		if (cast)
			list_del(&cast->node);
		spin_unlock_bh(&proto->casts_lock);
		if (!cast)
			break;
		cast_walk(cast);
		cast_put(cast);
	}
}

/**
 * kelp_task_proto_init() - prepare a protocol's tasks on all connections
 * @proto: the protocol; nobody else has it yet
 *
 * Context: process.
 */
void kelp_task_proto_init(struct kelp_proto *proto)
{
	INIT_LIST_HEAD(&proto->casts);
	spin_lock_init(&proto->casts_lock);
	INIT_WORK(&proto->casts_work, kelp_task_casts_work);
}

/**
 * kelp_task_all() - run a task on every connection of a protocol, under its
 * lock
 * @owner: the protocol, whose task it is too
 * @kn: the server whose connections are meant
 * @but: not on this one; or NULL
 * @fn: the task, called once for each connection that there was
 * @done: called once when all of them have run, in the dispatcher, may sleep;
 *	also when there was none. May be NULL
 * @arg: for @fn, at the same time on several CPUs, and for @done
 *
 * Connections that begin meanwhile may or may not be among them. What one
 * caller asks for is done in order.
 *
 * Context: anywhere (kelp/conn.h).
 * Return: 0; -ENOENT when the owner is not registered (any more); -ENOMEM.
 */
int kelp_task_all(const struct kelp_proto_ops *owner, struct kelp_net *kn,
		  struct kelp_conn *but, kelp_task_fn fn,
		  void (*done)(void *arg), void *arg)
{
	struct task_cast *cast = kzalloc(sizeof(*cast),
					 GFP_ATOMIC | __GFP_NOWARN);
	struct kelp_proto *proto;

	if (!cast)
		return -ENOMEM;
	proto = kelp_proto_find(owner);
	if (!proto) {
		kfree(cast);
		return -ENOENT;
	}
	kelp_census_add(KELP_CENSUS_CAST);
	cast->owner = proto;
	cast->kn = kelp_net_get(kn);
	cast->but = but ? kelp_conn_get(but) : NULL;
	cast->fn = fn;
	cast->done = done;
	cast->arg = arg;
	atomic_set(&cast->left, 1);
	INIT_WORK(&cast->work, kelp_task_done_work);
	spin_lock_bh(&proto->casts_lock);
	list_add_tail(&cast->node, &proto->casts);
	/* under the lock: behind it the cast, and with it the owner, may be gone */
	kelp_dispatch_call(&proto->casts_work);
	spin_unlock_bh(&proto->casts_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_task_all);
