/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dispatcher: the unbound workqueues in which everything runs that may
 * sleep: one for listening sockets, one for files, one for handlers that
 * block. They live from module load to unload; items hold references to what
 * they use.
 */
#ifndef KELP_NET_DISPATCH_H
#define KELP_NET_DISPATCH_H

#include <linux/types.h>

struct delayed_work;
struct rcu_work;
struct work_struct;

int kelp_dispatch_init(void);
void kelp_dispatch_exit(void);

/* Queue an item; any context. Return: false when it was queued already. */
bool kelp_dispatch(struct work_struct *work);
/* The same for an item that may wait for a peer, that is, a handler. */
bool kelp_dispatch_call(struct work_struct *work);
/* The same in @delay jiffies. */
bool kelp_dispatch_later(struct delayed_work *dwork, unsigned long delay);
/* What kelp_dispatch_later() was asked for, or not, now. */
void kelp_dispatch_sooner(struct delayed_work *dwork);
/* Queue an item after a grace period; any context. */
bool kelp_dispatch_rcu(struct rcu_work *rwork);

/*
 * Listening sockets have a queue of their own: opening them, and accepting once
 * more after a failure, must not wait for files. Queue an item in @delay jiffies; any context.
 */
bool kelp_dispatch_accept(struct delayed_work *dwork, unsigned long delay);

#endif
