/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listeners: addresses on which connections are accepted, and by whom.
 */
#ifndef KELP_NET_LISTENER_H
#define KELP_NET_LISTENER_H

#include <linux/socket.h>
#include <linux/types.h>

#include "net/acceptor.h"

struct kelp_gate;
struct kelp_gate_rules;
struct kelp_net;
struct netlink_ext_ack;

/**
 * struct kelp_listener_options - what is said of its sockets when it is added
 * @per_cpu: a socket for each CPU that has a worker, instead of one
 * @defer_s: TCP_DEFER_ACCEPT: for how many seconds a connection on which
 *	nothing has come is kept from being accepted; 0 for not at all
 * @fastopen: TCP_FASTOPEN: how many may have sent data with their SYN whose
 *	handshake is not complete, for each socket; 0 for none
 */
struct kelp_listener_options {
	bool per_cpu;
	u32 defer_s;
	u32 fastopen;
};

/**
 * struct kelp_listener - one address on which connections are accepted
 * @kn: the server; set once at create, a reference is held
 * @id: key in kelp_net.listeners; set once
 * @addr: address and port as bound; set once
 * @gate: who may come; set once, a reference is held
 * @options: set once
 * @closing: the accept queues are taken to their ends; set once, by the holder of
 *	kelp_net.lock or what it waits for
 * @told: that it has failed; the lock of who watches
 * @nr_acceptors: as @closing; does not change while the listener is listed
 * @acceptors: its sockets
 */
struct kelp_listener {
	struct kelp_net *kn;
	u32 id;
	struct sockaddr_storage addr;
	struct kelp_gate *gate;
	struct kelp_listener_options options;
	bool closing;
	bool told;
	unsigned int nr_acceptors;
	struct kelp_acceptor acceptors[];
};

/**
 * struct kelp_listener_watch - who wants to know what becomes of listeners
 * @failed: a listener, or one of its sockets, accepts no more; @error is -errno.
 *	Process context, may sleep, must not take kelp_net.lock
 */
struct kelp_listener_watch {
	void (*failed)(struct kelp_listener *listener, int error);
};

void kelp_listener_watch(const struct kelp_listener_watch *watch);

int kelp_listener_add(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      const struct kelp_listener_options *options,
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack);
int kelp_listener_set(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack);
int kelp_listener_del(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct netlink_ext_ack *extack);
void kelp_listener_del_all(struct kelp_net *kn);
void kelp_listener_refresh(struct kelp_net *kn);
u64 kelp_listener_accepted(const struct kelp_listener *listener);
int kelp_listener_error(const struct kelp_listener *listener);

#endif
