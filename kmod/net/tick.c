// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second that has passed, in the dispatcher, and the worker that has
 * nothing to do: protocols are told when they asked for it. Where none did
 * nothing runs.
 */
#include "net/tick.h"

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "net/dispatch.h"
#include "net/net.h"
#include "net/proto.h"

/* Registered protocols with tick, and with idle; kelp_nets_hold() to write. */
static int kelp_ticks;
static int kelp_idles;

static void kelp_tick_walk(struct kelp_net *kn, void *arg)
{
	kelp_tick_start(kn);
}

/**
 * kelp_tick_proto() - a protocol comes or goes
 * @ops: the protocol; its state is there in every namespace when it comes
 * @n: 1 or -1
 *
 * Context: process; kelp_nets_hold().
 */
void kelp_tick_proto(const struct kelp_proto_ops *ops, int n)
{
	if (ops->idle)
		WRITE_ONCE(kelp_idles, kelp_idles + n);
	if (!ops->tick)
		return;
	WRITE_ONCE(kelp_ticks, kelp_ticks + n);
	__kelp_net_for_each(kelp_tick_walk, NULL);
}

static void kelp_tick_work(struct work_struct *work)
{
	struct kelp_net *kn = container_of(to_delayed_work(work),
					   struct kelp_net, tick_work);
	struct kelp_proto *proto;
	unsigned int slot = 0;

	while ((proto = kelp_proto_next(&slot))) {
		if (proto->ops->tick && test_bit(proto->slot, &kn->proto_up))
			proto->ops->tick(kn, kn->proto_priv[proto->slot]);
		kelp_proto_put(proto);
	}
	if (READ_ONCE(kelp_ticks))
		kelp_dispatch_later(&kn->tick_work, HZ);
}

/**
 * kelp_tick_init() - prepare a namespace's item
 * @kn: the server
 *
 * Context: process.
 */
void kelp_tick_init(struct kelp_net *kn)
{
	INIT_DELAYED_WORK(&kn->tick_work, kelp_tick_work);
}

/**
 * kelp_tick_start() - begin to tick, if somebody wants it
 * @kn: the server; all protocols have their state there
 *
 * Context: process; kelp_nets_hold().
 */
void kelp_tick_start(struct kelp_net *kn)
{
	if (kelp_ticks && !kn->tick_stopped)
		kelp_dispatch_later(&kn->tick_work, HZ);
}

/**
 * kelp_tick_stop() - tick no more
 * @kn: the server; its namespace ends
 *
 * Context: process, sleeps; takes kelp_nets_hold() for a moment. Waits for
 *	what protocols do in tick.
 */
void kelp_tick_stop(struct kelp_net *kn)
{
	kelp_nets_hold();
	kn->tick_stopped = true;
	kelp_nets_release();
	cancel_delayed_work_sync(&kn->tick_work);
}

/**
 * kelp_tick_idle() - a worker has nothing to do
 * @cpu: where it is pinned
 *
 * Context: that worker, sleeps.
 */
void kelp_tick_idle(int cpu)
{
	struct kelp_proto *proto;
	unsigned int slot = 0;

	if (!READ_ONCE(kelp_idles))
		return;
	while ((proto = kelp_proto_next(&slot))) {
		if (proto->ops->idle)
			proto->ops->idle(cpu);
		kelp_proto_put(proto);
	}
}
