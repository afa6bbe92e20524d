// SPDX-License-Identifier: GPL-2.0-only
/* Connections for blocking calls: how many there are, and who waits for one. */
#include "client_kit.h"

#include <errno.h>

/**
 * struct rush - several threads that make blocking calls
 * @scene: where
 * @batch: a call of each
 * @held: so many are at the server before the first one is answered
 * @refused: so many never come there
 */
struct rush {
	struct scene *scene;
	struct batch *batch;
	size_t held;
	size_t refused;
};

/*
 * Blocking calls of several threads that are held, and one thread that lets them
 * go when so many are at the server, or all have ended.
 */
static void block_or_release(size_t i, void *data)
{
	struct rush *rush = data;
	struct server *server = rush->scene->server;
	size_t count = batch_count(rush->batch);
	uint64_t begun = kit_now();

	if (i) {
		batch_block(rush->batch, i - 1, "#hold ", NULL);
		return;
	}
	server_wait(server, SERVER_HELD, rush->held, KIT_PATIENCE_MS);
	/* those that are to be refused have to be, while the others are there */
	batch_wait(rush->batch, rush->refused, KIT_PATIENCE_MS);
	while (batch_ended(rush->batch) < count &&
	       kit_ms_since(begun) < KIT_PATIENCE_MS) {
		server_release(server);
		stage_nap();
	}
}

/*
 * @count calls at a time, of which @held come to the server before the first is
 * answered, and @refused never do.
 */
static void rush_in(struct rush *rush, struct kelp_channel *channel,
		    size_t count, size_t held, size_t refused)
{
	rush->batch = batch_create(channel, count, 20000);
	rush->held = server_count(rush->scene->server, SERVER_HELD) + held;
	rush->refused = refused;
	kit_crowd(count + 1, block_or_release, rush);
	batch_check(rush->batch);
	assert_int_equal(batch_tally(rush->batch, 0), count - refused);
	assert_int_equal(batch_tally(rush->batch, KELP_RPC_EOVERCROWDED),
			 refused);
}

static void pool_max_total__waits(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct rush rush = { .scene = *state };
	struct kelp_channel *channel;

	options.pool_max_total = 2;
	channel = kit_channel(server_name(rush.scene->server), &options);
	rush_in(&rush, channel, 8, 2, 0);
	assert_int_equal(server_count(rush.scene->server, SERVER_ACCEPTED), 2);
	kelp_channel_destroy(channel);
	batch_destroy(rush.batch);
}

static void pool_wait_ms__overcrowded(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct rush rush = { .scene = *state };
	const struct batch_call *call;
	struct kelp_channel *channel;
	size_t i;

	options.pool_max_total = 2;
	options.pool_wait_ms = 20;
	channel = kit_channel(server_name(rush.scene->server), &options);
	rush_in(&rush, channel, 6, 2, 4);
	for (i = 0; i < 6; i++) {
		call = batch_at(rush.batch, i);
		if (!call->code)
			continue;
		assert_true(call->latency_ns >= 20 * KIT_MS);
		assert_true(kit_in_time(call->begun_ns, call->ended_ns, 20));
	}
	assert_int_equal(server_count(rush.scene->server, SERVER_ACCEPTED), 2);
	assert_int_equal(kit_stats(channel).overcrowded, 4);
	kelp_channel_destroy(channel);
	batch_destroy(rush.batch);
}

static void block_brief(size_t i, void *data)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;

	brief.timeout_ms = 60;
	batch_block(data, i, "#never ", &brief);
}

/* No longer than the call's own time. */
static void pool_wait_ms__within_the_call(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;

	options.pool_max_total = 1;
	options.pool_wait_ms = 20000;
	channel = kit_channel(server_name(scene->server), &options);
	batch = batch_create(channel, 4, 20000);
	kit_crowd(4, block_brief, batch);
	batch_check(batch);
	assert_int_equal(batch_tally(batch, KELP_RPC_EOVERCROWDED) +
			 batch_tally(batch, KELP_RPC_ERPCTIMEDOUT), 4);
	assert_true(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT) > 0);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

static void pool_initial__opens(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct rush rush = { .scene = *state };
	struct server *server = rush.scene->server;
	struct kelp_channel *channel;

	options.pool_initial = 3;
	channel = kit_channel(server_name(server), &options);
	assert_true(server_wait(server, SERVER_ACCEPTED, 3, KIT_PATIENCE_MS));
	rush_in(&rush, channel, 4, 4, 0);
	assert_int_equal(server_count(server, SERVER_ACCEPTED), 4);
	assert_int_equal(kit_stats(channel).connects, 4);
	kelp_channel_destroy(channel);
	batch_destroy(rush.batch);
	/* a server that is not there is no error */
	server_stop(server);
	channel = kit_channel(server_name(server), &options);
	assert_true(kit_stats(channel).connect_failures > 0);
	kelp_channel_destroy(channel);
}

static void pool_max_idle__closes(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct rush rush = { .scene = *state };
	struct server *server = rush.scene->server;
	struct kelp_channel *channel;
	struct batch *batch;

	options.pool_max_idle = 2;
	channel = kit_channel(server_name(server), &options);
	rush_in(&rush, channel, 5, 5, 0);
	assert_true(server_wait(server, SERVER_LEFT, 3, KIT_PATIENCE_MS));
	batch = batch_create(channel, 1, 20000);
	assert_int_equal(batch_block(batch, 0, "", NULL), 0);
	assert_int_equal(server_count(server, SERVER_ACCEPTED), 5);
	assert_int_equal(server_count(server, SERVER_LEFT), 3);
	kelp_channel_destroy(channel);
	batch_destroy(rush.batch);
	batch_destroy(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(pool_max_total__waits),
		scene_test(pool_wait_ms__overcrowded),
		scene_test(pool_wait_ms__within_the_call),
		scene_test(pool_initial__opens),
		scene_test(pool_max_idle__closes),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
