/* SPDX-License-Identifier: MIT */
/*
 * A channel: what all its calls share. Any thread, unless a field says
 * otherwise.
 */
#ifndef LIBKELP_CHANNEL_H
#define LIBKELP_CHANNEL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <kelp/client.h>

#include "budget.h"
#include "histogram.h"
#include "rng.h"

struct endpoint;
struct io;
struct keeper;
struct naming;
struct set;
struct teller;

/**
 * struct counters - for struct kelp_channel_stats, whose fields they are
 */
struct counters {
	_Atomic uint64_t calls;
	_Atomic uint64_t errors;
	_Atomic uint64_t retries;
	_Atomic uint64_t retries_denied;
	_Atomic uint64_t hedges;
	_Atomic uint64_t timeouts;
	_Atomic uint64_t cancelled;
	_Atomic uint64_t late;
	_Atomic uint64_t overcrowded;
	_Atomic uint64_t connects;
	_Atomic uint64_t connect_failures;
	_Atomic uint64_t sends;
	_Atomic uint64_t receives;
	_Atomic uint64_t wakeups;
	_Atomic uint64_t waits;
	struct latency latency;
};

static inline void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/**
 * struct kelp_channel - a channel
 * @options: with the defaults filled in; set once, as @secret
 * @secret: a copy, which @options points to
 * @born: fork_generation() when it was made
 * @naming: where servers are; the keeper's
 * @budget: for retries
 * @counters: how it is going
 * @seeds: for the generators of random numbers
 * @lock: protects @set, @learned and @nr_learned, and that @io and @teller are
 *	made once; nothing is taken inside
 * @set: the servers; a reference
 * @version: how often @set was replaced; written under @lock, read by the I/O
 *	threads, which look again then
 * @learned: services whose types are known
 * @nr_learned: how many
 * @keeper: looks after names and health; set once
 * @started: @io and @teller are there; released behind them
 * @ending: no call is started any more; any thread
 * @io: the I/O threads; @lock until @started, then constant
 * @teller: calls done() functions; likewise
 * @turn: whose the next call is
 * @pending: calls that were started and have not ended
 * @full_lock: protects waiting for room in @pending
 * @room: signalled when there is some and somebody waits
 * @nr_waiting: how many wait; written under @full_lock
 */
struct kelp_channel {
	struct kelp_channel_options options;
	char *secret;
	unsigned int born;
	struct naming *naming;
	struct budget budget;
	struct counters counters;
	_Atomic uint64_t seeds;

	pthread_mutex_t lock;
	struct set *set;
	_Atomic unsigned int version;
	const ProtobufCServiceDescriptor **learned;
	size_t nr_learned;
	struct keeper *keeper;

	_Atomic bool started;
	_Atomic bool ending;
	struct io **io;
	struct teller *teller;
	_Atomic unsigned int turn;
	_Atomic unsigned int pending;
	pthread_mutex_t full_lock;
	pthread_cond_t room;
	_Atomic unsigned int nr_waiting;
};

/* The servers now, with a reference for the caller. */
struct set *channel_set(struct kelp_channel *channel);

/* Replace them; the reference becomes the channel's. The keeper's thread. */
void channel_set_replace(struct kelp_channel *channel, struct set *set);

/* Has the process forked since? Then nothing works any more. */
bool channel_is_orphan(const struct kelp_channel *channel);

/* Numbers that are not the same in every thread, channel and process. */
void channel_rng(struct kelp_channel *channel, struct rng *rng);

/* Say something, if anybody listens. */
void __attribute__((format(printf, 3, 4)))
channel_log(const struct kelp_channel *channel, enum kelp_log_level level,
	    const char *format, ...);

/**
 * channel_attempted() - an attempt is over
 * @channel: the channel
 * @endpoint: where it was made
 * @code: as kelp_reply.code would be
 * @unreached: there was no connection, by the server's fault
 * @took_ns: how long it took
 * @now: clock_now()
 *
 * Tells the keeper when the server went out of use.
 */
void channel_attempted(struct kelp_channel *channel, struct endpoint *endpoint,
		       int code, bool unreached, uint64_t took_ns,
		       uint64_t now);

/* A call is over: count it. */
void channel_ended(struct kelp_channel *channel, const struct kelp_reply *reply);

/* What a method returns, if the channel was told; or NULL. */
const ProtobufCMessageDescriptor *
channel_reply_type(struct kelp_channel *channel, const char *service,
		   const char *method);

#endif
