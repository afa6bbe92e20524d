/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * null.h - what the two null responders share. Each is one translation unit:
 * null_answer.c, its own callbacks, null_listen.c; so the compiler sees all of
 * it, and no object belongs to two modules.
 */
#ifndef BENCH_NULL_H
#define BENCH_NULL_H

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/net.h>
#include <net/sock.h>

struct task_struct;

/**
 * struct null_callbacks - a socket's callbacks before they were ours
 * @state_change: sk_state_change
 * @data_ready: sk_data_ready
 * @write_space: sk_write_space
 */
struct null_callbacks {
	void (*state_change)(struct sock *sk);
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
};

/**
 * struct null_worker - a CPU's kthread, with a listening socket of its own
 * @task: pinned to the CPU; set once
 * @queue: connections handed over; lock-free
 * @accept: there may be something to accept; any CPU sets it
 * @listener: of the SO_REUSEPORT group; set once
 * @saved: the listener's callbacks before it was ours; set once
 * @conns: all its connections; the kthread only
 */
struct null_worker {
	struct task_struct *task;
	struct llist_head queue;
	bool accept;
	struct socket *listener;
	struct null_callbacks saved;
	struct list_head conns;
};

/* Bits of null_conn.bits: in, or about to be in, null_worker.queue. */
#define NULL_QUEUED 0

/**
 * struct null_conn - a connection
 * @sock: its socket, owned
 * @worker: its worker; set once
 * @qnode: in null_worker.queue while NULL_QUEUED is set
 * @node: in null_worker.conns
 * @bits: NULL_QUEUED
 * @owed: answers that are not with TCP yet; socket lock, as what follows
 * @off: bytes of the first of them that are
 * @match: how much of an empty line the bytes read so far end with
 * @busy: being served; callbacks in the middle of it do nothing
 * @failed: nothing more can be sent
 * @done: has had its answer, and only one is wanted
 * @dead: the kthread frees it when it comes out of the queue; kthread only
 */
struct null_conn {
	struct socket *sock;
	struct null_worker *worker;
	struct llist_node qnode;
	struct list_head node;
	unsigned long bits;
	unsigned int owed;
	unsigned int off;
	u8 match;
	bool busy;
	bool failed;
	bool done;
	bool dead;
};

static inline struct null_conn *null_conn_of(const struct sock *sk)
{
	void *data = rcu_dereference_protected(__sk_user_data(sk),
					       lockdep_sock_is_held(sk));

	return (void *)((unsigned long)data & SK_USER_DATA_PTRMASK);
}

#endif /* BENCH_NULL_H */
