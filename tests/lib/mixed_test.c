// SPDX-License-Identifier: GPL-2.0-only
/*
 * All of it together: several threads, calls of each form, through a proxy that
 * breaks, cuts, delays and swallows. No call is lost, none ends twice or with
 * another's reply, and all are in time. The calls may be made twice, so that
 * nearly all succeed.
 */
#include "client_kit.h"

#include <errno.h>

#include "executions.h"
#include "proxy.h"

#define THREADS 4
/* Started and enqueued calls of each thread that are under way. */
#define WINDOW 8
#define TIMEOUT 400

/**
 * struct mix - what the threads share
 * @batch: calls, of which each thread has a part
 * @each: how large that is
 * @stuck: a thread waited for its calls in vain
 */
struct mix {
	struct batch *batch;
	size_t each;
	_Atomic bool stuck;
};

/* A thread's own calls that are under way, as far as it has to care. */
struct worker {
	struct mix *mix;
	struct kelp_queue *queue;
	size_t enqueued;
};

static void take(struct worker *worker, size_t most)
{
	while (worker->enqueued > most) {
		if (!batch_take(worker->queue, KIT_PATIENCE_MS)) {
			atomic_store(&worker->mix->stuck, true);
			return;
		}
		worker->enqueued--;
	}
}

static void call_one(struct worker *worker, size_t i)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct batch *batch = worker->mix->batch;
	const char *words = i % 11 ? "" : "#late 2 ";

	options.idempotent = true;
	/* some have a little more to say */
	batch_at(batch, i)->fill = i % 97 ? i % 50 : 20000;
	switch (i % 5) {
	case 0:
		batch_block(batch, i, words, &options);
		break;
	case 1:
	case 2:
		take(worker, WINDOW);
		if (!batch_enqueue(batch, i, words, &options, worker->queue))
			worker->enqueued++;
		break;
	default:
		if (!batch_room(batch, THREADS * 2 * WINDOW))
			atomic_store(&worker->mix->stuck, true);
		batch_start(batch, i, words, &options);
	}
}

static void work(size_t thread, void *data)
{
	struct worker worker = { .mix = data };
	size_t i, first = thread * worker.mix->each;

	if (kelp_queue_create(&worker.queue)) {
		atomic_store(&worker.mix->stuck, true);
		return;
	}
	for (i = first; i < first + worker.mix->each &&
	     !atomic_load(&worker.mix->stuck); i++)
		call_one(&worker, i);
	take(&worker, 0);
	kelp_queue_destroy(worker.queue);
}

/* One frame of a hundred, in either direction, meets with something. */
static void add_rules(struct proxy *proxy)
{
	static const struct proxy_rule rules[] = {
		{ PROXY_RESET, true, PROXY_ANYWHERE, 0, 1500, 0, 0 },
		{ PROXY_RESET, false, PROXY_ANYWHERE, 0, 2000, 0, 0 },
		{ PROXY_CLOSE, true, PROXY_ANYWHERE, 0, 1000, 0, 0 },
		{ PROXY_CLOSE, false, PROXY_ANYWHERE, 0, 1500, 0, 0 },
		{ PROXY_SHUT, true, PROXY_ANYWHERE, 0, 1000, 0, 0 },
		{ PROXY_SHUT, false, PROXY_ANYWHERE, 0, 1000, 0, 0 },
		{ PROXY_DELAY, true, PROXY_ANYWHERE, 5, 1000, 0, 0 },
		{ PROXY_DELAY, false, PROXY_ANYWHERE, 5, 1000, 0, 0 },
		{ PROXY_HOLE, false, PROXY_ANYWHERE, 0, 50, 0, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rules); i++)
		assert_int_equal(proxy_rule_add(proxy, &rules[i]), 0);
}

static void check_faults(const struct proxy *proxy)
{
	enum proxy_kind kind;

	/* the last one is rare */
	for (kind = 0; kind < PROXY_HOLE; kind++)
		assert_true(proxy_faults(proxy, kind) > 0);
}

/* Nothing but what breaks may have kept a call from succeeding. */
static void check_codes(struct batch *batch)
{
	static const int codes[] = {
		KELP_RPC_EFAILEDSOCKET, KELP_RPC_EEOF, KELP_RPC_ERPCTIMEDOUT,
		/* no connection became free in time */
		KELP_RPC_EOVERCROWDED,
	};
	size_t well = batch_tally(batch, 0), sum = well, i;

	for (i = 0; i < ARRAY_LEN(codes); i++)
		sum += batch_tally(batch, codes[i]);
	assert_int_equal(sum, batch_count(batch));
	/* what is swallowed costs all that is under way, perhaps three times */
	assert_true(well > batch_count(batch) / 10 * 8);
}

static void check_executions(const struct scene *scene, struct batch *batch)
{
	const struct batch_call *call;
	uint64_t times;
	size_t i;

	for (i = 0; i < batch_count(batch); i++) {
		call = batch_at(batch, i);
		times = executions_of(server_executions(scene->server),
				      call->number);
		if (times > call->attempts || (!call->code && !times))
			fail_msg("call %zu, code %d: %u attempts, carried out %u times",
				 i, call->code, call->attempts,
				 (unsigned int)times);
	}
}

static void mixed(struct scene *scene, const struct kelp_channel_options *given)
{
	struct kelp_channel_options options = *given;
	struct kelp_channel_stats stats;
	struct kelp_channel *channel;
	struct proxy *proxy;
	struct mix mix = { .each = kit_times(5000) / THREADS };

	assert_int_equal(proxy_create(&proxy, server_port(scene->server), 1),
			 0);
	add_rules(proxy);
	/* what fails here is to be tried again as often as it takes */
	options.retry_budget_percent = 100;
	channel = kit_channel(proxy_name(proxy), &options);
	mix.batch = batch_create(channel, mix.each * THREADS, TIMEOUT);
	kit_crowd(THREADS, work, &mix);
	assert_false(atomic_load(&mix.stuck));
	assert_true(batch_wait(mix.batch, batch_count(mix.batch),
			       KIT_PATIENCE_MS));
	batch_check(mix.batch);
	check_codes(mix.batch);
	check_faults(proxy);
	stats = kit_stats(channel);
	assert_int_equal(stats.calls, batch_count(mix.batch));
	assert_int_equal(stats.latency.count, batch_tally(mix.batch, 0));
	assert_true(stats.retries > 0);
	check_executions(scene, mix.batch);
	kelp_channel_destroy(channel);
	proxy_destroy(proxy);
	batch_destroy(mix.batch);
}

static void mixed__one_connection(void **state)
{
	struct kelp_channel_options options = kit_options();

	mixed(*state, &options);
}

static void mixed__many_connections(void **state)
{
	struct kelp_channel_options options = kit_options();

	options.io_threads = 2;
	options.io_connections = 4;
	options.pool_max_total = 2;
	options.pool_max_idle = 1;
	mixed(*state, &options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(mixed__one_connection),
		scene_test(mixed__many_connections),
	};

	return cmocka_run_group_tests_name("mixed", tests, NULL, NULL);
}
