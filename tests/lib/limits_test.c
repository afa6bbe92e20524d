// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls whose time is up, too many calls, the secret that a server wants to know,
 * and what is counted.
 */
#include "client_kit.h"

#include <errno.h>
#include <string.h>

#include "proxy.h"

/* Time */

static void timeout__each_form(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, BATCH_FORMS, 100);
	const struct batch_call *call;
	enum batch_form form;

	for (form = 0; form < BATCH_FORMS; form++) {
		call = batch_run(batch, form, form, "#never ", NULL);
		assert_int_equal(call->code, KELP_RPC_ERPCTIMEDOUT);
		assert_int_equal(call->attempts, 1);
		/* not earlier either */
		assert_true(call->ended_ns >= call->begun_ns + 100 * KIT_MS);
		assert_true(call->latency_ns >= 100 * KIT_MS);
	}
	batch_check(batch);
	assert_int_equal(kit_stats(scene->channel).timeouts, BATCH_FORMS);
	batch_destroy(batch);
}

static void block_some(size_t i, void *data)
{
	struct batch *batch = data;

	for (i *= 10; i % 10 < 9; i++)
		batch_block(batch, i, "#never ", NULL);
	batch_block(batch, i, "#never ", NULL);
}

/* Of many calls with different times each ends in its own. */
static void timeout__many(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 300, 5);
	struct batch *blocking = batch_create(scene->channel, 80, 7);
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	size_t i;

	for (i = 0; i < 300; i++) {
		options.timeout_ms = 1 + (int)(i * 37 % 100);
		assert_int_equal(batch_start(batch, i, "#never ", &options), 0);
	}
	kit_crowd(8, block_some, blocking);
	assert_true(batch_wait(batch, 300, KIT_PATIENCE_MS));
	batch_check(batch);
	batch_check(blocking);
	assert_int_equal(batch_tally(batch, KELP_RPC_ERPCTIMEDOUT), 300);
	assert_int_equal(batch_tally(blocking, KELP_RPC_ERPCTIMEDOUT), 80);
	assert_int_equal(kit_stats(scene->channel).timeouts, 380);
	batch_destroy(batch);
	batch_destroy(blocking);
}

/* A reply that comes in pieces does not make the call longer. */
static void timeout__in_pieces(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 2 * BATCH_FORMS, 60);
	const struct batch_call *call;
	enum batch_form form;

	for (form = 0; form < BATCH_FORMS; form++) {
		batch_at(batch, form)->fill = 1000;
		call = batch_run(batch, form, form, "#pieces 1 ", NULL);
		assert_int_equal(call->code, KELP_RPC_ERPCTIMEDOUT);
	}
	/* and with enough time it comes */
	batch_destroy(batch);
	batch = batch_create(scene->channel, BATCH_FORMS, 20000);
	for (form = 0; form < BATCH_FORMS; form++) {
		call = batch_run(batch, form, form, "#pieces 1 ", NULL);
		assert_int_equal(call->code, 0);
	}
	batch_check(batch);
	batch_destroy(batch);
}

/* A machine that is not there: the call's time is shorter than the connection's. */
static void timeout__while_connecting(void **state)
{
	struct scene *scene = *state;
	struct kelp_channel *channel;
	const struct batch_call *call;
	enum batch_form form;
	struct batch *batch;
	struct proxy *proxy;

	assert_int_equal(proxy_create(&proxy, server_port(scene->server), 1),
			 0);
	assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
	channel = kit_channel(proxy_name(proxy), NULL);
	batch = batch_create(channel, BATCH_FORMS, 100);
	for (form = 0; form < BATCH_FORMS; form++) {
		call = batch_run(batch, form, form, "", NULL);
		if (call->code != KELP_RPC_ERPCTIMEDOUT)
			fail_msg("%s: %d \"%s\"", batch_form_name(form),
				 call->code, call->text);
	}
	batch_check(batch);
	kelp_channel_destroy(channel);
	proxy_destroy(proxy);
	batch_destroy(batch);
}

/* The same the other way round: the call need not wait until its time is up. */
static void connect_timeout__is_shorter(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	const struct batch_call *call;
	enum batch_form form;
	struct batch *batch;
	struct proxy *proxy;

	assert_int_equal(proxy_create(&proxy, server_port(scene->server), 1),
			 0);
	assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
	options.connect_timeout_ms = 60;
	/* it stays out of use then */
	options.health_interval_ms = 10000;
	for (form = 0; form < BATCH_FORMS; form++) {
		channel = kit_channel(proxy_name(proxy), &options);
		batch = batch_create(channel, 2, 20000);
		call = batch_run(batch, 0, form, "", NULL);
		assert_int_equal(call->code, KELP_RPC_EFAILEDSOCKET);
		assert_true(call->latency_ns >= 60 * KIT_MS);
		assert_true(kit_in_time(call->begun_ns, call->ended_ns, 60));
		call = batch_run(batch, 1, form, "", NULL);
		assert_int_equal(call->code, KELP_RPC_EFAILEDSOCKET);
		assert_int_equal(call->attempts, 0);
		batch_check(batch);
		kelp_channel_destroy(channel);
		batch_destroy(batch);
	}
	proxy_destroy(proxy);
}

/* Too many calls */

static void max_pending__fails(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;
	size_t i;

	options.max_pending = 3;
	channel = kit_channel(server_name(scene->server), &options);
	batch = batch_create(channel, 10, 20000);
	for (i = 0; i < 3; i++)
		assert_int_equal(batch_start(batch, i, "#hold ", NULL), 0);
	assert_int_equal(batch_start(batch, 3, "", NULL),
			 KELP_RPC_EOVERCROWDED);
	/* blocking calls are not meant */
	assert_int_equal(batch_block(batch, 4, "", NULL), 0);
	assert_true(server_wait(scene->server, SERVER_HELD, 3, KIT_PATIENCE_MS));
	server_release(scene->server);
	assert_true(batch_wait(batch, 4, KIT_PATIENCE_MS));
	for (i = 5; i < 8; i++)
		assert_int_equal(batch_start(batch, i, "", NULL), 0);
	assert_true(batch_wait(batch, 7, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 7);
	assert_int_equal(kit_stats(channel).overcrowded, 1);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

struct rush {
	struct scene *scene;
	struct batch *batch;
};

/* One starts a call, another one lets that go for whose place it waits. */
static void start_or_release(size_t i, void *data)
{
	struct rush *rush = data;

	if (i)
		server_release(rush->scene->server);
	else
		batch_start(rush->batch, 2, "", NULL);
}

/* Whoever waits for room waits no longer than the call's time. */
static void max_pending__waits(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct rush rush = { .scene = *state };
	struct kelp_channel *channel;
	uint64_t begun;

	options.max_pending = 1;
	options.block_when_full = true;
	brief.timeout_ms = 50;
	channel = kit_channel(server_name(rush.scene->server), &options);
	rush.batch = batch_create(channel, 3, 20000);
	assert_int_equal(batch_start(rush.batch, 0, "#hold ", NULL), 0);
	assert_true(server_wait(rush.scene->server, SERVER_HELD, 1,
				KIT_PATIENCE_MS));
	begun = kit_now();
	assert_int_equal(batch_start(rush.batch, 1, "", &brief),
			 KELP_RPC_EOVERCROWDED);
	assert_true(kit_ms_since(begun) >= 50);
	assert_true(kit_in_time(begun, kit_now(), 50));
	kit_crowd(2, start_or_release, &rush);
	assert_true(batch_wait(rush.batch, 2, KIT_PATIENCE_MS));
	batch_check(rush.batch);
	assert_int_equal(batch_tally(rush.batch, 0), 2);
	kelp_channel_destroy(channel);
	batch_destroy(rush.batch);
}

#define CROWD 4
#define EACH 150

static void start_some(size_t i, void *data)
{
	struct batch *batch = data;
	size_t j;

	for (j = 0; j < EACH; j++)
		batch_start(batch, i * EACH + j, j % 2 ? "" : "#late 1 ", NULL);
}

/* Several wait for the same room. */
static void max_pending__crowd_waits(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;

	options.max_pending = 3;
	options.block_when_full = true;
	channel = kit_channel(server_name(scene->server), &options);
	batch = batch_create(channel, CROWD * EACH, 20000);
	kit_crowd(CROWD, start_some, batch);
	assert_true(batch_wait(batch, CROWD * EACH, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), CROWD * EACH);
	assert_int_equal(kit_stats(channel).overcrowded, 0);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

/* The secret */

static void secret__is_told_once(void **state)
{
	const struct server_options guarded = { .secret = "open sesame" };
	struct kelp_channel_options options = kit_options();
	struct kelp_channel *channel;
	char secret[] = "open sesame";
	struct server_call last;
	struct server *server;
	enum batch_form form;
	struct batch *batch;
	size_t i = 0;

	(void)state;
	assert_int_equal(server_create(&server, &guarded), 0);
	options.secret = secret;
	channel = kit_channel(server_name(server), &options);
	memset(secret, 'x', sizeof(secret) - 1);
	batch = batch_create(channel, 4 * BATCH_FORMS, 20000);
	for (form = 0; form < BATCH_FORMS; form++) {
		batch_run(batch, i++, form, "", NULL);
		batch_run(batch, i++, form, "", NULL);
		server_last(server, &last);
		assert_int_equal(last.secret_len, 0);
		/* a new connection has to hear it again */
		server_cut(server, false);
		batch_run(batch, i++, form, "", NULL);
		server_last(server, &last);
		assert_int_equal(last.secret_len, 11);
		batch_run(batch, i++, form, "", NULL);
	}
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 4 * BATCH_FORMS);
	assert_int_equal(server_count(server, SERVER_REFUSED), 0);
	kelp_channel_destroy(channel);
	server_destroy(server);
	batch_destroy(batch);
}

static void secret__is_wrong(void **state)
{
	static const char *const secrets[] = { NULL, "open", "open sesame!" };
	const struct server_options guarded = { .secret = "open sesame" };
	struct kelp_channel_options options = kit_options();
	struct kelp_channel *channel;
	struct server *server;
	struct batch *batch;
	enum batch_form form;
	size_t i;

	(void)state;
	assert_int_equal(server_create(&server, &guarded), 0);
	for (i = 0; i < ARRAY_LEN(secrets); i++) {
		options.secret = secrets[i];
		channel = kit_channel(server_name(server), &options);
		batch = batch_create(channel, 2 * BATCH_FORMS, 20000);
		for (form = 0; form < BATCH_FORMS; form++) {
			batch_run(batch, form, form, "", NULL);
			batch_run(batch, form + BATCH_FORMS, form, "", NULL);
		}
		batch_check(batch);
		assert_int_equal(batch_tally(batch, KELP_RPC_ERPCAUTH),
				 2 * BATCH_FORMS);
		kelp_channel_destroy(channel);
		batch_destroy(batch);
	}
	assert_int_equal(server_count(server, SERVER_EXECUTED), 0);
	server_destroy(server);
}

/* Numbers */

static void kelp_channel_stats__add_up(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 40, 20000);
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct kelp_endpoint_stats endpoint;
	struct kelp_channel_stats stats;
	size_t i;

	for (i = 0; i < 20; i++)
		batch_run(batch, i, i % BATCH_FORMS, "", NULL);
	for (i = 20; i < 25; i++)
		batch_run(batch, i, i % BATCH_FORMS, "#code 2001 ", NULL);
	batch_at(batch, 25)->handled = true;
	batch_start(batch, 25, "#never ", NULL);
	kelp_call_cancel(batch_at(batch, 25)->handle);
	brief.timeout_ms = 100;
	for (i = 26; i < 29; i++)
		batch_start(batch, i, "#never ", &brief);
	assert_true(batch_wait(batch, 29, KIT_PATIENCE_MS));
	batch_check(batch);
	stats = kit_stats(scene->channel);
	assert_int_equal(stats.calls, 29);
	assert_int_equal(stats.errors, 9);
	assert_int_equal(stats.cancelled, 1);
	assert_int_equal(stats.timeouts, 3);
	assert_int_equal(stats.retries, 0);
	assert_int_equal(stats.latency.count, 20);
	assert_int_equal(stats.connects, 2);
	assert_int_equal(stats.endpoints, 1);
	assert_int_equal(stats.endpoints_up, 1);
	assert_in_range(stats.sends, 25, 29);
	assert_true(stats.receives >= 25);
	assert_true(stats.wakeups > 0 && stats.waits > 0);
	assert_int_equal(kelp_channel_endpoints(scene->channel, &endpoint, 1,
						sizeof(endpoint)), 1);
	assert_string_equal(endpoint.name, server_name(scene->server));
	assert_int_equal(endpoint.attempts, 29);
	assert_int_equal(endpoint.inflight, 0);
	assert_int_equal(endpoint.failures, 3);
	assert_int_equal(endpoint.downs, 0);
	assert_int_equal(endpoint.state, KELP_ENDPOINT_UP);
	assert_int_equal(endpoint.latency.count, 20);
	batch_destroy(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(timeout__each_form),
		scene_test(timeout__many),
		scene_test(timeout__in_pieces),
		scene_test(timeout__while_connecting),
		scene_test(connect_timeout__is_shorter),
		scene_test(max_pending__fails),
		scene_test(max_pending__waits),
		scene_test(max_pending__crowd_waits),
		cmocka_unit_test(secret__is_told_once),
		cmocka_unit_test(secret__is_wrong),
		scene_test(kelp_channel_stats__add_up),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
