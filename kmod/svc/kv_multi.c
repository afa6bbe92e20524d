// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelp.KV/MultiGet: many values in one reply. In the dispatcher, as there may be
 * much to copy.
 *
 * keys = 1; items = 1: key = 1, value = 2, version = 3, found = 4
 */
#include "svc/kv_multi.h"

#include <linux/errno.h>
#include <linux/rcupdate.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "kelp/service.h"
#include "net/net.h"
#include "svc/kv.h"
#include "svc/kv_message.h"

/* Keys of one call. */
#define KV_KEYS 256

/* Sizes that change before the values are copied. */
#define KV_TRIES 8

/* One item; returns whether there was a value. */
static bool multi_item(struct kelp_pb_w *w, struct kelp_kv *kv,
		       const struct kelp_pb_span *key)
{
	size_t size = kelp_pb_size_bytes(1, key->len);
	const struct kelp_kv_entry *entry;

	rcu_read_lock();
	entry = kelp_kv_look(kv, key->data, key->len);
	if (entry)
		size += kv_found_size(2, entry);
	kelp_pb_raw_varint(w, 1 << 3 | KELP_PB_BYTES);
	kelp_pb_raw_varint(w, size);
	kelp_pb_put_bytes(w, 1, key->data, key->len);
	if (entry)
		kv_put_found(w, 2, entry);
	rcu_read_unlock();
	return entry;
}

/* Write all items; returns how many had a value, -1 when the call has failed. */
static int multi_items(struct kelp_call *call, struct kelp_pb_w *w,
		       unsigned int *keys)
{
	struct kelp_kv *kv = kv_of(call);
	struct kelp_pb_field field;
	struct kelp_pb_span key;
	struct kelp_pb pb;
	const void *data;
	int ret, hits = 0;
	size_t len;

	*keys = 0;
	data = kelp_call_message(call, &len);
	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0) {
		if (field.number != KV_KEY || !kelp_pb_get_bytes(&field, &key))
			continue;
		if (++*keys > KV_KEYS) {
			kelp_call_fail(call, KELP_RPC_EREQUEST,
				       "more than %u keys", KV_KEYS);
			return -1;
		}
		if (!kv_key_valid(&key)) {
			kv_bad_key(call);
			return -1;
		}
		hits += multi_item(w, kv, &key);
	}
	if (!ret)
		return hits;
	kv_bad_message(call);
	return -1;
}

/**
 * kv_multi_get() - the method MultiGet
 * @call: the call
 *
 * Context: dispatcher, sleeps.
 * Return: as kelp_method.call().
 */
int kv_multi_get(struct kelp_call *call)
{
	u64 most = kelp_net_limit(kelp_call_net(call), KELP_LIMIT_RPC_QUEUE);
	unsigned int keys;
	struct kelp_pb_w w;
	size_t len = 0;
	u8 *room = NULL;
	int tries, hits;

	/* the first finds out how much room it takes */
	for (tries = 0; tries < KV_TRIES; tries++) {
		kelp_pb_w_init(&w, room, len);
		hits = multi_items(call, &w, &keys);
		if (hits < 0)
			return 0;
		if (kelp_pb_w_ok(&w)) {
			kelp_kv_looked(kv_of(call), hits, keys - hits);
			if (room)
				kelp_call_reply_trim(call, w.len);
			return 0;
		}
		if (w.len > most)
			return kelp_call_fail(call, KELP_RPC_EREQUEST,
					      "the values exceed what a reply may hold, %llu bytes",
					      most);
		len = w.len;
		room = kelp_call_reply(call, len, GFP_KERNEL);
		if (!room)
			return kv_no_memory(call);
	}
	return -EAGAIN;
}
