// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers in a key-value store: values that are added to. Any context; no more
 * than anybody can do with look-ups and conditional changes.
 */
#include "svc/kv.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>

/* Tries of an increment before another's has to go first. */
#define KV_INCR_TRIES 64

/* The number that a value is; 0 when there is none. */
static int kv_number(const struct kelp_kv_entry *entry, s64 *number)
{
	char text[24];

	*number = 0;
	if (!entry)
		return 0;
	if (entry->len >= sizeof(text))
		return -EINVAL;
	memcpy(text, kelp_kv_value(entry), entry->len);
	text[entry->len] = '\0';
	return kstrtos64(text, 10, number) ? -EINVAL : 0;
}

static int kv_incr_once(struct kelp_kv *kv, struct kelp_kv_set *set, s64 by,
			s64 *result, gfp_t gfp)
{
	const struct kelp_kv_entry *entry;
	char text[24];
	int err;

	rcu_read_lock();
	entry = kelp_kv_get(kv, set->key, set->key_len);
	set->condition = entry ? KELP_KV_IF_VERSION : KELP_KV_IF_ABSENT;
	set->if_version = entry ? entry->version : 0;
	err = kv_number(entry, result);
	rcu_read_unlock();
	if (err)
		return err;
	if (check_add_overflow(*result, by, result))
		return -ERANGE;
	set->data = text;
	set->len = scnprintf(text, sizeof(text), "%lld", *result);
	return kelp_kv_set(kv, set, gfp);
}

/**
 * kelp_kv_incr() - add to a value that is a decimal number
 * @kv: the store
 * @key: the key; without a value it counts from 0
 * @len: bytes of it
 * @by: what to add
 * @ttl_ms: time to live when there was no value, 0 for the store's; a value
 *	that is there keeps the time it has
 * @result: set to the new value
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows; takes kelp_kv.lock.
 * Return: 0; -EINVAL when the value is no number; -ERANGE when the sum is none;
 * -EAGAIN when others changed it all the time; or as kelp_kv_set().
 */
int kelp_kv_incr(struct kelp_kv *kv, const void *key, size_t len, s64 by,
		 u64 ttl_ms, s64 *result, gfp_t gfp)
{
	struct kelp_kv_set set = {
		.key = key, .key_len = len, .ttl_ms = ttl_ms, .keep_ttl = true,
	};
	int tries, err;

	for (tries = 0; tries < KV_INCR_TRIES; tries++) {
		err = kv_incr_once(kv, &set, by, result, gfp);
		if (err != -ESTALE && err != -EEXIST && err != -ENOENT)
			return err;
	}
	return -EAGAIN;
}
