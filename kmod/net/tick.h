/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Callbacks of protocols that come with time, not with a connection.
 */
#ifndef KELP_NET_TICK_H
#define KELP_NET_TICK_H

struct kelp_net;
struct kelp_proto_ops;

/* Process context, kelp_nets_hold(). */
void kelp_tick_proto(const struct kelp_proto_ops *ops, int n);
void kelp_tick_start(struct kelp_net *kn);

/* Process context; sleeps. */
void kelp_tick_init(struct kelp_net *kn);
void kelp_tick_stop(struct kelp_net *kn);

/* In a worker, which may sleep. */
void kelp_tick_idle(int cpu);

#endif
