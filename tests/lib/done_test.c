// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a done() may do: call anything but kelp_channel_destroy(), and take as
 * long as it likes.
 */
#include "client_kit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "kelp_calc.pb-c.h"

#define PARTS 5

/**
 * struct deeds - what a done() did; read when it is over
 * @scene: where
 * @raw: what came of kelp_call_raw()
 * @hedged: and of one that is made twice
 * @typed: of kelp_call()
 * @sum: what it returned
 * @closure: of a stub that blocks
 * @fanout: how many of some calls failed
 * @echoed: how many of these had the right reply
 * @queued: a reply came through a queue
 * @over: all of this was done
 */
struct deeds {
	struct scene *scene;
	int raw;
	int hedged;
	int typed;
	int64_t sum;
	int64_t closure;
	size_t fanout;
	size_t echoed;
	bool queued;
	_Atomic bool over;
};

static void do_raw(struct deeds *deeds)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct kelp_request request = kit_request("hello");
	struct kelp_reply reply;

	deeds->raw = kelp_call_raw(deeds->scene->channel, &request, &reply,
				   NULL);
	kelp_reply_clear(&reply);
	options.idempotent = true;
	options.hedge_ms = 1;
	deeds->hedged = kelp_call_raw(deeds->scene->channel, &request, &reply,
				      &options);
	kelp_reply_clear(&reply);
	kit_request_free(&request);
}

static void close_sum(const Kelp__AddResponse *response, void *data)
{
	struct deeds *deeds = data;

	deeds->closure = response ? response->sum : -1;
}

static void do_typed(struct deeds *deeds)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	Kelp__AddResponse *response = NULL;
	ProtobufCService *service;

	request.a = 40;
	request.b = 2;
	kelp_channel_learn(deeds->scene->channel, &kelp__calc__descriptor);
	deeds->typed = kelp_call(deeds->scene->channel, "kelp.Calc", "Add",
				 &request.base, &response, NULL);
	if (response) {
		deeds->sum = response->sum;
		kelp__add_response__free_unpacked(response, NULL);
	}
	service = kelp_channel_service(deeds->scene->channel,
				       &kelp__calc__descriptor,
				       KELP_SERVICE_BLOCKING, NULL);
	kelp__calc__add(service, &request, close_sum, deeds);
	protobuf_c_service_destroy(service);
}

static void do_fanout(struct deeds *deeds)
{
	struct kelp_fanout_part parts[PARTS];
	size_t i;

	memset(parts, 0, sizeof(parts));
	for (i = 0; i < PARTS; i++) {
		parts[i].channel = deeds->scene->channel;
		parts[i].request = kit_request("#late 5 part");
	}
	deeds->fanout = kelp_fanout(parts, PARTS, 1);
	for (i = 0; i < PARTS; i++) {
		deeds->echoed += kit_echoed(&parts[i].reply, "#late 5 part");
		kelp_reply_clear(&parts[i].reply);
		kit_request_free(&parts[i].request);
	}
}

static void do_queue(struct deeds *deeds)
{
	struct kelp_request request = kit_request("hello");
	struct kelp_queue *queue;
	struct kelp_reply *reply;

	if (kelp_queue_create(&queue))
		return;
	if (!kelp_call_enqueue(deeds->scene->channel, &request, NULL, queue,
			       NULL, NULL)) {
		reply = kelp_queue_next(queue, KIT_PATIENCE_MS, NULL);
		deeds->queued = reply && kit_echoed(reply, "hello");
		kelp_reply_free(reply);
	}
	kelp_queue_destroy(queue);
	kit_request_free(&request);
}

static void do_all(struct batch_call *call, void *data)
{
	struct kelp_channel_stats stats;
	struct deeds *deeds = data;

	(void)call;
	do_raw(deeds);
	do_typed(deeds);
	do_fanout(deeds);
	do_queue(deeds);
	kelp_channel_stats(deeds->scene->channel, &stats, sizeof(stats));
	atomic_store(&deeds->over, true);
}

static void done__calls_everything(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 1, 20000);
	struct deeds deeds = { .scene = scene };

	batch_tell(batch, do_all, &deeds);
	assert_int_equal(batch_start(batch, 0, "", NULL), 0);
	assert_true(batch_wait(batch, 1, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_true(atomic_load(&deeds.over));
	assert_int_equal(deeds.raw, 0);
	assert_int_equal(deeds.hedged, 0);
	assert_int_equal(deeds.typed, 0);
	assert_int_equal(deeds.sum, 42);
	assert_int_equal(deeds.closure, 42);
	assert_int_equal(deeds.fanout, 0);
	assert_int_equal(deeds.echoed, PARTS);
	assert_true(deeds.queued);
	batch_destroy(batch);
}

/* It holds until it is told. */
static void hold(struct batch_call *call, void *data)
{
	pthread_mutex_t *held = data;

	(void)call;
	pthread_mutex_lock(held);
	pthread_mutex_unlock(held);
}

/* Neither replies nor deadlines of other calls wait for it. */
static void done__takes_its_time(void **state)
{
	struct scene *scene = *state;
	struct batch *slow = batch_create(scene->channel, 1, 20000);
	struct batch *batch = batch_create(scene->channel, 40, 60);
	pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
	struct kelp_queue *queue;
	uint64_t begun;
	size_t i;

	assert_int_equal(kelp_queue_create(&queue), 0);
	batch_tell(slow, hold, &held);
	pthread_mutex_lock(&held);
	assert_int_equal(batch_start(slow, 0, "", NULL), 0);
	/* its reply is in, and it is being told or will be next */
	begun = kit_now();
	while (!atomic_load(&batch_at(slow, 0)->ended)) {
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
		stage_nap();
	}
	for (i = 0; i < 20; i++)
		assert_int_equal(batch_enqueue(batch, i, i % 2 ? "#never " : "",
					       NULL, queue), 0);
	for (i = 20; i < 40; i++)
		batch_block(batch, i, "", NULL);
	for (i = 0; i < 20; i++)
		assert_true(batch_take(queue, KIT_PATIENCE_MS));
	pthread_mutex_unlock(&held);
	assert_true(batch_wait(slow, 1, KIT_PATIENCE_MS));
	batch_check(batch);
	batch_check(slow);
	assert_int_equal(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT) +
			 batch_tally(batch, 0), 40);
	assert_true(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT) >= 10);
	kelp_queue_destroy(queue);
	batch_destroy(batch);
	batch_destroy(slow);
}

static void start_next(struct batch_call *call, void *data)
{
	struct batch *batch = call->batch;
	size_t next = (size_t)(call - batch_at(batch, 0)) + 1;
	_Atomic int *refused = data;

	if (next < batch_count(batch) && batch_start(batch, next, "", NULL))
		atomic_fetch_add(refused, 1);
}

/* The place of a call is free when it is told of its end. */
static void done__at_the_limit(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	_Atomic int refused = 0;
	struct batch *batch;
	int block;

	options.max_pending = 1;
	for (block = 0; block < 2; block++) {
		options.block_when_full = block;
		channel = kit_channel(server_name(scene->server), &options);
		batch = batch_create(channel, 300, 20000);
		batch_tell(batch, start_next, &refused);
		assert_int_equal(batch_start(batch, 0, "", NULL), 0);
		assert_true(batch_wait(batch, 300, KIT_PATIENCE_MS));
		batch_check(batch);
		assert_int_equal(batch_tally(batch, 0), 300);
		assert_int_equal(atomic_load(&refused), 0);
		kelp_channel_destroy(channel);
		batch_destroy(batch);
	}
}

#define CROWD 3
#define EACH 60

/* A crowd's calls, each of which starts another one when it has ended. */
struct rush {
	struct batch *first;
	struct batch *second;
	_Atomic size_t refused;
};

static void start_second(struct batch_call *call, void *data)
{
	struct rush *rush = data;
	size_t i = (size_t)(call - batch_at(rush->first, 0));

	if (batch_start(rush->second, i, "", NULL))
		atomic_fetch_add(&rush->refused, 1);
}

static void start_some(size_t i, void *data)
{
	struct rush *rush = data;
	size_t j;

	for (j = i * EACH; j < (i + 1) * EACH; j++)
		batch_start(rush->first, j, "", NULL);
}

/*
 * While others wait for its place it does not get it, and does not wait for
 * another one either: nobody would be told of an end, so none would be free.
 */
static void done__never_waits_for_room(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct rush rush = { 0 };
	uint64_t begun;

	options.max_pending = 2;
	options.block_when_full = true;
	channel = kit_channel(server_name(scene->server), &options);
	rush.first = batch_create(channel, CROWD * EACH, -1);
	rush.second = batch_create(channel, CROWD * EACH, -1);
	batch_tell(rush.first, start_second, &rush);
	begun = kit_now();
	kit_crowd(CROWD, start_some, &rush);
	assert_true(batch_wait(rush.first, CROWD * EACH, KIT_PATIENCE_MS));
	assert_true(batch_wait(rush.second, CROWD * EACH -
			       atomic_load(&rush.refused), KIT_PATIENCE_MS));
	assert_true(kit_ms_since(begun) < 2 * KIT_PATIENCE_MS);
	batch_check(rush.first);
	batch_check(rush.second);
	assert_int_equal(batch_tally(rush.first, 0), CROWD * EACH);
	assert_int_equal(kit_stats(channel).overcrowded,
			 atomic_load(&rush.refused));
	kelp_channel_destroy(channel);
	batch_destroy(rush.first);
	batch_destroy(rush.second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(done__calls_everything),
		scene_test(done__takes_its_time),
		scene_test(done__at_the_limit),
		scene_test(done__never_waits_for_room),
	};

	return cmocka_run_group_tests_name("done", tests, NULL, NULL);
}
