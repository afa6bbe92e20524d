// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers that other modules set: kelp/task.h. One is an item of the dispatcher
 * that is queued for later; under a connection's lock it goes on to that
 * connection's inbox from there.
 *
 * Its end is told exactly once, by whoever runs it next when it was cancelled.
 * Under the lock of its owner's table of timers: who takes it out of the table
 * may cancel it, and has it run at once unless it is in an inbox, where it will
 * be run anyhow. One that fires for the only time takes itself out first.
 */
#include "net/timer.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "kelp/task.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/inbox.h"
#include "net/proto.h"
#include "stats/census.h"

/**
 * struct kelp_timer - a timer
 * @item: in the connection's inbox, while @posted
 * @work: runs it, or posts @item
 * @node: in kelp_inbox.timers of @conn; its lock
 * @owner: a reference is held; set once
 * @conn: a reference is held, or NULL; set once
 * @fn: the task; set once
 * @arg: for @fn; set once
 * @period: jiffies; set once
 * @flags: KELP_TASK_LOCKED, KELP_TASK_REPEAT; set once
 * @id: key in kelp_proto.timers; set once
 * @started: @work was queued; lock of kelp_proto.timers, as the following
 * @posted: @item is in the inbox, or being run from there
 * @cancelled: it is out of the table, and ends when it runs next
 */
struct kelp_timer {
	struct kelp_item item;
	struct delayed_work work;
	struct list_head node;
	struct kelp_proto *owner;
	struct kelp_conn *conn;
	kelp_task_fn fn;
	void *arg;
	unsigned long period;
	unsigned int flags;
	u32 id;
	bool started;
	bool posted;
	bool cancelled;
};

static void timer_free(struct kelp_timer *timer)
{
	struct kelp_proto *owner = timer->owner;
	struct kelp_conn *conn = timer->conn;

	if (conn) {
		spin_lock_bh(&conn->inbox.lock);
		list_del(&timer->node);
		spin_unlock_bh(&conn->inbox.lock);
		kelp_conn_put(conn);
	}
	kfree(timer);
	kelp_census_sub(KELP_CENSUS_TIMER);
	kelp_proto_put(owner);
}

static void timer_call(const struct kelp_timer *timer, struct kelp_run *run,
		       bool gone)
{
	const struct kelp_task task = {
		.conn = timer->conn,
		.run = gone ? NULL : run,
		.arg = timer->arg,
		.gone = gone,
	};

	timer->fn(&task);
}

/*
 * It runs now: for the last time? Behind this nobody can cancel it any more,
 * unless it comes again.
 */
static bool timer_begin(struct kelp_timer *timer, bool gone)
{
	struct xarray *table = &timer->owner->timers;

	xa_lock_bh(table);
	if (timer->cancelled)
		gone = true;
	else if (gone || !(timer->flags & KELP_TASK_REPEAT))
		__xa_erase(table, timer->id);
	xa_unlock_bh(table);
	return gone;
}

/* It has run and comes again, perhaps only to be told that it was cancelled. */
static void timer_again(struct kelp_timer *timer)
{
	struct xarray *table = &timer->owner->timers;

	xa_lock_bh(table);
	timer->posted = false;
	kelp_dispatch_later(&timer->work,
			    timer->cancelled ? 0 : timer->period);
	xa_unlock_bh(table);
}

static void timer_run(struct kelp_timer *timer, struct kelp_run *run, bool gone)
{
	gone = timer_begin(timer, gone);
	/* who cancelled it when it had just fired has queued it once more */
	if (gone)
		cancel_delayed_work(&timer->work);
	timer_call(timer, run, gone);
	if (!gone && timer->flags & KELP_TASK_REPEAT)
		timer_again(timer);
	else
		timer_free(timer);
}

static void timer_item(struct kelp_item *item, struct kelp_conn *conn,
		       struct kelp_run *run)
{
	timer_run(container_of(item, struct kelp_timer, item), run, !run);
}

/* On to the inbox; false when it was cancelled, or the connection has ended. */
static bool timer_post(struct kelp_timer *timer)
{
	struct xarray *table = &timer->owner->timers;
	bool posted;

	xa_lock_bh(table);
	posted = !timer->cancelled;
	timer->posted = posted;
	xa_unlock_bh(table);
	return posted && kelp_inbox_post(timer->conn, &timer->item);
}

static void kelp_timer_work(struct work_struct *work)
{
	struct kelp_timer *timer = container_of(to_delayed_work(work),
						struct kelp_timer, work);
	bool locked = timer->flags & KELP_TASK_LOCKED;

	if (locked && timer_post(timer))
		return;
	timer_run(timer, NULL,
		  locked || (timer->conn && READ_ONCE(timer->conn->dead)));
}

/* Its lock is held. */
static void timer_cancel(struct xarray *table, struct kelp_timer *timer)
{
	__xa_erase(table, timer->id);
	timer->cancelled = true;
	if (timer->started && !timer->posted)
		kelp_dispatch_sooner(&timer->work);
}

static bool timer_cancel_id(struct kelp_proto *owner, u32 id)
{
	struct kelp_timer *timer;

	xa_lock_bh(&owner->timers);
	timer = xa_load(&owner->timers, id);
	if (timer)
		timer_cancel(&owner->timers, timer);
	xa_unlock_bh(&owner->timers);
	return timer;
}

static struct kelp_timer *timer_create(const struct kelp_proto_ops *owner,
				       struct kelp_conn *conn, unsigned int ms)
{
	struct kelp_timer *timer = kzalloc(sizeof(*timer),
					   GFP_ATOMIC | __GFP_NOWARN);

	if (!timer)
		return NULL;
	timer->owner = kelp_proto_find(owner);
	if (!timer->owner) {
		kfree(timer);
		return NULL;
	}
	kelp_census_add(KELP_CENSUS_TIMER);
	INIT_LIST_HEAD(&timer->node);
	INIT_DELAYED_WORK(&timer->work, kelp_timer_work);
	timer->item.fn = timer_item;
	timer->item.owner = timer->owner;
	timer->conn = conn ? kelp_conn_get(conn) : NULL;
	timer->period = max(msecs_to_jiffies(ms), 1UL);
	return timer;
}

/* So that the connection's end is its end. */
static bool timer_list(struct kelp_timer *timer)
{
	struct kelp_inbox *inbox;
	bool open;

	if (!timer->conn)
		return true;
	inbox = &timer->conn->inbox;
	spin_lock_bh(&inbox->lock);
	open = !inbox->closed;
	if (open)
		list_add(&timer->node, &inbox->timers);
	spin_unlock_bh(&inbox->lock);
	return open;
}

/* It may have been cancelled since it was put into the table. */
static void timer_start(struct kelp_timer *timer)
{
	struct xarray *table = &timer->owner->timers;
	bool now;

	xa_lock_bh(table);
	now = timer->cancelled;
	/* unregistering has looked through the table before, or will */
	if (!now && READ_ONCE(timer->owner->gone)) {
		timer_cancel(table, timer);
		now = true;
	}
	timer->started = true;
	kelp_dispatch_later(&timer->work, now ? 0 : timer->period);
	xa_unlock_bh(table);
}

/**
 * kelp_task_after() - run a task later, or again and again
 * @owner: whose task it is
 * @conn: the connection; or NULL
 * @ms: milliseconds until it runs, and between the end of one run and the
 *	beginning of the next
 * @flags: KELP_TASK_LOCKED, only with a connection; KELP_TASK_REPEAT, only with
 *	@ms above 0
 * @fn: the task
 * @arg: for @fn
 *
 * It ends with the connection, with its owner, when it has run and is not to
 * be repeated, and by kelp_task_cancel(). Being the last run of a timer that
 * is not repeated, the only one has kelp_task.gone clear.
 *
 * Context: anywhere (kelp/conn.h).
 * Return: an id above 0; -EINVAL; -ESHUTDOWN when the connection has ended;
 * -ENOMEM also when the owner is not registered (any more).
 */
int kelp_task_after(const struct kelp_proto_ops *owner, struct kelp_conn *conn,
		    unsigned int ms, unsigned int flags, kelp_task_fn fn,
		    void *arg)
{
	struct kelp_timer *timer;
	int id, err;

	if (flags & ~(KELP_TASK_LOCKED | KELP_TASK_REPEAT) ||
	    (flags & KELP_TASK_LOCKED && !conn) ||
	    (flags & KELP_TASK_REPEAT && !ms))
		return -EINVAL;
	timer = timer_create(owner, conn, ms);
	if (!timer)
		return -ENOMEM;
	timer->flags = flags;
	timer->fn = fn;
	timer->arg = arg;
	err = xa_alloc_cyclic_bh(&timer->owner->timers, &timer->id, timer,
				 XA_LIMIT(1, INT_MAX),
				 &timer->owner->next_timer,
				 GFP_ATOMIC | __GFP_NOWARN);
	if (err < 0)
		goto err_free;
	id = timer->id;
	err = -ESHUTDOWN;
	if (!timer_list(timer))
		goto err_erase;
	timer_start(timer);
	return id;

err_erase:
	/* not started: whoever cancels it only takes it out of the table */
	timer_begin(timer, true);
err_free:
	timer_free(timer);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_task_after);

/**
 * kelp_task_cancel() - end a timer
 * @owner: whose it is
 * @id: from kelp_task_after()
 *
 * When this returns true the task is called once more, soon or just now, with
 * kelp_task.gone. It may be running: to cancel does not wait.
 *
 * Context: any, also in the task itself.
 * Return: false when there is no such timer (any more).
 */
bool kelp_task_cancel(const struct kelp_proto_ops *owner, int id)
{
	struct kelp_proto *proto = kelp_proto_find(owner);
	bool there;

	if (!proto)
		return false;
	there = timer_cancel_id(proto, id);
	kelp_proto_put(proto);
	return there;
}
EXPORT_SYMBOL_GPL(kelp_task_cancel);

/**
 * kelp_timer_cancel_all() - a connection has ended, its timers too
 * @conn: the connection; its inbox is closed
 *
 * Context: owning worker, in teardown.
 */
void kelp_timer_cancel_all(struct kelp_conn *conn)
{
	struct kelp_inbox *inbox = &conn->inbox;
	struct kelp_timer *timer;
	struct kelp_proto *owner;
	u32 id;

	spin_lock_bh(&inbox->lock);
	while (!list_empty(&inbox->timers)) {
		timer = list_first_entry(&inbox->timers, struct kelp_timer,
					 node);
		list_del_init(&timer->node);
		/* on the list it is there, and holds its owner */
		owner = timer->owner;
		percpu_ref_get(&owner->users);
		id = timer->id;
		spin_unlock_bh(&inbox->lock);
		timer_cancel_id(owner, id);
		kelp_proto_put(owner);
		spin_lock_bh(&inbox->lock);
	}
	spin_unlock_bh(&inbox->lock);
}

/**
 * kelp_timer_end_all() - a protocol goes, its timers too
 * @proto: the protocol; no user is new
 *
 * Context: process.
 */
void kelp_timer_end_all(struct kelp_proto *proto)
{
	struct kelp_timer *timer;
	unsigned long id;

	xa_lock_bh(&proto->timers);
	xa_for_each(&proto->timers, id, timer)
		timer_cancel(&proto->timers, timer);
	xa_unlock_bh(&proto->timers);
}
