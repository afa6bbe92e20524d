/* SPDX-License-Identifier: GPL-2.0-only */
/* Servers to balance between: what the tests of balance.c share. */
#ifndef KELP_TEST_BALANCE_KIT_H
#define KELP_TEST_BALANCE_KIT_H

#include "harness.h"

#include "balance.h"
#include "rng.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)

/* Most servers at a time. */
#define SERVERS_MAX 200

/**
 * struct servers - some servers, all in use at first, and what chooses
 * @load: each one's; the key comes from its place here
 * @list: where they are
 * @count: how many
 * @balance: between them
 * @rng: what servers_pick() draws with, always from the same seed
 */
struct servers {
	struct load load[SERVERS_MAX];
	struct load *list[SERVERS_MAX];
	size_t count;
	struct balance *balance;
	struct rng rng;
};

/**
 * servers_make() - make them
 * @servers: to be filled; end them with servers_end()
 * @policy: how to choose
 * @weights: of each, or NULL: 1
 * @count: how many, at most SERVERS_MAX
 */
void servers_make(struct servers *servers, enum kelp_balance policy,
		  const unsigned int *weights, size_t count);
void servers_end(struct servers *servers);

/* Which one gets a call? There is one in use. */
size_t servers_pick(struct servers *servers, uint64_t hash, uint64_t now);
/* The same, but one that is none of these if possible. */
size_t servers_pick_other(struct servers *servers, uint64_t hash, uint64_t now,
			  const struct load *const *avoid, size_t nr_avoid);
/* It is in use, or it is not, from now on. */
void servers_use(struct servers *servers, size_t index, bool usable);
/* One call ends that took so long, as if it had been the only one. */
void servers_sample(struct servers *servers, size_t index, uint64_t took_ns,
		    uint64_t now);

#endif
