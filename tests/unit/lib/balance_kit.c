// SPDX-License-Identifier: GPL-2.0-only
/* Servers to balance between: see balance_kit.h. */
#include "balance_kit.h"

#include <string.h>

void servers_make(struct servers *servers, enum kelp_balance policy,
		  const unsigned int *weights, size_t count)
{
	size_t i;

	assert_in_range(count, 0, SERVERS_MAX);
	memset(servers, 0, sizeof(*servers));
	servers->count = count;
	for (i = 0; i < count; i++) {
		servers->load[i].weight = weights ? weights[i] : 1;
		servers->load[i].key = rng_mix(i + 1);
		servers->load[i].usable = 1;
		servers->list[i] = &servers->load[i];
	}
	rng_init(&servers->rng, 1);
	assert_int_equal(balance_create(&servers->balance, policy,
					servers->list, count), 0);
	/* it has its own */
	memset(servers->list, 0xff, sizeof(servers->list));
}

void servers_end(struct servers *servers)
{
	size_t i;

	for (i = 0; i < servers->count; i++)
		assert_int_equal(load_inflight(&servers->load[i]), 0);
	balance_destroy(servers->balance);
}

size_t servers_pick_other(struct servers *servers, uint64_t hash, uint64_t now,
			  const struct load *const *avoid, size_t nr_avoid)
{
	ssize_t i = balance_pick(servers->balance, hash, avoid, nr_avoid, now,
				 &servers->rng);

	assert_in_range(i, 0, servers->count - 1);
	assert_true(servers->load[i].usable);
	return (size_t)i;
}

size_t servers_pick(struct servers *servers, uint64_t hash, uint64_t now)
{
	return servers_pick_other(servers, hash, now, NULL, 0);
}

void servers_use(struct servers *servers, size_t index, bool usable)
{
	servers->load[index].usable = usable;
}

void servers_sample(struct servers *servers, size_t index, uint64_t took_ns,
		    uint64_t now)
{
	load_begin(&servers->load[index]);
	load_end(&servers->load[index], took_ns, true, now);
}
