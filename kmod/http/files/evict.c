// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving up cached files: when the cache is full, and when the machine wants
 * memory. Knows the order in which files go, and nothing else of the cache.
 */
#include "http/files/evict.h"

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "http/files/cache.h"
#include "http/files/cached.h"
#include "http/files/site.h"
#include "net/net.h"

/**
 * kelp_cache_evict() - evict until the cap is kept
 * @cache: the cache
 * @kn: whose counters count it
 * @cap: bytes that may stay
 *
 * In the order of entry, but what was looked up since goes to the end once.
 * Readers set the mark at any time, so the second chances of one call are
 * counted.
 *
 * Context: process; holds kelp_cache.lock.
 */
void kelp_cache_evict(struct kelp_cache *cache, struct kelp_net *kn,
		      size_t cap)
{
	unsigned int chances = atomic_read(&cache->table.nelems);
	struct kelp_cached *cached;

	lockdep_assert_held(&cache->lock);
	while (cache->bytes > cap && !list_empty(&cache->lru)) {
		cached = list_first_entry(&cache->lru, struct kelp_cached, lru);
		if (READ_ONCE(cached->used) && chances) {
			chances--;
			WRITE_ONCE(cached->used, false);
			list_move_tail(&cached->lru, &cache->lru);
			continue;
		}
		kelp_cache_unlink(cache, cached);
		kelp_stat_inc(kn->stats, KELP_STAT_CACHE_EVICTED);
	}
}

static unsigned long kelp_cache_count(struct shrinker *shrinker,
				      struct shrink_control *sc)
{
	struct kelp_cache *cache = kelp_shrinker_private(shrinker);

	return READ_ONCE(cache->objects) ?: SHRINK_EMPTY;
}

/*
 * Runs where memory is allocated, perhaps by a holder of the lock. What was
 * looked up since the last time gets one more chance.
 */
static unsigned long kelp_cache_scan(struct shrinker *shrinker,
				     struct shrink_control *sc)
{
	struct kelp_cache *cache = kelp_shrinker_private(shrinker);
	unsigned long freed = 0, left = sc->nr_to_scan;
	struct kelp_cached *cached;

	if (!mutex_trylock(&cache->lock))
		return SHRINK_STOP;
	while (left-- && !list_empty(&cache->lru)) {
		cached = list_first_entry(&cache->lru, struct kelp_cached, lru);
		if (READ_ONCE(cached->used)) {
			WRITE_ONCE(cached->used, false);
			list_move_tail(&cached->lru, &cache->lru);
			continue;
		}
		kelp_stat_inc(cached->site->kn->stats, KELP_STAT_CACHE_SHRUNK);
		kelp_cache_unlink(cache, cached);
		freed++;
	}
	mutex_unlock(&cache->lock);
	return freed;
}

/**
 * kelp_cache_shrinker_init() - let the kernel ask for the cache's memory
 * @cache: the cache, ready for use
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int kelp_cache_shrinker_init(struct kelp_cache *cache)
{
	return kelp_shrinker_register(&cache->shrinker, "kelp-cache", cache,
				      kelp_cache_count, kelp_cache_scan);
}
