/* SPDX-License-Identifier: MIT */
/*
 * What libkelp counts: how a channel's calls go, and its servers. A part of
 * kelp/client.h, which includes it.
 */
#ifndef KELP_CLIENT_STATS_H
#define KELP_CLIENT_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <kelp/client.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* struct kelp_histogram: classes per doubling, and where they end. */
#define KELP_HISTOGRAM_CLASSES 256

/**
 * struct kelp_histogram - how long calls took
 * @count: calls
 * @sum_ns: time of all of them
 * @max_ns: of the slowest
 * @classes: how many in each class; kelp_histogram_quantile() tells
 */
struct kelp_histogram {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t max_ns;
	uint64_t classes[KELP_HISTOGRAM_CLASSES];
};

/**
 * kelp_histogram_quantile() - how long did the faster part of them take?
 * @histogram: the histogram
 * @part: 0 to 1; 0.99 for the 99th percentile
 *
 * Return: nanoseconds, at most 6 % more or less than it was; 0 when there are
 * none. Of what took longer than 16 s only the slowest is known: that is what
 * stands for all of it.
 */
uint64_t kelp_histogram_quantile(const struct kelp_histogram *histogram,
				 double part);

/**
 * struct kelp_channel_stats - what a channel counts
 * @calls: that have ended
 * @errors: of these with another code than 0
 * @retries: attempts behind the first
 * @retries_denied: that the budget did not allow
 * @hedges: second attempts beside the first
 * @timeouts: calls that ended with ERPCTIMEDOUT on this side
 * @cancelled: calls that ended with -ECANCELED
 * @late: replies that came when their call had ended; dropped
 * @overcrowded: calls that ended with EOVERCROWDED
 * @pending: calls that were started and have not ended
 * @connects: connections that came about
 * @connect_failures: that did not
 * @sends: system calls that sent
 * @receives: system calls that received
 * @wakeups: system calls that woke a thread of the channel's, or told of a queue
 * @waits: system calls by which those threads waited, and learned that they were
 *	woken
 * @endpoints: servers that are known
 * @endpoints_up: of these in use
 * @latency: of calls that ended well
 */
struct kelp_channel_stats {
	uint64_t calls;
	uint64_t errors;
	uint64_t retries;
	uint64_t retries_denied;
	uint64_t hedges;
	uint64_t timeouts;
	uint64_t cancelled;
	uint64_t late;
	uint64_t overcrowded;
	uint64_t pending;
	uint64_t connects;
	uint64_t connect_failures;
	uint64_t sends;
	uint64_t receives;
	uint64_t wakeups;
	uint64_t waits;
	uint64_t endpoints;
	uint64_t endpoints_up;
	struct kelp_histogram latency;
};

/**
 * kelp_channel_stats() - what a channel has counted
 * @channel: the channel
 * @stats: filled; no snapshot, calls go on meanwhile
 * @size: sizeof(*@stats)
 */
void kelp_channel_stats(struct kelp_channel *channel,
			struct kelp_channel_stats *stats, size_t size);

/**
 * enum kelp_endpoint_state - is a server in use?
 * @KELP_ENDPOINT_UP: yes
 * @KELP_ENDPOINT_DOWN: it could not be reached, or broke too many calls; it is
 *	tried again and again
 * @KELP_ENDPOINT_LEAVING: it has said that it is about to stop; likewise
 */
enum kelp_endpoint_state {
	KELP_ENDPOINT_UP,
	KELP_ENDPOINT_DOWN,
	KELP_ENDPOINT_LEAVING,
};

/**
 * struct kelp_endpoint_stats - what is known of a server
 * @name: ADDRESS:PORT
 * @weight: as it was given
 * @state: is it in use?
 * @inflight: attempts under way
 * @attempts: that have ended
 * @failures: of these by its fault: not reached, broken, timed out
 * @downs: how often it went out of use
 * @latency: of attempts that ended well
 */
struct kelp_endpoint_stats {
	char name[KELP_REPLY_ENDPOINT];
	unsigned int weight;
	enum kelp_endpoint_state state;
	uint64_t inflight;
	uint64_t attempts;
	uint64_t failures;
	uint64_t downs;
	struct kelp_histogram latency;
};

/**
 * kelp_channel_endpoints() - what is known of a channel's servers
 * @channel: the channel
 * @stats: filled
 * @count: elements of @stats
 * @size: sizeof(*@stats)
 *
 * Return: how many servers there are, perhaps more than @count.
 */
size_t kelp_channel_endpoints(struct kelp_channel *channel,
			      struct kelp_endpoint_stats *stats, size_t count,
			      size_t size);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KELP_CLIENT_STATS_H */
