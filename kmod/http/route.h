/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which site or handler answers a path: the longest matching prefix, by whole
 * segments; a table of the request's host first, then the table of any host.
 */
#ifndef KELP_HTTP_ROUTE_H
#define KELP_HTTP_ROUTE_H

#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct http_mount;
struct kelp_http;
struct kelp_http_handler;
struct kelp_object;
struct kelp_site;
struct netlink_ext_ack;

/**
 * struct kelp_route - a prefix and what answers below it
 * @id: key in kelp_routes.ids
 * @hash: of host and prefix
 * @depth: segments of the prefix
 * @host_len: bytes of the host, 0 for any
 * @prefix_len: length of the prefix without its trailing slash ("/" is 0)
 * @host: in lower case, NUL terminated; lies in @prefix behind the prefix
 * @site: the site, or NULL; a reference is held until the route is unlinked
 * @mount: the handler when @site is NULL; a reference is held until the route
 *	is unlinked
 * @rcu: readers may still look
 * @prefix: the prefix without its trailing slash, NUL terminated
 *
 * RCU protected, constant once published.
 */
struct kelp_route {
	u32 id;
	u32 hash;
	u8 depth;
	u8 host_len;
	u16 prefix_len;
	const char *host;
	struct kelp_site *site;
	struct http_mount *mount;
	struct rcu_head rcu;
	char prefix[];
};

/**
 * struct kelp_routes - the routes and sites of a namespace
 * @table: what look-ups read; RCU, replaced as a whole under kelp_net.lock
 * @ids: id -> &struct kelp_route, for walks and changes; kelp_net.lock
 * @nr: routes in @ids; kelp_net.lock
 */
struct kelp_routes {
	struct kelp_route_table __rcu *table;
	struct xarray ids;
	u32 nr;
};

/**
 * struct kelp_route_spec - a route to be made
 * @prefix: the prefix, as the administrator wrote it
 * @host: likewise; "" or NULL for any
 * @site: the site, or NULL
 * @mount: the handler when @site is NULL
 * @replace: take the place of the site that has this prefix and host, if any
 */
struct kelp_route_spec {
	const char *prefix;
	const char *host;
	struct kelp_site *site;
	struct http_mount *mount;
	bool replace;
};

static inline struct http_mount *kelp_route_mount(const struct kelp_route *route)
{
	return route->mount;
}

static inline struct kelp_site *kelp_route_site(const struct kelp_route *route)
{
	return route->site;
}

static inline unsigned int
kelp_route_prefix_len(const struct kelp_route *route)
{
	return route->prefix_len;
}

const struct kelp_route *kelp_route_find(struct kelp_http *http,
					 const char *host, size_t host_len,
					 const char *path, size_t len);

int kelp_routes_init(struct kelp_routes *routes);
void kelp_routes_exit(struct kelp_routes *routes);
void kelp_routes_clear(struct kelp_http *http);
void kelp_routes_remove(struct kelp_http *http,
			const struct kelp_http_handler *handler);
int kelp_route_add(struct kelp_http *http, const struct kelp_route_spec *spec,
		   struct netlink_ext_ack *extack);
int kelp_route_del(struct kelp_http *http, const char *prefix, const char *host,
		   bool site, struct netlink_ext_ack *extack);

#endif
