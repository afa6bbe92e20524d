// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that are made all the time. Threads of its own, and the channel's, which
 * tells of calls that were started; knows nothing of what is tested.
 */
#include "traffic.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kelp/client.h>

#include "client_pace.h"
#include "fleet.h"
#include "stage.h"

/* How long behind its deadline a call may be missing before it is given up. */
#define PATIENCE_S 10

/**
 * struct caller - one call at a time
 * @traffic: whose
 * @thread: who makes them, if they block
 * @begun: when the one began that was started; whoever has it
 */
struct caller {
	struct traffic *traffic;
	pthread_t thread;
	uint64_t begun;
};

/**
 * struct traffic - the calls
 * @options: which
 * @stop: no more; any thread
 * @calls: that have ended; any thread
 * @lock: protects @sum and @running
 * @idle: signalled when @running is 0
 * @sum: what became of them
 * @running: of the callers that start calls, those that do
 * @caller: first those that block
 */
struct traffic {
	struct traffic_options options;
	_Atomic bool stop;
	_Atomic uint64_t calls;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct traffic_sum sum;
	size_t running;
	struct caller caller[TRAFFIC_MOST];
};

static void sum_code(struct traffic_sum *sum, const struct kelp_reply *reply)
{
	size_t i;

	sum->failed++;
	memcpy(sum->words, reply->text, sizeof(sum->words));
	for (i = 0; i < TRAFFIC_CODES; i++) {
		if (!sum->times[i])
			sum->codes[i] = reply->code;
		if (sum->codes[i] == reply->code) {
			sum->times[i]++;
			return;
		}
	}
}

static void sum_add(struct traffic *traffic, const struct kelp_reply *reply,
		    uint64_t begun)
{
	uint64_t due = begun +
		       (uint64_t)traffic->options.call->timeout_ms * 1000000;
	uint64_t now = stage_now(), late = 0;
	struct traffic_sum *sum = &traffic->sum;

	if (now > due) {
		late = pace_lost(begun, now);
		late = now - due > late ? now - due - late : 0;
	}
	pthread_mutex_lock(&traffic->lock);
	sum->calls++;
	sum->attempts += reply->attempts;
	if (reply->attempts > sum->most_attempts)
		sum->most_attempts = reply->attempts;
	if (late > sum->late_ns)
		sum->late_ns = late;
	if (reply->code)
		sum_code(sum, reply);
	pthread_mutex_unlock(&traffic->lock);
	atomic_fetch_add_explicit(&traffic->calls, 1, memory_order_relaxed);
}

static bool stopped(struct traffic *traffic)
{
	return atomic_load_explicit(&traffic->stop, memory_order_relaxed);
}

static void *block(void *arg)
{
	struct caller *caller = arg;
	struct traffic *traffic = caller->traffic;
	struct kelp_reply reply;
	uint64_t begun;

	while (!stopped(traffic)) {
		begun = stage_now();
		count_call(traffic->options.channel, count_id(),
			   traffic->options.words, traffic->options.call,
			   &reply);
		sum_add(traffic, &reply, begun);
		/* else one that fails at once would do nothing but that */
		if (reply.code)
			stage_nap();
	}
	return NULL;
}

static void start(struct caller *caller);

static void started_done(const struct kelp_reply *reply, void *data)
{
	struct caller *caller = data;

	sum_add(caller->traffic, reply, caller->begun);
	if (reply->code)
		stage_nap();
	start(caller);
}

static void caller_stops(struct traffic *traffic)
{
	pthread_mutex_lock(&traffic->lock);
	if (!--traffic->running)
		pthread_cond_signal(&traffic->idle);
	pthread_mutex_unlock(&traffic->lock);
}

/* The next one, or none. */
static void start(struct caller *caller)
{
	struct traffic *traffic = caller->traffic;
	uint8_t room[COUNT_ROOM];
	struct kelp_request request = {
		.service = "test.Count",
		.method = "Count",
	};
	struct kelp_reply reply = { 0 };

	while (!stopped(traffic)) {
		request.message = count_message(room, count_id(),
						traffic->options.words);
		caller->begun = stage_now();
		reply.code = kelp_call_start(traffic->options.channel, &request,
					     traffic->options.call,
					     started_done, caller, NULL);
		if (!reply.code)
			return;
		sum_add(traffic, &reply, caller->begun);
		stage_nap();
	}
	caller_stops(traffic);
}

struct traffic *traffic_begin(const struct traffic_options *options)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));
	struct caller *caller;
	size_t i;

	if (!traffic || options->blocking + options->started > TRAFFIC_MOST)
		abort();
	pace_start();
	traffic->options = *options;
	pthread_mutex_init(&traffic->lock, NULL);
	pthread_cond_init(&traffic->idle, NULL);
	traffic->running = options->started;
	for (i = 0; i < options->blocking + options->started; i++) {
		caller = &traffic->caller[i];
		caller->traffic = traffic;
		if (i >= options->blocking)
			start(caller);
		else if (pthread_create(&caller->thread, NULL, block, caller))
			abort();
	}
	return traffic;
}

uint64_t traffic_calls(struct traffic *traffic)
{
	return atomic_load_explicit(&traffic->calls, memory_order_relaxed);
}

bool traffic_wait(struct traffic *traffic, uint64_t more, int timeout_ms)
{
	uint64_t until = stage_now() + (uint64_t)timeout_ms * 1000000;
	uint64_t goal = traffic_calls(traffic) + more;

	while (traffic_calls(traffic) < goal) {
		if (stage_now() >= until)
			return false;
		stage_nap();
	}
	return true;
}

void traffic_look(struct traffic *traffic, struct traffic_sum *sum)
{
	pthread_mutex_lock(&traffic->lock);
	*sum = traffic->sum;
	pthread_mutex_unlock(&traffic->lock);
}

void traffic_end(struct traffic *traffic, struct traffic_sum *sum)
{
	size_t hung = 0;
	struct timespec date;
	size_t i;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &date);
	date.tv_sec += PATIENCE_S + traffic->options.call->timeout_ms / 1000;
	atomic_store_explicit(&traffic->stop, true, memory_order_relaxed);
	for (i = 0; i < traffic->options.blocking; i++)
		if (pthread_timedjoin_np(traffic->caller[i].thread, NULL,
					 &date))
			hung++;
	pthread_mutex_lock(&traffic->lock);
	while (traffic->running && !err)
		err = pthread_cond_timedwait(&traffic->idle, &traffic->lock,
					     &date);
	*sum = traffic->sum;
	sum->hung = hung + traffic->running;
	pthread_mutex_unlock(&traffic->lock);
	/* somebody may still come back to it */
	if (sum->hung)
		return;
	pthread_cond_destroy(&traffic->idle);
	pthread_mutex_destroy(&traffic->lock);
	free(traffic);
}

uint64_t traffic_times(const struct traffic_sum *sum, int code)
{
	size_t i;

	for (i = 0; i < TRAFFIC_CODES; i++)
		if (sum->times[i] && sum->codes[i] == code)
			return sum->times[i];
	return 0;
}
