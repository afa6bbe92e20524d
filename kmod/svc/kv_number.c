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

/* The number that a value is, if there is one. */
static int kv_number(const struct kelp_kv_entry *entry, s64 *number)
{
	char text[24];

	if (!entry)
		return 0;
	if (entry->len >= sizeof(text))
		return -EINVAL;
	memcpy(text, kelp_kv_value(entry), entry->len);
	text[entry->len] = '\0';
	if (strlen(text) != entry->len)
		return -EINVAL;
	return kstrtos64(text, 10, number) ? -EINVAL : 0;
}

static int kv_incr_once(struct kelp_kv *kv, struct kelp_kv_incr *incr,
			gfp_t gfp)
{
	struct kelp_kv_set set = {
		.key = incr->key, .key_len = incr->key_len,
		.ttl_ms = incr->ttl_ms, .keep_ttl = true,
	};
	const struct kelp_kv_entry *entry;
	s64 number = incr->initial;
	char text[24];
	int err;

	rcu_read_lock();
	entry = kelp_kv_look(kv, set.key, set.key_len);
	set.condition = entry ? KELP_KV_IF_VERSION : KELP_KV_IF_ABSENT;
	set.if_version = entry ? entry->version : 0;
	err = kv_number(entry, &number);
	rcu_read_unlock();
	if (err)
		return err;
	if (check_add_overflow(number, incr->by, &incr->value))
		return -ERANGE;
	set.data = text;
	set.len = scnprintf(text, sizeof(text), "%lld", incr->value);
	err = kelp_kv_set(kv, &set, gfp);
	incr->version = set.version;
	return err;
}

/**
 * kelp_kv_incr() - add to a value that is a decimal number
 * @kv: the store
 * @incr: what; and what became of it
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows; takes kelp_kv.lock.
 * Return: 0; -EINVAL when the value is no number; -ERANGE when the sum is none;
 * -EAGAIN when others changed it all the time; or as kelp_kv_set().
 */
int kelp_kv_incr(struct kelp_kv *kv, struct kelp_kv_incr *incr, gfp_t gfp)
{
	int tries, err;

	for (tries = 0; tries < KV_INCR_TRIES; tries++) {
		err = kv_incr_once(kv, incr, gfp);
		if (err != -ESTALE && err != -EEXIST && err != -ENOENT)
			return err;
	}
	return -EAGAIN;
}
