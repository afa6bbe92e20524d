// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers that go and come back while calls are made: which calls that may cost,
 * and when the server has its share again. One process: servers, channel, and
 * callers of both kinds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <kelp/client.h>

#include "client_pace.h"
#include "executions.h"
#include "fleet.h"
#include "harness.h"
#include "proxy.h"
#include "stage.h"
#include "traffic.h"

#define SERVERS 3
#define TIMEOUT_MS 400
#define CONNECT_MS 100
#define HEALTH_MAX_MS 200
/* Within this a server is back in use: health_max_ms, connect_timeout_ms. */
#define BACK_MS (HEALTH_MAX_MS + CONNECT_MS)
/* How long behind its deadline a call may end. */
#define LATE_NS 50000000
#define BREAKER 5

static const struct kelp_channel_options quick = {
	.size = sizeof(quick),
	.timeout_ms = TIMEOUT_MS,
	.connect_timeout_ms = CONNECT_MS,
	.health_interval_ms = 50,
	.health_max_ms = HEALTH_MAX_MS,
	.breaker_failures = BREAKER,
};

static const struct kelp_call_options once = {
	.size = sizeof(once),
	.timeout_ms = TIMEOUT_MS,
};

static const struct kelp_call_options twice = {
	.size = sizeof(twice),
	.timeout_ms = TIMEOUT_MS,
	.idempotent = true,
};

/* Servers, a channel, and calls on it. */
struct scene {
	struct fleet fleet;
	struct kelp_channel *channel;
	struct traffic *traffic;
	struct traffic_sum sum;
};

/* Milliseconds since @begun in which the machine let this program run. */
static uint64_t took_ms(uint64_t begun)
{
	uint64_t now = stage_now(), lost = pace_lost(begun, now);

	return now - begun > lost ? (now - begun - lost) / 1000000 : 0;
}

static void scene_traffic(struct scene *scene, size_t blocking, size_t started,
			  const struct kelp_call_options *call)
{
	const struct traffic_options options = {
		.channel = scene->channel, .blocking = blocking,
		.started = started, .words = "#late 3 ", .call = call,
	};

	scene->traffic = traffic_begin(&options);
}

static void scene_begin(struct scene *scene, enum kelp_balance balance)
{
	struct kelp_channel_options options = quick;

	options.balance = balance;
	fleet_create(&scene->fleet, SERVERS, NULL);
	scene->channel = fleet_channel(&scene->fleet, &options);
}

/* All servers have had some calls. */
static void scene_warm(struct scene *scene)
{
	size_t i;

	for (i = 0; i < scene->fleet.nr; i++)
		assert_true(server_wait(scene->fleet.server[i], SERVER_EXECUTED,
					20, 20000));
}

/* No more calls; none has hung. */
static void scene_quiet(struct scene *scene)
{
	traffic_end(scene->traffic, &scene->sum);
	assert_int_equal(scene->sum.hung, 0);
	assert_in_range(scene->sum.late_ns, 0, LATE_NS);
}

static void scene_end(struct scene *scene)
{
	kelp_channel_destroy(scene->channel);
	fleet_destroy(&scene->fleet);
}

static void assert_once(struct scene *scene)
{
	struct executions_sum sum;

	executions_sum(scene->fleet.executions, &sum);
	assert_int_equal(sum.twice, 0);
}

/* So many calls were on their way there at most, or began before it was known. */
static void assert_cost(const struct scene *scene, uint64_t most, bool idempotent)
{
	const struct traffic_sum *sum = &scene->sum;

	if (sum->failed > (idempotent ? 0 : most))
		fail_msg("%lu of %lu calls failed, %s", (long)sum->failed,
			 (long)sum->calls, sum->words);
	/* each caller: the call that was there, and one that found it gone */
	assert_in_range(sum->attempts - sum->calls, 0, 2 * most);
	assert_int_equal(sum->failed,
			 traffic_times(sum, KELP_RPC_EFAILEDSOCKET) +
			 traffic_times(sum, KELP_RPC_EEOF));
}

static void stop_one(size_t blocking, size_t started, bool idempotent)
{
	struct scene scene;

	scene_begin(&scene, KELP_BALANCE_P2C);
	scene_traffic(&scene, blocking, started, idempotent ? &twice : &once);
	scene_warm(&scene);
	server_stop(scene.fleet.server[1]);
	assert_true(traffic_wait(scene.traffic, 300, 20000));
	scene_quiet(&scene);
	assert_cost(&scene, blocking + started, idempotent);
	if (!idempotent)
		assert_once(&scene);
	scene_end(&scene);
}

static void stop__blocking(void **state)
{
	(void)state;
	stop_one(8, 0, false);
}

static void stop__blocking_idempotent(void **state)
{
	(void)state;
	stop_one(8, 0, true);
}

static void stop__started(void **state)
{
	(void)state;
	stop_one(0, 16, false);
}

static void stop__started_idempotent(void **state)
{
	(void)state;
	stop_one(0, 16, true);
}

/*
 * A server that does not answer any more, not even with a reset: what is there
 * hangs until its time is up, and then, or when no connection comes about, it is
 * out of use.
 */
static void lose_one(size_t blocking, size_t started)
{
	struct scene scene;
	struct proxy *proxy;
	char target[128];

	fleet_create(&scene.fleet, 2, NULL);
	assert_int_equal(proxy_create(&proxy,
				      server_port(scene.fleet.server[0]), 1),
			 0);
	snprintf(target, sizeof(target), "list://%s,%s", proxy_name(proxy),
		 server_name(scene.fleet.server[1]));
	assert_int_equal(kelp_channel_create(&scene.channel, target, &quick),
			 0);
	scene_traffic(&scene, blocking, started, &once);
	scene_warm(&scene);
	assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
	assert_true(channel_await(scene.channel, proxy_name(proxy),
				  KELP_ENDPOINT_DOWN, 20000));
	assert_true(traffic_wait(scene.traffic, 300, 20000));
	scene_quiet(&scene);
	assert_in_range(scene.sum.failed, 0, blocking + started + BREAKER);
	assert_int_equal(scene.sum.failed,
			 traffic_times(&scene.sum, KELP_RPC_ERPCTIMEDOUT));
	assert_once(&scene);
	kelp_channel_destroy(scene.channel);
	proxy_destroy(proxy);
	fleet_destroy(&scene.fleet);
}

static void lose__blocking(void **state)
{
	(void)state;
	lose_one(8, 0);
}

static void lose__started(void **state)
{
	(void)state;
	lose_one(0, 16);
}

/* At least half of an equal share of some hundred calls, in time. */
static bool has_share(struct scene *scene, size_t which, uint64_t timeout_ms)
{
	uint64_t begun = stage_now();
	uint64_t before[FLEET_MOST], now[FLEET_MOST], all, sum;

	all = fleet_executed(&scene->fleet, before);
	while (took_ms(begun) < timeout_ms) {
		stage_nap();
		sum = fleet_executed(&scene->fleet, now) - all;
		if (sum < 100)
			continue;
		if (2 * scene->fleet.nr * (now[which] - before[which]) >= sum)
			return true;
		all += sum;
		memcpy(before, now, sizeof(before));
	}
	return false;
}

static void return_one(enum kelp_balance balance, size_t blocking,
		       size_t started)
{
	struct scene scene;
	const char *name;
	uint64_t begun;

	scene_begin(&scene, balance);
	name = server_name(scene.fleet.server[1]);
	scene_traffic(&scene, blocking, started, &once);
	scene_warm(&scene);
	server_stop(scene.fleet.server[1]);
	assert_true(channel_await(scene.channel, name, KELP_ENDPOINT_DOWN,
				  20000));
	assert_true(traffic_wait(scene.traffic, 200, 20000));
	begun = stage_now();
	assert_int_equal(server_start(scene.fleet.server[1]), 0);
	assert_true(channel_await(scene.channel, name, KELP_ENDPOINT_UP,
				  20000));
	assert_in_range(took_ms(begun), 0, BACK_MS);
	/* a second, for a hundred calls to be made */
	assert_true(has_share(&scene, 1, 1000));
	scene_quiet(&scene);
	assert_once(&scene);
	scene_end(&scene);
}

static void start__p2c(void **state)
{
	(void)state;
	return_one(KELP_BALANCE_P2C, 8, 0);
}

static void start__p2c_started(void **state)
{
	(void)state;
	return_one(KELP_BALANCE_P2C, 0, 16);
}

static void start__round_robin(void **state)
{
	(void)state;
	return_one(KELP_BALANCE_ROUND_ROBIN, 4, 8);
}

static void start__random(void **state)
{
	(void)state;
	return_one(KELP_BALANCE_RANDOM, 4, 8);
}

static void start__least(void **state)
{
	(void)state;
	return_one(KELP_BALANCE_LEAST, 4, 8);
}

/*
 * What it had is done, and it gets nothing any more: first it is out of use (not
 * always LEAVING, a new connection may have been refused before that), and then
 * it stays idle, for so long that nobody can have chosen it before.
 */
static void await_idle(struct scene *scene, size_t which)
{
	uint64_t until = stage_now() + 20000000000;
	struct kelp_endpoint_stats stats;
	int idle = 0;

	do {
		assert_true(channel_endpoint(scene->channel,
				server_name(scene->fleet.server[which]),
				&stats));
		if (idle || stats.state != KELP_ENDPOINT_UP)
			idle = stats.inflight ? 1 : idle + 1;
		if (idle > 20)
			return;
		stage_nap();
	} while (stage_now() < until);
	fail_msg("%lu calls are still under way on a server that has left",
		 (long)stats.inflight);
}

/* One behind the other is drained, stopped, and started again. */
static void drain__rolling(void **state)
{
	struct scene scene;
	size_t i;

	(void)state;
	scene_begin(&scene, KELP_BALANCE_P2C);
	scene_traffic(&scene, 6, 12, &once);
	scene_warm(&scene);
	for (i = 0; i < scene.fleet.nr; i++) {
		server_drain(scene.fleet.server[i]);
		await_idle(&scene, i);
		server_stop(scene.fleet.server[i]);
		assert_true(traffic_wait(scene.traffic, 100, 20000));
		assert_int_equal(server_start(scene.fleet.server[i]), 0);
		assert_true(channel_await(scene.channel,
					  server_name(scene.fleet.server[i]),
					  KELP_ENDPOINT_UP, 20000));
	}
	scene_quiet(&scene);
	if (scene.sum.failed)
		fail_msg("%lu of %lu calls failed, %s", (long)scene.sum.failed,
			 (long)scene.sum.calls, scene.sum.words);
	assert_once(&scene);
	scene_end(&scene);
}

/* It says that it leaves, but accepts connections: it is tried again and again. */
static void drain__open_door(void **state)
{
	struct server_rule rule = { .words = "#code 2003" };
	struct scene scene;

	(void)state;
	scene_begin(&scene, KELP_BALANCE_ROUND_ROBIN);
	scene_traffic(&scene, 4, 8, &once);
	scene_warm(&scene);
	assert_int_equal(server_rule_add(scene.fleet.server[2], &rule), 0);
	assert_true(server_wait(scene.fleet.server[2], SERVER_ERRORS, 20,
				20000));
	server_rules_clear(scene.fleet.server[2]);
	assert_true(channel_await(scene.channel,
				  server_name(scene.fleet.server[2]),
				  KELP_ENDPOINT_UP, 20000));
	assert_true(has_share(&scene, 2, 20000));
	scene_quiet(&scene);
	assert_int_equal(scene.sum.failed, 0);
	assert_once(&scene);
	scene_end(&scene);
}

/* All of them are gone: calls fail at once, and all is well when one is back. */
static void stop__all(void **state)
{
	struct scene scene;
	struct kelp_reply reply;
	uint64_t begun;
	size_t i;

	(void)state;
	scene_begin(&scene, KELP_BALANCE_P2C);
	scene_traffic(&scene, 4, 8, &once);
	scene_warm(&scene);
	for (i = 0; i < scene.fleet.nr; i++)
		server_stop(scene.fleet.server[i]);
	for (i = 0; i < scene.fleet.nr; i++)
		assert_true(channel_await(scene.channel,
				server_name(scene.fleet.server[i]),
				KELP_ENDPOINT_DOWN, 20000));
	begun = stage_now();
	assert_int_equal(count_call(scene.channel, count_id(), "", &once,
				    &reply), KELP_RPC_EFAILEDSOCKET);
	assert_int_equal(reply.attempts, 0);
	assert_in_range(took_ms(begun), 0, LATE_NS / 1000000);
	assert_int_equal(server_start(scene.fleet.server[2]), 0);
	begun = stage_now();
	assert_true(channel_await(scene.channel,
				  server_name(scene.fleet.server[2]),
				  KELP_ENDPOINT_UP, 20000));
	assert_in_range(took_ms(begun), 0, BACK_MS);
	/* it may be on trial yet, with somebody else's call */
	while (count_call(scene.channel, count_id(), "", &once, &reply))
		assert_in_range(took_ms(begun), 0, 20000);
	assert_string_equal(reply.endpoint, server_name(scene.fleet.server[2]));
	scene_quiet(&scene);
	assert_once(&scene);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop__blocking),
		cmocka_unit_test(stop__blocking_idempotent),
		cmocka_unit_test(stop__started),
		cmocka_unit_test(stop__started_idempotent),
		cmocka_unit_test(stop__all),
		cmocka_unit_test(lose__blocking),
		cmocka_unit_test(lose__started),
		cmocka_unit_test(start__p2c),
		cmocka_unit_test(start__p2c_started),
		cmocka_unit_test(start__round_robin),
		cmocka_unit_test(start__random),
		cmocka_unit_test(start__least),
		cmocka_unit_test(drain__rolling),
		cmocka_unit_test(drain__open_door),
	};

	return cmocka_run_group_tests_name("failover", tests, NULL, NULL);
}
