/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_net: one server, the one of a network namespace. Everything
 * that is configured, counted or limited hangs off it.
 */
#ifndef KELP_NET_NET_H
#define KELP_NET_NET_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "net/limits.h"
#include "net/proto.h"
#include "stats/stats.h"

struct kelp_evict_lists;
struct net;

/**
 * struct kelp_config - the scalars that are swapped as a whole
 * @rcu: readers may still look when it is replaced
 * @limit: one value per &enum kelp_limit
 *
 * Immutable once published in &kelp_net.config.
 */
struct kelp_config {
	struct rcu_head rcu;
	u64 limit[KELP_LIMIT_COUNT];
};

/**
 * struct kelp_net - the server of one network namespace
 * @net: the namespace; valid until @dead, no reference is held (its exit
 *	waits for @nr_conns instead)
 * @stats: per-CPU counters; set once at create
 * @config: limits; RCU, replaced under @lock
 * @draining: no new connections, the open ones close after their answer;
 *	written under @lock, read anywhere
 * @proto_priv: what each protocol's net_init returned, by slot; written under
 *	kelp_nets_hold() while nobody can find the protocol, or speaks it
 * @proto_up: slots whose net_init was called; kelp_nets_hold() to write
 * @proto_conns: how many connections speak which protocol
 * @tick_work: calls the protocols once a second, in the dispatcher
 * @tick_stopped: not any more; kelp_nets_hold(), set once
 * @conns: id -> &struct kelp_conn; its own lock inserts, RCU look-ups
 * @next_conn: cursor of cyclic ids; accept work only, under @conns' lock
 * @nr_conns: live connections; an object counts from create to teardown
 * @mem: bytes held in gather buffers and transmit queues
 * @evicting: connections chosen to make room that still count in @nr_conns
 * @evict: what may be chosen, per worker; set once, its own locks
 * @clients: address -> &struct kelp_client; its own locks, RCU look-ups
 * @lingering: clients without connections whose bucket is not full
 * @linger_work: looks through @lingering, in the dispatcher
 * @idle: woken when @nr_conns reaches zero
 * @lock: serialises configuration: @listeners, @config, the protocols'
 *	tables, @generation, @draining
 * @listeners: id -> &struct kelp_listener; @lock
 * @generation: bumped by every change of configuration; written under
 *	@lock, read anywhere
 * @dead: the namespace or the module goes away; @lock, set once
 * @ref: holders: pernet slot, connections, listeners, dispatcher items
 * @free_work: frees in the dispatcher after a grace period
 * @node: in the list of all namespaces' servers; its mutex (net.c)
 */
struct kelp_net {
	/* read by every request, written by changes of configuration */
	struct net *net;
	struct kelp_stats __percpu *stats;
	struct kelp_config __rcu *config;
	bool draining;
	void *proto_priv[KELP_PROTO_MAX];
	unsigned long proto_up;
	struct kelp_proto_conns __percpu *proto_conns;
	struct delayed_work tick_work;
	bool tick_stopped;

	/* written when connections come and go */
	struct xarray conns;
	u32 next_conn;
	atomic_t nr_conns ____cacheline_aligned_in_smp;
	atomic_long_t mem;
	atomic_t evicting;
	struct kelp_evict_lists __percpu *evict;
	struct rhashtable clients;
	struct llist_head lingering;
	struct delayed_work linger_work;
	wait_queue_head_t idle;

	struct mutex lock;
	struct xarray listeners;
	u32 generation;
	bool dead;
	refcount_t ref;
	struct rcu_work free_work;
	struct list_head node;
};

int kelp_net_init(void);
void kelp_net_exit(void);
void kelp_net_drain_all(unsigned int ms);
void kelp_net_for_each(void (*fn)(struct kelp_net *kn, void *arg), void *arg);

/* No namespace comes or goes meanwhile: process context, sleeps. */
void kelp_nets_hold(void);
void kelp_nets_release(void);
void __kelp_net_for_each(void (*fn)(struct kelp_net *kn, void *arg), void *arg);

struct kelp_net *kelp_net_of(struct net *net);
struct kelp_net *kelp_net_get(struct kelp_net *kn);
void kelp_net_put(struct kelp_net *kn);

u64 kelp_net_limit(struct kelp_net *kn, enum kelp_limit id);

/* All of them, by their &enum kelp_limit; under rcu_read_lock(). */
static inline const u64 *kelp_net_limits(const struct kelp_net *kn)
{
	return rcu_dereference(kn->config)->limit;
}

int kelp_net_limit_set(struct kelp_net *kn, enum kelp_limit id, u64 value);
void kelp_net_changed(struct kelp_net *kn);
void kelp_net_drain(struct kelp_net *kn);
bool kelp_net_mem_charge(struct kelp_net *kn, size_t bytes);
void kelp_net_mem_uncharge(struct kelp_net *kn, size_t bytes);

#endif
