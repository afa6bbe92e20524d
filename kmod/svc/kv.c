// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key-value store. Look-ups run in any context under RCU; changes take the
 * store's spinlock, for as long as a change in a hash table takes.
 */
#include "svc/kv.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "bytes.h"
#include "net/blob.h"
#include "stats/census.h"
#include "svc/kv_impl.h"

struct kv_key {
	const void *data;
	size_t len;
};

static u32 kv_key_hash(const void *data, u32 len, u32 seed)
{
	const struct kv_key *key = data;

	return jhash(key->data, key->len, seed);
}

static u32 kv_entry_hash(const void *data, u32 len, u32 seed)
{
	const struct kelp_kv_entry *entry = data;

	return jhash(entry->data, entry->key_len, seed);
}

static int kv_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct kelp_kv_entry *entry = obj;
	const struct kv_key *key = arg->key;

	return entry->key_len != key->len ||
	       !kelp_same_bytes(entry->data, key->data, key->len);
}

static const struct rhashtable_params kv_params = {
	.head_offset = offsetof(struct kelp_kv_entry, node),
	.key_len = sizeof(struct kv_key),
	.hashfn = kv_key_hash,
	.obj_hashfn = kv_entry_hash,
	.obj_cmpfn = kv_cmp,
	.automatic_shrinking = true,
};

static void kv_entry_free(struct kelp_kv_entry *entry)
{
	kelp_blob_put(entry->blob);
	kfree(entry);
	kelp_census_sub(KELP_CENSUS_KV);
}

static void kv_entry_free_rcu(struct rcu_head *rcu)
{
	kv_entry_free(container_of(rcu, struct kelp_kv_entry, rcu));
}

/**
 * kelp_kv_create() - make a store
 * @config: its bounds
 *
 * Context: process, sleeps.
 * Return: the store, or an ERR_PTR: -ENOMEM.
 */
struct kelp_kv *kelp_kv_create(const struct kelp_kv_config *config)
{
	struct kelp_kv *kv = kzalloc(sizeof(*kv), GFP_KERNEL);
	int err = -ENOMEM;

	if (!kv)
		return ERR_PTR(-ENOMEM);
	kv->config = *config;
	spin_lock_init(&kv->lock);
	INIT_LIST_HEAD(&kv->lru);
	/* later than any version of a store that was here before a restart */
	kv->version = ktime_get_real_ns();
	kv->counts = alloc_percpu(struct kv_counts);
	if (!kv->counts)
		goto err_free;
	err = rhashtable_init(&kv->table, &kv_params);
	if (err)
		goto err_free_counts;
	return kv;

err_free_counts:
	free_percpu(kv->counts);
err_free:
	kfree(kv);
	return ERR_PTR(err);
}

static void kv_free_each(void *entry, void *arg)
{
	kv_entry_free(entry);
}

/**
 * kelp_kv_destroy() - free a store with all that is in it
 * @kv: the store; nobody uses it, and a grace period has passed since
 *
 * Context: process, sleeps.
 */
void kelp_kv_destroy(struct kelp_kv *kv)
{
	rhashtable_free_and_destroy(&kv->table, kv_free_each, NULL);
	free_percpu(kv->counts);
	kfree(kv);
}

/**
 * kelp_kv_value_most() - the largest value that a store takes
 * @kv: the store
 *
 * Context: any.
 * Return: bytes.
 */
u64 kelp_kv_value_most(const struct kelp_kv *kv)
{
	return READ_ONCE(kv->config.value);
}

/* The entry of a key, also when its time has passed. */
static struct kelp_kv_entry *kv_find(struct kelp_kv *kv, const void *key,
				     size_t len)
{
	const struct kv_key what = { .data = key, .len = len };

	return rhashtable_lookup(&kv->table, &what, kv_params);
}

/* A look-up met it: it goes, unless somebody was faster. */
static void kv_expire(struct kelp_kv *kv, struct kelp_kv_entry *entry)
{
	spin_lock_bh(&kv->lock);
	if (kv_find(kv, entry->data, entry->key_len) == entry)
		kv_remove(kv, entry, KV_EXPIRED);
	spin_unlock_bh(&kv->lock);
}

/**
 * kelp_kv_look() - look a key up, without counting that
 * @kv: the store
 * @key: the key
 * @len: bytes of it
 *
 * Context: any, under rcu_read_lock(), which keeps the entry. One whose time
 * has passed is removed: takes kelp_kv.lock.
 * Return: the entry, or NULL.
 */
const struct kelp_kv_entry *kelp_kv_look(struct kelp_kv *kv, const void *key,
					 size_t len)
{
	struct kelp_kv_entry *entry = kv_find(kv, key, len);

	if (!entry)
		return NULL;
	if (unlikely(kv_expired(entry))) {
		kv_expire(kv, entry);
		return NULL;
	}
	if (!READ_ONCE(entry->used))
		WRITE_ONCE(entry->used, true);
	return entry;
}

/**
 * kelp_kv_looked() - count look-ups
 * @kv: the store
 * @hits: how many found a value
 * @misses: how many did not
 *
 * Context: any.
 */
void kelp_kv_looked(struct kelp_kv *kv, unsigned int hits, unsigned int misses)
{
	this_cpu_add(kv->counts->v[KV_HITS], hits);
	this_cpu_add(kv->counts->v[KV_MISSES], misses);
}

/**
 * kelp_kv_get() - look a key up
 * @kv: the store
 * @key: the key
 * @len: bytes of it
 *
 * Context: any, under rcu_read_lock(), which keeps the entry. One whose time
 * has passed is removed: takes kelp_kv.lock.
 * Return: the entry, or NULL.
 */
const struct kelp_kv_entry *kelp_kv_get(struct kelp_kv *kv, const void *key,
					size_t len)
{
	const struct kelp_kv_entry *entry = kelp_kv_look(kv, key, len);

	kv_count(kv, entry ? KV_HITS : KV_MISSES);
	return entry;
}

static u64 kv_expires(const struct kelp_kv *kv, u64 ttl_ms)
{
	u64 ms = ttl_ms ?: READ_ONCE(kv->config.ttl_ms), ticks, expires;

	/* a little more than asked for, never less */
	if (!ms || check_mul_overflow(ms, (u64)HZ, &ticks) ||
	    check_add_overflow(get_jiffies_64(), div_u64(ticks, 1000) + 1,
			       &expires))
		return 0;
	return expires;
}

static struct kelp_kv_entry *kv_entry_create(const struct kelp_kv *kv,
					     const struct kelp_kv_set *set,
					     gfp_t gfp)
{
	size_t inside = set->len > KELP_KV_INLINE ? 0 : set->len;
	size_t size = struct_size((struct kelp_kv_entry *)NULL, data,
				  set->key_len + set->type_len + inside);
	struct kelp_kv_entry *entry;

	entry = kzalloc(size, gfp | __GFP_NOWARN);
	if (!entry)
		return NULL;
	if (!inside && set->len) {
		entry->blob = kelp_blob_alloc(set->len, gfp);
		if (!entry->blob) {
			kfree(entry);
			return NULL;
		}
		kelp_blob_write(entry->blob, set->data);
	}
	kelp_census_add(KELP_CENSUS_KV);
	entry->expires = kv_expires(kv, set->ttl_ms);
	entry->charge = size + set->len - inside;
	entry->len = set->len;
	entry->key_len = set->key_len;
	entry->type_len = set->type_len;
	memcpy(entry->data, set->key, set->key_len);
	memcpy(entry->data + set->key_len, set->type, set->type_len);
	memcpy(entry->data + set->key_len + set->type_len, set->data, inside);
	return entry;
}

/* Count it no more, and free it when nobody looks. Not in the table. */
static void kv_drop(struct kelp_kv *kv, struct kelp_kv_entry *entry)
{
	lockdep_assert_held(&kv->lock);
	list_del(&entry->lru);
	kv->entries--;
	kv->bytes -= entry->charge;
	call_rcu(&entry->rcu, kv_entry_free_rcu);
}

/**
 * kv_remove() - take an entry out of the store
 * @kv: the store
 * @entry: the entry
 * @why: as what it is counted
 *
 * Context: holds kelp_kv.lock.
 */
void kv_remove(struct kelp_kv *kv, struct kelp_kv_entry *entry,
	       enum kv_count why)
{
	lockdep_assert_held(&kv->lock);
	rhashtable_remove_fast(&kv->table, &entry->node, kv_params);
	kv_drop(kv, entry);
	kv_count(kv, why);
}

/* Does the condition hold for what is there? */
static int kv_holds(const struct kelp_kv_entry *entry, enum kelp_kv_if condition,
		    u64 version)
{
	switch (condition) {
	case KELP_KV_IF_ABSENT:
		return entry ? -EEXIST : 0;
	case KELP_KV_IF_PRESENT:
		return entry ? 0 : -ENOENT;
	case KELP_KV_IF_VERSION:
		if (!entry)
			return -ENOENT;
		return entry->version == version ? 0 : -ESTALE;
	default:
		return 0;
	}
}

/* Put @entry in the place of @old, which may be NULL. */
static int kv_put(struct kelp_kv *kv, struct kelp_kv_entry *entry,
		  struct kelp_kv_entry *old)
{
	int err;

	lockdep_assert_held(&kv->lock);
	if (old) {
		/* readers see one or the other, never neither */
		rhashtable_replace_fast(&kv->table, &old->node, &entry->node,
					kv_params);
		if (kv_expired(old))
			kv_count(kv, KV_EXPIRED);
		kv_drop(kv, old);
	}
	kv_evict(kv, entry->charge);
	if (!old) {
		err = rhashtable_insert_fast(&kv->table, &entry->node,
					     kv_params);
		if (err)
			return -ENOMEM;
	}
	list_add(&entry->lru, &kv->lru);
	kv->entries++;
	kv->bytes += entry->charge;
	return 0;
}

static int kv_change(struct kelp_kv *kv, struct kelp_kv_set *set,
		     struct kelp_kv_entry *entry)
{
	struct kelp_kv_entry *old, *present;
	int err;

	if (entry->charge > kv->config.bytes)
		return -ENOSPC;
	kv_sweep(kv);
	old = kv_find(kv, set->key, set->key_len);
	present = old && !kv_expired(old) ? old : NULL;
	set->created = !present;
	set->version = present ? present->version : 0;
	err = kv_holds(present, set->condition, set->if_version);
	if (err)
		return err;
	entry->version = ++kv->version;
	if (set->keep_ttl && present)
		entry->expires = present->expires;
	err = kv_put(kv, entry, old);
	if (!err)
		set->version = entry->version;
	return err;
}

/**
 * kelp_kv_set() - keep a value
 * @kv: the store
 * @set: what, and when; and what became of it
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows; takes kelp_kv.lock.
 * Return: 0; -EINVAL for a key or type of a wrong length; -E2BIG above the
 * largest value; -ENOSPC when it is larger than the store; -ENOMEM; -EEXIST,
 * -ENOENT, -ESTALE when the condition does not hold.
 */
int kelp_kv_set(struct kelp_kv *kv, struct kelp_kv_set *set, gfp_t gfp)
{
	struct kelp_kv_entry *entry;
	int err;

	if (!set->key_len || set->key_len > KELP_KV_KEY ||
	    set->type_len > KELP_KV_TYPE)
		return -EINVAL;
	if (set->len > kelp_kv_value_most(kv))
		return -E2BIG;
	entry = kv_entry_create(kv, set, gfp);
	if (!entry)
		return -ENOMEM;
	rcu_read_lock();
	spin_lock_bh(&kv->lock);
	err = kv_change(kv, set, entry);
	spin_unlock_bh(&kv->lock);
	rcu_read_unlock();
	if (err)
		kv_entry_free(entry);
	else
		kv_count(kv, KV_SETS);
	return err;
}

/**
 * kelp_kv_delete() - forget a key
 * @kv: the store
 * @key: the key
 * @len: bytes of it
 * @condition: when
 * @if_version: for KELP_KV_IF_VERSION
 *
 * Context: any; takes kelp_kv.lock.
 * Return: 0; -ENOENT when there is no value; -EEXIST, -ESTALE when the
 * condition does not hold.
 */
int kelp_kv_delete(struct kelp_kv *kv, const void *key, size_t len,
		   enum kelp_kv_if condition, u64 if_version)
{
	struct kelp_kv_entry *entry;
	int err;

	rcu_read_lock();
	spin_lock_bh(&kv->lock);
	entry = kv_find(kv, key, len);
	if (entry && kv_expired(entry)) {
		kv_remove(kv, entry, KV_EXPIRED);
		entry = NULL;
	}
	err = kv_holds(entry, condition, if_version);
	if (!err && !entry)
		err = -ENOENT;
	if (!err)
		kv_remove(kv, entry, KV_DELETES);
	spin_unlock_bh(&kv->lock);
	rcu_read_unlock();
	return err;
}

/**
 * kelp_kv_stats() - how a store is doing
 * @kv: the store
 * @stats: to be filled
 *
 * Context: any; takes kelp_kv.lock.
 */
void kelp_kv_stats(struct kelp_kv *kv, struct kelp_kv_stats *stats)
{
	u64 sum[KV_COUNTS] = {};
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < KV_COUNTS; i++)
			sum[i] += per_cpu_ptr(kv->counts, cpu)->v[i];
	stats->hits = sum[KV_HITS];
	stats->misses = sum[KV_MISSES];
	stats->sets = sum[KV_SETS];
	stats->deletes = sum[KV_DELETES];
	stats->evicted = sum[KV_EVICTED];
	stats->expired = sum[KV_EXPIRED];
	spin_lock_bh(&kv->lock);
	stats->entries = kv->entries;
	stats->bytes = kv->bytes;
	spin_unlock_bh(&kv->lock);
}
