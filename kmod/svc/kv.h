/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded store of keys and values, with versions, times to live, and
 * eviction of what was not used lately. Knows nothing of who shows it.
 *
 * Look-ups take no lock, but where they meet something that is too old: it goes
 * then. What a look-up finds stays as it is until the caller's
 * RCU read-side section ends: a change puts a new entry in its place.
 */
#ifndef KELP_SVC_KV_H
#define KELP_SVC_KV_H

#include <linux/limits.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct kelp_blob;
struct kelp_kv;

/* Bytes of a key, at least 1, and of a value's type. */
#define KELP_KV_KEY 1024
#define KELP_KV_TYPE 255

/* Values up to this size lie in their entry, larger ones in a blob. */
#define KELP_KV_INLINE 4096

/* For kelp_kv_bound(): as it is. */
#define KELP_KV_SAME U64_MAX

/**
 * struct kelp_kv_config - the bounds of a store
 * @bytes: keys and values with what it costs to keep them
 * @entries: keys
 * @value: bytes of one value
 * @ttl_ms: time to live when none is given, 0 for ever
 */
struct kelp_kv_config {
	u64 bytes;
	u64 entries;
	u64 value;
	u64 ttl_ms;
};

/**
 * struct kelp_kv_entry - a key and its value
 * @node: in kelp_kv.table
 * @lru: in kelp_kv.lru; kelp_kv.lock
 * @rcu: readers may still look
 * @blob: the value when it is larger than KELP_KV_INLINE, else NULL; a
 *	reference is held
 * @version: differs from that of every other value this store ever had
 * @expires: in jiffies64, 0 for never
 * @charge: bytes counted for it
 * @len: bytes of the value
 * @key_len: bytes of the key
 * @type_len: bytes of the type
 * @used: found since it was last considered for eviction; any context
 * @data: the key, the type, the value when there is no @blob
 *
 * Constant once it can be found, but for @lru and @used.
 */
struct kelp_kv_entry {
	struct rhash_head node;
	struct list_head lru;
	struct rcu_head rcu;
	struct kelp_blob *blob;
	u64 version;
	u64 expires;
	size_t charge;
	u32 len;
	u16 key_len;
	u8 type_len;
	bool used;
	u8 data[];
};

/**
 * enum kelp_kv_if - under which condition something is changed
 * @KELP_KV_ALWAYS: none
 * @KELP_KV_IF_ABSENT: there is no value
 * @KELP_KV_IF_PRESENT: there is one
 * @KELP_KV_IF_VERSION: there is one, of that version
 */
enum kelp_kv_if {
	KELP_KV_ALWAYS,
	KELP_KV_IF_ABSENT,
	KELP_KV_IF_PRESENT,
	KELP_KV_IF_VERSION,
};

/**
 * struct kelp_kv_set - what shall be kept
 * @key: the key
 * @type: a few words about the value that are kept with it, or NULL
 * @data: the value
 * @key_len: bytes of @key
 * @type_len: bytes of @type
 * @len: bytes of @data
 * @ttl_ms: time to live, 0 for the store's
 * @keep_ttl: a value that is there hands on the time it has left
 * @condition: when
 * @if_version: for KELP_KV_IF_VERSION
 * @version: set to the new value's version, or, when the condition does not
 *	hold, to the present one's, 0 when there is none
 * @created: set when there was no value
 */
struct kelp_kv_set {
	const void *key;
	const void *type;
	const void *data;
	size_t key_len;
	size_t type_len;
	size_t len;
	u64 ttl_ms;
	bool keep_ttl;
	enum kelp_kv_if condition;
	u64 if_version;
	u64 version;
	bool created;
};

/**
 * struct kelp_kv_incr - what shall be added to what
 * @key: the key of a value that is a decimal number
 * @key_len: bytes of @key
 * @by: what to add
 * @initial: what is added to when there is no value
 * @ttl_ms: time to live when there was no value, 0 for the store's; a value
 *	that is there keeps the time it has left
 * @value: set to the sum
 * @version: set to its version
 */
struct kelp_kv_incr {
	const void *key;
	size_t key_len;
	s64 by;
	s64 initial;
	u64 ttl_ms;
	s64 value;
	u64 version;
};

/**
 * struct kelp_kv_stats - how a store is doing
 * @entries: keys
 * @bytes: memory counted for them
 * @hits: look-ups that found a value
 * @misses: look-ups that did not
 * @sets: values that were kept
 * @deletes: values that were deleted
 * @evicted: values that had to go
 * @expired: values whose time had passed when they were met
 */
struct kelp_kv_stats {
	u64 entries;
	u64 bytes;
	u64 hits;
	u64 misses;
	u64 sets;
	u64 deletes;
	u64 evicted;
	u64 expired;
};

struct kelp_kv *kelp_kv_create(const struct kelp_kv_config *config);
void kelp_kv_destroy(struct kelp_kv *kv);

/* kv_evict.c: process context. */
void kelp_kv_bound(struct kelp_kv *kv, const struct kelp_kv_config *config);

/* Under rcu_read_lock(); the second counts what it was asked for. */
const struct kelp_kv_entry *kelp_kv_look(struct kelp_kv *kv, const void *key,
					 size_t len);
const struct kelp_kv_entry *kelp_kv_get(struct kelp_kv *kv, const void *key,
					size_t len);

/* Any context that @gfp allows. */
int kelp_kv_set(struct kelp_kv *kv, struct kelp_kv_set *set, gfp_t gfp);
int kelp_kv_delete(struct kelp_kv *kv, const void *key, size_t len,
		   enum kelp_kv_if condition, u64 if_version);
void kelp_kv_stats(struct kelp_kv *kv, struct kelp_kv_stats *stats);
u64 kelp_kv_value_most(const struct kelp_kv *kv);
void kelp_kv_looked(struct kelp_kv *kv, unsigned int hits, unsigned int misses);

/* kv_number.c: the same. */
int kelp_kv_incr(struct kelp_kv *kv, struct kelp_kv_incr *incr, gfp_t gfp);

static inline const void *kelp_kv_type(const struct kelp_kv_entry *entry)
{
	return entry->data + entry->key_len;
}

/* The value when it is not in a blob. */
static inline const void *kelp_kv_value(const struct kelp_kv_entry *entry)
{
	return entry->data + entry->key_len + entry->type_len;
}

#endif
