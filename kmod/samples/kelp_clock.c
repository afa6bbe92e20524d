// SPDX-License-Identifier: GPL-2.0-only
/*
 * A service with two methods:
 *
 *	package sample;
 *	message Wait { uint32 ms = 1; } message Time { int64 unix_ns = 1; }
 *	service Clock { rpc Now(Wait) returns (Time); rpc Later(Wait) returns (Time); }
 *
 * Both run in softirq where the request came. Later's answer is made by a work
 * item; nobody who waits occupies a thread.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include <kelp/pb.h>
#include <kelp/pb_write.h>
#include <kelp/service.h>

struct waiter {
	struct delayed_work work;
	struct kelp_call *call;
};

static struct workqueue_struct *clock_wq;

static int clock_now(struct kelp_call *call)
{
	u8 time[KELP_PB_TAG_MAX + KELP_PB_VARINT_MAX];
	struct kelp_pb_w w;

	kelp_pb_w_init(&w, time, sizeof(time));
	kelp_pb_put_int(&w, 1, ktime_get_real_ns());
	return kelp_call_reply_bytes(call, time, w.len, GFP_ATOMIC);
}

/* Until the call is finished clock_cancel() may come: so free afterwards. */
static void clock_ring(struct work_struct *work)
{
	struct waiter *waiter = container_of(work, struct waiter, work.work);

	if (clock_now(waiter->call))
		kelp_call_fail(waiter->call, KELP_RPC_ELIMIT, "no memory");
	kelp_call_finish(waiter->call);
	kfree(waiter);
}

static int clock_later(struct kelp_call *call)
{
	struct waiter *waiter, **mine = kelp_call_priv(call);
	struct kelp_pb_field field;
	size_t len;
	const u8 *data = kelp_call_message(call, &len);
	struct kelp_pb pb;
	u32 ms = 0;
	int ret;

	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0)
		if (field.number == 1)
			kelp_pb_get_u32(&field, &ms);
	if (ret || ms > 60 * MSEC_PER_SEC)
		return -EINVAL;
	waiter = kmalloc(sizeof(*waiter), GFP_ATOMIC);
	if (!waiter)
		return -ENOMEM;
	waiter->call = call;
	INIT_DELAYED_WORK(&waiter->work, clock_ring);
	*mine = waiter;
	queue_delayed_work(clock_wq, &waiter->work, msecs_to_jiffies(ms));
	return KELP_CALL_LATER;
}

/* Nobody waits any more, or the module is to go: ring now, if not just then. */
static void clock_cancel(struct kelp_call *call)
{
	struct waiter **mine = kelp_call_priv(call);

	if (cancel_delayed_work(&(*mine)->work))
		queue_delayed_work(clock_wq, &(*mine)->work, 0);
}

static const struct kelp_method clock_methods[] = {
	{ .name = "Now", .call = clock_now },
	{ .name = "Later", .call = clock_later, .cancel = clock_cancel,
	  .flags = KELP_METHOD_LATER },
};

static const struct kelp_service clock = {
	.name = "sample.Clock",
	.methods = clock_methods,
	.nr_methods = ARRAY_SIZE(clock_methods),
};

static int __init clock_init(void)
{
	int err;

	clock_wq = alloc_workqueue("kelp-clock", 0, 0);
	if (!clock_wq)
		return -ENOMEM;
	err = kelp_service_register(&clock);
	if (err)
		destroy_workqueue(clock_wq);
	return err;
}

/* All calls are finished then, but one may still be about to return. */
static void __exit clock_exit(void)
{
	kelp_service_unregister(&clock);
	destroy_workqueue(clock_wq);
}

module_init(clock_init);
module_exit(clock_exit);
MODULE_DESCRIPTION("A clock, as an example of a service for kelp");
MODULE_LICENSE("GPL");
