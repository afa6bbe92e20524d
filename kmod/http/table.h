/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_http: what HTTP keeps for one namespace: the tables of objects,
 * routes and sites, and the cache of files.
 */
#ifndef KELP_HTTP_TABLE_H
#define KELP_HTTP_TABLE_H

#include <linux/refcount.h>
#include <linux/types.h>

#include "http/files/cache.h"
#include "http/route.h"
#include "http/store.h"
#include "net/net.h"

struct netlink_ext_ack;

/* HTTP registers first: its place in kelp_net.proto_priv. */
#define KELP_HTTP_SLOT 0

/**
 * struct kelp_http - HTTP's state in one namespace
 * @kn: the server; set once. Not a reference: the server destroys the tables
 *	before it goes, and what outlives that (sites) holds its own
 * @store: objects that were put
 * @routes: prefixes and what answers below them
 * @cache: files of all sites
 * @ref: holders: the namespace until kelp_http_destroy(), each site (its
 *	cached files are in @cache)
 */
struct kelp_http {
	struct kelp_net *kn;
	struct kelp_store store;
	struct kelp_routes routes;
	struct kelp_cache cache;
	refcount_t ref;
};

/**
 * kelp_http_of() - HTTP's state of a server
 * @kn: the server
 *
 * Context: any, while a connection of @kn, its lock or a site is held.
 * Return: the state; no reference is taken.
 */
static inline struct kelp_http *kelp_http_of(struct kelp_net *kn)
{
	return kn->proto_priv[KELP_HTTP_SLOT];
}

struct kelp_http *kelp_http_create(struct kelp_net *kn);
void kelp_http_destroy(struct kelp_http *http);
struct kelp_http *kelp_http_get(struct kelp_http *http);
void kelp_http_put(struct kelp_http *http);

struct kelp_http *kelp_http_lock(struct kelp_net *kn,
				 struct netlink_ext_ack *extack);
void kelp_http_unlock(struct kelp_net *kn);

#endif
