/* SPDX-License-Identifier: MIT */
/*
 * Which server gets the next call: how much each has to do, and the policies of
 * enum kelp_balance. Any thread, without locks.
 *
 * A struct load is part of a server's endpoint and stays as long as that. A
 * struct balance is made for a list of servers and never changes; when servers
 * come or go there is a new one, over the same loads.
 */
#ifndef LIBKELP_BALANCE_H
#define LIBKELP_BALANCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <kelp/client.h>

#include "load.h"

struct balance;
struct rng;

/**
 * balance_create() - balance calls between servers
 * @balance: set to it
 * @policy: how
 * @loads: the servers', which have to outlive it; the array is copied
 * @count: how many; may be 0
 *
 * Any thread.
 *
 * Return: 0, -ENOMEM, or -EINVAL when there is no such @policy, a weight is 0,
 * or the sum of the weights, without what divides them all, exceeds 2^32 - 1.
 */
int balance_create(struct balance **balance, enum kelp_balance policy,
		   struct load *const *loads, size_t count);

/**
 * balance_destroy() - end that
 * @balance: the balance, which no thread uses any more; or NULL
 */
void balance_destroy(struct balance *balance);

/**
 * balance_pick() - which server gets this call
 * @balance: the servers
 * @hash: of the call, for KELP_BALANCE_HASH
 * @avoid: servers that had it before: only if there is no other in use
 * @nr_avoid: how many
 * @now_ns: ns, of the clock that load_end() gets
 * @rng: the calling thread's own
 *
 * Any thread. Nothing is counted here: load_begin() is the caller's. Mostly a
 * few servers are looked at; all of them with KELP_BALANCE_LEAST, and when most
 * are out of use.
 *
 * Return: an index of the array given to balance_create(); -1 when no server is
 * in use.
 */
ssize_t balance_pick(struct balance *balance, uint64_t hash,
		     const struct load *const *avoid, size_t nr_avoid,
		     uint64_t now_ns, struct rng *rng);

#endif
