/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key-value store from the inside, for the files that it is made of: kv.c
 * (what is in it), kv_evict.c (what has to go).
 */
#ifndef KELP_SVC_KV_IMPL_H
#define KELP_SVC_KV_IMPL_H

#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>

#include "svc/kv.h"

enum kv_count {
	KV_HITS,
	KV_MISSES,
	KV_SETS,
	KV_DELETES,
	KV_EVICTED,
	KV_EXPIRED,
	KV_COUNTS,
};

struct kv_counts {
	u64 v[KV_COUNTS];
};

/**
 * struct kelp_kv - a store
 * @table: key -> &struct kelp_kv_entry; RCU look-ups, changed under @lock
 * @config: its bounds; written under @lock, @value and @ttl_ms read anywhere
 * @counts: per CPU
 * @lock: protects what follows, and changes; BH off
 * @lru: the entries, those that came or were spared last first
 * @version: of the last value that was set
 * @entries: how many there are
 * @bytes: memory counted for them
 */
struct kelp_kv {
	struct rhashtable table;
	struct kelp_kv_config config;
	struct kv_counts __percpu *counts;
	spinlock_t lock;
	struct list_head lru;
	u64 version;
	u64 entries;
	u64 bytes;
};

void kv_remove(struct kelp_kv *kv, struct kelp_kv_entry *entry,
	       enum kv_count why);

/* kv_evict.c: under kelp_kv.lock. */
void kv_sweep(struct kelp_kv *kv);
void kv_evict(struct kelp_kv *kv, size_t charge);

static inline void kv_count(struct kelp_kv *kv, enum kv_count what)
{
	this_cpu_inc(kv->counts->v[what]);
}

static inline bool kv_expired(const struct kelp_kv_entry *entry)
{
	return entry->expires &&
	       time_after_eq64(get_jiffies_64(), entry->expires);
}

#endif
