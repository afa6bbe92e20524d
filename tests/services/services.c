// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services for tests/e2e/rpc*.py, built like anybody's on kelp/service.h alone:
 * the echo service whose bytes on the wire are known, and one whose methods
 * sleep, answer later, wait to be cancelled, and fail.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "kelp/service.h"

/* Messages of this module: one byte string, or one number, in field 1. */
static u64 number(const struct kelp_call *call)
{
	size_t len, i;
	const u8 *data = kelp_call_message(call, &len);
	u64 n = 0;

	for (i = 1; i < len && i < 10; i++)
		n |= (u64)(data[i] & 0x7f) << (7 * (i - 1));
	return n;
}

static int same(struct kelp_call *call, gfp_t gfp)
{
	size_t len;
	const void *data = kelp_call_message(call, &len);

	kelp_call_attach_request(call);
	return kelp_call_reply_bytes(call, data, len, gfp);
}

static int echo(struct kelp_call *call)
{
	return same(call, GFP_ATOMIC);
}

static int echo_sleeping(struct kelp_call *call)
{
	return same(call, GFP_KERNEL);
}

/* Sleep NUMBER milliseconds, as long as somebody waits. */
static int sleep_method(struct kelp_call *call)
{
	u64 left = number(call), step;

	/* Many long ones at a time shall not keep the CPUs busy with waking up. */
	for (; left && !kelp_call_cancelled(call); left -= step) {
		step = left > 200 ? 20 : 1;
		usleep_range(1000 * step, 1100 * step);
	}
	return same(call, GFP_KERNEL);
}

/* Where it may not sleep it has another answer, which is not to be seen. */
static int again_method(struct kelp_call *call)
{
	u8 *mine = kelp_call_priv(call);

	if (kelp_call_may_sleep(call)) {
		msleep(1 + *mine);
		return same(call, GFP_KERNEL);
	}
	*mine = 100;
	kelp_call_attach(call, "not this", 8, GFP_ATOMIC);
	kelp_call_reply_bytes(call, "nor this", 8, GFP_ATOMIC);
	return KELP_CALL_SLEEP;
}

/**
 * struct later - a call that is answered by a timer
 * @call: the call
 * @timer: finishes it
 */
struct later {
	struct kelp_call *call;
	struct timer_list timer;
};

static void later_fire(struct timer_list *timer)
{
	struct later *later = container_of(timer, struct later, timer);
	struct kelp_call *call = later->call;

	if (same(call, GFP_ATOMIC))
		kelp_call_fail(call, KELP_RPC_EINTERNAL, "no memory");
	kfree(later);
	kelp_call_finish(call);
}

/* Answer in NUMBER milliseconds; 0 is before this returns. */
static int later_method(struct kelp_call *call)
{
	struct later *later;
	u64 ms = number(call);

	if (!ms) {
		int err = same(call, GFP_ATOMIC);

		if (err)
			return err;
		kelp_call_finish(call);
		return KELP_CALL_LATER;
	}
	later = kmalloc(sizeof(*later), GFP_ATOMIC);
	if (!later)
		return -ENOMEM;
	later->call = call;
	timer_setup(&later->timer, later_fire, 0);
	mod_timer(&later->timer, jiffies + msecs_to_jiffies(ms));
	return KELP_CALL_LATER;
}

/**
 * struct stuck - a call that is answered when it is cancelled
 * @timer: which it is by a timer, as cancel() must not answer
 * @call: the call
 */
struct stuck {
	struct timer_list timer;
	struct kelp_call *call;
};

static atomic_t cancelled;

static void stuck_fire(struct timer_list *timer)
{
	struct stuck *stuck = container_of(timer, struct stuck, timer);
	struct kelp_call *call = stuck->call;

	kfree(stuck);
	kelp_call_fail(call, KELP_RPC_ELOGOFF, "cancelled");
	kelp_call_finish(call);
}

/* Sleep NUMBER milliseconds, whoever waits; then count as one of the above. */
static int deaf_method(struct kelp_call *call)
{
	msleep(number(call));
	if (kelp_call_cancelled(call))
		atomic_inc(&cancelled);
	return 0;
}

static int stuck_method(struct kelp_call *call)
{
	struct stuck **mine = kelp_call_priv(call);
	struct stuck *stuck = kmalloc(sizeof(*stuck), GFP_ATOMIC);

	if (!stuck)
		return -ENOMEM;
	stuck->call = call;
	timer_setup(&stuck->timer, stuck_fire, 0);
	*mine = stuck;
	return KELP_CALL_LATER;
}

static void stuck_cancel(struct kelp_call *call)
{
	struct stuck **mine = kelp_call_priv(call);

	atomic_inc(&cancelled);
	mod_timer(&(*mine)->timer, jiffies + 1);
}

/* How many calls of Stuck and Deaf were cancelled, as a varint in field 1. */
static int cancelled_method(struct kelp_call *call)
{
	u32 n = atomic_read(&cancelled);
	u8 *room = kelp_call_reply(call, 6, GFP_ATOMIC);
	size_t len = 0;

	if (!room)
		return -ENOMEM;
	room[len++] = 0x08;
	for (; n >= 0x80; n >>= 7)
		room[len++] = n | 0x80;
	room[len++] = n;
	kelp_call_reply_trim(call, len);
	return 0;
}

/* Fail with errno NUMBER, or, from 1000 on, with that code and a text. */
static int fail_method(struct kelp_call *call)
{
	u64 n = number(call);

	if (n >= 1000)
		return kelp_call_fail(call, n, "as you wish: %llu", n);
	kelp_call_reply_bytes(call, "dropped", 7, GFP_ATOMIC);
	return -(int)n;
}

/* A reply of NUMBER bytes and no message around them. */
static int large_method(struct kelp_call *call)
{
	u64 n = number(call);
	u8 *room = kelp_call_reply(call, n, GFP_KERNEL);
	u64 i;

	if (!room)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		room[i] = i % 251;
	return 0;
}

/* The value of the user field "word", and the log id, as they are. */
static int meta_method(struct kelp_call *call)
{
	char text[100];
	size_t len = 0;
	const char *word = kelp_call_user_field(call, "word", &len);

	len = scnprintf(text, sizeof(text), "%.*s %llu %d", (int)len, word ?: "",
			kelp_call_log_id(call),
			kelp_call_time_left(call) != S64_MAX);
	return kelp_call_reply_bytes(call, text, len, GFP_ATOMIC);
}

/* What the service keeps: one counter per namespace. */
static void *state_init(struct kelp_net *kn)
{
	atomic_t *count = kzalloc(sizeof(*count), GFP_KERNEL);

	return count ?: ERR_PTR(-ENOMEM);
}

static void state_exit(struct kelp_net *kn, void *state)
{
	kfree(state);
}

static int count_method(struct kelp_call *call)
{
	u8 reply[2] = { 0x08, atomic_inc_return(kelp_call_state(call)) & 0x7f };

	return kelp_call_reply_bytes(call, reply, 2, GFP_ATOMIC);
}

static const struct kelp_method example_methods[] = {
	{ .name = "Echo", .call = echo },
};

static const struct kelp_service example = {
	.name = "example.EchoService",
	.methods = example_methods,
	.nr_methods = ARRAY_SIZE(example_methods),
};

static const struct kelp_method test_methods[] = {
	{ .name = "Echo", .call = echo },
	{ .name = "EchoSleeping", .call = echo_sleeping,
	  .flags = KELP_METHOD_SLEEPS },
	{ .name = "Sleep", .call = sleep_method, .flags = KELP_METHOD_SLEEPS },
	{ .name = "Deaf", .call = deaf_method, .flags = KELP_METHOD_SLEEPS },
	{ .name = "Again", .call = again_method },
	{ .name = "AgainLater", .call = again_method,
	  .flags = KELP_METHOD_LATER },
	{ .name = "Later", .call = later_method, .flags = KELP_METHOD_LATER },
	{ .name = "Stuck", .call = stuck_method, .flags = KELP_METHOD_LATER,
	  .cancel = stuck_cancel },
	{ .name = "Cancelled", .call = cancelled_method },
	{ .name = "Fail", .call = fail_method },
	{ .name = "Large", .call = large_method, .flags = KELP_METHOD_SLEEPS },
	{ .name = "Meta", .call = meta_method },
	{ .name = "MetaLater", .call = meta_method,
	  .flags = KELP_METHOD_SLEEPS },
};

static const struct kelp_service test = {
	.name = "test.Methods",
	.methods = test_methods,
	.nr_methods = ARRAY_SIZE(test_methods),
};

static const struct kelp_method state_methods[] = {
	{ .name = "Count", .call = count_method },
};

static const struct kelp_service state = {
	.name = "test.State",
	.methods = state_methods,
	.nr_methods = ARRAY_SIZE(state_methods),
	.net_init = state_init,
	.net_exit = state_exit,
};

static const struct kelp_service *const services[] = {
	&example, &test, &state,
};

static int __init services_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(services); i++) {
		err = kelp_service_register(services[i]);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	while (i)
		kelp_service_unregister(services[--i]);
	return err;
}

static void __exit services_exit(void)
{
	unsigned int i = ARRAY_SIZE(services);

	while (i)
		kelp_service_unregister(services[--i]);
}

module_init(services_init);
module_exit(services_exit);
MODULE_DESCRIPTION("Services for kelp's tests");
MODULE_LICENSE("GPL");
