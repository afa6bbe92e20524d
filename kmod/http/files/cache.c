// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of cached files: look-ups without locks in softirq, changes in the
 * dispatcher under kelp_cache.lock. Knows nothing of how files are found and
 * read; that is resolve.c.
 *
 * An entry is removed, never emptied: once dead it stays dead, and a request
 * that still holds it uses what it holds and leaves the table alone.
 */
#include "http/files/cache.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "bytes.h"
#include "hot.h"
#include "http/files/cached.h"
#include "http/files/evict.h"
#include "http/name.h"
#include "http/object.h"
#include "http/files/site.h"
#include "http/files/snapshot.h"
#include "http/table.h"
#include "net/dispatch.h"
#include "stats/census.h"

struct cache_key {
	const struct kelp_site *site;
	const char *path;
	size_t len;
};

static u32 cache_hash(const struct kelp_site *site, const char *path,
		      size_t len, u32 seed)
{
	return kelp_name_hash(path, len, seed ^ site->id);
}

static u32 cache_key_hash(const void *data, u32 len, u32 seed)
{
	const struct cache_key *key = data;

	return cache_hash(key->site, key->path, key->len, seed);
}

static u32 cached_hash(const void *data, u32 len, u32 seed)
{
	const struct kelp_cached *cached = data;

	return cache_hash(cached->site, cached->path, cached->path_len, seed);
}

__kelp_hot
static int cached_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct kelp_cached *cached = obj;
	const struct cache_key *key = arg->key;

	return cached->site != key->site || cached->path_len != key->len ||
	       !kelp_same_bytes(cached->path, key->path, key->len);
}

static const struct rhashtable_params cache_params = {
	.head_offset = offsetof(struct kelp_cached, node),
	.key_len = sizeof(struct cache_key),
	.hashfn = cache_key_hash,
	.obj_hashfn = cached_hash,
	.obj_cmpfn = cached_cmp,
	.automatic_shrinking = true,
};

__kelp_hot
static struct kelp_cached *cache_lookup(struct kelp_site *site,
					const char *path, size_t len)
{
	struct cache_key key = { .site = site, .path = path, .len = len };

	return rhashtable_lookup(&site->http->cache.table, &key, cache_params);
}

/**
 * kelp_cache_find() - look a file up
 * @site: the site
 * @path: the request's path behind the site's prefix, begins with '/'; need
 *	not be NUL terminated
 * @len: its length in bytes
 * @obj: set unless the answer is KELP_CACHE_MISS; RCU protected, kept with
 *	kelp_object_tryget()
 *
 * Writes to no shared cache line but once per round of eviction and once per
 * half second and file.
 *
 * Context: any, under rcu_read_lock().
 * Return: what to do.
 */
__kelp_hot
enum kelp_cache_state kelp_cache_find(struct kelp_site *site, const char *path,
				      size_t len, struct kelp_object **obj)
{
	struct kelp_cached *cached = cache_lookup(site, path, len);
	unsigned long age;

	if (!cached)
		return KELP_CACHE_MISS;
	/*
	 * Pairs with smp_store_release() in kelp_cached_stamp(): whoever sees
	 * the stamp sees the object that it vouches for, or a later one.
	 */
	age = jiffies - smp_load_acquire(&cached->checked);
	/* Pairs with rcu_replace_pointer() in kelp_cache_publish(). */
	*obj = rcu_dereference(cached->object);
	if (!*obj || age >= CACHE_STALE)
		return KELP_CACHE_MISS;
	if (!READ_ONCE(cached->used))
		WRITE_ONCE(cached->used, true);
	if (age >= CACHE_AGING &&
	    !test_bit(KELP_CACHED_AGING, &cached->bits) &&
	    !test_and_set_bit(KELP_CACHED_AGING, &cached->bits))
		return KELP_CACHE_AGING;
	return KELP_CACHE_FRESH;
}

/**
 * kelp_cache_revalidate() - have a file looked at again
 * @site: the site
 * @path: the path for which kelp_cache_find() said KELP_CACHE_AGING
 * @len: its length in bytes
 *
 * Context: any, under rcu_read_lock().
 */
void kelp_cache_revalidate(struct kelp_site *site, const char *path,
			   size_t len)
{
	struct kelp_cached *cached = cache_lookup(site, path, len);

	if (!cached || !refcount_inc_not_zero(&cached->ref))
		return;
	/* The item's reference; when it was queued already it has one. */
	if (!kelp_dispatch(&cached->work))
		kelp_cached_put(cached);
}

/**
 * kelp_cache_get() - take a reference to a file's entry
 * @site: the site, a reference is held
 * @path: behind the site's prefix
 * @len: its length in bytes
 *
 * Context: process.
 * Return: a reference for the caller, or NULL.
 */
struct kelp_cached *kelp_cache_get(struct kelp_site *site, const char *path,
				   size_t len)
{
	struct kelp_cached *cached;

	rcu_read_lock();
	cached = cache_lookup(site, path, len);
	if (cached && !refcount_inc_not_zero(&cached->ref))
		cached = NULL;
	rcu_read_unlock();
	return cached;
}

/* Context: holds kelp_cache.lock. Return: the entry that is in the table. */
static struct kelp_cached *cache_insert(struct kelp_cache *cache,
					struct kelp_cached *new)
{
	struct cache_key key = {
		.site = new->site,
		.path = new->path,
		.len = new->path_len,
	};
	struct kelp_cached *old;

	lockdep_assert_held(&cache->lock);
	if (new->site->dead)
		return ERR_PTR(-ESHUTDOWN);
	old = rhashtable_lookup_get_insert_key(&cache->table, &key, &new->node,
					       cache_params);
	if (IS_ERR(old))
		return old;
	if (old) {
		/* It is in the table, so the table's reference is there. */
		refcount_inc(&old->ref);
		return old;
	}
	list_add_tail(&new->of_site, &new->site->cached);
	refcount_inc(&new->ref);
	return new;
}

/**
 * kelp_cache_create() - make an entry for a file, without an object yet
 * @site: the site, a reference is held
 * @path: behind the site's prefix, NUL terminated
 * @work: what revalidates it; runs with a reference, which it puts
 *
 * Context: process, sleeps; takes kelp_cache.lock.
 * Return: a reference to the entry, somebody else's if there is one by now; or
 * an ERR_PTR: -ENOMEM, -ESHUTDOWN when the site is dead.
 */
struct kelp_cached *kelp_cache_create(struct kelp_site *site, const char *path,
				      void (*work)(struct work_struct *))
{
	struct kelp_cache *cache = &site->http->cache;
	struct kelp_cached *new, *cached;
	size_t len = strlen(path);

	new = kzalloc(struct_size(new, path, len + 1), GFP_KERNEL);
	if (!new)
		return ERR_PTR(-ENOMEM);
	kelp_census_add(KELP_CENSUS_CACHED);
	new->site = kelp_site_get(site);
	mutex_init(&new->fill);
	refcount_set(&new->ref, 1);
	INIT_LIST_HEAD(&new->lru);
	INIT_LIST_HEAD(&new->of_site);
	new->noise = jiffies - CACHE_NOISE;
	INIT_WORK(&new->work, work);
	new->path_len = len;
	memcpy(new->path, path, len);

	mutex_lock(&cache->lock);
	cached = cache_insert(cache, new);
	mutex_unlock(&cache->lock);
	if (cached != new)
		kelp_cached_put(new);
	return cached;
}

/* Context: holds kelp_cache.lock. */
static void cache_count(struct kelp_site *site, int objects, s64 body_bytes)
{
	struct kelp_cache *cache = &site->http->cache;

	lockdep_assert_held(&cache->lock);
	site->cached_objects += objects;
	site->cached_bytes += body_bytes;
	WRITE_ONCE(cache->objects, cache->objects + objects);
	WRITE_ONCE(cache->body_bytes, cache->body_bytes + body_bytes);
}

/**
 * kelp_cache_unlink() - take an entry out, for good
 * @cache: the cache
 * @cached: the entry, which may be out already; the table's reference to it is
 *	given back
 *
 * Context: process, also in reclaim; holds kelp_cache.lock.
 */
void kelp_cache_unlink(struct kelp_cache *cache, struct kelp_cached *cached)
{
	struct kelp_object *obj =
		rcu_dereference_protected(cached->object,
					  lockdep_is_held(&cache->lock));

	lockdep_assert_held(&cache->lock);
	if (cached->dead)
		return;
	cached->dead = true;
	rhashtable_remove_fast(&cache->table, &cached->node, cache_params);
	list_del_init(&cached->of_site);
	if (!list_empty(&cached->lru)) {
		list_del_init(&cached->lru);
		cache_count(cached->site, -1, -(s64)kelp_object_bodies(obj));
		cache->bytes -= cached->charge;
	}
	kelp_cached_put(cached);
}

/**
 * kelp_cache_remove() - forget a file
 * @cached: its entry, a reference is held and kept
 *
 * Context: process, sleeps; takes kelp_cache.lock.
 */
void kelp_cache_remove(struct kelp_cached *cached)
{
	struct kelp_cache *cache = &cached->site->http->cache;

	mutex_lock(&cache->lock);
	kelp_cache_unlink(cache, cached);
	mutex_unlock(&cache->lock);
}

/*
 * Make @obj the entry's object, and count it unless the entry is dead.
 * Context: holds kelp_cached.fill and kelp_cache.lock.
 * Return: the object that was there before, the caller's now.
 */
static struct kelp_object *cached_replace(struct kelp_cache *cache,
					  struct kelp_cached *cached,
					  struct kelp_object *obj)
{
	size_t charge = sizeof(*cached) + cached->path_len +
			kelp_object_size(obj);
	struct kelp_object *old;

	/*
	 * Orders the object's bytes before its pointer; pairs with
	 * rcu_dereference() in kelp_cache_find().
	 */
	old = rcu_replace_pointer(cached->object, kelp_object_get(obj),
				  lockdep_is_held(&cached->fill));
	if (cached->dead)
		return old;
	if (list_empty(&cached->lru)) {
		list_add_tail(&cached->lru, &cache->lru);
		cache_count(cached->site, 1, kelp_object_bodies(obj));
	} else {
		cache_count(cached->site, 0,
			    (s64)kelp_object_bodies(obj) -
			    (s64)kelp_object_bodies(old));
	}
	cache->bytes += charge - cached->charge;
	cached->charge = charge;
	return old;
}

/**
 * kelp_cache_publish() - give an entry the object that was read
 * @cached: the entry, a reference is held
 * @obj: the object; the entry takes a reference of its own
 * @snap: what it was read from
 * @since: jiffies from before the look at the file
 *
 * Keeps the cap: others are evicted, or this entry when it alone exceeds it.
 *
 * Context: process, sleeps; holds kelp_cached.fill, takes kelp_cache.lock.
 */
void kelp_cache_publish(struct kelp_cached *cached, struct kelp_object *obj,
			const struct kelp_snapshot *snap, unsigned long since)
{
	struct kelp_cache *cache = &cached->site->http->cache;
	struct kelp_net *kn = cached->site->kn;
	u64 cap = kelp_net_limit(kn, KELP_LIMIT_CACHE);
	struct kelp_object *old;

	lockdep_assert_held(&cached->fill);
	cached->ident = snap->ident;
	cached->settled = snap->settled;

	mutex_lock(&cache->lock);
	old = cached_replace(cache, cached, obj);
	if (cached->charge > cap)
		kelp_cache_unlink(cache, cached);
	kelp_cache_evict(cache, kn, cap);
	mutex_unlock(&cache->lock);

	kelp_cached_stamp(cached, since);
	kelp_object_put(old);
}

/**
 * kelp_cache_drop_site() - forget a site's files, now and for ever
 * @site: the site, a reference is held
 *
 * Context: process, sleeps; takes kelp_cache.lock.
 */
void kelp_cache_drop_site(struct kelp_site *site)
{
	struct kelp_cache *cache = &site->http->cache;
	struct kelp_cached *cached, *next;

	mutex_lock(&cache->lock);
	site->dead = true;
	list_for_each_entry_safe(cached, next, &site->cached, of_site)
		kelp_cache_unlink(cache, cached);
	mutex_unlock(&cache->lock);
}

/**
 * kelp_cache_init() - make an empty cache
 * @cache: to be initialised
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int kelp_cache_init(struct kelp_cache *cache)
{
	int err;

	mutex_init(&cache->lock);
	INIT_LIST_HEAD(&cache->lru);
	cache->bytes = 0;
	err = rhashtable_init(&cache->table, &cache_params);
	if (err)
		return err;
	err = kelp_cache_shrinker_init(cache);
	if (err)
		rhashtable_destroy(&cache->table);
	return err;
}

/**
 * kelp_cache_exit() - free what kelp_cache_init() made
 * @cache: empty; no reader is left
 *
 * Context: process, sleeps.
 */
void kelp_cache_exit(struct kelp_cache *cache)
{
	kelp_shrinker_unregister(&cache->shrinker);
	WARN_ON_ONCE(!list_empty(&cache->lru) || cache->bytes);
	rhashtable_destroy(&cache->table);
}
