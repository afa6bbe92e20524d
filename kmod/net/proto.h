/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registry of protocols, as the engine sees it. What a protocol is, and
 * what it may do, is told in kelp/proto.h.
 */
#ifndef KELP_NET_PROTO_H
#define KELP_NET_PROTO_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "kelp/proto.h"

/**
 * struct kelp_proto - a registered protocol
 * @ops: the protocol; set once
 * @slot: its place in kelp_net.proto_priv and the like; set once
 * @gone: it is being unregistered: its connections end at their worker's next
 *	look; set once, before those are kicked
 * @users: holders: connections that speak it, tasks, callbacks that run
 *	without a connection; killed by unregister
 * @sealed: completed when no new user can come any more
 * @unused: completed when the last user is gone
 * @timers: id -> &struct kelp_timer; its own lock, BH
 * @next_timer: cursor of cyclic ids; @timers' lock
 * @casts: tasks on all connections that were not handed out yet, in order;
 *	@casts_lock
 * @casts_lock: BH
 * @casts_work: hands them out, in the dispatcher; queued while there are any,
 *	each of which holds a reference
 */
struct kelp_proto {
	const struct kelp_proto_ops *ops;
	unsigned int slot;
	bool gone;
	struct percpu_ref users;
	struct completion sealed;
	struct completion unused;
	struct xarray timers;
	u32 next_timer;
	struct list_head casts;
	spinlock_t casts_lock;
	struct work_struct casts_work;
};

/**
 * struct kelp_proto_conns - how many connections speak which protocol
 * @v: by slot; those of one CPU may be negative, only the sums mean something
 */
struct kelp_proto_conns {
	long v[KELP_PROTO_MAX];
};

/* Published; changed under kelp_nets_hold(), read under RCU. */
extern struct kelp_proto __rcu *kelp_protos[KELP_PROTO_MAX];

/* A namespace comes and goes: under kelp_nets_hold(). */
int kelp_proto_net_init(struct kelp_net *kn);
void kelp_proto_net_exit(struct kelp_net *kn);

/* detect.c: look-ups; a reference to kelp_proto.users is for the caller. */
struct kelp_proto *kelp_proto_find(const struct kelp_proto_ops *ops);
struct kelp_proto *kelp_proto_find_name(const char *name);
struct kelp_proto *kelp_proto_next(unsigned int *slot);
void kelp_proto_put(struct kelp_proto *proto);

/* Under RCU; the protocol with a reference for the caller. */
enum kelp_detect kelp_proto_detect(const u8 *data, size_t len,
				   struct kelp_proto **found);

/* What a connection speaks: socket lock, BH off. */
void kelp_proto_enter(struct kelp_conn *conn, struct kelp_proto *proto);
void kelp_proto_leave(struct kelp_conn *conn);

#endif
