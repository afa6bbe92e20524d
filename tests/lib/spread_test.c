// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which server gets a call: each policy as <kelp/client.h> describes it, seen
 * from the servers. tests/unit/lib looks at the choices themselves.
 */
#include <string.h>

#include <kelp/client.h>

#include "fleet.h"
#include "harness.h"
#include "stage.h"
#include "traffic.h"

#define PATIENCE_MS 20000
#define KEYS 400

static const unsigned int weights[] = { 1, 2, 3 };
#define SERVERS ARRAY_LEN(weights)

static const struct kelp_call_options once = {
	.size = sizeof(once),
	.timeout_ms = 5000,
};

static struct kelp_channel *channel_of(struct fleet *fleet,
				       enum kelp_balance balance)
{
	const struct kelp_channel_options options = {
		.size = sizeof(options),
		.balance = balance,
		.health_interval_ms = 20,
		.health_max_ms = 50,
	};

	return fleet_channel(fleet, &options);
}

static void calls(struct kelp_channel *channel, size_t count)
{
	while (count--)
		assert_int_equal(count_call(channel, count_id(), "", &once,
					    NULL), 0);
}

static void ignore(const struct kelp_reply *reply, void *data)
{
	(void)reply;
	(void)data;
}

/* Calls that are under way until the servers release them. */
static void held_calls(struct kelp_channel *channel, size_t count)
{
	uint8_t room[COUNT_ROOM];
	struct kelp_request request = {
		.service = "test.Count",
		.method = "Count",
	};

	while (count--) {
		request.message = count_message(room, count_id(), "#hold ");
		assert_int_equal(kelp_call_start(channel, &request, &once,
						 ignore, NULL, NULL), 0);
	}
}

static void await_held(struct fleet *fleet, uint64_t count)
{
	uint64_t begun = stage_now(), held;
	size_t i;

	do {
		stage_nap();
		for (held = 0, i = 0; i < fleet->nr; i++)
			held += server_count(fleet->server[i], SERVER_HELD);
		assert_true(stage_now() - begun < PATIENCE_MS * 1000000ull);
	} while (held < count);
}

/* Exactly, whoever makes the calls. */
static void round_robin__blocking(void **state)
{
	struct kelp_channel *channel;
	uint64_t executed[FLEET_MOST];
	struct fleet fleet;
	size_t i;

	(void)state;
	fleet_create(&fleet, SERVERS, weights);
	channel = channel_of(&fleet, KELP_BALANCE_ROUND_ROBIN);
	calls(channel, 100 * 6);
	fleet_executed(&fleet, executed);
	for (i = 0; i < SERVERS; i++)
		assert_int_equal(executed[i], 100 * weights[i]);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

static void round_robin__started(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	size_t i;

	(void)state;
	fleet_create(&fleet, SERVERS, weights);
	channel = channel_of(&fleet, KELP_BALANCE_ROUND_ROBIN);
	held_calls(channel, 100 * 6);
	await_held(&fleet, 100 * 6);
	for (i = 0; i < SERVERS; i++)
		assert_int_equal(server_count(fleet.server[i], SERVER_HELD),
				 100 * weights[i]);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* No server has more than one call more than its turn, at any time. */
static void round_robin__smooth(void **state)
{
	static const unsigned int even[] = { 5, 5, 5, 5 };
	uint64_t executed[FLEET_MOST], low, high;
	struct kelp_channel *channel;
	struct fleet fleet;
	size_t i, n;

	(void)state;
	fleet_create(&fleet, ARRAY_LEN(even), even);
	channel = channel_of(&fleet, KELP_BALANCE_ROUND_ROBIN);
	for (n = 0; n < 50; n++) {
		calls(channel, 1);
		fleet_executed(&fleet, executed);
		low = high = executed[0];
		for (i = 1; i < fleet.nr; i++) {
			low = executed[i] < low ? executed[i] : low;
			high = executed[i] > high ? executed[i] : high;
		}
		assert_in_range(high - low, 0, 1);
	}
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/*
 * 1200 calls in shares of a sixth, a third and a half: the widest standard
 * deviation is 17, and six of them are never seen.
 */
static void random__weights(void **state)
{
	struct kelp_channel *channel;
	uint64_t executed[FLEET_MOST];
	struct fleet fleet;
	size_t i;

	(void)state;
	fleet_create(&fleet, SERVERS, weights);
	channel = channel_of(&fleet, KELP_BALANCE_RANDOM);
	calls(channel, 1200);
	fleet_executed(&fleet, executed);
	for (i = 0; i < SERVERS; i++)
		assert_in_range(executed[i], 200 * weights[i] - 104,
				200 * weights[i] + 104);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* As many under way as weight allows, exactly. */
static void least__weights(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	size_t i;

	(void)state;
	fleet_create(&fleet, SERVERS, weights);
	channel = channel_of(&fleet, KELP_BALANCE_LEAST);
	held_calls(channel, 10 * 6);
	await_held(&fleet, 10 * 6);
	for (i = 0; i < SERVERS; i++)
		assert_int_equal(server_count(fleet.server[i], SERVER_HELD),
				 10 * weights[i]);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* One that is busy gets nothing while there is one that is not. */
static void least__busy(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	uint64_t begun;

	(void)state;
	fleet_create(&fleet, 3, NULL);
	channel = channel_of(&fleet, KELP_BALANCE_LEAST);
	held_calls(channel, 3);
	await_held(&fleet, 3);
	server_release(fleet.server[1]);
	server_release(fleet.server[2]);
	begun = stage_now();
	while (channel_stats(channel).pending > 1) {
		assert_true(stage_now() - begun < PATIENCE_MS * 1000000ull);
		stage_nap();
	}
	calls(channel, 200);
	assert_int_equal(server_count(fleet.server[0], SERVER_CALLS), 1);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* A slow server gets few calls, and those that are alike get about as many. */
static void p2c__slow_server(void **state)
{
	struct server_rule slow = { .words = "#late 60" };
	const struct traffic_options calls_of = {
		.blocking = 4, .started = 8, .words = "#late 3 ", .call = &once,
	};
	struct traffic_options options = calls_of;
	uint64_t executed[FLEET_MOST], sum;
	struct traffic *traffic;
	struct traffic_sum became;
	struct fleet fleet;

	(void)state;
	fleet_create(&fleet, 4, NULL);
	options.channel = channel_of(&fleet, KELP_BALANCE_P2C);
	assert_int_equal(server_rule_add(fleet.server[3], &slow), 0);
	traffic = traffic_begin(&options);
	assert_true(traffic_wait(traffic, 2000, 60000));
	traffic_end(traffic, &became);
	assert_int_equal(became.failed, 0);
	sum = fleet_executed(&fleet, executed);
	/* in proportion to its time it would be a twentieth of an equal share */
	assert_in_range(executed[3], 0, sum / 4 / 2);
	/* the others' peaks are the machine's: what they get varies */
	assert_true(executed[0] > sum / 20);
	assert_true(executed[1] > sum / 20);
	assert_true(executed[2] > sum / 20);
	kelp_channel_destroy(options.channel);
	fleet_destroy(&fleet);
}

/* Calls that wait count: those that come find the server that has fewer. */
static void p2c__waiting(void **state)
{
	struct kelp_channel *channel;
	uint64_t held;
	struct fleet fleet;
	size_t i;

	(void)state;
	fleet_create(&fleet, 2, NULL);
	channel = channel_of(&fleet, KELP_BALANCE_P2C);
	held_calls(channel, 100);
	await_held(&fleet, 100);
	/* with two servers both are drawn each time */
	for (i = 0; i < 2; i++) {
		held = server_count(fleet.server[i], SERVER_HELD);
		assert_in_range(held, 45, 55);
	}
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Where each key goes, as the index of its server. */
static void hash_map(struct fleet *fleet, struct kelp_channel *channel,
		     size_t *map)
{
	struct kelp_call_options options = once;
	struct kelp_reply reply;
	size_t key, i;

	for (key = 0; key < KEYS; key++) {
		options.hash = key + 1;
		assert_int_equal(count_call(channel, count_id(), "", &options,
					    &reply), 0);
		for (i = 0; i < fleet->nr; i++)
			if (!strcmp(reply.endpoint,
				    server_name(fleet->server[i])))
				map[key] = i;
	}
}

/* Keys of @gone go elsewhere, each to one of at least two; no other one moves. */
static void assert_moved(const size_t *before, const size_t *after, size_t gone)
{
	size_t key, moved[FLEET_MOST] = { 0 }, places = 0, i;

	for (key = 0; key < KEYS; key++) {
		if (before[key] != gone) {
			assert_int_equal(after[key], before[key]);
			continue;
		}
		assert_int_not_equal(after[key], gone);
		moved[after[key]]++;
	}
	for (i = 0; i < FLEET_MOST; i++)
		places += moved[i] > 0;
	assert_true(places > 1);
}

static void hash__server_goes(void **state)
{
	size_t before[KEYS], after[KEYS];
	struct kelp_channel *channel;
	struct fleet fleet;

	(void)state;
	fleet_create(&fleet, 4, NULL);
	channel = channel_of(&fleet, KELP_BALANCE_HASH);
	hash_map(&fleet, channel, before);
	/* the same again, and in another channel, as in another process */
	hash_map(&fleet, channel, after);
	assert_memory_equal(before, after, sizeof(before));
	server_stop(fleet.server[2]);
	hash_map(&fleet, channel, after);
	assert_moved(before, after, 2);
	assert_int_equal(server_start(fleet.server[2]), 0);
	assert_true(channel_await(channel, server_name(fleet.server[2]),
				  KELP_ENDPOINT_UP, PATIENCE_MS));
	hash_map(&fleet, channel, after);
	assert_memory_equal(before, after, sizeof(before));
	kelp_channel_destroy(channel);
	channel = channel_of(&fleet, KELP_BALANCE_HASH);
	hash_map(&fleet, channel, after);
	assert_memory_equal(before, after, sizeof(before));
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* It is not in the list at all: the same as if it were out of use. */
static void hash__server_removed(void **state)
{
	size_t before[KEYS], after[KEYS];
	struct kelp_channel *channel;
	struct fleet fleet;

	(void)state;
	fleet_create(&fleet, 4, NULL);
	channel = channel_of(&fleet, KELP_BALANCE_HASH);
	hash_map(&fleet, channel, before);
	kelp_channel_destroy(channel);
	*strrchr(fleet.target, ',') = 0;
	channel = channel_of(&fleet, KELP_BALANCE_HASH);
	hash_map(&fleet, channel, after);
	assert_moved(before, after, 3);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/*
 * With 100 points for each unit of weight a server's part of the ring is off by
 * a tenth of it; 400 keys add a tenth.
 */
static void hash__weights(void **state)
{
	size_t map[KEYS], nr[SERVERS] = { 0 }, key, i;
	struct kelp_channel *channel;
	struct fleet fleet;

	(void)state;
	fleet_create(&fleet, SERVERS, weights);
	channel = channel_of(&fleet, KELP_BALANCE_HASH);
	hash_map(&fleet, channel, map);
	for (key = 0; key < KEYS; key++)
		nr[map[key]]++;
	for (i = 0; i < SERVERS; i++)
		assert_in_range(nr[i], KEYS * weights[i] / 6 / 2,
				KEYS * weights[i] / 6 * 2);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_robin__blocking),
		cmocka_unit_test(round_robin__started),
		cmocka_unit_test(round_robin__smooth),
		cmocka_unit_test(random__weights),
		cmocka_unit_test(least__weights),
		cmocka_unit_test(least__busy),
		cmocka_unit_test(p2c__slow_server),
		cmocka_unit_test(p2c__waiting),
		cmocka_unit_test(hash__server_goes),
		cmocka_unit_test(hash__server_removed),
		cmocka_unit_test(hash__weights),
	};

	return cmocka_run_group_tests_name("spread", tests, NULL, NULL);
}
