/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several servers, the channel to them, and what it thinks of each. Fails the
 * test when something cannot be had, so everything here is for the thread that
 * the test runs in.
 */
#ifndef TEST_FLEET_H
#define TEST_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kelp/client.h>

#include "server.h"

struct executions;

#define FLEET_MOST 8

/**
 * struct fleet - the servers
 * @nr: how many
 * @server: they
 * @executions: what test.Count counts in, for all together
 * @target: all of them, as list://
 */
struct fleet {
	size_t nr;
	struct server *server[FLEET_MOST];
	struct executions *executions;
	char target[32 * FLEET_MOST];
};

/**
 * fleet_create() - make servers, and start them
 * @fleet: filled
 * @nr: how many, at most FLEET_MOST
 * @weights: theirs; NULL: 1 for each
 */
void fleet_create(struct fleet *fleet, size_t nr, const unsigned int *weights);

/* The channels to it have gone. */
void fleet_destroy(struct fleet *fleet);

/* All calls there misbehave, see struct server_rule; NULL: none does. */
void fleet_rule(struct fleet *fleet, const char *words);

/* A channel to all of them, @options as for kelp_channel_create(). */
struct kelp_channel *fleet_channel(const struct fleet *fleet,
				   const struct kelp_channel_options *options);

/**
 * fleet_executed() - calls that were carried out
 * @fleet: the servers
 * @list: one number for each; or NULL
 *
 * Return: the sum.
 */
uint64_t fleet_executed(const struct fleet *fleet, uint64_t *list);

/**
 * channel_endpoint() - what a channel knows of a server
 * @channel: the channel
 * @name: ADDRESS:PORT
 * @stats: filled
 *
 * Return: false when it does not know it.
 */
bool channel_endpoint(struct kelp_channel *channel, const char *name,
		      struct kelp_endpoint_stats *stats);

/**
 * channel_await() - wait until a server is in use, or is not
 * @channel: the channel
 * @name: ADDRESS:PORT
 * @state: what is waited for
 * @timeout_ms: how long at most
 *
 * Return: is it?
 */
bool channel_await(struct kelp_channel *channel, const char *name,
		   enum kelp_endpoint_state state, int timeout_ms);

/* What a channel has counted. */
struct kelp_channel_stats channel_stats(struct kelp_channel *channel);

#define COUNT_ROOM 128

/**
 * count_message() - the message of a call of test.Count
 * @to: COUNT_ROOM bytes
 * @id: which call it is
 * @words: what the server is to do wrong; "" for nothing
 *
 * Return: it, in @to.
 */
struct kelp_bytes count_message(uint8_t *to, uint64_t id, const char *words);

/**
 * count_call() - call test.Count, and wait
 * @channel: the channel
 * @id: which call it is
 * @words: see count_message()
 * @options: as for kelp_call_raw()
 * @reply: filled, its bytes are gone already; or NULL
 *
 * Any thread. Return: the code.
 */
int count_call(struct kelp_channel *channel, uint64_t id, const char *words,
	       const struct kelp_call_options *options,
	       struct kelp_reply *reply);

/* The same with a call that is started. */
int count_call_started(struct kelp_channel *channel, uint64_t id,
		       const char *words,
		       const struct kelp_call_options *options,
		       struct kelp_reply *reply);

/* A number that no call of this program had yet. Any thread. */
uint64_t count_id(void);

/* Has the long form of the tests been asked for? */
bool test_full(void);

#endif
