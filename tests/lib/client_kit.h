/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients for the tests of libkelp from end to end: many calls at a time, of
 * which each must end once, in time, and with its own reply
 * ========================================================================
 *
 *    struct batch *batch = batch_create(channel, 100, 500);
 *
 *    for (i = 0; i < 100; i++)
 *            assert_int_equal(batch_start(batch, i, "#late 20 ", NULL), 0);
 *    assert_true(batch_wait(batch, 100, 2000));
 *    batch_check(batch);
 *    assert_int_equal(batch_tally(batch, 0), 100);
 *    batch_destroy(batch);
 *
 * A call of a batch is one of test.Count/Count (server.h). Its message is a
 * number that no other call of the program has, the words that the server is
 * told, and as many more bytes as the test wants; an attachment may go along.
 * Whatever way it is made, blocking, started or enqueued, what becomes of it is
 * noted by whoever is told. Nothing is asserted there, because cmocka's checks
 * work in the test's own thread only: batch_check() does it afterwards.
 *
 *
 * What batch_check() asserts of each call
 * ---------------------------------------
 *
 * - It has ended once if it was started, and never if it was not.
 * - It has ended by its deadline and KIT_SLACK_MS, plus the time in which the
 *   machine did not let this program run (client_pace.h).
 * - When it succeeded the reply has its own message and attachment, byte for
 *   byte, unless batch_call.any says that the server sends something else.
 * - There are words when, and only when, it has failed.
 * - It was made at least once if it succeeded.
 *
 *
 * Threads
 * -------
 *
 * The calls of a batch may be made by any threads, each call by one. A batch
 * has to stay until its calls have ended, so destroy the channel first when
 * that is not sure.
 */
#ifndef TEST_CLIENT_KIT_H
#define TEST_CLIENT_KIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kelp/client.h>

#include "harness.h"
#include "server.h"
#include "stage.h"

#define KIT_MS UINT64_C(1000000)

/*
 * So much later than its deadline a call may end. The sanitizer of races makes
 * everything take ten times as long.
 */
#ifdef __SANITIZE_THREAD__
#define KIT_SLACK_MS 500
#else
#define KIT_SLACK_MS 50
#endif

/* How long tests wait for what has to come: nobody should ever wait so long. */
#define KIT_PATIENCE_MS 60000

/* Time */

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t kit_now(void);

/* Milliseconds since @ns, rounded down. */
int64_t kit_ms_since(uint64_t ns);

/**
 * kit_in_time() - did it take no longer than it may?
 * @begun_ns: from here
 * @ended_ns: to there
 * @ms: and so long; KIT_SLACK_MS are allowed besides, and what this program was
 *	not let run behind @ms
 */
bool kit_in_time(uint64_t begun_ns, uint64_t ended_ns, int ms);

/**
 * kit_times() - how often to repeat something
 * @usual: so often
 *
 * Return: that, or a hundred times more if TEST_FULL=1 is in the environment.
 */
size_t kit_times(size_t usual);

/* Channels */

/**
 * kit_options() - what most tests want
 *
 * Return: defaults, but with 20 s for a call and 10 s for connecting, which no
 * call should need; without a circuit breaker, so that failures that are wanted
 * change nothing for the next call; and with health checks each 10 to 50 ms.
 */
struct kelp_channel_options kit_options(void);

/**
 * kit_channel() - make a channel; asserts that it works
 * @target: as for kelp_channel_create()
 * @options: how, or NULL for kit_options()
 */
struct kelp_channel *kit_channel(const char *target,
				 const struct kelp_channel_options *options);

/**
 * kit_stats() - what a channel has counted when nothing is under way
 * @channel: the channel
 *
 * Waits until no call that was started is pending and asserts that the numbers
 * do not contradict each other.
 */
struct kelp_channel_stats kit_stats(struct kelp_channel *channel);

/**
 * struct scene - a server and a channel to it
 * @server: the server, with its defaults
 * @channel: the channel, as kit_options() has it
 */
struct scene {
	struct server *server;
	struct kelp_channel *channel;
};

/*
 * For cmocka_unit_test_setup_teardown(): *state is a scene. The channel is
 * destroyed before the server; a test that has done so itself sets it to NULL.
 */
int scene_setup(void **state);
int scene_teardown(void **state);

/* A test of a scene. */
#define scene_test(test) \
	cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

/* Threads */

/**
 * kit_crowd() - have several threads do something, and wait for them
 * @count: how many, at most 64
 * @fn: what they do; no checks of cmocka in there
 * @data: passed to it, with the number of the thread
 */
void kit_crowd(size_t count, void (*fn)(size_t i, void *data), void *data);

/* Messages */

/**
 * kit_pack() - the message of kelp.Echo, test.Count: bytes as field 1
 * @bytes: the bytes
 *
 * Return: the message, to be given to free() as its data.
 */
struct kelp_bytes kit_pack(struct kelp_bytes bytes);

/**
 * kit_unpack() - and back
 * @message: the message
 * @bytes: set to the bytes, which are still the message's
 *
 * Return: was there such a field?
 */
bool kit_unpack(struct kelp_bytes message, struct kelp_bytes *bytes);

/**
 * kit_request() - a call of kelp.Echo/Echo with some text
 * @text: the text; words that the server understands, perhaps
 *
 * Return: the request, to be given to kit_request_free().
 */
struct kelp_request kit_request(const char *text);
void kit_request_free(struct kelp_request *request);

/* Is that the reply to such a request? */
bool kit_echoed(const struct kelp_reply *reply, const char *text);

/* Calls */

struct batch;

/**
 * struct batch_call - a call, and what became of it
 * @any: the reply may have any bytes; the test sets it before, as all up to
 *	@attachment
 * @handled: @handle is wanted
 * @fill: so many bytes go along behind the words
 * @attachment: goes along, and has to stay until the call has ended
 * @ended: how often it has ended; any thread
 * @batch: set once, as @number
 * @number: the first 8 bytes of its message
 * @words: what follows them; whoever makes the call writes this, as all up to
 *	@handle
 * @begun_ns: when
 * @timeout_ms: its time
 * @made: it was made: its start returned 0, or it was a blocking one
 * @handle: for kelp_call_cancel(), if @handled; batch_destroy() gives it back
 * @ended_ns: when; whoever is told of its end writes this, as the rest
 * @code: with what
 * @attempts: and so on
 * @latency_ns: see there
 * @wrong: what was wrong with it, NULL: nothing
 * @text: of the reply
 */
struct batch_call {
	bool any;
	bool handled;
	size_t fill;
	struct kelp_bytes attachment;

	_Atomic unsigned int ended;
	struct batch *batch;
	uint64_t number;

	const char *words;
	uint64_t begun_ns;
	int timeout_ms;
	bool made;
	struct kelp_call *handle;

	uint64_t ended_ns;
	int code;
	unsigned int attempts;
	uint64_t latency_ns;
	const char *wrong;
	char text[40];
};

/**
 * batch_create() - some calls that are to be made
 * @channel: on this channel
 * @count: how many at most
 * @timeout_ms: their time, if their options do not say otherwise; negative: no
 *	end
 *
 * Asserts that there is memory.
 */
struct batch *batch_create(struct kelp_channel *channel, size_t count,
			   int timeout_ms);

/**
 * batch_destroy() - give all back
 * @batch: its calls have ended; or NULL
 */
void batch_destroy(struct batch *batch);

/* The call with this number, counted from 0. */
struct batch_call *batch_at(struct batch *batch, size_t i);

/* How many there are. */
size_t batch_count(const struct batch *batch);

/**
 * batch_tell() - be told of ends
 * @batch: no call of it was made yet
 * @fn: called with each call that has ended, when that has been noted, by whoever
 *	is told; it may start others, but make no checks of cmocka
 * @data: passed to it
 */
void batch_tell(struct batch *batch,
		void (*fn)(struct batch_call *call, void *data), void *data);

/**
 * batch_start() - make a call by kelp_call_start()
 * @batch: of this batch
 * @i: this call; none is made twice
 * @words: what the server is told; has to stay
 * @options: how, or NULL
 *
 * Return: as kelp_call_start().
 */
int batch_start(struct batch *batch, size_t i, const char *words,
		const struct kelp_call_options *options);

/**
 * batch_enqueue() - make a call by kelp_call_enqueue()
 * @queue: to be emptied by batch_take()
 *
 * Otherwise as batch_start().
 */
int batch_enqueue(struct batch *batch, size_t i, const char *words,
		  const struct kelp_call_options *options,
		  struct kelp_queue *queue);

/**
 * batch_take() - take a reply out of a queue, and note it
 * @queue: to which calls of any batches go, and no others
 * @timeout_ms: as for kelp_queue_next()
 *
 * Return: was there one?
 */
bool batch_take(struct kelp_queue *queue, int timeout_ms);

/**
 * batch_block() - make a call by kelp_call_raw()
 *
 * As batch_start(), but it has ended then.
 *
 * Return: its code.
 */
int batch_block(struct batch *batch, size_t i, const char *words,
		const struct kelp_call_options *options);

/**
 * enum batch_form - the ways to make a call
 */
enum batch_form {
	BATCH_BLOCK,
	BATCH_START,
	BATCH_ENQUEUE,
	BATCH_FORMS,
};

/* "blocking", "started", "enqueued" */
const char *batch_form_name(enum batch_form form);

/**
 * batch_run() - make a call in some form, and wait for its end
 * @form: in which; the others as for batch_start()
 *
 * Asserts that it ends.
 *
 * Return: what became of it.
 */
const struct batch_call *batch_run(struct batch *batch, size_t i,
				   enum batch_form form, const char *words,
				   const struct kelp_call_options *options);

/**
 * batch_wait() - wait until so many have ended
 * @batch: the batch
 * @ended: how many
 * @timeout_ms: how long at most
 *
 * Return: did they?
 */
bool batch_wait(struct batch *batch, size_t ended, int timeout_ms);

/**
 * batch_room() - wait until there are fewer calls under way
 * @batch: the batch
 * @most: so many that were started and have not ended are too many
 *
 * For KIT_PATIENCE_MS at most.
 *
 * Return: are there fewer?
 */
bool batch_room(struct batch *batch, size_t most);

/* How many have ended with this code. */
size_t batch_tally(struct batch *batch, int code);

/* How many have ended, whatever their code. */
size_t batch_ended(struct batch *batch);

/**
 * batch_check() - assert of all calls what is said above
 * @batch: all calls that were made should have ended
 */
void batch_check(struct batch *batch);

#endif
