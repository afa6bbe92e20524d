// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers: the pinned kthreads and the lock-free hand-over to them.
 *
 * Hand-over: whoever sets a connection's QUEUED bit adds it to the list; the
 * worker takes the whole list, and clears the bit, with full ordering, before
 * it looks at the connection. So an event is either seen by that look or finds
 * the bit clear and queues the connection again. tests/model checks this.
 */
#include "net/worker.h"

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>

#include "net/acceptor.h"
#include "net/conn.h"
#include "net/tick.h"

/* For no longer, us: less urgent work wants an idle worker's CPU, too. */
#define KELP_BUSY_POLL_MAX 1000u

/* A parameter of the module; may change at any time. */
unsigned int kelp_worker_poll_us;

/* Set at module load, read-only afterwards. */
static struct kelp_worker __percpu *kelp_workers;
static int kelp_first_cpu;

static void kelp_worker_serve(struct kelp_worker *worker)
{
	struct llist_node *batch;
	struct kelp_conn *conn, *next;

	batch = llist_reverse_order(llist_del_all(&worker->queue));
	llist_for_each_entry_safe(conn, next, batch, qnode) {
		clear_bit(KELP_CONN_QUEUED, &conn->bits);
		/*
		 * Pairs with test_and_set_bit() in kelp_conn_kick(): orders
		 * the clear before every read of the connection's state.
		 */
		smp_mb__after_atomic();
		kelp_conn_work(conn);
		kelp_conn_put(conn);
		cond_resched();
	}
}

static void kelp_worker_take(struct kelp_worker *worker)
{
	struct llist_node *batch;
	struct kelp_acceptor *acceptor, *next;

	batch = llist_reverse_order(llist_del_all(&worker->acceptors));
	llist_for_each_entry_safe(acceptor, next, batch, node)
		kelp_acceptor_serve(acceptor);
}

static bool kelp_worker_is_idle(const struct kelp_worker *worker)
{
	return llist_empty(&worker->queue) && llist_empty(&worker->acceptors);
}

static void kelp_worker_expire(struct kelp_worker *worker)
{
	struct kelp_conn *conn;

	while ((conn = kelp_wheel_expired(&worker->wheel, jiffies))) {
		kelp_conn_work(conn);
		cond_resched();
	}
}

/*
 * Look for something to do for a while before sleeping, unless somebody else
 * wants the CPU: it saves the wake-up when something comes soon.
 */
static void kelp_worker_poll(const struct kelp_worker *worker)
{
	unsigned int us = READ_ONCE(kelp_worker_poll_us);
	u64 until;

	if (likely(!us))
		return;
	until = local_clock() + min(us, KELP_BUSY_POLL_MAX) * NSEC_PER_USEC;
	while (kelp_worker_is_idle(worker) && !need_resched() &&
	       single_task_running() && local_clock() < until)
		cpu_relax();
}

static int kelp_worker_fn(void *arg)
{
	struct kelp_worker *worker = arg;

	while (!kthread_should_stop()) {
		/* First: it brings an empty wheel up to date. */
		kelp_worker_expire(worker);
		kelp_worker_take(worker);
		kelp_worker_serve(worker);
		if (kelp_worker_is_idle(worker))
			kelp_tick_idle(worker->cpu);
		kelp_worker_poll(worker);

		/*
		 * Pairs with llist_add() then wake_up_process() in
		 * kelp_worker_queue(): state first, then the look at the lists.
		 */
		set_current_state(TASK_IDLE);
		if (kelp_worker_is_idle(worker) && !kthread_should_stop())
			schedule_timeout(kelp_wheel_next(&worker->wheel,
							 jiffies));
		__set_current_state(TASK_RUNNING);
	}
	WARN_ON_ONCE(!kelp_worker_is_idle(worker));
	return 0;
}

/**
 * kelp_worker_queue() - hand a connection over
 * @worker: its worker
 * @conn: the connection; the caller has just set QUEUED and gives the list a
 *	reference
 *
 * Context: any, also with the socket lock held.
 */
void kelp_worker_queue(struct kelp_worker *worker, struct kelp_conn *conn)
{
	if (llist_add(&conn->qnode, &worker->queue))
		wake_up_process(worker->task);
}

/**
 * kelp_worker_accept() - have a worker accept
 * @worker: the worker
 * @acceptor: the acceptor; the caller has just set its bit and gives the list a
 *	reference
 *
 * Context: any.
 */
void kelp_worker_accept(struct kelp_worker *worker,
			struct kelp_acceptor *acceptor)
{
	if (llist_add(&acceptor->node, &worker->acceptors))
		wake_up_process(worker->task);
}

/**
 * kelp_worker_of() - the worker for a CPU's connections
 * @cpu: any value
 *
 * Context: any.
 * Return: the worker of @cpu, or the first one when that CPU has none.
 */
struct kelp_worker *kelp_worker_of(int cpu)
{
	struct kelp_worker *worker;

	if (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu)) {
		worker = per_cpu_ptr(kelp_workers, cpu);
		if (worker->task)
			return worker;
	}
	return per_cpu_ptr(kelp_workers, kelp_first_cpu);
}

/**
 * kelp_worker_next_cpu() - walk the CPUs that have a worker
 * @cpu: the one before, -1 to begin
 *
 * Context: any.
 * Return: the CPU, or nr_cpu_ids at the end.
 */
int kelp_worker_next_cpu(int cpu)
{
	do {
		cpu = cpumask_next(cpu, cpu_possible_mask);
	} while (cpu < nr_cpu_ids && !per_cpu_ptr(kelp_workers, cpu)->task);
	return min_t(int, cpu, nr_cpu_ids);
}

static int kelp_worker_start(int cpu)
{
	struct kelp_worker *worker = per_cpu_ptr(kelp_workers, cpu);
	struct task_struct *task;

	worker->cpu = cpu;
	init_llist_head(&worker->queue);
	init_llist_head(&worker->acceptors);
	kelp_wheel_init(&worker->wheel, jiffies);
	task = kthread_create_on_cpu(kelp_worker_fn, worker, cpu, "kelp/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	worker->task = task;
	wake_up_process(task);
	return 0;
}

static void kelp_worker_stop_all(void)
{
	struct kelp_worker *worker;
	int cpu;

	for_each_possible_cpu(cpu) {
		worker = per_cpu_ptr(kelp_workers, cpu);
		if (worker->task)
			kthread_stop(worker->task);
	}
}

/**
 * kelp_worker_init() - start a worker on every online CPU
 *
 * A CPU that comes online later has no worker of its own; its connections go
 * to the first one.
 *
 * Context: module load.
 * Return: 0, or the error of the kthread that could not be made.
 */
int kelp_worker_init(void)
{
	int cpu, err = 0;

	kelp_workers = alloc_percpu(struct kelp_worker);
	if (!kelp_workers)
		return -ENOMEM;
	kelp_first_cpu = cpumask_first(cpu_online_mask);

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		err = kelp_worker_start(cpu);
		if (err)
			break;
	}
	cpus_read_unlock();
	if (err)
		goto err_stop;
	return 0;

err_stop:
	kelp_worker_stop_all();
	free_percpu(kelp_workers);
	return err;
}

/**
 * kelp_worker_exit() - stop the workers
 *
 * Context: module unload; no connection is left.
 */
void kelp_worker_exit(void)
{
	kelp_worker_stop_all();
	free_percpu(kelp_workers);
}
