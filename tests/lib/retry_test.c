// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which calls are made again, and how often: never one that may have been carried
 * out, unless its caller said that this does no harm, and never so many that
 * servers in trouble get more of it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "client_pace.h"
#include "dice.h"
#include "executions.h"
#include "fleet.h"
#include "proxy.h"
#include "stage.h"
#include "traffic.h"

#define SERVERS 3

static const struct kelp_channel_options steady = {
	.size = sizeof(steady),
	.timeout_ms = 5000,
	.balance = KELP_BALANCE_ROUND_ROBIN,
	.breaker_failures = -1,
	.health_interval_ms = 5,
	.health_max_ms = 10,
};

static const struct kelp_call_options once = {
	.size = sizeof(once),
	.timeout_ms = 5000,
};

/* The two ways to make a call. */
typedef int make_call_fn(struct kelp_channel *channel, uint64_t id,
			 const char *words,
			 const struct kelp_call_options *options,
			 struct kelp_reply *reply);

static make_call_fn *const ways[] = { count_call, count_call_started };

static void rule(struct server *server, const char *words,
		 unsigned int per_million)
{
	const struct server_rule some = {
		.words = words, .per_million = per_million,
	};

	assert_int_equal(server_rule_add(server, &some), 0);
}

/* Servers behind proxies that break connections wherever that can be. */
struct storm {
	struct fleet fleet;
	struct proxy *proxy[SERVERS];
	struct kelp_channel *channel;
	struct traffic_sum sum;
	struct executions_sum executed;
};

static void storm_proxy(struct storm *storm, size_t i)
{
	static const struct proxy_rule rules[] = {
		/* before the call, within it, right behind it */
		{ .kind = PROXY_RESET, .requests = true, .at = PROXY_ANYWHERE,
		  .per_million = 6000 },
		{ .kind = PROXY_RESET, .requests = true, .at = 0,
		  .per_million = 3000 },
		{ .kind = PROXY_CLOSE, .requests = true, .at = PROXY_ANYWHERE,
		  .per_million = 3000 },
		{ .kind = PROXY_SHUT, .requests = true, .at = PROXY_ANYWHERE,
		  .per_million = 3000 },
		/* it was carried out, and nobody is told */
		{ .kind = PROXY_RESET, .at = PROXY_ANYWHERE,
		  .per_million = 6000 },
		{ .kind = PROXY_SHUT, .at = PROXY_ANYWHERE,
		  .per_million = 3000 },
	};
	size_t n;

	assert_int_equal(proxy_create(&storm->proxy[i],
				      server_port(storm->fleet.server[i]),
				      i + 1), 0);
	for (n = 0; n < ARRAY_LEN(rules); n++)
		assert_int_equal(proxy_rule_add(storm->proxy[i], &rules[n]), 0);
}

static void storm_begin(struct storm *storm,
			const struct kelp_channel_options *options)
{
	char target[128] = "list://";
	size_t i, len;

	fleet_create(&storm->fleet, SERVERS, NULL);
	for (i = 0; i < SERVERS; i++) {
		storm_proxy(storm, i);
		len = strlen(target);
		snprintf(target + len, sizeof(target) - len, "%s%s",
			 i ? "," : "", proxy_name(storm->proxy[i]));
	}
	assert_int_equal(kelp_channel_create(&storm->channel, target, options),
			 0);
}

/* So many calls; between two of them all connections may break. */
static void storm_calls(struct storm *storm, uint64_t count,
			const struct kelp_call_options *call)
{
	const struct traffic_options options = {
		.channel = storm->channel, .blocking = 4, .started = 12,
		.words = "", .call = call,
	};
	struct traffic *traffic = traffic_begin(&options);
	uint64_t dice = 1;
	int i;

	while (traffic_calls(traffic) < count) {
		for (i = 0; i < 20; i++)
			stage_nap();
		proxy_cut(storm->proxy[dice_below(&dice, SERVERS)],
			  dice_below(&dice, 2) ? PROXY_RESET : PROXY_CLOSE);
	}
	traffic_end(traffic, &storm->sum);
	assert_int_equal(storm->sum.hung, 0);
	executions_sum(storm->fleet.executions, &storm->executed);
}

static void storm_end(struct storm *storm)
{
	size_t i;

	kelp_channel_destroy(storm->channel);
	for (i = 0; i < SERVERS; i++)
		proxy_destroy(storm->proxy[i]);
	fleet_destroy(&storm->fleet);
}

static void storm__once(void **state)
{
	struct storm storm;
	size_t i;

	(void)state;
	storm_begin(&storm, &steady);
	for (i = 0; i < SERVERS; i++) {
		rule(storm.fleet.server[i], "#unrun #reset", 3000);
		rule(storm.fleet.server[i], "#reset 5", 3000);
		rule(storm.fleet.server[i], "#code 2003", 1000);
		rule(storm.fleet.server[i], "#code 2004", 3000);
	}
	storm_calls(&storm, test_full() ? 100000 : 10000, &once);
	if (storm.executed.twice)
		fail_msg("%lu calls were carried out more than once, one of them %lu times",
			 (long)storm.executed.twice, (long)storm.executed.most);
	/* each good one was, and some that nobody knows of */
	assert_true(storm.executed.total >= storm.sum.calls - storm.sum.failed);
	assert_true(storm.executed.total <= storm.sum.calls);
	/* it was a storm */
	assert_true(storm.sum.failed > 0);
	assert_true(storm.executed.total > storm.sum.calls - storm.sum.failed);
	assert_true(channel_stats(storm.channel).retries > 0);
	storm_end(&storm);
}

/* All calls are good in the end; what that costs is that some are made twice. */
static void storm__idempotent(void **state)
{
	struct kelp_channel_options options = steady;
	struct kelp_call_options call = once;
	struct storm storm;

	(void)state;
	options.retry_budget_percent = 1000;
	call.idempotent = true;
	call.max_retries = 20;
	storm_begin(&storm, &options);
	storm_calls(&storm, test_full() ? 20000 : 3000, &call);
	if (storm.sum.failed)
		fail_msg("%lu of %lu calls failed, %s", (long)storm.sum.failed,
			 (long)storm.sum.calls, storm.sum.words);
	assert_int_equal(storm.executed.ids, storm.sum.calls);
	assert_true(storm.executed.twice > 0);
	storm_end(&storm);
}

/* One call in each way: how often it was made, and that it was an error. */
static void assert_attempts(const struct kelp_channel_options *channel_options,
			    const struct kelp_call_options *call,
			    const char *words, int code, unsigned int attempts)
{
	struct kelp_channel_options options = *channel_options;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	size_t i;

	/* who leaves does not come back meanwhile */
	options.health_interval_ms = 10000;
	for (i = 0; i < ARRAY_LEN(ways); i++) {
		fleet_create(&fleet, 2, NULL);
		channel = fleet_channel(&fleet, &options);
		assert_int_equal(ways[i](channel, 1, words, call, &reply),
				 code);
		assert_int_equal(reply.attempts, attempts);
		assert_int_equal(server_count(fleet.server[0], SERVER_CALLS) +
				 server_count(fleet.server[1], SERVER_CALLS),
				 attempts);
		assert_int_equal(channel_stats(channel).retries, attempts - 1);
		kelp_channel_destroy(channel);
		fleet_destroy(&fleet);
	}
}

static void retries__by_code(void **state)
{
	static const struct {
		const char *words;
		int code;
		unsigned int once;
		unsigned int idempotent;
	} rows[] = {
		/* refused: by two that leave, or as often as may be */
		{ "#code 2003 ", KELP_RPC_ELOGOFF, 2, 2 },
		{ "#code 2004 ", KELP_RPC_ELIMIT, 4, 4 },
		/* nobody knows */
		{ "#reset ", KELP_RPC_EFAILEDSOCKET, 1, 4 },
		{ "#unrun #reset ", KELP_RPC_EFAILEDSOCKET, 1, 4 },
		{ "#reset 5 ", KELP_RPC_EFAILEDSOCKET, 1, 4 },
		{ "#close ", KELP_RPC_EEOF, 1, 4 },
		{ "#half 9 ", KELP_RPC_EEOF, 1, 4 },
		{ "#code 1011 ", KELP_RPC_EOVERCROWDED, 1, 4 },
		/* answers, which would be the same elsewhere */
		{ "#code 1001 ", KELP_RPC_ENOSERVICE, 1, 1 },
		{ "#code 1003 ", KELP_RPC_EREQUEST, 1, 1 },
		{ "#code 1004 ", KELP_RPC_ERPCAUTH, 1, 1 },
		{ "#code 1008 ", KELP_RPC_ERPCTIMEDOUT, 1, 1 },
		{ "#code 2001 ", KELP_RPC_EINTERNAL, 1, 1 },
		{ "#code 4711 ", 4711, 1, 1 },
		/* a negative one is none of the server's */
		{ "#code -5 ", KELP_RPC_ERESPONSE, 1, 1 },
		{ "#garbage ", KELP_RPC_ERESPONSE, 1, 1 },
	};
	struct kelp_call_options again = once;
	size_t i;

	(void)state;
	again.idempotent = true;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_attempts(&steady, &once, rows[i].words, rows[i].code,
				rows[i].once);
		assert_attempts(&steady, &again, rows[i].words, rows[i].code,
				rows[i].idempotent);
	}
}

static void max_retries__respected(void **state)
{
	static const struct {
		int channel;
		int call;
		unsigned int attempts;
	} rows[] = {
		{ 0, 0, 4 }, { 0, -1, 1 }, { 0, 1, 2 }, { 0, 7, 8 },
		{ -1, 0, 1 }, { -1, 2, 3 }, { 6, 0, 7 }, { 6, -5, 1 },
	};
	struct kelp_channel_options options = steady;
	struct kelp_call_options call = once;
	size_t i;

	(void)state;
	call.idempotent = true;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		options.max_retries = rows[i].channel;
		call.max_retries = rows[i].call;
		assert_attempts(&options, &call, "#reset ",
				KELP_RPC_EFAILEDSOCKET, rows[i].attempts);
	}
}

/* Not connected is not sent, whatever call it is; and each server once. */
static void max_retries__refused(void **state)
{
	struct kelp_call_options call = once;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	size_t i, n;
	int most;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ways); i++) {
		fleet_create(&fleet, 6, NULL);
		for (n = 0; n < fleet.nr; n++)
			server_stop(fleet.server[n]);
		for (most = -1; most < 10; most += 3) {
			channel = fleet_channel(&fleet, &steady);
			call.max_retries = most;
			assert_int_equal(ways[i](channel, 1, "", &call, &reply),
					 KELP_RPC_EFAILEDSOCKET);
			n = most < 0 ? 1 : (size_t)most + 1;
			assert_int_equal(reply.attempts, n < 6 ? n : 6);
			kelp_channel_destroy(channel);
		}
		/* the last one is there, and is found */
		assert_int_equal(server_start(fleet.server[5]), 0);
		call.max_retries = 6;
		channel = fleet_channel(&fleet, &steady);
		assert_int_equal(ways[i](channel, 1, "", &call, &reply), 0);
		assert_string_equal(reply.endpoint,
				    server_name(fleet.server[5]));
		kelp_channel_destroy(channel);
		fleet_destroy(&fleet);
	}
}

/* Connections that broke while nobody used them cost nothing. */
static void stale__is_no_attempt(void **state)
{
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	uint64_t closed, begun;
	size_t i, n;

	(void)state;
	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &steady);
	for (n = 0; n < 20; n++) {
		for (i = 0; i < ARRAY_LEN(ways); i++)
			assert_int_equal(ways[i](channel, count_id(), "", &once,
						 &reply), 0);
		closed = server_count(fleet.server[0], SERVER_ACCEPTED);
		server_cut(fleet.server[0], n % 2);
		assert_true(server_wait(fleet.server[0], SERVER_CLOSED, closed,
					KIT_PATIENCE_MS));
		/* a blocking one looks; the I/O thread is told, but when? */
		assert_int_equal(count_call(channel, count_id(), "", &once,
					    &reply), 0);
		assert_int_equal(reply.attempts, 1);
		begun = kit_now();
		while (count_call_started(channel, count_id(), "", &once,
					  &reply)) {
			assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
			stage_nap();
		}
	}
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* A call whose time is up is not made again, though it might be. */
static void timeout__no_retry(void **state)
{
	struct kelp_call_options call = once;

	(void)state;
	call.idempotent = true;
	call.timeout_ms = 100;
	assert_attempts(&steady, &call, "#never ", KELP_RPC_ERPCTIMEDOUT, 1);
}

/* All attempts together have the time of the call. */
static void timeout__for_all_attempts(void **state)
{
	struct kelp_call_options call = once;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	uint64_t begun, now;
	size_t i;

	(void)state;
	pace_start();
	call.idempotent = true;
	call.timeout_ms = 400;
	call.max_retries = 100;
	fleet_create(&fleet, 2, NULL);
	channel = fleet_channel(&fleet, &steady);
	for (i = 0; i < ARRAY_LEN(ways); i++) {
		begun = kit_now();
		ways[i](channel, 1, "#late 90 #reset ", &call, &reply);
		now = kit_now();
		/* the last one's time is up, unless it fails in that moment */
		assert_true(reply.code == KELP_RPC_ERPCTIMEDOUT ||
			    reply.code == KELP_RPC_EFAILEDSOCKET);
		assert_in_range(reply.attempts, 2, 5);
		assert_in_range(now - begun, 400 * KIT_MS,
				(400 + KIT_SLACK_MS) * KIT_MS +
				pace_lost(begun, now));
	}
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/*
 * All servers break each call. Without a budget these would be four times as
 * many calls as they get when all is well.
 */
static void budget(int percent, size_t blocking, size_t started)
{
	struct kelp_channel_options options = steady;
	struct kelp_call_options call = once;
	struct traffic_options some = {
		.blocking = blocking, .started = started, .words = "",
		.call = &call,
	};
	struct traffic *traffic;
	struct traffic_sum sum;
	uint64_t begun, most;
	struct fleet fleet;
	size_t i;

	options.retry_budget_percent = percent;
	call.idempotent = true;
	fleet_create(&fleet, 2, NULL);
	for (i = 0; i < fleet.nr; i++)
		rule(fleet.server[i], "#unrun #reset", 0);
	begun = kit_now();
	some.channel = fleet_channel(&fleet, &options);
	traffic = traffic_begin(&some);
	assert_true(traffic_wait(traffic, 1000, 60000));
	traffic_end(traffic, &sum);
	assert_int_equal(sum.failed, sum.calls);
	/* saved before, flowed in since, earned by calls that have begun */
	most = 100 + (uint64_t)kit_ms_since(begun) / 100 + 1 +
	       sum.calls * (uint64_t)percent / 100 + 1;
	assert_in_range(sum.attempts - sum.calls, 100, most);
	assert_true(channel_stats(some.channel).retries_denied > 0);
	kelp_channel_destroy(some.channel);
	fleet_destroy(&fleet);
}

static void budget__holds(void **state)
{
	(void)state;
	budget(20, 6, 0);
	budget(20, 0, 12);
	budget(1, 3, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(storm__once),
		cmocka_unit_test(storm__idempotent),
		cmocka_unit_test(retries__by_code),
		cmocka_unit_test(max_retries__respected),
		cmocka_unit_test(max_retries__refused),
		cmocka_unit_test(stale__is_no_attempt),
		cmocka_unit_test(timeout__no_retry),
		cmocka_unit_test(timeout__for_all_attempts),
		cmocka_unit_test(budget__holds),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
