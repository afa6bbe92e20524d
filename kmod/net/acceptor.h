/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acceptors: the listening sockets of a listener, and what takes connections out
 * of their accept queues. A listener has one, or if asked to one for each CPU
 * that has a worker: these share their address (SO_REUSEPORT), and a connection
 * goes to that of the CPU on which its first segment came in (SO_INCOMING_CPU).
 */
#ifndef KELP_NET_ACCEPTOR_H
#define KELP_NET_ACCEPTOR_H

#include <linux/completion.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "net/conn.h"

struct kelp_listener;
struct socket;

/**
 * struct kelp_acceptor - a listening socket
 * @listener: whose it is; set once, it outlives its acceptors
 * @cpu: of which CPU, if there are several; set once
 * @sock: the socket; set once, released by kelp_acceptor_close()
 * @queued: bit 0: some worker has it, or is about to; atomic, wins the right to
 *	give it to one. Cleared by that worker
 * @node: in kelp_worker.acceptors; whoever won the bit
 * @again: comes back after a failure, and tells of one, in the dispatcher
 * @ref: who may still look: its listener, a worker's list, @again when queued
 * @unused: completed when @ref is zero
 * @saved: the callbacks the socket had before kelp; set once
 * @accepted: connections accepted; the worker that has it, read anywhere
 * @error: last error of accept (-errno), e.g. after `ss -K`; the same
 */
struct kelp_acceptor {
	struct kelp_listener *listener;
	int cpu;
	struct socket *sock;
	unsigned long queued;
	struct llist_node node;
	struct delayed_work again;
	refcount_t ref;
	struct completion unused;
	struct kelp_callbacks saved;
	u64 accepted;
	int error;
};

int kelp_acceptor_open(struct kelp_acceptor *acceptor,
		       struct kelp_listener *listener, int cpu);
int kelp_acceptor_listen(struct kelp_acceptor *acceptor);
void kelp_acceptor_refresh(struct kelp_acceptor *acceptor);
void kelp_acceptor_mute(struct kelp_acceptor *acceptor);
void kelp_acceptor_close(struct kelp_acceptor *acceptor);
void kelp_acceptor_serve(struct kelp_acceptor *acceptor);

#endif
