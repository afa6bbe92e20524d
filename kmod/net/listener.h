/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listeners: a listening socket and the dispatcher item that accepts.
 */
#ifndef KELP_NET_LISTENER_H
#define KELP_NET_LISTENER_H

#include <linux/socket.h>
#include <linux/workqueue.h>

#include "net/conn.h"

struct kelp_gate;
struct kelp_gate_rules;
struct kelp_net;
struct netlink_ext_ack;
struct socket;

/**
 * struct kelp_listener - one address on which connections are accepted
 * @kn: the server; set once at create, a reference is held
 * @id: key in kelp_net.listeners; set once
 * @addr: address and port as bound; set once
 * @sock: the listening socket; set once, released by del
 * @gate: who may come; set once, a reference is held
 * @accept_work: drains the accept queue in the dispatcher
 * @closing: the accept queue is taken to its end; kelp_net.lock, set once
 * @saved: the callbacks the socket had before kelp; set once
 * @accepted: connections accepted; accept work only, read anywhere
 * @error: last error of accept (-errno), e.g. after `ss -K`; accept work only
 */
struct kelp_listener {
	struct kelp_net *kn;
	u32 id;
	struct sockaddr_storage addr;
	struct socket *sock;
	struct kelp_gate *gate;
	struct delayed_work accept_work;
	bool closing;
	struct kelp_callbacks saved;
	u64 accepted;
	int error;
};

/**
 * struct kelp_listener_watch - who wants to know what becomes of listeners
 * @failed: a listener accepts no more; @error is -errno. Process context, may
 *	sleep, must not take kelp_net.lock
 */
struct kelp_listener_watch {
	void (*failed)(struct kelp_listener *listener, int error);
};

void kelp_listener_watch(const struct kelp_listener_watch *watch);

int kelp_listener_add(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack);
int kelp_listener_set(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack);
int kelp_listener_del(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct netlink_ext_ack *extack);
void kelp_listener_del_all(struct kelp_net *kn);
void kelp_listener_refresh(struct kelp_net *kn);
void kelp_listener_accept(struct work_struct *work);

#endif
