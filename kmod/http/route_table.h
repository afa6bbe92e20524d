/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table that look-ups of routes read. For route.c.
 */
#ifndef KELP_HTTP_ROUTE_TABLE_H
#define KELP_HTTP_ROUTE_TABLE_H

#include <linux/rcupdate.h>
#include <linux/types.h>

struct kelp_route;
struct kelp_routes;

struct route_slot {
	u32 hash;
	const struct kelp_route *route;
};

/**
 * struct kelp_route_table - what look-ups read
 * @rcu: readers may still look when it is replaced
 * @mask: number of slots less one; a power of two less one
 * @depths: bit n: a route of any host has n segments
 * @host_depths: bit n: a route of a certain host has n segments
 * @wild_depths: bit n: a route of all hosts below a name has n segments
 * @wild_labels: bit n: such a name has n + 1 labels
 * @root: the route of any host at "/", or NULL
 * @slots: open addressing, at most half full
 *
 * Constant once published.
 */
struct kelp_route_table {
	struct rcu_head rcu;
	u32 mask;
	u32 depths;
	u32 host_depths;
	u32 wild_depths;
	u32 wild_labels;
	const struct kelp_route *root;
	struct route_slot slots[];
};

u32 kelp_route_hash(const struct kelp_route *route);
const struct kelp_route *
kelp_route_table_same(const struct kelp_route_table *table,
		      const struct kelp_route *route);
struct kelp_route_table *
kelp_route_table_create(struct kelp_routes *routes,
			const struct kelp_route *without, gfp_t gfp);

#endif
