// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the methods of kelp.KV have in common. In softirq or in the dispatcher.
 */
#include "svc/kv_message.h"

#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "kelp/service.h"
#include "net/blob.h"
#include "svc/kv.h"
#include "svc/kv_store.h"

/**
 * kv_of() - the store that a call is about
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: the store.
 */
struct kelp_kv *kv_of(const struct kelp_call *call)
{
	const struct kelp_kv_store *store = kelp_call_state(call);

	return store->kv;
}

/**
 * kv_key_valid() - is it a key?
 * @key: the bytes
 *
 * Context: any.
 * Return: true when there are neither too few nor too many.
 */
bool kv_key_valid(const struct kelp_pb_span *key)
{
	return key->len && key->len <= KELP_KV_KEY;
}

static void kv_put_value(struct kelp_pb_w *w, u32 number,
			 const struct kelp_kv_entry *entry)
{
	size_t len = entry->len;

	if (!len)
		return;
	if (!entry->blob) {
		kelp_pb_put_bytes(w, number, kelp_kv_value(entry), len);
		return;
	}
	kelp_pb_raw_varint(w, number << 3 | KELP_PB_BYTES);
	kelp_pb_raw_varint(w, len);
	if (w->len <= w->room && len <= w->room - w->len)
		kelp_blob_copy_out(entry->blob, 0, w->buf + w->len, len);
	w->len += len;
}

/**
 * kv_put_found() - write a value that was found
 * @w: the writer
 * @first: number of the first of the three fields
 * @entry: the value
 *
 * Context: any; the entry stays meanwhile.
 */
void kv_put_found(struct kelp_pb_w *w, u32 first,
		  const struct kelp_kv_entry *entry)
{
	kv_put_value(w, first, entry);
	kelp_pb_put_varint(w, first + 1, entry->version);
	kelp_pb_put_varint(w, first + 2, true);
}

/**
 * kv_found_size() - how long is that?
 * @first: number of the first of the three fields
 * @entry: the value
 *
 * Context: any; the entry stays meanwhile.
 * Return: bytes.
 */
size_t kv_found_size(u32 first, const struct kelp_kv_entry *entry)
{
	struct kelp_pb_w w;

	kelp_pb_w_init(&w, NULL, 0);
	kelp_pb_put_varint(&w, first + 1, entry->version);
	kelp_pb_put_varint(&w, first + 2, true);
	return w.len +
	       (entry->len ? kelp_pb_size_bytes(first, entry->len) : 0);
}

/**
 * kv_bad_key() - refuse a key
 * @call: the call
 *
 * Context: the method.
 * Return: 0.
 */
int kv_bad_key(struct kelp_call *call)
{
	return kelp_call_fail(call, KELP_RPC_EREQUEST,
			      "a key has 1 to %u bytes", KELP_KV_KEY);
}

/**
 * kv_bad_message() - refuse what is no message
 * @call: the call
 *
 * Context: the method.
 * Return: 0.
 */
int kv_bad_message(struct kelp_call *call)
{
	return kelp_call_fail(call, KELP_RPC_EREQUEST, "the message is none");
}

/**
 * kv_no_memory() - say that memory is short
 * @call: the call
 *
 * Context: the method.
 * Return: 0.
 */
int kv_no_memory(struct kelp_call *call)
{
	return kelp_call_fail(call, KELP_RPC_ELIMIT, "no memory");
}
