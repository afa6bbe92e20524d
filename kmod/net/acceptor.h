/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acceptors: the listening sockets of a listener, and what takes connections out
 * of their accept queues. A listener has one, or if asked to one for each CPU
 * that has a worker: these share their address (SO_REUSEPORT), and a connection
 * goes to that of the CPU on which its first segment came in (SO_INCOMING_CPU).
 */
#ifndef KELP_NET_ACCEPTOR_H
#define KELP_NET_ACCEPTOR_H

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
 * @work: drains the accept queue in the dispatcher
 * @saved: the callbacks the socket had before kelp; set once
 * @accepted: connections accepted; @work only, read anywhere
 * @error: last error of accept (-errno), e.g. after `ss -K`; @work only, read
 *	anywhere
 */
struct kelp_acceptor {
	struct kelp_listener *listener;
	int cpu;
	struct socket *sock;
	struct delayed_work work;
	struct kelp_callbacks saved;
	u64 accepted;
	int error;
};

int kelp_acceptor_open(struct kelp_acceptor *acceptor,
		       struct kelp_listener *listener, int cpu);
void kelp_acceptor_refresh(struct kelp_acceptor *acceptor);
void kelp_acceptor_mute(struct kelp_acceptor *acceptor);
void kelp_acceptor_close(struct kelp_acceptor *acceptor);

#endif
