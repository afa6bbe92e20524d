// SPDX-License-Identifier: MIT
/* What a channel has counted, for its owner. Any thread. */
#include "channel.h"

#include <string.h>

#include "endpoint.h"
#include "set.h"

static uint64_t look(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void stats_endpoints(struct kelp_channel *channel,
			    struct kelp_channel_stats *stats)
{
	struct set *set = channel_set(channel);
	size_t i;

	stats->endpoints = set->count;
	for (i = 0; i < set->count; i++)
		if (endpoint_state(set->endpoint[i]) == KELP_ENDPOINT_UP)
			stats->endpoints_up++;
	set_put(set);
}

void kelp_channel_stats(struct kelp_channel *channel,
			struct kelp_channel_stats *stats, size_t size)
{
	struct counters *c = &channel->counters;
	struct kelp_channel_stats all = {
		.calls = look(&c->calls), .errors = look(&c->errors),
		.retries = look(&c->retries),
		.retries_denied = look(&c->retries_denied),
		.hedges = look(&c->hedges), .timeouts = look(&c->timeouts),
		.cancelled = look(&c->cancelled), .late = look(&c->late),
		.overcrowded = look(&c->overcrowded),
		.pending = atomic_load_explicit(&channel->pending,
						memory_order_relaxed),
		.connects = look(&c->connects),
		.connect_failures = look(&c->connect_failures),
		.sends = look(&c->sends), .receives = look(&c->receives),
		.wakeups = look(&c->wakeups), .waits = look(&c->waits),
	};

	stats_endpoints(channel, &all);
	latency_read(&c->latency, &all.latency);
	memset(stats, 0, size);
	memcpy(stats, &all, size < sizeof(all) ? size : sizeof(all));
}

static void stats_of(struct endpoint *endpoint, struct kelp_endpoint_stats *out,
		     size_t size)
{
	struct kelp_endpoint_stats all = {
		.weight = endpoint->load.weight,
		.state = endpoint_state(endpoint),
		.inflight = atomic_load_explicit(&endpoint->load.inflight,
						 memory_order_relaxed),
		.attempts = look(&endpoint->attempts),
		.failures = look(&endpoint->failed),
		.downs = look(&endpoint->downs),
	};

	memcpy(all.name, endpoint->name, sizeof(all.name));
	latency_read(&endpoint->latency, &all.latency);
	memset(out, 0, size);
	memcpy(out, &all, size < sizeof(all) ? size : sizeof(all));
}

size_t kelp_channel_endpoints(struct kelp_channel *channel,
			      struct kelp_endpoint_stats *stats, size_t count,
			      size_t size)
{
	struct set *set = channel_set(channel);
	size_t i, nr = set->count;

	for (i = 0; i < nr && i < count; i++)
		stats_of(set->endpoint[i],
			 (struct kelp_endpoint_stats *)((char *)stats +
							i * size), size);
	set_put(set);
	return nr;
}
