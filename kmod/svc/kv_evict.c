// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a key-value store has to go: what is too old, and what there is no
 * room for.
 *
 * Eviction gives second chances: from the end of a list that entries enter at
 * its head, one that was used since it was last looked at goes to the head
 * again, one that was not goes. So a look-up writes at most one byte, and none
 * while that byte is set.
 */
#include "svc/kv_impl.h"

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/sched.h>

/* Second chances in one change: eviction is bounded, if then less fair. */
#define KV_CHANCES 64
/* Entries at the end of the list that a change looks at for their age. */
#define KV_SWEEP 4
/* Entries that go in one hold of the lock when a store is narrowed. */
#define KV_BATCH 64

/**
 * kv_sweep() - entries whose time has passed go where a change comes across them
 * @kv: the store
 *
 * Context: holds kelp_kv.lock.
 */
void kv_sweep(struct kelp_kv *kv)
{
	struct kelp_kv_entry *entry, *next;
	int n = KV_SWEEP;

	list_for_each_entry_safe_reverse(entry, next, &kv->lru, lru) {
		if (!n--)
			return;
		if (kv_expired(entry))
			kv_remove(kv, entry, KV_EXPIRED);
	}
}

/* The entry at the end of the list goes, or gets one of the @chances. */
static void kv_evict_one(struct kelp_kv *kv, int *chances)
{
	struct kelp_kv_entry *entry;

	entry = list_last_entry(&kv->lru, struct kelp_kv_entry, lru);
	if (kv_expired(entry)) {
		kv_remove(kv, entry, KV_EXPIRED);
	} else if (READ_ONCE(entry->used) && *chances) {
		--*chances;
		WRITE_ONCE(entry->used, false);
		list_move(&entry->lru, &kv->lru);
	} else {
		kv_remove(kv, entry, KV_EVICTED);
	}
}

/**
 * kv_evict() - make room for one more entry
 * @kv: the store
 * @charge: bytes counted for it, no more than the store may have
 *
 * Context: holds kelp_kv.lock.
 */
void kv_evict(struct kelp_kv *kv, size_t charge)
{
	int chances = KV_CHANCES;

	lockdep_assert_held(&kv->lock);
	while (kv->bytes + charge > kv->config.bytes ||
	       kv->entries + 1 > kv->config.entries)
		kv_evict_one(kv, &chances);
}

static u64 kv_bound(u64 wanted, u64 present)
{
	return wanted == KELP_KV_SAME ? present : wanted;
}

/*
 * The bounds follow what is there down to those that are wanted, so that no
 * change finds the store far above them and has to evict all that.
 */
static bool kv_narrow(struct kelp_kv *kv, u64 bytes, u64 entries)
{
	int chances = KV_BATCH, n;

	lockdep_assert_held(&kv->lock);
	for (n = 0; n < KV_BATCH; n++) {
		if (kv->bytes <= bytes && kv->entries <= entries)
			break;
		kv_evict_one(kv, &chances);
	}
	kv->config.bytes = max(bytes, kv->bytes);
	kv->config.entries = max(entries, kv->entries);
	return kv->config.bytes == bytes && kv->config.entries == entries;
}

/**
 * kelp_kv_bound() - change the bounds of a store
 * @kv: the store
 * @config: the new ones; KELP_KV_SAME leaves one as it is
 *
 * What there is no room for any more goes. Values above the new largest size
 * stay, and so do the times to live of what is there.
 *
 * Context: process, sleeps; one at a time. Takes kelp_kv.lock.
 */
void kelp_kv_bound(struct kelp_kv *kv, const struct kelp_kv_config *config)
{
	u64 bytes, entries;
	bool done;

	spin_lock_bh(&kv->lock);
	bytes = kv_bound(config->bytes, kv->config.bytes);
	entries = kv_bound(config->entries, kv->config.entries);
	WRITE_ONCE(kv->config.value, kv_bound(config->value, kv->config.value));
	WRITE_ONCE(kv->config.ttl_ms,
		   kv_bound(config->ttl_ms, kv->config.ttl_ms));
	spin_unlock_bh(&kv->lock);
	do {
		spin_lock_bh(&kv->lock);
		done = kv_narrow(kv, bytes, entries);
		spin_unlock_bh(&kv->lock);
		cond_resched();
	} while (!done);
}
