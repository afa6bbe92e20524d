// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies that come when nobody waits for them any more, or twice, and a server
 * that reads nothing.
 */
#include "client_kit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* More bytes than sockets take. */
#define LARGE (12 << 20)
/* Until then they are on the way, as far as they get. */
#define LATE_MS 200

/* All that was answered has come, and but for @well of it nobody wanted it. */
static void check_late(struct scene *scene, struct kelp_channel *channel,
		       uint64_t well)
{
	uint64_t begun = kit_now(), replies;
	struct kelp_channel_stats stats;

	do {
		stage_nap();
		replies = server_count(scene->server, SERVER_REPLIES);
		stats = kit_stats(channel);
	} while ((stats.late != replies - well ||
		  replies < server_count(scene->server, SERVER_CALLS)) &&
		 kit_ms_since(begun) < KIT_PATIENCE_MS);
	assert_int_equal(stats.late, replies - well);
}

/* Two of three calls are answered too late, or cancelled before that. */
static void start_all(struct batch *batch)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct batch_call *call;
	size_t i;

	brief.timeout_ms = 4;
	for (i = 0; i < batch_count(batch); i++) {
		assert_true(batch_room(batch, 200));
		call = batch_at(batch, i);
		call->handled = i % 3 == 2;
		assert_int_equal(batch_start(batch, i, i % 3 ? "#late 8 " : "",
					     i % 3 == 1 ? &brief : NULL), 0);
		if (!call->handled)
			continue;
		kelp_call_cancel(call->handle);
		kelp_call_put(call->handle);
		call->handle = NULL;
	}
}

/*
 * While their replies are on the way, other calls get their places in the
 * library's tables. None gets a reply that is not its own.
 */
static void late_replies(struct scene *scene, unsigned int threads,
			 unsigned int connections)
{
	struct kelp_channel_options options = kit_options();
	struct kelp_channel *channel;
	struct batch *batch;
	size_t well;

	options.io_threads = threads;
	options.io_connections = connections;
	channel = kit_channel(server_name(scene->server), &options);
	batch = batch_create(channel, kit_times(5000), 20000);
	start_all(batch);
	assert_true(batch_wait(batch, batch_count(batch), KIT_PATIENCE_MS));
	batch_check(batch);
	well = batch_tally(batch, 0);
	assert_int_equal(well + batch_tally(batch, KELP_RPC_ERPCTIMEDOUT) +
			 batch_tally(batch, -ECANCELED), batch_count(batch));
	assert_true(well >= batch_count(batch) / 3);
	assert_true(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT) > 0);
	assert_true(batch_tally(batch, -ECANCELED) > 0);
	check_late(scene, channel, well);
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED),
			 threads * connections);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

static void late__answers_no_other_call(void **state)
{
	late_replies(*state, 1, 1);
}

/* Whose numbers are the same on several connections. */
static void late__several_connections(void **state)
{
	late_replies(*state, 2, 3);
}

/* One place, used again and again. */
static void late__one_place(void **state)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, kit_times(300), 20000);
	const struct batch_call *call;
	size_t i;

	brief.timeout_ms = 2;
	for (i = 0; i < batch_count(batch); i++) {
		call = batch_run(batch, i, i % 2 ? BATCH_ENQUEUE : BATCH_START,
				 i % 2 ? "" : "#late 3 ",
				 i % 2 ? NULL : &brief);
		if (i % 2)
			assert_int_equal(call->code, 0);
	}
	batch_check(batch);
	check_late(scene, scene->channel, batch_tally(batch, 0));
	batch_destroy(batch);
}

/* The second one is nobody's. */
static void twice__started(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 600, 20000);
	size_t i;

	for (i = 0; i < 600; i++) {
		assert_true(batch_room(batch, 50));
		assert_int_equal(batch_start(batch, i, i % 2 ? "" : "#twice ",
					     NULL), 0);
	}
	assert_true(batch_wait(batch, 600, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 600);
	check_late(scene, scene->channel, 600);
	assert_int_equal(kit_stats(scene->channel).late, 300);
	batch_destroy(batch);
}

static void twice__blocking(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 400, 20000);
	size_t i, well;

	for (i = 0; i < 100; i++)
		assert_int_equal(batch_block(batch, i, i % 2 ? "" : "#twice ",
					     NULL), 0);
	/* the second one, or the end of the first, comes with the next reply */
	for (; i < 400; i++)
		batch_block(batch, i, i % 2 ? "" : "#twice #pieces 64 ", NULL);
	batch_check(batch);
	well = batch_tally(batch, 0);
	assert_int_equal(well + batch_tally(batch, KELP_RPC_ERESPONSE), 400);
	assert_true(well >= 250);
	batch_destroy(batch);
}

/* Calls that cannot be sent end in time, and the others when it reads again. */
static void stop__started(void **state)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 13, 20000);
	size_t i;

	brief.timeout_ms = 100;
	batch_run(batch, 0, BATCH_START, "#stop ", NULL);
	batch_at(batch, 1)->fill = LARGE;
	for (i = 1; i < 11; i++)
		assert_int_equal(batch_start(batch, i, "", &brief), 0);
	assert_int_equal(batch_start(batch, 11, "", NULL), 0);
	assert_true(batch_wait(batch, 11, KIT_PATIENCE_MS));
	assert_int_equal(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT), 10);
	server_release(scene->server);
	assert_true(batch_wait(batch, 12, KIT_PATIENCE_MS));
	batch_run(batch, 12, BATCH_START, "", NULL);
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 3);
	batch_destroy(batch);
}

static void stop__blocking(void **state)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 4, 20000);

	brief.timeout_ms = 100;
	assert_int_equal(batch_block(batch, 0, "#stop ", NULL), 0);
	assert_int_equal(batch_block(batch, 1, "", &brief),
			 KELP_RPC_ERPCTIMEDOUT);
	assert_int_equal(batch_block(batch, 2, "#stop ", NULL), 0);
	batch_at(batch, 3)->fill = LARGE;
	assert_int_equal(batch_block(batch, 3, "", &brief),
			 KELP_RPC_ERPCTIMEDOUT);
	batch_check(batch);
	batch_destroy(batch);
	/* each time the next one went by another connection, which is read */
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 2);
	batch = batch_create(scene->channel, 1, 20000);
	assert_int_equal(batch_block(batch, 0, "", NULL), 0);
	batch_destroy(batch);
}

/*
 * A connection breaks on which one call was sent in parts and another not at all.
 * Return: did it break when both were there?
 */
static bool break_stopped(struct scene *scene, struct batch *batch,
			  const char *words, int code)
{
	const struct batch_call *call;

	assert_int_equal(batch_start(batch, 0, words, NULL), 0);
	batch_run(batch, 1, BATCH_START, "#stop ", NULL);
	/* the beginning of this one leaves, and no more */
	batch_at(batch, 2)->fill = LARGE;
	assert_int_equal(batch_start(batch, 2, "", NULL), 0);
	assert_int_equal(batch_start(batch, 3, "", NULL), 0);
	assert_true(batch_wait(batch, 4, KIT_PATIENCE_MS));
	call = batch_run(batch, 4, BATCH_START, "", NULL);
	assert_int_equal(call->code, 0);
	batch_check(batch);
	assert_int_equal(batch_at(batch, 0)->code, code);
	server_release(scene->server);
	return batch_at(batch, 2)->code;
}

/*
 * The one that was not sent is made again, whatever was wrong with the
 * connection, since it was not carried out.
 */
static void check_not_sent(struct scene *scene, const char *words, int code)
{
	const struct batch_call *call;
	struct batch *batch = NULL;
	char late[64];
	bool broken = false;
	int i;

	/* on a busy machine the second one may come too late */
	for (i = 0; i < 6 && !broken; i++) {
		snprintf(late, sizeof(late), "#late %d %s", LATE_MS << i, words);
		batch_destroy(batch);
		batch = batch_create(scene->channel, 5, 20000);
		broken = break_stopped(scene, batch, late, code);
	}
	assert_true(broken);
	assert_int_equal(batch_at(batch, 2)->code, code);
	call = batch_at(batch, 3);
	if (call->code || call->attempts != 2)
		fail_msg("%s: not sent, but code %d \"%s\", %u attempts", words,
			 call->code, call->text, call->attempts);
	batch_destroy(batch);
}

static void stop__broken(void **state)
{
	check_not_sent(*state, "#reset ", KELP_RPC_EFAILEDSOCKET);
	check_not_sent(*state, "#garbage ", KELP_RPC_ERESPONSE);
	check_not_sent(*state, "#magic ", KELP_RPC_ERESPONSE);
}

/* Sooner or later calls go by another connection, without a circuit breaker too. */
static void stop__for_ever(void **state)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 20, 20000);
	size_t i = 0;

	brief.timeout_ms = 400;
	batch_run(batch, i, BATCH_START, "#stop ", NULL);
	do {
		assert_true(++i < 20);
	} while (batch_run(batch, i, i % 2 ? BATCH_START : BATCH_ENQUEUE, "",
			   &brief)->code);
	/* some were lost, and no more than have to be */
	assert_in_range(i, 2, 6);
	batch_check(batch);
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 2);
	/* nobody waits for anything on the first one, which is closed */
	server_release(scene->server);
	assert_true(server_wait(scene->server, SERVER_CLOSED, 1,
				KIT_PATIENCE_MS));
	batch_destroy(batch);
}

/* A connection that is accepted, and no more, is like one that is not read. */
static void deaf__until_released(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 10, 80);
	struct kelp_call_options patient = KELP_CALL_OPTIONS_INIT;
	enum batch_form form;
	size_t i = 0;

	patient.timeout_ms = 20000;
	server_set_door(scene->server, SERVER_DEAF);
	for (form = 0; form < BATCH_FORMS; form++)
		batch_run(batch, i++, form, "", NULL);
	assert_int_equal(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT), i);
	server_set_door(scene->server, SERVER_OPEN);
	server_release(scene->server);
	for (form = 0; form < BATCH_FORMS; form++)
		batch_run(batch, i++, form, "", &patient);
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), BATCH_FORMS);
	batch_destroy(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(late__answers_no_other_call),
		scene_test(late__several_connections),
		scene_test(late__one_place),
		scene_test(twice__started),
		scene_test(twice__blocking),
		scene_test(stop__started),
		scene_test(stop__blocking),
		scene_test(stop__broken),
		scene_test(stop__for_ever),
		scene_test(deaf__until_released),
	};

	return cmocka_run_group_tests_name("late", tests, NULL, NULL);
}
