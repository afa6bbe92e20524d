/* SPDX-License-Identifier: MIT */
/*
 * The servers of a channel at some moment: immutable, replaced as a whole when
 * names are looked up again. Any thread that has a reference.
 */
#ifndef LIBKELP_SET_H
#define LIBKELP_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kelp/client.h>

struct address;
struct balance;
struct endpoint;
struct load;
struct rng;

/* So many that failed already are avoided by the next attempt. */
#define SET_AVOID 4

/**
 * struct set - the servers
 * @refs: holders: the channel, whoever looks
 * @balance: chooses among them
 * @loads: theirs, for @balance
 * @count: how many
 * @endpoint: they; a reference each
 */
struct set {
	_Atomic unsigned int refs;
	struct balance *balance;
	struct load **loads;
	size_t count;
	struct endpoint *endpoint[];
};

/**
 * set_create() - make a set
 * @list: where its servers are
 * @count: how many
 * @before: the set that it replaces, whose servers it takes over where the
 *	address and weight are the same; or NULL
 * @options: the channel's
 *
 * Return: the set with a reference for the caller, NULL without memory.
 */
struct set *set_create(const struct address *list, size_t count,
		       const struct set *before,
		       const struct kelp_channel_options *options);
struct set *set_get(struct set *set);
void set_put(struct set *set);

/**
 * set_pick() - choose a server for an attempt, which is about to be made
 * @set: the set
 * @hash: for KELP_BALANCE_HASH
 * @avoid: servers that are chosen only when there is no other
 * @nr_avoid: how many, at most SET_AVOID
 * @strict: those not even then
 * @now: clock_now()
 * @rng: the caller's
 *
 * Return: the server with a reference for the caller, who ends the attempt with
 * endpoint_end(); NULL when none is in use.
 */
struct endpoint *set_pick(struct set *set, uint64_t hash,
			  struct endpoint *const *avoid, size_t nr_avoid,
			  bool strict, uint64_t now, struct rng *rng);

/* Is there a server in use besides those? They are at most SET_AVOID. */
bool set_has_other(const struct set *set, struct endpoint *const *avoid,
		   size_t nr_avoid);

#endif
