// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that are not wanted any more, one by one or with their channel: each ends
 * once, whatever happens at the same time.
 */
#include "client_kit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "proxy.h"

/* Calls that have a handle. */
static struct batch *handled(struct kelp_channel *channel, size_t count)
{
	struct batch *batch = batch_create(channel, count, 20000);
	size_t i;

	for (i = 0; i < count; i++)
		batch_at(batch, i)->handled = true;
	return batch;
}

/* All have ended, well or cancelled; at least @least of the latter. */
static void check_cancelled(struct batch *batch, struct kelp_channel *channel,
			    size_t least)
{
	size_t cancelled;

	batch_check(batch);
	cancelled = batch_tally(batch, -ECANCELED);
	assert_int_equal(cancelled + batch_tally(batch, 0),
			 batch_ended(batch));
	assert_true(cancelled >= least);
	if (channel)
		assert_int_equal(kit_stats(channel).cancelled, cancelled);
}

static void kelp_call_cancel__at_once(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = handled(scene->channel, 2000);
	size_t i;

	for (i = 0; i < 2000; i++) {
		assert_int_equal(batch_start(batch, i, "", NULL), 0);
		kelp_call_cancel(batch_at(batch, i)->handle);
	}
	assert_true(batch_wait(batch, 2000, KIT_PATIENCE_MS));
	check_cancelled(batch, scene->channel, 1);
	batch_destroy(batch);
}

static void kelp_call_cancel__during(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = handled(scene->channel, 100);
	struct kelp_queue *queue;
	uint64_t begun;
	size_t i;

	assert_int_equal(kelp_queue_create(&queue), 0);
	for (i = 0; i < 100; i++)
		if (i % 2)
			batch_start(batch, i, "#never ", NULL);
		else
			batch_enqueue(batch, i, "#never ", NULL, queue);
	assert_true(server_wait(scene->server, SERVER_EXECUTED, 100, KIT_PATIENCE_MS));
	begun = kit_now();
	for (i = 0; i < 100; i++) {
		kelp_call_cancel(batch_at(batch, i)->handle);
		/* the second time it is cancelled already */
		kelp_call_cancel(batch_at(batch, i)->handle);
	}
	for (i = 0; i < 50; i++)
		assert_true(batch_take(queue, KIT_PATIENCE_MS));
	assert_true(batch_wait(batch, 100, KIT_PATIENCE_MS));
	assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
	check_cancelled(batch, scene->channel, 100);
	/* which did no harm to the connection */
	assert_int_equal(server_count(scene->server, SERVER_LEFT), 0);
	kelp_queue_destroy(queue);
	batch_destroy(batch);
}

/* It has ended, and perhaps its channel too. */
static void kelp_call_cancel__after(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = handled(scene->channel, 20);
	size_t i;

	for (i = 0; i < 20; i++) {
		assert_int_equal(batch_start(batch, i, i % 2 ? "" : "#never ",
					     NULL), 0);
		if (i % 2)
			assert_true(batch_wait(batch, i / 2 + 1, KIT_PATIENCE_MS));
	}
	for (i = 1; i < 20; i += 2)
		kelp_call_cancel(batch_at(batch, i)->handle);
	assert_int_equal(batch_ended(batch), 10);
	kelp_channel_destroy(scene->channel);
	scene->channel = NULL;
	assert_int_equal(batch_ended(batch), 20);
	for (i = 0; i < 20; i++)
		kelp_call_cancel(batch_at(batch, i)->handle);
	check_cancelled(batch, NULL, 10);
	assert_int_equal(batch_tally(batch, 0), 10);
	batch_destroy(batch);
}

/* Nobody needs the handle until the call has ended. */
static void kelp_call_put__early(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = handled(scene->channel, 400);
	struct batch_call *call;
	size_t i;

	for (i = 0; i < 400; i++) {
		call = batch_at(batch, i);
		assert_int_equal(batch_start(batch, i, i % 3 ? "" : "#never ",
					     NULL), 0);
		if (!(i % 3))
			kelp_call_cancel(call->handle);
		kelp_call_put(call->handle);
		call->handle = NULL;
	}
	assert_true(batch_wait(batch, 400, KIT_PATIENCE_MS));
	check_cancelled(batch, scene->channel, 134);
	batch_destroy(batch);
}

#define CROWD 6

static void cancel_all(size_t i, void *data)
{
	struct batch *batch = data;
	size_t j, count = batch_count(batch);

	/* each from another place on, but for the first two */
	for (j = 0; j < count; j++)
		kelp_call_cancel(batch_at(batch, (j + i / 2 * count / 4) %
						 count)->handle);
}

/* Several cancel the same calls while their replies come in. */
static void kelp_call_cancel__crowd(void **state)
{
	static const char *const words[] = { "", "#late 1 ", "#late 4 " };
	struct scene *scene = *state;
	struct batch *batch;
	size_t i, round;

	for (round = 0; round < 10; round++) {
		batch = handled(scene->channel, 300);
		for (i = 0; i < 300; i++)
			assert_int_equal(batch_start(batch, i, words[i % 3],
						     NULL), 0);
		kit_crowd(CROWD, cancel_all, batch);
		assert_true(batch_wait(batch, 300, KIT_PATIENCE_MS));
		check_cancelled(batch, NULL, 0);
		batch_destroy(batch);
	}
	kit_stats(scene->channel);
}

static void cancel_next(struct batch_call *call, void *data)
{
	struct batch *batch = data;
	size_t next = (size_t)(call - batch_at(batch, 0)) + 1;

	if (next < batch_count(batch))
		kelp_call_cancel(batch_at(batch, next)->handle);
}

/* Each that ends cancels the next one. */
static void kelp_call_cancel__from_done(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = handled(scene->channel, 500);
	size_t i;

	batch_tell(batch, cancel_next, batch);
	for (i = 500; i-- > 0;)
		assert_int_equal(batch_start(batch, i, "#never ", NULL), 0);
	kelp_call_cancel(batch_at(batch, 0)->handle);
	assert_true(batch_wait(batch, 500, KIT_PATIENCE_MS));
	check_cancelled(batch, scene->channel, 500);
	batch_destroy(batch);
}

/* Where nothing was sent yet: no connection has come about. */
static void kelp_call_cancel__while_connecting(void **state)
{
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;
	struct proxy *proxy;
	size_t i;

	assert_int_equal(proxy_create(&proxy, server_port(scene->server), 1),
			 0);
	assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
	channel = kit_channel(proxy_name(proxy), NULL);
	batch = handled(channel, 50);
	for (i = 0; i < 50; i++)
		assert_int_equal(batch_start(batch, i, "", NULL), 0);
	for (i = 0; i < 40; i++)
		kelp_call_cancel(batch_at(batch, i)->handle);
	assert_true(batch_wait(batch, 40, KIT_PATIENCE_MS));
	/* the others with the channel */
	kelp_channel_destroy(channel);
	check_cancelled(batch, NULL, 50);
	proxy_destroy(proxy);
	batch_destroy(batch);
}

/* The channel goes */

static void kelp_channel_destroy__pending(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = handled(scene->channel, 300);
	struct kelp_queue *queue;
	size_t i, taken = 0;

	assert_int_equal(kelp_queue_create(&queue), 0);
	for (i = 0; i < 300; i++)
		if (i % 3)
			batch_start(batch, i, "#never ", NULL);
		else
			batch_enqueue(batch, i, "#never ", NULL, queue);
	kelp_channel_destroy(scene->channel);
	scene->channel = NULL;
	/* those that were started have been told by now */
	assert_int_equal(batch_ended(batch), 200);
	while (batch_take(queue, 0))
		taken++;
	assert_int_equal(taken, 100);
	check_cancelled(batch, NULL, 300);
	kelp_queue_destroy(queue);
	batch_destroy(batch);
}

/* While they are sent, and while their replies come. */
static void kelp_channel_destroy__at_any_time(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;
	size_t i, round;

	for (round = 0; round < 60; round++) {
		options.io_threads = 1 + round % 3;
		channel = kit_channel(server_name(scene->server), &options);
		batch = handled(channel, 150);
		for (i = 0; i < 150; i++)
			assert_int_equal(batch_start(batch, i, i % 2 ? "" :
						     "#late 2 ", NULL), 0);
		batch_wait(batch, round * 5 / 2, KIT_PATIENCE_MS);
		kelp_channel_destroy(channel);
		assert_int_equal(batch_ended(batch), 150);
		check_cancelled(batch, NULL, 0);
		batch_destroy(batch);
	}
}

/* A chain of calls: done() starts the next one, and cancels some. */
static void start_next(struct batch_call *call, void *data)
{
	struct batch *batch = data;
	size_t next = (size_t)(call - batch_at(batch, 0)) + 50;

	if (next >= batch_count(batch))
		return;
	batch_start(batch, next, next % 3 ? "" : "#late 1 ", NULL);
	if (next % 7 == 0 && batch_at(batch, next)->handle)
		kelp_call_cancel(batch_at(batch, next)->handle);
}

static void kelp_channel_destroy__done_starts_others(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;
	size_t i, round;

	for (round = 0; round < 40; round++) {
		options.io_threads = 1 + round % 3;
		channel = kit_channel(server_name(scene->server), &options);
		batch = handled(channel, 5000);
		batch_tell(batch, start_next, batch);
		for (i = 0; i < 50; i++)
			assert_int_equal(batch_start(batch, i, "", NULL), 0);
		assert_true(batch_wait(batch, round * 20, KIT_PATIENCE_MS));
		kelp_channel_destroy(channel);
		check_cancelled(batch, NULL, 1);
		batch_destroy(batch);
	}
}

static void start_enqueued(struct batch_call *call, void *data)
{
	struct kelp_queue *queue = data;
	struct batch *batch = call->batch;
	size_t next = (size_t)(call - batch_at(batch, 0)) + 50;

	if (next < batch_count(batch))
		batch_enqueue(batch, next, "", NULL, queue);
}

/* The same with a queue, where what done() starts goes. */
static void kelp_channel_destroy__done_enqueues_others(void **state)
{
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct kelp_queue *queue;
	struct batch *batch;
	size_t i, round;

	for (round = 0; round < 20; round++) {
		channel = kit_channel(server_name(scene->server), NULL);
		assert_int_equal(kelp_queue_create(&queue), 0);
		batch = handled(channel, 100);
		batch_tell(batch, start_enqueued, queue);
		for (i = 0; i < 50; i++)
			assert_int_equal(batch_start(batch, i, "", NULL), 0);
		batch_wait(batch, round, KIT_PATIENCE_MS);
		kelp_channel_destroy(channel);
		while (batch_take(queue, 0))
			;
		check_cancelled(batch, NULL, 0);
		kelp_queue_destroy(queue);
		batch_destroy(batch);
	}
}

/* Where nothing was ever started, or only blocking calls were made. */
static void kelp_channel_destroy__idle(void **state)
{
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;
	size_t i;

	for (i = 0; i < 20; i++) {
		channel = kit_channel(server_name(scene->server), NULL);
		batch = batch_create(channel, 1, 20000);
		if (i % 2)
			assert_int_equal(batch_block(batch, 0, "", NULL), 0);
		kelp_channel_destroy(channel);
		batch_check(batch);
		batch_destroy(batch);
	}
	assert_true(server_wait(scene->server, SERVER_LEFT, 10, KIT_PATIENCE_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(kelp_call_cancel__at_once),
		scene_test(kelp_call_cancel__during),
		scene_test(kelp_call_cancel__after),
		scene_test(kelp_call_put__early),
		scene_test(kelp_call_cancel__crowd),
		scene_test(kelp_call_cancel__from_done),
		scene_test(kelp_call_cancel__while_connecting),
		scene_test(kelp_channel_destroy__pending),
		scene_test(kelp_channel_destroy__at_any_time),
		scene_test(kelp_channel_destroy__done_starts_others),
		scene_test(kelp_channel_destroy__done_enqueues_others),
		scene_test(kelp_channel_destroy__idle),
	};

	return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
