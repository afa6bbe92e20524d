/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients: what is known of an address, or of a /64 of IPv6: how many
 * connections it has, and its token bucket.
 */
#ifndef KELP_NET_CLIENT_H
#define KELP_NET_CLIENT_H

#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct kelp_addr;
struct kelp_net;
struct sock;

#define KELP_CLIENT_KEY 17

/**
 * struct kelp_client - an address, or a /64 of IPv6
 * @node: in kelp_net.clients; the table's locks, RCU look-ups
 * @key: family and address; set once
 * @ref: holders: connections, requests that a proxy passed on, @linger
 * @nr: connections
 * @full: when the token bucket will be full again, ns of ktime_get_ns()
 * @lingers: on kelp_net.lingering, which holds a reference then; bit 0
 * @linger: there
 * @rcu: look-ups are RCU
 */
struct kelp_client {
	struct rhash_head node;
	u8 key[KELP_CLIENT_KEY];
	refcount_t ref;
	atomic_t nr;
	atomic64_t full;
	unsigned long lingers;
	struct llist_node linger;
	struct rcu_head rcu;
};

int kelp_client_net_init(struct kelp_net *kn);
void kelp_client_net_stop(struct kelp_net *kn);
void kelp_client_net_exit(struct kelp_net *kn);

void kelp_client_peer(const struct sock *sk, struct kelp_addr *addr);

struct kelp_client *kelp_client_get(struct kelp_net *kn,
				    const struct kelp_addr *addr, gfp_t gfp);
void kelp_client_put(struct kelp_net *kn, struct kelp_client *client);

struct kelp_client *kelp_client_join(struct kelp_net *kn,
				     const struct kelp_addr *addr, gfp_t gfp);
void kelp_client_leave(struct kelp_net *kn, struct kelp_client *client);

unsigned int kelp_client_take(struct kelp_net *kn, struct kelp_client *client);

#endif
