// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file in the cache: its end, and whether its object may still be believed.
 * A look at the file stamps it, an event takes the stamp away; the fast path
 * (kelp_cache_find()) goes by the stamp alone. Knows nothing of the table.
 */
#include "http/files/cached.h"

#include <linux/lockdep.h>
#include <linux/slab.h>

#include "http/files/site.h"
#include "http/files/watch.h"
#include "http/object.h"
#include "net/net.h"
#include "stats/census.h"

/**
 * kelp_cached_put() - give a reference back
 * @cached: the entry; not to be touched afterwards
 *
 * Context: any.
 */
void kelp_cached_put(struct kelp_cached *cached)
{
	if (!refcount_dec_and_test(&cached->ref))
		return;
	kelp_watch_drop(cached->watch);
	kelp_object_put(rcu_dereference_protected(cached->object, true));
	kelp_site_put(cached->site);
	kfree_rcu(cached, rcu);
	kelp_census_sub(KELP_CENSUS_CACHED);
}

/**
 * kelp_cached_object() - what an entry answers
 * @cached: the entry
 *
 * Context: process; holds kelp_cached.fill.
 * Return: a reference for the caller, or NULL when nothing was read yet.
 */
struct kelp_object *kelp_cached_object(struct kelp_cached *cached)
{
	struct kelp_object *obj =
		rcu_dereference_protected(cached->object,
					  lockdep_is_held(&cached->fill));

	return obj ? kelp_object_get(obj) : NULL;
}

/**
 * kelp_cached_look() - a look at the file begins
 * @cached: the entry
 *
 * Context: process; holds kelp_cached.fill.
 * Return: jiffies, for kelp_cached_stamp().
 */
unsigned long kelp_cached_look(struct kelp_cached *cached)
{
	lockdep_assert_held(&cached->fill);
	/*
	 * Orders the events before the look; pairs with
	 * smp_mb__before_atomic() in kelp_cached_changed(): what an event was
	 * about that is counted here, the look sees.
	 */
	cached->seen = atomic_read_acquire(&cached->events);
	return jiffies;
}

/**
 * kelp_cached_fresh() - would the fast path serve it and ask for nothing?
 * @cached: the entry
 *
 * Context: process; holds kelp_cached.fill.
 * Return: true when it needs no look at the file.
 */
bool kelp_cached_fresh(const struct kelp_cached *cached)
{
	lockdep_assert_held(&cached->fill);
	return rcu_access_pointer(cached->object) &&
	       jiffies - READ_ONCE(cached->checked) < CACHE_AGING;
}

/**
 * kelp_cached_stamp() - the object was found right
 * @cached: the entry
 * @since: what kelp_cached_look() returned before the look at the file
 *
 * An event that came since then wins: the entry stays stale.
 *
 * Context: process; holds kelp_cached.fill.
 */
void kelp_cached_stamp(struct kelp_cached *cached, unsigned long since)
{
	lockdep_assert_held(&cached->fill);
	/*
	 * Orders the object's pointer before the stamp that vouches for it;
	 * pairs with smp_load_acquire() in kelp_cache_find().
	 */
	smp_store_release(&cached->checked, since);
	/*
	 * Orders the stamp before the look at the events; pairs with the one in
	 * kelp_cached_changed(), which counts before it takes the stamp away.
	 */
	smp_mb();
	if (atomic_read(&cached->events) != cached->seen)
		WRITE_ONCE(cached->checked, since - CACHE_STALE);
	clear_bit(KELP_CACHED_AGING, &cached->bits);
}

/**
 * kelp_cached_changed() - the kernel told that the file changed
 * @cached: the entry
 * @writing: it was written, and its writer is not through
 *
 * Context: any, under rcu_read_lock(); under any locks of a file system.
 */
void kelp_cached_changed(struct kelp_cached *cached, bool writing)
{
	if (writing) {
		if (jiffies - READ_ONCE(cached->noise) < CACHE_NOISE)
			return;
		WRITE_ONCE(cached->noise, jiffies);
	}
	/*
	 * Orders the change before its count; pairs with
	 * atomic_read_acquire() in kelp_cached_look().
	 */
	smp_mb__before_atomic();
	atomic_inc(&cached->events);
	/*
	 * Orders the count before the stamp; pairs with smp_mb() in
	 * kelp_cached_stamp(): either that sees the count, or its stamp is
	 * older than this one.
	 */
	smp_mb__after_atomic();
	WRITE_ONCE(cached->checked, jiffies - CACHE_STALE);
	kelp_stat_inc(cached->site->kn->stats, KELP_STAT_CACHE_EVENTS);
}
