/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_site: a directory whose files are served.
 */
#ifndef KELP_HTTP_SITE_H
#define KELP_HTTP_SITE_H

#include <linux/list.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct cred;
struct kelp_http;
struct kelp_net;
struct kelp_options;
struct kelp_site_spec;
struct netlink_ext_ack;
struct super_block;

/**
 * struct kelp_site - a directory whose files are served
 * @id: its route's id, part of the cache's key; set once, before the route is
 *	published
 * @flags: KELP_SITE_*; set once
 * @http: tables and cache; set once, a reference is held
 * @kn: the server; set once, a reference is held
 * @root: the directory; set once, a reference is held
 * @cred: credentials of who added the site, used for every file; set once, a
 *	reference is held
 * @name: the directory as the adder named it; set once
 * @options: how its files are answered; set once, freed with the site
 * @cached: this site's &struct kelp_cached; kelp_cache.lock
 * @cached_objects: files of this site that are in the cache; kelp_cache.lock
 * @cached_bytes: bytes of their bodies; kelp_cache.lock
 * @dead: takes no more cached files; kelp_cache.lock
 * @ref: holders: the route, each cached file, requests in the dispatcher. RCU
 *	readers use kelp_site_tryget() when they keep it
 * @free_work: gives back @root and @cred after a grace period, where it may
 *	sleep
 */
struct kelp_site {
	u32 id;
	u32 flags;
	struct kelp_http *http;
	struct kelp_net *kn;
	struct path root;
	const struct cred *cred;
	char *name;
	struct kelp_options *options;
	struct list_head cached;
	u64 cached_objects;
	u64 cached_bytes;
	bool dead;
	refcount_t ref;
	struct rcu_work free_work;
};

struct kelp_site *kelp_site_create(struct kelp_http *http,
				   const struct kelp_site_spec *spec,
				   struct netlink_ext_ack *extack);
struct kelp_site *kelp_site_get(struct kelp_site *site);
bool kelp_site_tryget(struct kelp_site *site);
void kelp_site_put(struct kelp_site *site);
void kelp_site_kill(struct kelp_site *site);

const char *kelp_site_type(const struct kelp_site *site, const char *name);
bool kelp_site_takes(const struct super_block *sb);

#endif
