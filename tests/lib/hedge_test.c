// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hedged calls: a second attempt beside one that takes long. It may help, and
 * must never harm.
 */
#include <stdio.h>
#include <string.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "client_pace.h"
#include "executions.h"
#include "fleet.h"
#include "proxy.h"
#include "stage.h"

#define CALLS 20
#define HEDGE_MS 30

static const struct kelp_channel_options steady = {
	.size = sizeof(steady),
	.timeout_ms = 5000,
	/* so that a slow server gets its calls all the same: see hash_of() */
	.balance = KELP_BALANCE_HASH,
	.breaker_failures = -1,
	.health_interval_ms = 20,
	.health_max_ms = 50,
};

static const struct kelp_call_options hedged = {
	.size = sizeof(hedged),
	.timeout_ms = 5000,
	.idempotent = true,
	.hedge_ms = HEDGE_MS,
};

static void rule(struct server *server, const char *words)
{
	struct server_rule all = { .words = words };

	server_rules_clear(server);
	assert_int_equal(server_rule_add(server, &all), 0);
}

/* Calls with this hash go to that server first. */
static uint64_t hash_of(struct kelp_channel *channel, const char *name)
{
	struct kelp_call_options options = hedged;
	struct kelp_reply reply;

	options.hedge_ms = 0;
	do {
		options.hash++;
		assert_int_equal(count_call(channel, count_id(), "", &options,
					    &reply), 0);
	} while (strcmp(reply.endpoint, name));
	return options.hash;
}

/* A blocking call, or one that is started and waited for. */
static void make_call(struct kelp_channel *channel, bool started,
		      const struct kelp_call_options *options,
		      struct kelp_reply *reply)
{
	if (started)
		count_call_started(channel, count_id(), "", options, reply);
	else
		count_call(channel, count_id(), "", options, reply);
}

/* All calls are good, and none took longer than the hedge and what it needs. */
static void assert_quick(struct kelp_channel *channel, bool started,
			 uint64_t hash)
{
	struct kelp_call_options options = hedged;
	struct kelp_reply reply;
	uint64_t begun, now;
	int i;

	options.hash = hash;
	for (i = 0; i < CALLS; i++) {
		begun = kit_now();
		make_call(channel, started, &options, &reply);
		now = kit_now();
		if (reply.code)
			fail_msg("%d: %s", reply.code, reply.text);
		assert_in_range(now - begun, 0,
				(HEDGE_MS + KIT_SLACK_MS) * KIT_MS +
				pace_lost(begun, now));
	}
}

static void slow(const char *words, bool started)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	uint64_t hash;

	pace_start();
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &steady);
	hash = hash_of(channel, server_name(fleet.server[0]));
	rule(fleet.server[0], words);
	assert_quick(channel, started, hash);
	assert_int_equal(channel_stats(channel).hedges, CALLS);
	assert_int_equal(channel_stats(channel).errors, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

static void hedge__slow_server(void **state)
{
	(void)state;
	slow("#late 1000", false);
	slow("#late 1000", true);
}

static void hedge__silent_server(void **state)
{
	(void)state;
	slow("#never", false);
	slow("#never", true);
}

/*
 * A server whose calls are always given up for the other one's is known to be
 * slow all the same, and gets few.
 */
static void hedge__known_to_be_slow(void **state)
{
	struct kelp_channel_options options = steady;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	int i;

	(void)state;
	options.balance = KELP_BALANCE_P2C;
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &options);
	rule(fleet.server[0], "#late 1000");
	for (i = 0; i < 2 * CALLS; i++) {
		make_call(channel, i % 2, &hedged, &reply);
		assert_int_equal(reply.code, 0);
	}
	assert_in_range(channel_stats(channel).hedges, 0, CALLS / 2);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Not even a connection comes about, which takes longer than the hedge. */
static void hedge__lost_server(void **state)
{
	struct kelp_channel_options options = steady;
	struct kelp_channel *channel;
	struct proxy *proxy;
	struct fleet fleet;
	char target[96];
	uint64_t hash;

	(void)state;
	pace_start();
	options.connect_timeout_ms = 4000;
	fleet_create(&fleet, 2, NULL);
	assert_int_equal(proxy_create(&proxy, server_port(fleet.server[0]), 1),
			 0);
	snprintf(target, sizeof(target), "list://%s,%s", proxy_name(proxy),
		 server_name(fleet.server[1]));
	assert_int_equal(kelp_channel_create(&channel, target, &options), 0);
	hash = hash_of(channel, proxy_name(proxy));
	assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
	assert_quick(channel, true, hash);
	assert_int_equal(channel_stats(channel).hedges, CALLS);
	kelp_channel_destroy(channel);
	proxy_destroy(proxy);
	fleet_destroy(&fleet);
}

/* The first attempt takes 100 ms and is good; what the hedge finds is not. */
static void failed(const char *words, bool started)
{
	struct kelp_call_options options = hedged;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	int i;

	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &steady);
	options.hash = hash_of(channel, server_name(fleet.server[0]));
	rule(fleet.server[0], "#late 100");
	rule(fleet.server[1], words);
	for (i = 0; i < CALLS / 4; i++) {
		make_call(channel, started, &options, &reply);
		if (reply.code)
			fail_msg("%d: %s", reply.code, reply.text);
		assert_string_equal(reply.endpoint,
				    server_name(fleet.server[0]));
		assert_string_equal(reply.text, "");
	}
	assert_true(channel_stats(channel).hedges > 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

static void hedge__failed_is_none(void **state)
{
	(void)state;
	failed("#reset", false);
	failed("#code 2001", true);
	failed("#code 2003", true);
	failed("#close 7", false);
	failed("#garbage", true);
}

/* The same with one that refuses connections: then there is no second one. */
static void hedge__refused(void **state)
{
	struct kelp_call_options options = hedged;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	int i;

	(void)state;
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &steady);
	options.hash = hash_of(channel, server_name(fleet.server[0]));
	rule(fleet.server[0], "#late 60");
	server_stop(fleet.server[1]);
	for (i = 0; i < CALLS / 2; i++) {
		make_call(channel, i % 2, &options, &reply);
		if (reply.code)
			fail_msg("%d: %s", reply.code, reply.text);
		assert_string_equal(reply.endpoint,
				    server_name(fleet.server[0]));
	}
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Both fail: then the call has failed, once. */
static void hedge__both_fail(void **state)
{
	struct kelp_call_options options = hedged;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	int i;

	(void)state;
	options.max_retries = -1;
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &steady);
	rule(fleet.server[0], "#late 60 #code 4711");
	rule(fleet.server[1], "#late 90 #code 4711");
	for (i = 0; i < CALLS / 2; i++) {
		make_call(channel, i % 2, &options, &reply);
		assert_int_equal(reply.code, 4711);
		assert_int_equal(reply.attempts, 2);
	}
	assert_int_equal(channel_stats(channel).errors, CALLS / 2);
	assert_int_equal(channel_stats(channel).retries, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* There is nobody else: calls take what they take, and no retry is used up. */
static void hedge__one_server(void **state)
{
	struct kelp_call_options options = hedged;
	struct kelp_fanout_part part[200];
	struct kelp_channel *channel;
	uint8_t room[COUNT_ROOM];
	struct fleet fleet;
	size_t i;

	(void)state;
	options.hedge_ms = 5;
	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &steady);
	rule(fleet.server[0], "#late 100");
	for (i = 0; i < ARRAY_LEN(part); i++)
		part[i] = (struct kelp_fanout_part){
			.channel = channel, .options = &options,
			.request = {
				.service = "test.Count", .method = "Count",
				.message = count_message(room, 1, ""),
			},
		};
	assert_int_equal(kelp_fanout(part, ARRAY_LEN(part), 0), 0);
	for (i = 0; i < ARRAY_LEN(part); i++) {
		assert_int_equal(part[i].reply.attempts, 1);
		kelp_reply_clear(&part[i].reply);
	}
	assert_int_equal(server_count(fleet.server[0], SERVER_CALLS),
			 ARRAY_LEN(part));
	assert_int_equal(channel_stats(channel).hedges, 0);
	assert_int_equal(channel_stats(channel).retries_denied, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Who did not say that twice does no harm gets it once. */
static void hedge__not_idempotent(void **state)
{
	struct kelp_call_options options = hedged;
	struct kelp_channel *channel;
	struct executions_sum sum;
	struct kelp_reply reply;
	struct fleet fleet;
	int i;

	(void)state;
	options.idempotent = false;
	options.hedge_ms = 2;
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &steady);
	rule(fleet.server[0], "#late 20");
	rule(fleet.server[1], "#late 20");
	for (i = 0; i < CALLS; i++) {
		make_call(channel, i % 2, &options, &reply);
		assert_int_equal(reply.code, 0);
		assert_int_equal(reply.attempts, 1);
	}
	executions_sum(fleet.executions, &sum);
	assert_int_equal(sum.most, 1);
	assert_int_equal(channel_stats(channel).hedges, 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/*
 * A slow set of servers does not get twice as many calls: hedges are paid for
 * out of the retry budget.
 */
static void hedge__budget(void **state)
{
	struct kelp_channel_options few = steady;
	struct kelp_call_options options = hedged;
	struct kelp_fanout_part part[400];
	struct kelp_channel *channel;
	uint8_t room[COUNT_ROOM];
	struct kelp_channel_stats stats;
	struct fleet fleet;
	uint64_t begun;
	size_t i;

	(void)state;
	few.retry_budget_percent = 1;
	options.hedge_ms = 5;
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &few);
	fleet_rule(&fleet, "#late 200");
	for (i = 0; i < ARRAY_LEN(part); i++)
		part[i] = (struct kelp_fanout_part){
			.channel = channel, .options = &options,
			.request = {
				.service = "test.Count", .method = "Count",
				.message = count_message(room, 1, ""),
			},
		};
	begun = kit_now();
	assert_int_equal(kelp_fanout(part, ARRAY_LEN(part), 0), 0);
	for (i = 0; i < ARRAY_LEN(part); i++)
		kelp_reply_clear(&part[i].reply);
	stats = channel_stats(channel);
	/* ten seconds' worth of ten, those since, one in a hundred calls */
	assert_in_range(stats.hedges, 90, 100 + 4 + 1 +
			(uint64_t)kit_ms_since(begun) / 100);
	assert_int_equal(stats.hedges + stats.retries_denied, ARRAY_LEN(part));
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Many dates of calls and of connections at the same time. */
static void hedge__many_dates(void **state)
{
	struct kelp_channel_options options = steady;
	struct kelp_fanout_part part[300];
	struct kelp_call_options call = hedged;
	struct kelp_channel *channel;
	uint8_t room[COUNT_ROOM];
	struct proxy *proxy;
	struct fleet fleet;
	size_t i;

	(void)state;
	options.io_connections = 100;
	options.connect_timeout_ms = 300;
	call.hedge_ms = 200;
	call.max_retries = -1;
	fleet_create(&fleet, 1, NULL);
	assert_int_equal(proxy_create(&proxy, server_port(fleet.server[0]), 1),
			 0);
	assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
	assert_int_equal(kelp_channel_create(&channel, proxy_name(proxy),
					     &options), 0);
	for (i = 0; i < ARRAY_LEN(part); i++)
		part[i] = (struct kelp_fanout_part){
			.channel = channel, .options = &call,
			.request = {
				.service = "test.Count", .method = "Count",
				.message = count_message(room, 1, ""),
			},
		};
	assert_int_equal(kelp_fanout(part, ARRAY_LEN(part), 0),
			 ARRAY_LEN(part));
	for (i = 0; i < ARRAY_LEN(part); i++)
		kelp_reply_clear(&part[i].reply);
	kelp_channel_destroy(channel);
	proxy_destroy(proxy);
	fleet_destroy(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hedge__slow_server),
		cmocka_unit_test(hedge__silent_server),
		cmocka_unit_test(hedge__known_to_be_slow),
		cmocka_unit_test(hedge__lost_server),
		cmocka_unit_test(hedge__failed_is_none),
		cmocka_unit_test(hedge__refused),
		cmocka_unit_test(hedge__both_fail),
		cmocka_unit_test(hedge__one_server),
		cmocka_unit_test(hedge__not_idempotent),
		cmocka_unit_test(hedge__budget),
		cmocka_unit_test(hedge__many_dates),
	};

	return cmocka_run_group_tests_name("hedge", tests, NULL, NULL);
}
