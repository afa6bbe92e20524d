// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes: prefixes of handlers and sites, changed in process context under
 * kelp_net.lock. Knows nothing of what a site or a handler does, nor of how
 * routes are looked up (route_table.c).
 */
#include "http/route.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handlers/mount.h"
#include "http/name.h"
#include "http/route_table.h"
#include "http/files/site.h"
#include "http/table.h"
#include "stats/census.h"

#define ROUTE_IDS XA_LIMIT(1, INT_MAX)

/* Context: holds kelp_net.lock. */
static void routes_publish(struct kelp_http *http,
			   struct kelp_route_table *table)
{
	struct kelp_route_table *old;

	/*
	 * Orders the table's content before its pointer; pairs with
	 * rcu_dereference() in kelp_route_find().
	 */
	old = rcu_replace_pointer(http->routes.table, table,
				  lockdep_is_held(&http->kn->lock));
	kvfree_rcu(old, rcu);
}

static struct kelp_route *route_create(const struct kelp_route_spec *spec,
				       struct netlink_ext_ack *extack)
{
	int prefix_len = kelp_name_prefix(spec->prefix, extack);
	char host[KELP_NAME_HOST + 1];
	struct kelp_route *route;
	int host_len;

	if (prefix_len < 0)
		return ERR_PTR(prefix_len);
	host_len = kelp_name_host(spec->host, host, extack);
	if (host_len < 0)
		return ERR_PTR(host_len);

	route = kzalloc(struct_size(route, prefix, prefix_len + host_len + 2),
			GFP_KERNEL);
	if (!route)
		return ERR_PTR(-ENOMEM);
	memcpy(route->prefix, spec->prefix, prefix_len);
	route->host = memcpy(route->prefix + prefix_len + 1, host, host_len);
	route->prefix_len = prefix_len;
	route->host_len = host_len;
	route->hash = kelp_route_hash(route);
	while (prefix_len--)
		route->depth += route->prefix[prefix_len] == '/';
	route->site = spec->site;
	route->mount = spec->mount;
	kelp_census_add(KELP_CENSUS_ROUTE);
	return route;
}

/* For a route that no reader can find any more. */
static void route_destroy(struct kelp_route *route)
{
	if (route->site)
		kelp_site_kill(route->site);
	if (route->mount)
		http_mount_put(route->mount);
	kfree_rcu(route, rcu);
	kelp_census_sub(KELP_CENSUS_ROUTE);
}

/* Context: holds kelp_net.lock. */
static struct kelp_route *routes_same(struct kelp_http *http,
				      const struct kelp_route *route)
{
	const struct kelp_route_table *table =
		rcu_dereference_protected(http->routes.table,
					  lockdep_is_held(&http->kn->lock));

	return (struct kelp_route *)kelp_route_table_same(table, route);
}

/* Context: holds kelp_net.lock. */
static int routes_insert(struct kelp_http *http, struct kelp_route *route)
{
	struct kelp_routes *routes = &http->routes;
	struct kelp_route_table *table;
	int err;

	lockdep_assert_held(&http->kn->lock);
	err = xa_alloc(&routes->ids, &route->id, route, ROUTE_IDS, GFP_KERNEL);
	if (err)
		return err;
	routes->nr++;
	if (route->site)
		route->site->id = route->id;

	table = kelp_route_table_create(routes, NULL, GFP_KERNEL);
	if (!table) {
		xa_erase(&routes->ids, route->id);
		routes->nr--;
		return -ENOMEM;
	}
	routes_publish(http, table);
	return 0;
}

/*
 * The new route gets the old one's id, so a walk meets one of the two.
 * Context: holds kelp_net.lock.
 */
static int routes_replace(struct kelp_http *http, struct kelp_route *old,
			  struct kelp_route *route)
{
	struct kelp_routes *routes = &http->routes;
	struct kelp_route_table *table;

	lockdep_assert_held(&http->kn->lock);
	route->id = old->id;
	if (route->site)
		route->site->id = route->id;
	/* There is an entry already: needs no memory, cannot fail. */
	xa_store(&routes->ids, route->id, route, GFP_KERNEL);
	table = kelp_route_table_create(routes, NULL, GFP_KERNEL);
	if (!table) {
		xa_store(&routes->ids, route->id, old, GFP_KERNEL);
		return -ENOMEM;
	}
	routes_publish(http, table);
	route_destroy(old);
	return 0;
}

/* Context: holds kelp_net.lock. */
static int routes_take(struct kelp_http *http, struct kelp_route *route,
		       bool replace, struct netlink_ext_ack *extack)
{
	struct kelp_route *old = routes_same(http, route);

	if (!old)
		return routes_insert(http, route);
	if (replace && old->site && route->site)
		return routes_replace(http, old, route);
	if (replace)
		NL_SET_ERR_MSG(extack, "the prefix has a route, which a site does not replace");
	else
		NL_SET_ERR_MSG(extack, "the prefix already has a route or a site");
	return -EEXIST;
}

/**
 * kelp_route_add() - add a route
 * @http: the namespace's state
 * @spec: what to add; the reference to @spec->site or @spec->mount is given to
 *	the route when this succeeds; a site that is replaced goes
 * @extack: explains a refusal
 *
 * Context: process, sleeps; holds kelp_net.lock.
 * Return: 0, -EINVAL for a bad prefix or host, -EEXIST, -ENOMEM.
 */
int kelp_route_add(struct kelp_http *http, const struct kelp_route_spec *spec,
		   struct netlink_ext_ack *extack)
{
	struct kelp_route *route;
	int err;

	lockdep_assert_held(&http->kn->lock);
	route = route_create(spec, extack);
	if (IS_ERR(route))
		return PTR_ERR(route);
	err = routes_take(http, route, spec->replace, extack);
	if (err) {
		route->site = NULL;
		route->mount = NULL;
		route_destroy(route);
		return err;
	}
	kelp_net_changed(http->kn);
	return 0;
}

/* @table is the one without @route. Context: holds kelp_net.lock. */
static void route_unlink(struct kelp_http *http, struct kelp_route *route,
			 struct kelp_route_table *table)
{
	routes_publish(http, table);
	xa_erase(&http->routes.ids, route->id);
	http->routes.nr--;
	route_destroy(route);
	kelp_net_changed(http->kn);
}

/**
 * kelp_route_del() - remove a route
 * @http: the namespace's state
 * @prefix: its prefix
 * @host: its host; "" or NULL for any
 * @site: it must be a site's; else it must be a handler's
 * @extack: explains a refusal
 *
 * Context: process, sleeps; holds kelp_net.lock.
 * Return: 0, -EINVAL for a bad prefix or host, -ENOENT, -ENOMEM.
 */
int kelp_route_del(struct kelp_http *http, const char *prefix, const char *host,
		   bool site, struct netlink_ext_ack *extack)
{
	struct kelp_route_spec spec = { .prefix = prefix, .host = host };
	struct kelp_route_table *table;
	struct kelp_route *key, *route;

	lockdep_assert_held(&http->kn->lock);
	key = route_create(&spec, extack);
	if (IS_ERR(key))
		return PTR_ERR(key);
	route = routes_same(http, key);
	route_destroy(key);
	if (!route || !route->site == site) {
		if (site)
			NL_SET_ERR_MSG(extack, "no site has this prefix and host");
		else
			NL_SET_ERR_MSG(extack, "no route has this prefix and host");
		return -ENOENT;
	}
	table = kelp_route_table_create(&http->routes, route, GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	route_unlink(http, route, table);
	return 0;
}

/**
 * kelp_routes_remove() - remove all routes of a handler
 * @http: the namespace's state
 * @handler: the handler
 *
 * Cannot fail: the handler's code is about to go.
 *
 * Context: process, sleeps; holds kelp_net.lock.
 */
void kelp_routes_remove(struct kelp_http *http,
			const struct kelp_http_handler *handler)
{
	struct kelp_route *route;
	struct kelp_route_table *table;
	unsigned long id;

	lockdep_assert_held(&http->kn->lock);
	xa_for_each(&http->routes.ids, id, route) {
		if (!route->mount || route->mount->handler != handler)
			continue;
		table = kelp_route_table_create(&http->routes, route,
						GFP_KERNEL | __GFP_NOFAIL);
		route_unlink(http, route, table);
	}
}

/**
 * kelp_routes_init() - make an empty table
 * @routes: to be initialised
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int kelp_routes_init(struct kelp_routes *routes)
{
	struct kelp_route_table *table;

	xa_init_flags(&routes->ids, XA_FLAGS_ALLOC1);
	routes->nr = 0;
	table = kelp_route_table_create(routes, NULL, GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	RCU_INIT_POINTER(routes->table, table);
	return 0;
}

/**
 * kelp_routes_exit() - free what kelp_routes_init() made
 * @routes: without a route
 *
 * Context: process; no reader is left.
 */
void kelp_routes_exit(struct kelp_routes *routes)
{
	WARN_ON_ONCE(!xa_empty(&routes->ids));
	xa_destroy(&routes->ids);
	kvfree(rcu_dereference_protected(routes->table, true));
}

/**
 * kelp_routes_clear() - remove all routes; the sites die with them
 * @http: the namespace's state; no reader is left
 *
 * Needs no memory, so the table keeps pointing at what is freed: nobody may
 * look at it any more.
 *
 * Context: process, sleeps; holds kelp_net.lock.
 */
void kelp_routes_clear(struct kelp_http *http)
{
	struct kelp_routes *routes = &http->routes;
	struct kelp_route *route;
	unsigned long id;

	lockdep_assert_held(&http->kn->lock);
	xa_for_each(&routes->ids, id, route) {
		xa_erase(&routes->ids, id);
		routes->nr--;
		route_destroy(route);
	}
}
