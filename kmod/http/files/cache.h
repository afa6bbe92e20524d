/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache of files: a look-up without locks for the fast path, and the table
 * that the dispatcher keeps. How a file gets into it is told in resolve.c.
 */
#ifndef KELP_HTTP_CACHE_H
#define KELP_HTTP_CACHE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "compat/shrinker.h"
#include "http/files/ident.h"

struct kelp_object;
struct kelp_site;
struct kelp_snapshot;
struct kelp_watch;

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

enum kelp_cached_bit {
	KELP_CACHED_AGING,	/* somebody won the right to revalidate */
};

/**
 * struct kelp_cached - a file in the cache, or on its way into it
 * @node: in kelp_cache.table
 * @object: the answer, NULL until read for the first time; RCU, replaced under
 *	@fill and kelp_cache.lock; a reference is held
 * @checked: jiffies before the look at the file that found @object right;
 *	written under @fill, read anywhere: see kelp_cache_find()
 * @events: changes that the kernel told of; written anywhere
 * @seen: @events before the last look at the file; @fill
 * @noise: jiffies of the last write that made it stale; read and written
 *	anywhere, a race costs a look
 * @watch: tells of changes, or NULL; @fill, at the end nobody's
 * @used: looked up since eviction last passed by; any context sets it, under
 *	kelp_cache.lock it is cleared
 * @bits: &enum kelp_cached_bit; atomic bit operations
 * @site: set once; a reference is held
 * @fill: held while the file is looked at and read: one reader at a time,
 *	whoever else wants it waits here
 * @ident: of the content of @object; @fill
 * @variants: digest of the identities of the variants of @object; @fill
 * @settled: equal identities prove equal content; @fill
 * @ref: holders: the table until @dead, queued @work, dispatcher items
 * @lru: in kelp_cache.lru while there is an @object; kelp_cache.lock
 * @of_site: in kelp_site.cached; kelp_cache.lock
 * @charge: bytes counted in kelp_cache.bytes; kelp_cache.lock
 * @dead: removed from the table; kelp_cache.lock
 * @work: revalidation; owned by whoever queued it
 * @rcu: readers may still look
 * @path_len: bytes of @path; set once
 * @path: behind the site's prefix, NUL terminated; set once
 */
struct kelp_cached {
	struct rhash_head node;
	struct kelp_object __rcu *object;
	unsigned long checked;
	atomic_t events;
	int seen;
	unsigned long noise;
	struct kelp_watch *watch;
	bool used;
	unsigned long bits;
	struct kelp_site *site;
	struct mutex fill;
	struct kelp_ident ident;
	u64 variants;
	bool settled;
	refcount_t ref;
	struct list_head lru;
	struct list_head of_site;
	size_t charge;
	bool dead;
	struct work_struct work;
	struct rcu_head rcu;
	size_t path_len;
	char path[];
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
struct kelp_object *kelp_cached_object(struct kelp_cached *cached);
unsigned long kelp_cached_look(struct kelp_cached *cached);
bool kelp_cached_fresh(const struct kelp_cached *cached);
void kelp_cached_stamp(struct kelp_cached *cached, unsigned long since);
void kelp_cached_put(struct kelp_cached *cached);
void kelp_cache_publish(struct kelp_cached *cached, struct kelp_object *obj,
			const struct kelp_snapshot *snap, unsigned long since);
void kelp_cache_remove(struct kelp_cached *cached);

/* For watch.c. */
void kelp_cached_changed(struct kelp_cached *cached, bool writing);

/* For evict.c. */
void kelp_cache_unlink(struct kelp_cache *cache, struct kelp_cached *cached);

/* For site.c and table.c. */
int kelp_cache_init(struct kelp_cache *cache);
void kelp_cache_exit(struct kelp_cache *cache);
void kelp_cache_drop_site(struct kelp_site *site);

#endif
