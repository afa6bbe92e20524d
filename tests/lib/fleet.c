// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several servers and a channel to them. The thread that the test runs in, but
 * for what makes calls; knows nothing of what is tested.
 */
#include "fleet.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executions.h"
#include "harness.h"
#include "stage.h"

void fleet_create(struct fleet *fleet, size_t nr, const unsigned int *weights)
{
	struct server_options options = { 0 };
	size_t i, len;

	assert_true(nr <= FLEET_MOST);
	*fleet = (struct fleet){ .target = "list://" };
	fleet->executions = executions_create();
	assert_non_null(fleet->executions);
	options.executions = fleet->executions;
	for (i = 0; i < nr; i++) {
		assert_int_equal(server_create(&fleet->server[i], &options), 0);
		fleet->nr++;
		len = strlen(fleet->target);
		snprintf(fleet->target + len, sizeof(fleet->target) - len,
			 "%s%s*%u", i ? "," : "",
			 server_name(fleet->server[i]),
			 weights ? weights[i] : 1);
	}
}

void fleet_destroy(struct fleet *fleet)
{
	while (fleet->nr)
		server_destroy(fleet->server[--fleet->nr]);
	executions_destroy(fleet->executions);
}

void fleet_rule(struct fleet *fleet, const char *words)
{
	struct server_rule rule = { .words = words };
	size_t i;

	for (i = 0; i < fleet->nr; i++) {
		server_rules_clear(fleet->server[i]);
		if (words)
			assert_int_equal(server_rule_add(fleet->server[i],
							 &rule), 0);
	}
}

struct kelp_channel *fleet_channel(const struct fleet *fleet,
				   const struct kelp_channel_options *options)
{
	struct kelp_channel *channel;

	assert_int_equal(kelp_channel_create(&channel, fleet->target, options),
			 0);
	return channel;
}

uint64_t fleet_executed(const struct fleet *fleet, uint64_t *list)
{
	uint64_t sum = 0, its;
	size_t i;

	for (i = 0; i < fleet->nr; i++) {
		its = server_count(fleet->server[i], SERVER_EXECUTED);
		sum += its;
		if (list)
			list[i] = its;
	}
	return sum;
}

bool channel_endpoint(struct kelp_channel *channel, const char *name,
		      struct kelp_endpoint_stats *stats)
{
	struct kelp_endpoint_stats list[FLEET_MOST];
	size_t i, nr;

	nr = kelp_channel_endpoints(channel, list, FLEET_MOST, sizeof(list[0]));
	for (i = 0; i < nr && i < FLEET_MOST; i++) {
		if (strcmp(list[i].name, name))
			continue;
		*stats = list[i];
		return true;
	}
	return false;
}

bool channel_await(struct kelp_channel *channel, const char *name,
		   enum kelp_endpoint_state state, int timeout_ms)
{
	uint64_t until = stage_now() + (uint64_t)timeout_ms * 1000000;
	struct kelp_endpoint_stats stats;

	do {
		if (channel_endpoint(channel, name, &stats) &&
		    stats.state == state)
			return true;
		stage_nap();
	} while (stage_now() < until);
	return false;
}

struct kelp_channel_stats channel_stats(struct kelp_channel *channel)
{
	struct kelp_channel_stats stats;

	kelp_channel_stats(channel, &stats, sizeof(stats));
	return stats;
}

struct kelp_bytes count_message(uint8_t *to, uint64_t id, const char *words)
{
	size_t len = sizeof(id) + strlen(words);

	/* so that the length is one byte */
	if (len + 2 > COUNT_ROOM)
		abort();
	to[0] = 1 << 3 | 2;
	to[1] = (uint8_t)len;
	memcpy(to + 2, &id, sizeof(id));
	memcpy(to + 2 + sizeof(id), words, strlen(words));
	return (struct kelp_bytes){ to, len + 2 };
}

int count_call(struct kelp_channel *channel, uint64_t id, const char *words,
	       const struct kelp_call_options *options,
	       struct kelp_reply *reply)
{
	struct kelp_reply unused;
	uint8_t room[COUNT_ROOM];
	struct kelp_request request = {
		.service = "test.Count",
		.method = "Count",
		.message = count_message(room, id, words),
	};

	if (!reply)
		reply = &unused;
	kelp_call_raw(channel, &request, reply, options);
	kelp_reply_clear(reply);
	return reply->code;
}

int count_call_started(struct kelp_channel *channel, uint64_t id,
		       const char *words,
		       const struct kelp_call_options *options,
		       struct kelp_reply *reply)
{
	uint8_t room[COUNT_ROOM];
	struct kelp_fanout_part part = {
		.channel = channel,
		.options = options,
		.request = {
			.service = "test.Count",
			.method = "Count",
			.message = count_message(room, id, words),
		},
	};

	kelp_fanout(&part, 1, 0);
	kelp_reply_clear(&part.reply);
	if (reply)
		*reply = part.reply;
	return part.reply.code;
}

uint64_t count_id(void)
{
	static _Atomic uint64_t last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

bool test_full(void)
{
	const char *full = getenv("TEST_FULL");

	return full && *full && strcmp(full, "0");
}
