/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workers: one pinned kthread per CPU. A worker owns connections: it serves
 * what softirq handed over, keeps their deadlines, and is the only one that
 * tears them down.
 */
#ifndef KELP_NET_WORKER_H
#define KELP_NET_WORKER_H

#include <linux/cache.h>
#include <linux/llist.h>

#include "net/wheel.h"

struct kelp_acceptor;
struct kelp_conn;
struct task_struct;

/**
 * struct kelp_worker - a worker
 * @queue: connections to look at; any context adds, the worker takes all
 * @acceptors: those with somebody to accept; the same
 * @task: the kthread; set once
 * @cpu: where it is pinned; set once
 * @wheel: deadlines of its connections; the worker only
 */
struct kelp_worker {
	struct llist_head queue;
	struct llist_head acceptors;
	struct task_struct *task;
	int cpu;
	struct kelp_wheel wheel ____cacheline_aligned_in_smp;
};

/* For how long they poll before they sleep: see kelp_worker_poll(). */
extern unsigned int kelp_worker_poll_us;

int kelp_worker_init(void);
void kelp_worker_exit(void);

/* The worker of @cpu, or another one when @cpu has none. Never NULL. */
struct kelp_worker *kelp_worker_of(int cpu);
/* The next CPU behind @cpu that has a worker, or nr_cpu_ids. */
int kelp_worker_next_cpu(int cpu);
/* Hand a connection over; @conn has just won its QUEUED bit. Any context. */
void kelp_worker_queue(struct kelp_worker *worker, struct kelp_conn *conn);
/* Have it accept; @acceptor has just won its bit. Any context. */
void kelp_worker_accept(struct kelp_worker *worker,
			struct kelp_acceptor *acceptor);

#endif
