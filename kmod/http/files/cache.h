/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache of files: a look-up without locks for the fast path, and the table
 * that the dispatcher keeps. How a file gets into it is told in resolve.c.
 */
#ifndef KELP_HTTP_CACHE_H
#define KELP_HTTP_CACHE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "compat/shrinker.h"

struct kelp_cached;
struct kelp_object;
struct kelp_site;
struct kelp_snapshot;
struct work_struct;

/**
 * enum kelp_cache_state - what a look-up came to
 * @KELP_CACHE_MISS: unknown, or too old: to the dispatcher
 * @KELP_CACHE_FRESH: serve it
 * @KELP_CACHE_AGING: serve it, and have it revalidated (this caller only: it
 *	won the right to ask)
 */
enum kelp_cache_state {
	KELP_CACHE_MISS,
	KELP_CACHE_FRESH,
	KELP_CACHE_AGING,
};

/**
 * struct kelp_cache - the cached files of a namespace
 * @table: site and path -> &struct kelp_cached; RCU look-ups, changed under
 *	@lock
 * @lock: serialises changes of @table, @lru and @bytes; innermost of HTTP's
 *	locks, held briefly, no memory is allocated and no file touched under it
 * @lru: entries with an object, the next candidate for eviction first; @lock
 * @bytes: what the entries in @lru are charged; @lock
 * @objects: entries in @lru; written under @lock, read anywhere
 * @body_bytes: bytes of their bodies; written under @lock, read anywhere
 *
 * @shrinker: gives up entries when the machine wants memory
 */
struct kelp_cache {
	struct rhashtable table;
	struct mutex lock;
	struct list_head lru;
	size_t bytes;
	u64 objects;
	u64 body_bytes;
	struct kelp_shrinker shrinker;
};

/* For the fast path: any context, under rcu_read_lock(). */
enum kelp_cache_state kelp_cache_find(struct kelp_site *site, const char *path,
				      size_t len, struct kelp_object **obj);
void kelp_cache_revalidate(struct kelp_site *site, const char *path,
			   size_t len);

/* For resolve.c. */
struct kelp_cached *kelp_cache_get(struct kelp_site *site, const char *path,
				   size_t len);
struct kelp_cached *kelp_cache_create(struct kelp_site *site, const char *path,
				      void (*work)(struct work_struct *));
void kelp_cache_publish(struct kelp_cached *cached, struct kelp_object *obj,
			const struct kelp_snapshot *snap, unsigned long since);
void kelp_cache_remove(struct kelp_cached *cached);

/* For evict.c. */
void kelp_cache_unlink(struct kelp_cache *cache, struct kelp_cached *cached);

/* For site.c and table.c. */
int kelp_cache_init(struct kelp_cache *cache);
void kelp_cache_exit(struct kelp_cache *cache);
void kelp_cache_drop_site(struct kelp_site *site);

#endif
