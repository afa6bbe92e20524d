/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks: functions that run at another place or time.
 *
 * A task has an owner, a registered protocol (one without detect will do for
 * who has none): unregistering it waits for all its tasks, and ends its timers
 * and the tasks on connections.
 *
 * kelp_task_conn(), kelp_task_all() and timers with KELP_TASK_LOCKED run in the
 * connection's worker under the connection's lock, as its callbacks do
 * (kelp/proto.h): they must not sleep, and may do what kelp/conn.h and
 * kelp/send.h allow to callbacks. They run also while the connection waits to
 * send, so whoever writes in one knows its protocol, or uses kelp_send_*().
 *
 * kelp_task_sleep() and other timers run in the dispatcher, without locks, and
 * may sleep.
 *
 * A call that returned an error calls nothing, ever. Otherwise a task is
 * called exactly once; a timer as often as it fires, and for the last time
 * with kelp_task.gone. With gone set the connection has ended, or speaks the
 * protocol no more (kelp_task_all()), or the timer was cancelled: time to
 * release what arg holds. That call comes in a worker or in the dispatcher,
 * perhaps under the connection's lock, and must not sleep.
 */
#ifndef KELP_TASK_H
#define KELP_TASK_H

#include <linux/bits.h>
#include <linux/types.h>

struct kelp_conn;
struct kelp_net;
struct kelp_proto_ops;
struct kelp_run;

/**
 * struct kelp_task - what a task is called with
 * @conn: the connection, or NULL without one; good during the call
 * @run: to write with kelp_out_*(): only under the connection's lock
 * @arg: as it was given
 * @gone: there is nothing more to do but to release @arg
 */
struct kelp_task {
	struct kelp_conn *conn;
	struct kelp_run *run;
	void *arg;
	bool gone;
};

typedef void (*kelp_task_fn)(const struct kelp_task *task);

/* Any context; with a reference to, or in a callback of, the connection. */
int kelp_task_conn(const struct kelp_proto_ops *owner, struct kelp_conn *conn,
		   kelp_task_fn fn, void *arg);
int kelp_task_sleep(const struct kelp_proto_ops *owner, struct kelp_conn *conn,
		    kelp_task_fn fn, void *arg);
int kelp_task_all(const struct kelp_proto_ops *owner, struct kelp_net *kn,
		  struct kelp_conn *but, kelp_task_fn fn,
		  void (*done)(void *arg), void *arg);

/* Timers under the connection's lock; else in the dispatcher. */
#define KELP_TASK_LOCKED	BIT(0)
/* Again and again, not once. */
#define KELP_TASK_REPEAT	BIT(1)

/* Any context; as above. kelp_task_cancel() takes what kelp_task_after() gave. */
int kelp_task_after(const struct kelp_proto_ops *owner, struct kelp_conn *conn,
		    unsigned int ms, unsigned int flags, kelp_task_fn fn,
		    void *arg);
bool kelp_task_cancel(const struct kelp_proto_ops *owner, int id);

#endif
