/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of test.Count that are made all the time while a test does something to
 * the servers: by threads that block, and by calls that were started, each of
 * which starts the next one when it has ended.
 */
#ifndef TEST_TRAFFIC_H
#define TEST_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kelp_call_options;
struct kelp_channel;
struct traffic;

#define TRAFFIC_MOST 64
#define TRAFFIC_CODES 8

/**
 * struct traffic_options - which calls are made
 * @channel: where; has to stay
 * @blocking: threads that block
 * @started: calls that were started and have not ended
 * @words: what the servers are to do wrong, see count_message(). "#late 2 "
 *	keeps the number of calls within reason
 * @call: how, its timeout_ms not 0; has to stay
 *
 * @blocking and @started: at most TRAFFIC_MOST together.
 */
struct traffic_options {
	struct kelp_channel *channel;
	size_t blocking;
	size_t started;
	const char *words;
	const struct kelp_call_options *call;
};

/**
 * struct traffic_sum - what became of them
 * @calls: that have ended
 * @failed: of these with a code
 * @attempts: of all of them
 * @most_attempts: of one of them
 * @late_ns: how long behind its deadline the latest ended, without the time in
 *	which the machine did not let this program run (client_pace.h)
 * @codes: different ones of those that failed
 * @times: how often each
 * @words: what the last one said that failed
 * @hung: calls that had not ended ten seconds behind the last deadline
 */
struct traffic_sum {
	uint64_t calls;
	uint64_t failed;
	uint64_t attempts;
	uint64_t most_attempts;
	uint64_t late_ns;
	int codes[TRAFFIC_CODES];
	uint64_t times[TRAFFIC_CODES];
	char words[160];
	size_t hung;
};

/**
 * traffic_begin() - start to make calls
 * @options: which; copied
 *
 * Return: it, for traffic_end().
 */
struct traffic *traffic_begin(const struct traffic_options *options);

/**
 * traffic_calls() - calls that have ended
 * @traffic: it
 *
 * Any thread.
 */
uint64_t traffic_calls(struct traffic *traffic);

/**
 * traffic_wait() - wait for more calls to end
 * @traffic: it
 * @more: so many
 * @timeout_ms: how long at most
 *
 * Return: did they in time?
 */
bool traffic_wait(struct traffic *traffic, uint64_t more, int timeout_ms);

/**
 * traffic_look() - what has become of them so far
 * @traffic: it
 * @sum: filled
 */
void traffic_look(struct traffic *traffic, struct traffic_sum *sum);

/**
 * traffic_end() - make no more calls, and wait for those there are
 * @traffic: not to be used afterwards
 * @sum: filled
 */
void traffic_end(struct traffic *traffic, struct traffic_sum *sum);

/* How often a code is among those of @sum. */
uint64_t traffic_times(const struct traffic_sum *sum, int code);

#endif
