// SPDX-License-Identifier: GPL-2.0-only
/*
 * The circuit breaker: servers that can be reached, but whose calls come to
 * nothing, go out of use and are let back in by one call. And what old
 * connections have to do with it: to a server that is back they are of no use.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <kelp/client.h>

#include "client_pace.h"
#include "fleet.h"
#include "harness.h"
#include "proxy.h"
#include "stage.h"
#include "traffic.h"

#define TIMEOUT_MS 100
#define BREAKER 5
#define PATIENCE_MS 20000

static const struct kelp_channel_options quick = {
	.size = sizeof(quick),
	.timeout_ms = TIMEOUT_MS,
	.connect_timeout_ms = 100,
	.health_interval_ms = 50,
	.health_max_ms = 200,
	.breaker_failures = BREAKER,
	.balance = KELP_BALANCE_ROUND_ROBIN,
};

static const struct kelp_call_options once = {
	.size = sizeof(once),
	.timeout_ms = TIMEOUT_MS,
};

static struct kelp_endpoint_stats endpoint_stats(struct kelp_channel *channel,
						 const struct server *server)
{
	struct kelp_endpoint_stats stats;

	assert_true(channel_endpoint(channel, server_name(server), &stats));
	return stats;
}

static void rule(struct server *server, const char *words)
{
	struct server_rule all = { .words = words };

	server_rules_clear(server);
	if (words)
		assert_int_equal(server_rule_add(server, &all), 0);
}

/* A call at a time: not one less, and not one more. */
static void trip(const char *words, int code)
{
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	uint64_t begun;
	int i;

	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &quick);
	rule(fleet.server[0], words);
	for (i = 0; i < BREAKER; i++) {
		assert_int_equal(endpoint_stats(channel,
						fleet.server[0]).state,
				 KELP_ENDPOINT_UP);
		assert_int_equal(count_call(channel, count_id(), "", &once,
					    NULL), code);
	}
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).downs, 1);
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).failures,
			 BREAKER);
	/* it has recovered, which one call shows */
	rule(fleet.server[0], NULL);
	begun = stage_now();
	while (count_call(channel, count_id(), "", &once, &reply)) {
		assert_int_equal(reply.attempts, 0);
		assert_true(stage_now() - begun < PATIENCE_MS * 1000000ull);
		stage_nap();
	}
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).downs, 1);
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).failures,
			 BREAKER);
	assert_int_equal(count_call(channel, count_id(), "", &once, NULL), 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

static void breaker__timeouts(void **state)
{
	(void)state;
	trip("#never", KELP_RPC_ERPCTIMEDOUT);
}

static void breaker__resets(void **state)
{
	(void)state;
	trip("#unrun #reset", KELP_RPC_EFAILEDSOCKET);
}

static void breaker__closed(void **state)
{
	(void)state;
	trip("#unrun #close", KELP_RPC_EEOF);
}

static void breaker__garbage(void **state)
{
	(void)state;
	trip("#unrun #garbage", KELP_RPC_ERESPONSE);
}

/* What a method answers says nothing against the server; nor does a refusal. */
static void breaker__answers(void **state)
{
	static const int codes[] = { 1001, 1003, 2001, 2004, 4711 };
	struct kelp_call_options options = once;
	struct kelp_channel *channel;
	struct fleet fleet;
	char words[32];
	size_t i, n;

	(void)state;
	options.max_retries = -1;
	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &quick);
	for (i = 0; i < ARRAY_LEN(codes); i++) {
		snprintf(words, sizeof(words), "#code %d ", codes[i]);
		for (n = 0; n < 2 * BREAKER; n++)
			assert_int_equal(count_call(channel, count_id(), words,
						    &options, NULL), codes[i]);
	}
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).downs, 0);
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).failures, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Only a row of them counts. */
static void breaker__one_is_good(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	int i;

	(void)state;
	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &quick);
	for (i = 1; i < 4 * BREAKER; i++)
		count_call(channel, count_id(),
			   i % BREAKER ? "#reset 0 " : "", &once, NULL);
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).downs, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

static void breaker__never(void **state)
{
	struct kelp_channel_options options = quick;
	struct kelp_channel *channel;
	struct fleet fleet;
	int i;

	(void)state;
	options.breaker_failures = -1;
	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &options);
	for (i = 0; i < 4 * BREAKER; i++)
		assert_int_equal(count_call(channel, count_id(), "#reset 0 ",
					    &once, NULL),
				 KELP_RPC_EFAILEDSOCKET);
	assert_int_equal(endpoint_stats(channel, fleet.server[0]).downs, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/*
 * Under load: it costs no more calls than were there, and then one for each time
 * that the server can be reached, which is seldom.
 */
static void breaker__one_trial(void **state)
{
	const struct traffic_options calls = {
		.blocking = 6, .started = 12, .words = "#late 2 ",
		.call = &once,
	};
	struct traffic_options options = calls;
	struct kelp_endpoint_stats stats;
	uint64_t before, accepted;
	struct traffic *traffic;
	struct traffic_sum sum;
	struct fleet fleet;

	(void)state;
	fleet_create(&fleet, 3, NULL);
	options.channel = fleet_channel(&fleet, &quick);
	traffic = traffic_begin(&options);
	assert_true(server_wait(fleet.server[1], SERVER_EXECUTED, 20,
				PATIENCE_MS));
	rule(fleet.server[1], "#never");
	assert_true(channel_await(options.channel,
				  server_name(fleet.server[1]),
				  KELP_ENDPOINT_DOWN, PATIENCE_MS));
	/* those that were under way have ended */
	do {
		stage_nap();
		stats = endpoint_stats(options.channel, fleet.server[1]);
	} while (stats.inflight && stats.state == KELP_ENDPOINT_DOWN);
	before = server_count(fleet.server[1], SERVER_CALLS);
	accepted = server_count(fleet.server[1], SERVER_ACCEPTED);
	assert_true(server_wait(fleet.server[1], SERVER_CALLS, before + 4,
				PATIENCE_MS));
	/* each trial: the keeper's connection, and perhaps one for the call */
	assert_true(server_count(fleet.server[1], SERVER_ACCEPTED) - accepted >=
		    server_count(fleet.server[1], SERVER_CALLS) - before);
	stats = endpoint_stats(options.channel, fleet.server[1]);
	assert_in_range(stats.inflight, 0, 1);
	rule(fleet.server[1], NULL);
	before = server_count(fleet.server[1], SERVER_CALLS);
	assert_true(server_wait(fleet.server[1], SERVER_CALLS, before + 50,
				PATIENCE_MS));
	traffic_end(traffic, &sum);
	assert_int_equal(sum.hung, 0);
	/* those under way, a row, and the trials */
	stats = endpoint_stats(options.channel, fleet.server[1]);
	assert_in_range(stats.failures, BREAKER,
			18 + BREAKER + 2 * stats.downs);
	kelp_channel_destroy(options.channel);
	fleet_destroy(&fleet);
}

/*
 * In and out of use some hundred times, with many callers at the door each time:
 * in the end it is in use.
 */
static void breaker__flapping(void **state)
{
	struct kelp_channel_options flapping = quick;
	struct traffic_options options = {
		.blocking = 12, .started = 24, .words = "", .call = &once,
	};
	struct server_rule some = {
		.words = "#unrun #reset", .per_million = 300000,
	};
	uint64_t downs = 0, now, begun;
	struct traffic *traffic;
	struct traffic_sum sum;
	struct fleet fleet;
	int i;

	(void)state;
	flapping.breaker_failures = 1;
	flapping.health_interval_ms = 1;
	flapping.health_max_ms = 1;
	fleet_create(&fleet, 1, NULL);
	options.channel = fleet_channel(&fleet, &flapping);
	assert_int_equal(server_rule_add(fleet.server[0], &some), 0);
	traffic = traffic_begin(&options);
	begun = stage_now();
	while (downs < (test_full() ? 10000 : 300)) {
		stage_nap();
		now = endpoint_stats(options.channel, fleet.server[0]).downs;
		/* else it is not in use, and nobody knows that */
		if (now == downs)
			assert_true(stage_now() - begun <
				    PATIENCE_MS * 1000000ull);
		else
			begun = stage_now();
		downs = now;
	}
	server_rules_clear(fleet.server[0]);
	traffic_end(traffic, &sum);
	assert_int_equal(sum.hung, 0);
	assert_true(channel_await(options.channel,
				  server_name(fleet.server[0]),
				  KELP_ENDPOINT_UP, PATIENCE_MS));
	for (i = 0; i < 100; i++)
		assert_int_equal(count_call(options.channel, count_id(), "",
					    &once, NULL), 0);
	kelp_channel_destroy(options.channel);
	fleet_destroy(&fleet);
}

/* What one thread of several does: see breaker__own_faults. */
static void *crowd(void *channel)
{
	int i;

	for (i = 0; i < 40; i++)
		count_call(channel, count_id(), "", &once, NULL);
	return NULL;
}

/*
 * That all connections to it are in use is no answer of the server's: it does
 * not end a row of failures.
 */
static void breaker__own_faults(void **state)
{
	struct kelp_channel_options options = quick;
	struct kelp_channel *channel;
	struct fleet fleet;
	pthread_t thread[4];
	size_t i;

	(void)state;
	options.pool_max_total = 1;
	options.pool_wait_ms = 20;
	options.max_retries = -1;
	fleet_create(&fleet, 1, NULL);
	rule(fleet.server[0], "#never");
	channel = fleet_channel(&fleet, &options);
	for (i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, crowd,
						channel), 0);
	assert_true(channel_await(channel, server_name(fleet.server[0]),
				  KELP_ENDPOINT_DOWN, PATIENCE_MS));
	for (i = 0; i < ARRAY_LEN(thread); i++)
		pthread_join(thread[i], NULL);
	assert_true(channel_stats(channel).overcrowded > 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/*
 * What is sent on a connection is taken and never answered, which the client's
 * kernel cannot know: but new connections are in order.
 */
static void black_hole(size_t blocking, size_t started)
{
	struct traffic_options options = {
		.blocking = blocking, .started = started, .words = "#late 2 ",
		.call = &once,
	};
	struct traffic *traffic;
	struct traffic_sum sum;
	struct proxy *proxy;
	struct fleet fleet;
	uint64_t before;

	fleet_create(&fleet, 1, NULL);
	assert_int_equal(proxy_create(&proxy, server_port(fleet.server[0]), 1),
			 0);
	assert_int_equal(kelp_channel_create(&options.channel,
					     proxy_name(proxy), &quick), 0);
	traffic = traffic_begin(&options);
	assert_true(traffic_wait(traffic, 50, PATIENCE_MS));
	proxy_cut(proxy, PROXY_HOLE);
	/* each of those that block finds its own way out */
	if (started)
		assert_true(channel_await(options.channel, proxy_name(proxy),
					  KELP_ENDPOINT_DOWN, PATIENCE_MS));
	before = server_count(fleet.server[0], SERVER_EXECUTED);
	assert_true(server_wait(fleet.server[0], SERVER_EXECUTED, before + 50,
				3000));
	traffic_end(traffic, &sum);
	assert_int_equal(sum.hung, 0);
	kelp_channel_destroy(options.channel);
	proxy_destroy(proxy);
	fleet_destroy(&fleet);
}

static void black_hole__blocking(void **state)
{
	(void)state;
	black_hole(4, 0);
}

static void black_hole__started(void **state)
{
	(void)state;
	black_hole(0, 8);
}

/*
 * A server that leaves keeps its connections, and another one begins at the same
 * address: that is where calls go then.
 */
static void successor__gets_the_calls(void **state)
{
	const struct traffic_options calls = {
		.blocking = 2, .started = 4, .words = "#late 2 ",
		.call = &once,
	};
	struct traffic_options options = calls;
	struct server_options same = { 0 };
	struct server *server, *successor;
	struct traffic *traffic;
	struct traffic_sum sum;
	uint64_t errors;

	(void)state;
	assert_int_equal(server_create(&server, NULL), 0);
	assert_int_equal(kelp_channel_create(&options.channel,
					     server_name(server), &quick), 0);
	traffic = traffic_begin(&options);
	assert_true(traffic_wait(traffic, 50, PATIENCE_MS));
	server_drain(server);
	assert_true(channel_await(options.channel, server_name(server),
				  KELP_ENDPOINT_LEAVING, PATIENCE_MS));
	same.port = server_port(server);
	assert_int_equal(server_create(&successor, &same), 0);
	assert_true(server_wait(successor, SERVER_EXECUTED, 50, 3000));
	errors = server_count(server, SERVER_ERRORS);
	assert_true(traffic_wait(traffic, 100, PATIENCE_MS));
	assert_int_equal(server_count(server, SERVER_ERRORS), errors);
	traffic_end(traffic, &sum);
	assert_int_equal(sum.hung, 0);
	kelp_channel_destroy(options.channel);
	server_destroy(successor);
	server_destroy(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaker__timeouts),
		cmocka_unit_test(breaker__resets),
		cmocka_unit_test(breaker__closed),
		cmocka_unit_test(breaker__garbage),
		cmocka_unit_test(breaker__answers),
		cmocka_unit_test(breaker__one_is_good),
		cmocka_unit_test(breaker__never),
		cmocka_unit_test(breaker__one_trial),
		cmocka_unit_test(breaker__flapping),
		cmocka_unit_test(breaker__own_faults),
		cmocka_unit_test(black_hole__blocking),
		cmocka_unit_test(black_hole__started),
		cmocka_unit_test(successor__gets_the_calls),
	};

	return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
