// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatcher: unbound workqueues for what may sleep: one for sockets, one
 * for handlers, which may wait for peers, and one for everything else.
 */
#include "net/dispatch.h"

#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

static struct workqueue_struct *kelp_dispatch_wq;
static struct workqueue_struct *kelp_accept_wq;
static struct workqueue_struct *kelp_call_wq;

/**
 * kelp_dispatch_init() - start the dispatcher
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int kelp_dispatch_init(void)
{
	kelp_dispatch_wq = alloc_workqueue("kelp", WQ_UNBOUND | WQ_SYSFS, 0);
	if (!kelp_dispatch_wq)
		return -ENOMEM;
	kelp_accept_wq = alloc_workqueue("kelp-accept", WQ_UNBOUND | WQ_SYSFS,
					 0);
	if (!kelp_accept_wq)
		goto err_dispatch;
	/* Each may wait for a slow peer: as many as there can be. */
	kelp_call_wq = alloc_workqueue("kelp-call", WQ_UNBOUND | WQ_SYSFS,
				       WQ_MAX_ACTIVE);
	if (!kelp_call_wq)
		goto err_accept;
	return 0;

err_accept:
	destroy_workqueue(kelp_accept_wq);
err_dispatch:
	destroy_workqueue(kelp_dispatch_wq);
	return -ENOMEM;
}

/**
 * kelp_dispatch_exit() - finish all items and stop
 *
 * Items may have been queued by RCU callbacks: those are waited for first.
 * Nobody may queue any more when this is called.
 *
 * Context: module unload; sleeps.
 */
void kelp_dispatch_exit(void)
{
	destroy_workqueue(kelp_call_wq);
	destroy_workqueue(kelp_accept_wq);
	rcu_barrier();
	destroy_workqueue(kelp_dispatch_wq);
	/* what the last items handed to call_rcu() */
	rcu_barrier();
}

/**
 * kelp_dispatch() - queue an item
 * @work: the item; holds references to all it touches
 *
 * Context: any.
 * Return: false when it was queued already.
 */
bool kelp_dispatch(struct work_struct *work)
{
	return queue_work(kelp_dispatch_wq, work);
}

/**
 * kelp_dispatch_call() - queue an item that may wait for a peer
 * @work: the item; holds references to all it touches
 *
 * Context: any.
 * Return: false when it was queued already.
 */
bool kelp_dispatch_call(struct work_struct *work)
{
	return queue_work(kelp_call_wq, work);
}

/**
 * kelp_dispatch_later() - queue an item that may wait, for later
 * @dwork: the item; holds references to all it touches, or is cancelled first
 * @delay: jiffies to wait first
 *
 * Context: any.
 * Return: false when it was queued already.
 */
bool kelp_dispatch_later(struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work(kelp_call_wq, dwork, delay);
}

/**
 * kelp_dispatch_sooner() - queue an item that may wait, whatever was said before
 * @dwork: as for kelp_dispatch_later(), queued already or not
 *
 * Context: any.
 */
void kelp_dispatch_sooner(struct delayed_work *dwork)
{
	mod_delayed_work(kelp_call_wq, dwork, 0);
}

/**
 * kelp_dispatch_rcu() - queue an item after a grace period
 * @rwork: the item; for releases that may sleep
 *
 * Context: any.
 * Return: false when it was queued already.
 */
bool kelp_dispatch_rcu(struct rcu_work *rwork)
{
	return queue_rcu_work(kelp_dispatch_wq, rwork);
}

/**
 * kelp_dispatch_accept() - queue an item that accepts or opens sockets
 * @dwork: the item
 * @delay: jiffies to wait first
 *
 * Context: any.
 * Return: false when it was queued already.
 */
bool kelp_dispatch_accept(struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work(kelp_accept_wq, dwork, delay);
}
