// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking routes up, without locks, in the fast path: an immutable hash table
 * that every change of the routes replaces as a whole, so there is no half-made
 * state to see, and several changes can become visible at once.
 *
 * The key is host and prefix; a request is hashed once, from left to right, and
 * the table is asked at the end of each segment, but only at depths at which
 * some route exists. With nothing but a route at "/" that is no question at
 * all.
 */
#include "http/route_table.h"

#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "bytes.h"
#include "hot.h"
#include "http/name.h"
#include "http/route.h"
#include "http/table.h"

#define ROUTE_SLOTS 8	/* of the smallest table */

/* FNV-1a: takes the bytes one by one, so every prefix is hashed on the way. */
#define HASH_START 0x811c9dc5u

static u32 hash_step(u32 hash, u8 c)
{
	return (hash ^ c) * 0x01000193u;
}

/*
 * The host of which routes are looked for. With @wild what stands behind the
 * asterisk of "*.example.org", the dot included.
 */
struct route_host {
	const char *name;
	size_t len;
	bool wild;
};

static u32 hash_host(const struct route_host *host)
{
	u32 hash = HASH_START;
	size_t i;

	if (host->wild)
		hash = hash_step(hash, '*');
	for (i = 0; i < host->len; i++)
		hash = hash_step(hash, tolower(host->name[i]));
	return hash;
}

static bool same_host(const struct kelp_route *route,
		      const struct route_host *host)
{
	if (route->host_len != host->len + host->wild)
		return false;
	if (!host->len)
		return true;
	return (!host->wild || route->host[0] == '*') &&
	       !strncasecmp(route->host + host->wild, host->name, host->len);
}

static u32 hash_prefix(u32 hash, const char *prefix, size_t len)
{
	while (len--)
		hash = hash_step(hash, *prefix++);
	return hash;
}

static const struct kelp_route *
table_probe(const struct kelp_route_table *table, u32 hash,
	    const struct route_host *host, const char *prefix, size_t len)
{
	u32 at = hash & table->mask;
	const struct kelp_route *route;

	for (; (route = table->slots[at].route); at = (at + 1) & table->mask)
		if (table->slots[at].hash == hash &&
		    route->prefix_len == len &&
		    kelp_same_bytes(route->prefix, prefix, len) &&
		    same_host(route, host))
			return route;
	return NULL;
}

/**
 * kelp_route_hash() - the hash of a route's host and prefix
 * @route: the route, complete but for that
 *
 * Context: any.
 * Return: the hash.
 */
u32 kelp_route_hash(const struct kelp_route *route)
{
	const struct route_host host = {
		.name = route->host,
		.len = route->host_len,
	};

	return hash_prefix(hash_host(&host), route->prefix, route->prefix_len);
}

/**
 * kelp_route_table_same() - is there a route with this host and prefix?
 * @table: the table
 * @route: a route, perhaps another one
 *
 * Context: any; the caller keeps @table.
 * Return: the route in the table, or NULL.
 */
const struct kelp_route *
kelp_route_table_same(const struct kelp_route_table *table,
		      const struct kelp_route *route)
{
	const struct route_host host = {
		.name = route->host,
		.len = route->host_len,
	};

	return table_probe(table, route->hash, &host, route->prefix,
			   route->prefix_len);
}

/* The longest match among the routes of one host, or of any (length 0). */
static const struct kelp_route *
table_match(const struct kelp_route_table *table, u32 depths,
	    const struct route_host *host, const char *path, size_t len)
{
	const struct kelp_route *route, *best = NULL;
	u32 hash = hash_host(host);
	size_t i = 0;

	if (depths & 1)
		best = table_probe(table, hash, host, path, 0);
	/* path[i] is the slash before a segment; one at the end begins none */
	for (depths >>= 1; depths && i + 1 < len; depths >>= 1) {
		do
			hash = hash_step(hash, path[i++]);
		while (i < len && path[i] != '/');
		if (!(depths & 1))
			continue;
		route = table_probe(table, hash, host, path, i);
		if (route)
			best = route;
	}
	return best;
}

/*
 * The match among the routes of the longest name that the host is below. Only
 * names of as many labels as some route has are asked for, KELP_NAME_LABELS at
 * most.
 */
static const struct kelp_route *
table_match_wild(const struct kelp_route_table *table, const char *host,
		 size_t host_len, const char *path, size_t len)
{
	size_t dots[KELP_NAME_LABELS], at = host_len;
	const struct kelp_route *route;
	unsigned int nr = 0;

	/* dots[n] is before the last n + 1 labels; something is before it */
	while (at > 1 && nr < ARRAY_SIZE(dots))
		if (host[--at] == '.')
			dots[nr++] = at;
	while (nr--) {
		const struct route_host below = {
			.name = host + dots[nr],
			.len = host_len - dots[nr],
			.wild = true,
		};

		if (!(table->wild_labels & BIT(nr)))
			continue;
		route = table_match(table, table->wild_depths, &below, path,
				    len);
		if (route)
			return route;
	}
	return NULL;
}

/* The match among the routes of the request's host and what it is below. */
static const struct kelp_route *
table_match_host(const struct kelp_route_table *table, const char *host,
		 size_t host_len, const char *path, size_t len)
{
	const struct route_host exact = {
		.name = host,
		.len = kelp_name_host_trim(host, host_len),
	};
	const struct kelp_route *route;

	route = table_match(table, table->host_depths, &exact, path, len);
	if (route || likely(!table->wild_depths))
		return route;
	return table_match_wild(table, host, exact.len, path, len);
}

/**
 * kelp_route_find() - what answers a path
 * @http: the namespace's state
 * @host: the request's host without port, in any case, need not be NUL
 *	terminated; or NULL
 * @host_len: its length in bytes, 0 for none
 * @path: the request's path, normalised; need not be NUL terminated
 * @len: its length in bytes
 *
 * A match among the routes of the request's host is preferred to one among
 * those of a name that it is below ("*.example.org"), the longer name's to the
 * shorter one's, and this to one of any host, however long the prefixes are.
 *
 * Context: any, under rcu_read_lock().
 * Return: the route, RCU protected; NULL when none matches.
 */
__kelp_hot
const struct kelp_route *kelp_route_find(struct kelp_http *http,
					 const char *host, size_t host_len,
					 const char *path, size_t len)
{
	/* Pairs with rcu_assign_pointer() in routes_publish(). */
	const struct kelp_route_table *table =
		rcu_dereference(http->routes.table);
	const struct route_host any = {};
	const struct kelp_route *route;

	if (unlikely(table->host_depths | table->wild_depths) && host_len) {
		route = table_match_host(table, host, host_len, path, len);
		if (route)
			return route;
	}
	if (table->depths <= 1)
		return table->root;
	return table_match(table, table->depths, &any, path, len);
}

static unsigned int host_dots(const struct kelp_route *route)
{
	unsigned int dots = 0, i;

	for (i = 0; i < route->host_len; i++)
		dots += route->host[i] == '.';
	return dots;
}

static void table_insert(struct kelp_route_table *table,
			 const struct kelp_route *route)
{
	u32 at = route->hash & table->mask;

	while (table->slots[at].route)
		at = (at + 1) & table->mask;
	table->slots[at].hash = route->hash;
	table->slots[at].route = route;
	if (route->host[0] == '*') {
		table->wild_depths |= BIT(route->depth);
		table->wild_labels |= BIT(host_dots(route) - 1);
		return;
	}
	if (route->host_len) {
		table->host_depths |= BIT(route->depth);
		return;
	}
	table->depths |= BIT(route->depth);
	if (!route->depth)
		table->root = route;
}

/**
 * kelp_route_table_create() - make a table
 * @routes: the routes; the caller keeps them from changing
 * @without: one that shall not be in it, or NULL
 * @gfp: how to allocate
 *
 * Context: process, sleeps.
 * Return: the table, to be published, or freed with kvfree(); NULL without
 * memory.
 */
struct kelp_route_table *
kelp_route_table_create(struct kelp_routes *routes,
			const struct kelp_route *without, gfp_t gfp)
{
	u32 slots = max_t(u32, roundup_pow_of_two(2 * (routes->nr + 1)),
			  ROUTE_SLOTS);
	struct kelp_route_table *table;
	struct kelp_route *route;
	unsigned long id;

	table = kvzalloc(struct_size(table, slots, slots), gfp);
	if (!table)
		return NULL;
	table->mask = slots - 1;
	xa_for_each(&routes->ids, id, route)
		if (route != without)
			table_insert(table, route);
	return table;
}
