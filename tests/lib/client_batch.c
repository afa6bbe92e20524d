// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of calls: see client_kit.h. Ends are noted by the threads that are told
 * of them, and judged by the test's.
 */
#include "client_kit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/**
 * struct batch - some calls
 * @channel: set once, as @count and @timeout_ms
 * @count: how many
 * @timeout_ms: of calls whose options do not say
 * @tell: set before the first call, as @tell_data
 * @tell_data: passed to it
 * @lock: protects @nr_ended and @nr_pending
 * @news: signalled when they change
 * @nr_ended: ends that were told
 * @nr_pending: calls that were started and of whose end nobody was told
 * @calls: the calls
 */
struct batch {
	struct kelp_channel *channel;
	size_t count;
	int timeout_ms;
	void (*tell)(struct batch_call *call, void *data);
	void *tell_data;
	pthread_mutex_t lock;
	pthread_cond_t news;
	size_t nr_ended;
	size_t nr_pending;
	struct batch_call calls[];
};

/* No call of the program has the number of another one. */
static _Atomic uint64_t next_number = 1;

struct batch *batch_create(struct kelp_channel *channel, size_t count,
			   int timeout_ms)
{
	struct batch *batch;
	pthread_condattr_t attr;
	uint64_t number;
	size_t i;

	batch = calloc(1, sizeof(*batch) + count * sizeof(batch->calls[0]));
	assert_non_null(batch);
	batch->channel = channel;
	batch->count = count;
	batch->timeout_ms = timeout_ms;
	pthread_mutex_init(&batch->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&batch->news, &attr);
	pthread_condattr_destroy(&attr);
	number = atomic_fetch_add(&next_number, count);
	for (i = 0; i < count; i++) {
		batch->calls[i].batch = batch;
		batch->calls[i].number = number + i;
	}
	return batch;
}

void batch_destroy(struct batch *batch)
{
	size_t i;

	if (!batch)
		return;
	for (i = 0; i < batch->count; i++)
		kelp_call_put(batch->calls[i].handle);
	pthread_cond_destroy(&batch->news);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

struct batch_call *batch_at(struct batch *batch, size_t i)
{
	return &batch->calls[i];
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

void batch_tell(struct batch *batch,
		void (*fn)(struct batch_call *call, void *data), void *data)
{
	batch->tell = fn;
	batch->tell_data = data;
}

/* Its number, the words, and what fills it: as the message's field. */
static struct kelp_bytes call_message(const struct batch_call *call)
{
	size_t words = strlen(call->words);
	size_t len = sizeof(call->number) + words + call->fill;
	char *bytes = malloc(len);
	struct kelp_bytes message;

	if (!bytes)
		abort();
	memcpy(bytes, &call->number, sizeof(call->number));
	memcpy(bytes + sizeof(call->number), call->words, words);
	memset(bytes + sizeof(call->number) + words, '.', call->fill);
	message = kit_pack((struct kelp_bytes){ bytes, len });
	free(bytes);
	return message;
}

static bool same(struct kelp_bytes one, struct kelp_bytes other)
{
	return one.len == other.len &&
	       (!one.len || !memcmp(one.data, other.data, one.len));
}

/* What is wrong with its bytes? NULL: nothing. */
static const char *judge_bytes(const struct batch_call *call,
			       const struct kelp_reply *reply)
{
	struct kelp_bytes sent, wanted, got;
	const char *wrong = NULL;

	if (call->any)
		return NULL;
	sent = call_message(call);
	if (!kit_unpack(sent, &wanted))
		abort();
	if (!kit_unpack(reply->message, &got))
		wrong = "no message";
	else if (!same(wanted, got))
		wrong = "another call's message";
	else if (!same(call->attachment, reply->attachment))
		wrong = "another attachment";
	free((void *)(uintptr_t)sent.data);
	return wrong;
}

static const char *judge(const struct batch_call *call,
			 const struct kelp_reply *reply)
{
	if (!reply->code != !reply->text[0])
		return reply->code ? "no words" : "words for a success";
	if (!memchr(reply->text, 0, sizeof(reply->text)) ||
	    !memchr(reply->endpoint, 0, sizeof(reply->endpoint)))
		return "words without an end";
	if (reply->code)
		return reply->message.len || reply->attachment.len ?
			       "bytes for a failure" : NULL;
	if (!reply->attempts || !reply->endpoint[0])
		return "succeeded without having been made";
	return judge_bytes(call, reply);
}

static void call_ended(struct batch_call *call, const struct kelp_reply *reply,
		       uint64_t ended_ns, bool pending)
{
	struct batch *batch = call->batch;
	const char *wrong = judge(call, reply);

	/* an earlier judgement stays, if it ends twice */
	if (wrong)
		call->wrong = wrong;
	call->ended_ns = ended_ns;
	call->code = reply->code;
	call->attempts = reply->attempts;
	call->latency_ns = reply->latency_ns;
	snprintf(call->text, sizeof(call->text), "%.*s",
		 (int)sizeof(call->text) - 1, reply->text);
	atomic_fetch_add(&call->ended, 1);
	if (batch->tell)
		batch->tell(call, batch->tell_data);
	pthread_mutex_lock(&batch->lock);
	batch->nr_ended++;
	if (pending)
		batch->nr_pending--;
	pthread_cond_broadcast(&batch->news);
	pthread_mutex_unlock(&batch->lock);
}

/* One more or one less that is under way. */
static void pending_add(struct batch *batch, int change)
{
	pthread_mutex_lock(&batch->lock);
	batch->nr_pending += (size_t)change;
	pthread_cond_broadcast(&batch->news);
	pthread_mutex_unlock(&batch->lock);
}

static void done(const struct kelp_reply *reply, void *data)
{
	call_ended(data, reply, kit_now(), true);
}

/* The request; and its options, which get a time. */
static struct kelp_request prepare(struct batch_call *call, const char *words,
				   const struct kelp_call_options *given,
				   struct kelp_call_options *options)
{
	struct kelp_request request;

	*options = (struct kelp_call_options)KELP_CALL_OPTIONS_INIT;
	if (given)
		*options = *given;
	if (!options->timeout_ms)
		options->timeout_ms = call->batch->timeout_ms;
	call->words = words;
	call->timeout_ms = options->timeout_ms;
	request = (struct kelp_request){
		.service = "test.Count",
		.method = "Count",
		.message = call_message(call),
		.attachment = call->attachment,
	};
	/* behind what takes long when there are many bytes */
	call->begun_ns = kit_now();
	return request;
}

static int start(struct batch_call *call, const char *words,
		 const struct kelp_call_options *given,
		 struct kelp_queue *queue)
{
	struct kelp_channel *channel = call->batch->channel;
	struct kelp_call **handle = call->handled ? &call->handle : NULL;
	struct kelp_call_options options;
	struct kelp_request request = prepare(call, words, given, &options);
	int rc;

	pending_add(call->batch, 1);
	call->made = true;
	rc = queue ? kelp_call_enqueue(channel, &request, &options, queue, call,
				       handle) :
		     kelp_call_start(channel, &request, &options, done, call,
				     handle);
	if (rc) {
		call->made = false;
		pending_add(call->batch, -1);
	}
	kit_request_free(&request);
	return rc;
}

int batch_start(struct batch *batch, size_t i, const char *words,
		const struct kelp_call_options *options)
{
	return start(&batch->calls[i], words, options, NULL);
}

int batch_enqueue(struct batch *batch, size_t i, const char *words,
		  const struct kelp_call_options *options,
		  struct kelp_queue *queue)
{
	return start(&batch->calls[i], words, options, queue);
}

bool batch_take(struct kelp_queue *queue, int timeout_ms)
{
	struct kelp_reply *reply;
	struct batch_call *call;
	void *data = NULL;
	uint64_t ended_ns;

	reply = kelp_queue_next(queue, 0, &data);
	/* how long it has been there only the library knows */
	ended_ns = reply ? ((struct batch_call *)data)->begun_ns +
				   reply->latency_ns : 0;
	if (!reply)
		reply = kelp_queue_next(queue, timeout_ms, &data);
	if (!reply)
		return false;
	call = data;
	call_ended(call, reply, ended_ns ? ended_ns : kit_now(), true);
	kelp_reply_free(reply);
	return true;
}

int batch_block(struct batch *batch, size_t i, const char *words,
		const struct kelp_call_options *given)
{
	struct batch_call *call = &batch->calls[i];
	struct kelp_call_options options;
	struct kelp_request request = prepare(call, words, given, &options);
	struct kelp_reply reply;
	int rc;

	call->made = true;
	rc = kelp_call_raw(batch->channel, &request, &reply, &options);
	if (rc != reply.code)
		call->wrong = "returned something else";
	call_ended(call, &reply, kit_now(), false);
	kelp_reply_clear(&reply);
	kit_request_free(&request);
	return rc;
}

const char *batch_form_name(enum batch_form form)
{
	static const char *const names[] = {
		[BATCH_BLOCK] = "blocking",
		[BATCH_START] = "started",
		[BATCH_ENQUEUE] = "enqueued",
	};

	return names[form];
}

const struct batch_call *batch_run(struct batch *batch, size_t i,
				   enum batch_form form, const char *words,
				   const struct kelp_call_options *options)
{
	struct batch_call *call = &batch->calls[i];
	size_t ended = batch_ended(batch);
	struct kelp_queue *queue;

	switch (form) {
	case BATCH_START:
		assert_int_equal(batch_start(batch, i, words, options), 0);
		assert_true(batch_wait(batch, ended + 1, KIT_PATIENCE_MS));
		break;
	case BATCH_ENQUEUE:
		assert_int_equal(kelp_queue_create(&queue), 0);
		assert_int_equal(batch_enqueue(batch, i, words, options, queue),
				 0);
		assert_true(batch_take(queue, KIT_PATIENCE_MS));
		kelp_queue_destroy(queue);
		break;
	default:
		batch_block(batch, i, words, options);
	}
	return call;
}

/* Wait for news until then; false when the time is up. Context: batch->lock. */
static bool await_news(struct batch *batch, uint64_t until)
{
	struct timespec date = {
		.tv_sec = (time_t)(until / (1000 * KIT_MS)),
		.tv_nsec = (long)(until % (1000 * KIT_MS)),
	};

	return !pthread_cond_timedwait(&batch->news, &batch->lock, &date);
}

bool batch_wait(struct batch *batch, size_t ended, int timeout_ms)
{
	uint64_t until = kit_now() + (uint64_t)timeout_ms * KIT_MS;
	bool done_waiting;

	pthread_mutex_lock(&batch->lock);
	while (batch->nr_ended < ended && await_news(batch, until))
		;
	done_waiting = batch->nr_ended >= ended;
	pthread_mutex_unlock(&batch->lock);
	return done_waiting;
}

bool batch_room(struct batch *batch, size_t most)
{
	uint64_t until = kit_now() + KIT_PATIENCE_MS * KIT_MS;
	bool room;

	pthread_mutex_lock(&batch->lock);
	while (batch->nr_pending >= most && await_news(batch, until))
		;
	room = batch->nr_pending < most;
	pthread_mutex_unlock(&batch->lock);
	return room;
}

size_t batch_ended(struct batch *batch)
{
	size_t ended;

	pthread_mutex_lock(&batch->lock);
	ended = batch->nr_ended;
	pthread_mutex_unlock(&batch->lock);
	return ended;
}

size_t batch_tally(struct batch *batch, int code)
{
	size_t i, tally = 0;

	for (i = 0; i < batch->count; i++)
		tally += atomic_load(&batch->calls[i].ended) &&
			 batch->calls[i].code == code;
	return tally;
}

void batch_check(struct batch *batch)
{
	const struct batch_call *call;
	size_t i;

	for (i = 0; i < batch->count; i++) {
		call = &batch->calls[i];
		if (atomic_load(&call->ended) != call->made)
			fail_msg("call %zu was %smade and ended %u times", i,
				 call->made ? "" : "not ",
				 atomic_load(&call->ended));
		if (!call->made)
			continue;
		if (call->wrong)
			fail_msg("call %zu, code %d \"%s\": %s", i, call->code,
				 call->text, call->wrong);
		if (call->timeout_ms >= 0 &&
		    !kit_in_time(call->begun_ns, call->ended_ns,
				 call->timeout_ms))
			fail_msg("call %zu of %d ms, code %d \"%s\", took %lld ms",
				 i, call->timeout_ms, call->code, call->text,
				 (long long)(call->ended_ns - call->begun_ns) /
					 (long long)KIT_MS);
	}
}
