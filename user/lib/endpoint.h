/* SPDX-License-Identifier: MIT */
/*
 * A server: whether it is in use, how its calls go, and its connections for
 * blocking calls. Shared by all threads; references are counted.
 *
 * In use or not:
 *
 *          refused, unreachable, or a row of failures
 *    UP ---------------------------------------------> DOWN
 *    UP --- ELOGOFF ---------------------------------> LEAVING
 *    DOWN, LEAVING --- the keeper's connection came about ---> UP
 *    DOWN after a row of failures --- the same --------------> TRIAL
 *    TRIAL --- its one call ended well -> UP, or not -> DOWN
 *
 * The keeper (keeper.h) needs nothing but the address for that.
 */
#ifndef LIBKELP_ENDPOINT_H
#define LIBKELP_ENDPOINT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <kelp/client.h>

#include "backoff.h"
#include "balance.h"
#include "histogram.h"
#include "naming.h"
#include "pool.h"

enum endpoint_mode {
	ENDPOINT_UP,
	ENDPOINT_DOWN,
	ENDPOINT_LEAVING,
	ENDPOINT_TRIAL,
};

/**
 * struct endpoint - a server
 * @refs: holders: sets, calls, connections
 * @address: where; set once
 * @name: the same as text; set once
 * @load: for balance.h; usable says whether it may be picked
 * @lock: protects @mode, @tripped, @trial_taken and @probe_at; nothing is taken
 *	inside
 * @mode: enum endpoint_mode; written under @lock, read by anybody
 * @tripped: it is DOWN for a row of failures
 * @failures: in a row, by its fault; any thread
 * @trial_taken: the one call of a TRIAL was given away; @lock
 * @probe_at: when the keeper tries next; @lock
 * @backoff: how long it waits; the keeper's, as @reached_at
 * @reached_at: when the keeper last took it back into use, 0 for never
 * @attempts: that have ended; as the next two any thread
 * @failed: of these by its fault
 * @downs: how often it went out of use
 * @latency: of attempts that ended well
 * @pool: connections for blocking calls
 */
struct endpoint {
	_Atomic unsigned int refs;
	struct address address;
	char name[KELP_REPLY_ENDPOINT];
	struct load load;

	pthread_mutex_t lock;
	_Atomic int mode;
	bool tripped;
	_Atomic unsigned int failures;
	bool trial_taken;
	uint64_t probe_at;
	struct backoff backoff;
	uint64_t reached_at;

	_Atomic uint64_t attempts;
	_Atomic uint64_t failed;
	_Atomic uint64_t downs;
	struct latency latency;
	struct pool pool;
};

/* With a reference for the caller; NULL without memory. */
struct endpoint *endpoint_create(const struct address *address,
				 const struct kelp_channel_options *options);
struct endpoint *endpoint_get(struct endpoint *endpoint);
void endpoint_put(struct endpoint *endpoint);

/**
 * endpoint_begin() - an attempt is about to be made there
 * @endpoint: as balance_pick() chose it
 *
 * Return: false when it was on trial and somebody else has its one call.
 */
bool endpoint_begin(struct endpoint *endpoint);

/**
 * endpoint_end() - that attempt is over
 * @endpoint: the server
 * @options: the channel's
 * @code: as kelp_reply.code would be
 * @unreached: there was no connection, by the server's fault
 * @took_ns: how long it took
 * @now: clock_now()
 *
 * Return: true when it went out of use: the keeper has to be told.
 */
bool endpoint_end(struct endpoint *endpoint,
		  const struct kelp_channel_options *options, int code,
		  bool unreached, uint64_t took_ns, uint64_t now);

/* Of the keeper: it can be reached again. */
void endpoint_reached(struct endpoint *endpoint);

/*
 * How often it went out of use. A connection that was made at another number is
 * of no use any more: what became of the server became of it too, although
 * nothing may ever come to show that.
 */
static inline uint64_t endpoint_downs(const struct endpoint *endpoint)
{
	return atomic_load_explicit(&endpoint->downs, memory_order_relaxed);
}

/* The state as the public interface has it. */
enum kelp_endpoint_state endpoint_state(const struct endpoint *endpoint);

#endif
