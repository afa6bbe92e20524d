// SPDX-License-Identifier: GPL-2.0-only
/* Queues, stubs, several calls at a time, and calls made by done(). */
#include "client_kit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "kelp_calc.pb-c.h"

/* Queues */

static bool readable(const struct kelp_queue *queue, int timeout_ms)
{
	struct pollfd wait = { .fd = kelp_queue_fd(queue), .events = POLLIN };

	return poll(&wait, 1, timeout_ms) == 1;
}

static void kelp_queue_fd__readable(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 20, 20000);
	struct kelp_queue *queue;
	size_t i;

	assert_int_equal(kelp_queue_create(&queue), 0);
	assert_false(readable(queue, 0));
	assert_false(batch_take(queue, 0));
	for (i = 0; i < 20; i++)
		assert_int_equal(batch_enqueue(batch, i, "#hold ", NULL, queue),
				 0);
	assert_true(server_wait(scene->server, SERVER_HELD, 20, KIT_PATIENCE_MS));
	assert_false(readable(queue, 0));
	server_release(scene->server);
	assert_true(readable(queue, KIT_PATIENCE_MS));
	for (i = 0; i < 20; i++) {
		assert_true(readable(queue, KIT_PATIENCE_MS));
		assert_true(batch_take(queue, KIT_PATIENCE_MS));
	}
	/* it may be readable until this finds nothing */
	assert_false(batch_take(queue, 0));
	assert_false(readable(queue, 0));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 20);
	kelp_queue_destroy(queue);
	batch_destroy(batch);
}

/* An event loop with calls under way all the time. */
static void kelp_queue_fd__event_loop(void **state)
{
	static const char *const words[] = { "", "#late 1 ", "#late 3 " };
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 2000, 20000);
	struct kelp_queue *queue;
	size_t begun = 0, ended = 0;

	assert_int_equal(kelp_queue_create(&queue), 0);
	while (ended < batch_count(batch)) {
		for (; begun < batch_count(batch) && begun < ended + 50;
		     begun++)
			assert_int_equal(batch_enqueue(batch, begun,
						       words[begun % 3], NULL,
						       queue), 0);
		assert_true(readable(queue, KIT_PATIENCE_MS));
		while (batch_take(queue, 0))
			ended++;
	}
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), batch_count(batch));
	kelp_queue_destroy(queue);
	batch_destroy(batch);
}

static void kelp_queue_next__waits(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 2, 20000);
	struct kelp_queue *queue;
	uint64_t begun;

	assert_int_equal(kelp_queue_create(&queue), 0);
	begun = kit_now();
	assert_false(batch_take(queue, 30));
	assert_true(kit_ms_since(begun) >= 30);
	assert_int_equal(batch_enqueue(batch, 0, "#late 30 ", NULL, queue), 0);
	assert_true(batch_take(queue, -1));
	assert_int_equal(batch_enqueue(batch, 1, "#late 30 ", NULL, queue), 0);
	assert_true(batch_take(queue, KIT_PATIENCE_MS));
	batch_check(batch);
	kelp_queue_destroy(queue);
	batch_destroy(batch);
}

/* Whose replies it has is the channel's business no more. */
static void kelp_queue_destroy__full(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 10, 20000);
	struct kelp_reply *kept;
	struct kelp_queue *queue;
	void *data = NULL;
	size_t i;

	assert_int_equal(kelp_queue_create(&queue), 0);
	for (i = 0; i < 10; i++)
		assert_int_equal(batch_enqueue(batch, i, "", NULL, queue), 0);
	kit_stats(scene->channel);
	kept = kelp_queue_next(queue, KIT_PATIENCE_MS, &data);
	assert_non_null(kept);
	kelp_channel_destroy(scene->channel);
	scene->channel = NULL;
	kelp_reply_free(kept);
	/* it and what it has is still good */
	for (i = 0; i < 4; i++)
		assert_true(batch_take(queue, KIT_PATIENCE_MS));
	assert_int_equal(batch_tally(batch, 0), 4);
	kelp_queue_destroy(queue);
	batch_destroy(batch);
}

/* Stubs */

/**
 * struct sum - what a closure was given
 * @lock: protects the rest
 * @given: signalled with @times
 * @times: how often it was called
 * @sum: of the reply; INT64_MIN when there was none
 * @error: what kelp_service_error() said
 * @thread: who called it
 */
struct sum {
	pthread_mutex_t lock;
	pthread_cond_t given;
	unsigned int times;
	int64_t sum;
	int error;
	pthread_t thread;
};

#define SUM_INIT { .lock = PTHREAD_MUTEX_INITIALIZER, \
		   .given = PTHREAD_COND_INITIALIZER }

static void sum_closure(const Kelp__AddResponse *response, void *data)
{
	struct sum *sum = data;

	pthread_mutex_lock(&sum->lock);
	sum->times++;
	sum->sum = response ? response->sum : INT64_MIN;
	sum->error = kelp_service_error();
	sum->thread = pthread_self();
	pthread_cond_signal(&sum->given);
	pthread_mutex_unlock(&sum->lock);
}

static void sum_wait(struct sum *sum, unsigned int times)
{
	pthread_mutex_lock(&sum->lock);
	while (sum->times < times)
		pthread_cond_wait(&sum->given, &sum->lock);
	pthread_mutex_unlock(&sum->lock);
}

/* Add @a and @b; wait until the closure was called. */
static void sum_of(ProtobufCService *service, struct sum *sum, int64_t a,
		   int64_t b)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	unsigned int before = sum->times;

	request.a = a;
	request.b = b;
	kelp__calc__add(service, &request, sum_closure, sum);
	assert_int_equal(kelp_service_error(), 0);
	sum_wait(sum, before + 1);
	assert_int_equal(sum->times, before + 1);
}

/* Its options are those of each call. */
static void hasty_stub(struct scene *scene, enum kelp_service_mode mode)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct server_rule never = { .words = "#never", .times = 1 };
	ProtobufCService *service;
	struct sum sum = SUM_INIT;

	options.timeout_ms = 50;
	service = kelp_channel_service(scene->channel, &kelp__calc__descriptor,
				       mode, &options);
	assert_non_null(service);
	memset(&options, 'x', sizeof(options));
	assert_int_equal(server_rule_add(scene->server, &never), 0);
	sum_of(service, &sum, 1, 1);
	assert_int_equal(sum.sum, INT64_MIN);
	assert_int_equal(sum.error, KELP_RPC_ERPCTIMEDOUT);
	protobuf_c_service_destroy(service);
}

static void stubs(struct scene *scene, enum kelp_service_mode mode)
{
	struct server_rule bad = { .words = "#payload", .times = 1 };
	ProtobufCService *service;
	struct sum sum = SUM_INIT;

	service = kelp_channel_service(scene->channel, &kelp__calc__descriptor,
				       mode, NULL);
	assert_non_null(service);
	sum_of(service, &sum, 20, 22);
	assert_int_equal(sum.sum, 42);
	assert_int_equal(sum.error, 0);
	assert_true((mode == KELP_SERVICE_BLOCKING) ==
		    !!pthread_equal(sum.thread, pthread_self()));
	sum_of(service, &sum, INT64_MAX, 1);
	assert_int_equal(sum.sum, INT64_MIN);
	assert_int_equal(sum.error, KELP_RPC_EREQUEST);
	assert_int_equal(server_rule_add(scene->server, &bad), 0);
	sum_of(service, &sum, 1, 1);
	assert_int_equal(sum.sum, INT64_MIN);
	assert_int_equal(sum.error, KELP_RPC_ERESPONSE);
	hasty_stub(scene, mode);
	sum_of(service, &sum, -5, 1);
	assert_int_equal(sum.sum, -4);
	assert_int_equal(sum.error, 0);
	protobuf_c_service_destroy(service);
	kit_stats(scene->channel);
}

static void kelp_channel_service__blocking(void **state)
{
	stubs(*state, KELP_SERVICE_BLOCKING);
}

static void kelp_channel_service__starting(void **state)
{
	stubs(*state, KELP_SERVICE_STARTING);
}

/* A stub that cannot start its call says so at once. */
static void kelp_channel_service__crowded(void **state)
{
	struct kelp_channel_options options = kit_options();
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	struct server_rule hold = { .words = "#hold" };
	struct scene *scene = *state;
	struct kelp_channel *channel;
	ProtobufCService *service;
	struct sum sum = SUM_INIT, second = SUM_INIT;

	options.max_pending = 1;
	channel = kit_channel(server_name(scene->server), &options);
	service = kelp_channel_service(channel, &kelp__calc__descriptor,
				       KELP_SERVICE_STARTING, NULL);
	assert_non_null(service);
	assert_int_equal(server_rule_add(scene->server, &hold), 0);
	kelp__calc__add(service, &request, sum_closure, &sum);
	kelp__calc__add(service, &request, sum_closure, &second);
	assert_int_equal(second.times, 1);
	assert_int_equal(second.error, KELP_RPC_EOVERCROWDED);
	assert_int_equal(second.sum, INT64_MIN);
	assert_true(server_wait(scene->server, SERVER_HELD, 1, KIT_PATIENCE_MS));
	server_release(scene->server);
	sum_wait(&sum, 1);
	assert_int_equal(sum.sum, 0);
	protobuf_c_service_destroy(service);
	kelp_channel_destroy(channel);
}

/* Several calls at a time */

#define PARTS 8

struct fan {
	struct scene *scene;
	struct kelp_fanout_part parts[PARTS];
	char text[PARTS][64];
	size_t failed;
};

/* Calls of Echo; the one with the number @odd gets @words. */
static void fan_init(struct fan *fan, struct scene *scene, const char *words,
		     size_t odd, const char *others)
{
	size_t i;

	memset(fan, 0, sizeof(*fan));
	fan->scene = scene;
	for (i = 0; i < PARTS; i++) {
		snprintf(fan->text[i], sizeof(fan->text[i]), "%spart %zu",
			 i == odd ? words : others, i);
		fan->parts[i].channel = scene->channel;
		fan->parts[i].request = kit_request(fan->text[i]);
	}
}

static void fan_exit(struct fan *fan)
{
	size_t i;

	for (i = 0; i < PARTS; i++) {
		kelp_reply_clear(&fan->parts[i].reply);
		kit_request_free(&fan->parts[i].request);
	}
}

static size_t fan_right(const struct fan *fan)
{
	size_t i, right = 0;

	for (i = 0; i < PARTS; i++)
		right += kit_echoed(&fan->parts[i].reply, fan->text[i]);
	return right;
}

/* A fan-out by one thread, and another one that answers when all are there. */
static void fan_held(size_t i, void *data)
{
	struct fan *fan = data;

	if (!i)
		fan->failed = kelp_fanout(fan->parts, PARTS, 0);
	else if (server_wait(fan->scene->server, SERVER_HELD, PARTS,
			     KIT_PATIENCE_MS))
		server_release(fan->scene->server);
}

static void kelp_fanout__all(void **state)
{
	struct scene *scene = *state;
	struct fan fan;

	/* at the same time, not one behind the other */
	fan_init(&fan, scene, "#hold ", 0, "#hold ");
	kit_crowd(2, fan_held, &fan);
	assert_int_equal(fan.failed, 0);
	assert_int_equal(fan_right(&fan), PARTS);
	fan_exit(&fan);
	assert_int_equal(kelp_fanout(NULL, 0, 0), 0);
	assert_int_equal(kelp_fanout(NULL, 0, 1), 0);
}

static void kelp_fanout__some_fail(void **state)
{
	struct scene *scene = *state;
	struct fan fan;

	fan_init(&fan, scene, "#code 2001 ", 3, "#late 10 ");
	assert_int_equal(kelp_fanout(fan.parts, PARTS, 0), 1);
	assert_int_equal(fan.parts[3].reply.code, KELP_RPC_EINTERNAL);
	assert_int_equal(fan_right(&fan), PARTS - 1);
	fan_exit(&fan);
	/* fewer than the limit */
	fan_init(&fan, scene, "#code 2001 ", 3, "#late 10 ");
	assert_int_equal(kelp_fanout(fan.parts, PARTS, 2), 1);
	assert_int_equal(fan_right(&fan), PARTS - 1);
	fan_exit(&fan);
}

static void kelp_fanout__fail_limit(void **state)
{
	struct scene *scene = *state;
	struct fan fan;
	size_t i;

	fan_init(&fan, scene, "#code 2001 ", PARTS - 1, "#never ");
	assert_int_equal(kelp_fanout(fan.parts, PARTS, 1), PARTS);
	for (i = 0; i < PARTS - 1; i++)
		assert_int_equal(fan.parts[i].reply.code, -ECANCELED);
	assert_int_equal(fan.parts[i].reply.code, KELP_RPC_EINTERNAL);
	fan_exit(&fan);
}

/* One that cannot even be started counts like any other. */
static void kelp_fanout__wrong_part(void **state)
{
	struct scene *scene = *state;
	struct fan fan;
	size_t i;

	fan_init(&fan, scene, "", 0, "");
	fan.parts[2].request.service = NULL;
	assert_int_equal(kelp_fanout(fan.parts, PARTS, 0), 1);
	assert_int_equal(fan.parts[2].reply.code, -EINVAL);
	assert_true(fan.parts[2].reply.text[0]);
	assert_int_equal(fan_right(&fan), PARTS - 1);
	fan_exit(&fan);
	fan_init(&fan, scene, "", 0, "#never ");
	fan.parts[0].request.service = NULL;
	assert_int_equal(kelp_fanout(fan.parts, PARTS, 1), PARTS);
	for (i = 1; i < PARTS; i++)
		assert_int_equal(fan.parts[i].reply.code, -ECANCELED);
	fan_exit(&fan);
}

struct fan_end {
	_Atomic unsigned int times;
	size_t failed;
	size_t count;
};

static void fan_ended(struct kelp_fanout_part *parts, size_t count,
		      size_t failed, void *data)
{
	struct fan_end *end = data;

	(void)parts;
	end->count = count;
	end->failed = failed;
	atomic_fetch_add(&end->times, 1);
}

static void fan_await(struct fan_end *end)
{
	uint64_t begun = kit_now();

	while (!atomic_load(&end->times) && kit_ms_since(begun) < KIT_PATIENCE_MS)
		stage_nap();
	assert_int_equal(atomic_load(&end->times), 1);
}

static void kelp_fanout_start__told_once(void **state)
{
	struct scene *scene = *state;
	struct fan_end end = { 0 };
	struct fan fan;

	fan_init(&fan, scene, "#code 2001 ", 5, "#late 20 ");
	assert_int_equal(kelp_fanout_start(fan.parts, PARTS, 0, fan_ended,
					   &end), 0);
	fan_await(&end);
	assert_int_equal(end.count, PARTS);
	assert_int_equal(end.failed, 1);
	assert_int_equal(fan_right(&fan), PARTS - 1);
	fan_exit(&fan);
}

/* Calls that are pending when their channel goes are told to the fan-out. */
static void kelp_fanout_start__channel_destroyed(void **state)
{
	struct scene *scene = *state;
	struct fan_end end = { 0 };
	struct fan fan;
	size_t i;

	fan_init(&fan, scene, "#never ", 0, "#never ");
	assert_int_equal(kelp_fanout_start(fan.parts, PARTS, 2, fan_ended,
					   &end), 0);
	kelp_channel_destroy(scene->channel);
	scene->channel = NULL;
	assert_int_equal(atomic_load(&end.times), 1);
	assert_int_equal(end.failed, PARTS);
	for (i = 0; i < PARTS; i++)
		assert_int_equal(fan.parts[i].reply.code, -ECANCELED);
	fan_exit(&fan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(kelp_queue_fd__readable),
		scene_test(kelp_queue_fd__event_loop),
		scene_test(kelp_queue_next__waits),
		scene_test(kelp_queue_destroy__full),
		scene_test(kelp_channel_service__blocking),
		scene_test(kelp_channel_service__starting),
		scene_test(kelp_channel_service__crowded),
		scene_test(kelp_fanout__all),
		scene_test(kelp_fanout__some_fail),
		scene_test(kelp_fanout__fail_limit),
		scene_test(kelp_fanout__wrong_part),
		scene_test(kelp_fanout_start__told_once),
		scene_test(kelp_fanout_start__channel_destroyed),
	};

	return cmocka_run_group_tests_name("several", tests, NULL, NULL);
}
