// SPDX-License-Identifier: MIT
/*
 * The servers of a channel at some moment. Any thread; knows nothing of where
 * they come from.
 */
#include "set.h"

#include <stdlib.h>
#include <string.h>

#include "balance.h"
#include "endpoint.h"
#include "naming.h"

static struct endpoint *set_find(const struct set *set,
				 const struct address *address)
{
	const struct address *other;
	size_t i;

	for (i = 0; set && i < set->count; i++) {
		other = &set->endpoint[i]->address;
		if (other->len == address->len &&
		    other->weight == address->weight &&
		    !memcmp(&other->addr, &address->addr, address->len))
			return endpoint_get(set->endpoint[i]);
	}
	return NULL;
}

static void set_free(struct set *set)
{
	size_t i;

	balance_destroy(set->balance);
	for (i = 0; i < set->count; i++)
		endpoint_put(set->endpoint[i]);
	free(set->loads);
	free(set);
}

struct set *set_create(const struct address *list, size_t count,
		       const struct set *before,
		       const struct kelp_channel_options *options)
{
	struct endpoint *endpoint;
	struct set *set;

	set = calloc(1, sizeof(*set) + count * sizeof(set->endpoint[0]));
	if (!set)
		return NULL;
	atomic_init(&set->refs, 1);
	/* one more, because none at all may be no memory */
	set->loads = calloc(count + 1, sizeof(*set->loads));
	if (!set->loads)
		goto err_free;
	for (; set->count < count; set->count++) {
		endpoint = set_find(before, &list[set->count]);
		if (!endpoint)
			endpoint = endpoint_create(&list[set->count], options);
		if (!endpoint)
			goto err_free;
		set->endpoint[set->count] = endpoint;
		set->loads[set->count] = &endpoint->load;
	}
	if (!balance_create(&set->balance, options->balance, set->loads, count))
		return set;
	set->balance = NULL;

err_free:
	set_free(set);
	return NULL;
}

struct set *set_get(struct set *set)
{
	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void set_put(struct set *set)
{
	/* all uses come before the free */
	if (atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) == 1)
		set_free(set);
}

static bool avoided(const struct load *load, const struct load *const *avoid,
		    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (avoid[i] == load)
			return true;
	return false;
}

struct endpoint *set_pick(struct set *set, uint64_t hash,
			  struct endpoint *const *avoid, size_t nr_avoid,
			  bool strict, uint64_t now, struct rng *rng)
{
	const struct load *loads[SET_AVOID];
	ssize_t i;
	size_t n, tries;

	for (n = 0; n < nr_avoid && n < SET_AVOID; n++)
		loads[n] = &avoid[n]->load;
	/* one whose only call somebody else was faster to take is left out then */
	for (tries = 0; tries <= set->count; tries++) {
		i = balance_pick(set->balance, hash, loads, n, now, rng);
		if (i < 0 || (strict && avoided(set->loads[i], loads, n)))
			return NULL;
		if (endpoint_begin(set->endpoint[i]))
			return endpoint_get(set->endpoint[i]);
	}
	return NULL;
}

bool set_has_other(const struct set *set, struct endpoint *const *avoid,
		   size_t nr_avoid)
{
	const struct load *loads[SET_AVOID];
	size_t n, i;

	for (n = 0; n < nr_avoid && n < SET_AVOID; n++)
		loads[n] = &avoid[n]->load;
	for (i = 0; i < set->count; i++)
		if (atomic_load_explicit(&set->loads[i]->usable,
					 memory_order_relaxed) &&
		    !avoided(set->loads[i], loads, n))
			return true;
	return false;
}
