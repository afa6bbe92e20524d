/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file in the cache: what it answers, and how long that may be believed. The
 * table that it is in is cache.h's.
 */
#ifndef KELP_HTTP_CACHED_H
#define KELP_HTTP_CACHED_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "http/files/ident.h"

struct kelp_object;
struct kelp_site;
struct kelp_watch;

/*
 * Nothing older than one second is served. The tenth that is missing here is
 * for a timer tick of error and the answer's way out.
 */
#define CACHE_AGING msecs_to_jiffies(500)
#define CACHE_STALE msecs_to_jiffies(900)

/* A file that is written all the time is not read again for each write. */
#define CACHE_NOISE msecs_to_jiffies(100)

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
	/* looked at by every hit: one cache line, and that of @path */
	struct rhash_head node;
	struct kelp_object __rcu *object;
	unsigned long checked;
	struct kelp_site *site;
	size_t path_len;
	unsigned long bits;
	bool used;

	/* by who looks at the file */
	atomic_t events;
	int seen;
	unsigned long noise;
	struct kelp_watch *watch;
	struct mutex fill;
	struct kelp_ident ident;
	u64 variants;
	bool settled;

	/* by who keeps or evicts it */
	refcount_t ref;
	struct list_head lru;
	struct list_head of_site;
	size_t charge;
	bool dead;
	struct work_struct work;
	struct rcu_head rcu;

	char path[];
};

/* For resolve.c and cache.c. */
void kelp_cached_put(struct kelp_cached *cached);
struct kelp_object *kelp_cached_object(struct kelp_cached *cached);
unsigned long kelp_cached_look(struct kelp_cached *cached);
bool kelp_cached_fresh(const struct kelp_cached *cached);
void kelp_cached_stamp(struct kelp_cached *cached, unsigned long since);

/* For watch.c. */
void kelp_cached_changed(struct kelp_cached *cached, bool writing);

#endif
