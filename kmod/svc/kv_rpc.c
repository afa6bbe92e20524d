// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelp.KV: the store "default" of the namespace, over RPC. In softirq, unless a
 * value lies in a blob, or many are asked for: memory for those is taken in the
 * dispatcher. include/proto/kelp_kv.proto says what the messages mean.
 */
#include "svc/kv_rpc.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "kelp/service.h"
#include "net/blob.h"
#include "net/net.h"
#include "svc/kv.h"
#include "svc/kv_message.h"
#include "svc/kv_multi.h"
#include "svc/kv_store.h"

/* A field that is a number, with a tag of one byte. */
#define KV_NUMBER (1 + KELP_PB_VARINT_MAX)
#define KV_STATS 8

/**
 * struct kv_request - what requests are about
 * @key: the key
 * @value: what shall be kept
 * @if_version: the version that has to be there
 * @conditional: @if_version was said
 * @ttl_ms: time to live
 * @by: what shall be added
 * @initial: to what, when there is no value
 */
struct kv_request {
	struct kelp_pb_span key;
	struct kelp_pb_span value;
	u64 if_version;
	bool conditional;
	u32 ttl_ms;
	s64 by;
	s64 initial;
};

static gfp_t kv_gfp(const struct kelp_call *call)
{
	return kelp_call_may_sleep(call) ? GFP_KERNEL : GFP_ATOMIC;
}

/* Read the message; false when the call has failed by that. */
static bool kv_read(struct kelp_call *call, struct kv_request *request,
		    void (*read)(struct kv_request *request,
				 const struct kelp_pb_field *field))
{
	struct kelp_pb_field field;
	struct kelp_pb pb;
	const void *data;
	size_t len;
	int ret;

	data = kelp_call_message(call, &len);
	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0) {
		if (field.number == KV_KEY)
			kelp_pb_get_bytes(&field, &request->key);
		else
			read(request, &field);
	}
	if (ret)
		kv_bad_message(call);
	else if (!kv_key_valid(&request->key))
		kv_bad_key(call);
	else
		return true;
	return false;
}

/* What is there by default is not written. */
static void kv_put_number(struct kelp_pb_w *w, u32 number, u64 value)
{
	if (value)
		kelp_pb_put_varint(w, number, value);
}

/* Why a value is not kept: what a condition says is no error. */
static int kv_set_failed(struct kelp_call *call, int err)
{
	switch (err) {
	case -E2BIG:
		return kelp_call_fail(call, KELP_RPC_EREQUEST,
				      "a value of more than %llu bytes",
				      kelp_kv_value_most(kv_of(call)));
	case -ENOSPC:
		return kelp_call_fail(call, KELP_RPC_EREQUEST,
				      "the value is larger than the store");
	case -EINVAL:
		return kelp_call_fail(call, KELP_RPC_EREQUEST,
				      "the value is no number");
	case -ERANGE:
		return kelp_call_fail(call, KELP_RPC_EREQUEST,
				      "the sum is no int64");
	case -ENOMEM:
		return kv_no_memory(call);
	default:
		return err;
	}
}

/* A reply of one or two numbers, whose fields are 1 and 2. */
static int kv_reply_numbers(struct kelp_call *call, u64 first, u64 second)
{
	struct kelp_pb_w w;
	u8 *room;

	if (!first && !second)
		return 0;
	room = kelp_call_reply(call, 2 * KV_NUMBER, kv_gfp(call));
	if (!room)
		return kv_no_memory(call);
	kelp_pb_w_init(&w, room, 2 * KV_NUMBER);
	kv_put_number(&w, 1, first);
	kv_put_number(&w, 2, second);
	kelp_call_reply_trim(call, w.len);
	return 0;
}

/* Get: value = 1, version = 2, found = 3 */

static void kv_read_get(struct kv_request *request,
			const struct kelp_pb_field *field)
{
}

static int kv_reply_found(struct kelp_call *call,
			  const struct kelp_kv_entry *entry)
{
	size_t len = kv_found_size(1, entry);
	struct kelp_pb_w w;
	u8 *room;

	if (len > kelp_net_limit(kelp_call_net(call), KELP_LIMIT_RPC_QUEUE))
		return kelp_call_fail(call, KELP_RPC_ERESPONSE,
				      "a value of %u bytes is too large for a reply",
				      entry->len);
	room = kelp_call_reply(call, len, kv_gfp(call));
	if (!room)
		return kv_no_memory(call);
	kelp_pb_w_init(&w, room, len);
	kv_put_found(&w, 1, entry);
	return 0;
}

/* Outside of the read-side section, which must not sleep. */
static int kv_reply_blob(struct kelp_call *call, struct kelp_blob *blob,
			 u64 version)
{
	const struct kelp_kv_entry found = {
		.blob = blob, .len = blob->len, .version = version,
	};
	int ret = kv_reply_found(call, &found);

	kelp_blob_put(blob);
	return ret;
}

static int kv_get(struct kelp_call *call)
{
	const struct kelp_kv_entry *entry;
	struct kelp_kv *kv = kv_of(call);
	struct kv_request request = {};
	struct kelp_blob *blob = NULL;
	u64 version = 0;
	int ret = 0;

	if (!kv_read(call, &request, kv_read_get))
		return 0;
	rcu_read_lock();
	entry = kelp_kv_look(kv, request.key.data, request.key.len);
	if (entry && entry->blob) {
		if (!kelp_call_may_sleep(call)) {
			rcu_read_unlock();
			return KELP_CALL_SLEEP;
		}
		blob = kelp_blob_get(entry->blob);
		version = entry->version;
	}
	kelp_kv_looked(kv, !!entry, !entry);
	if (entry && !blob)
		ret = kv_reply_found(call, entry);
	rcu_read_unlock();
	return blob ? kv_reply_blob(call, blob, version) : ret;
}

/* Set: key = 1, value = 2, ttl_ms = 3, if_version = 4; version = 1, stored = 2 */

static void kv_read_set(struct kv_request *request,
			const struct kelp_pb_field *field)
{
	switch (field->number) {
	case 2:
		kelp_pb_get_bytes(field, &request->value);
		break;
	case 3:
		kelp_pb_get_u32(field, &request->ttl_ms);
		break;
	case 4:
		if (kelp_pb_get_u64(field, &request->if_version))
			request->conditional = true;
		break;
	}
}

static int kv_set(struct kelp_call *call)
{
	struct kv_request request = {};
	struct kelp_kv_set set = {};
	int err;

	if (!kv_read(call, &request, kv_read_set))
		return 0;
	if (request.value.len > KELP_KV_INLINE && !kelp_call_may_sleep(call))
		return KELP_CALL_SLEEP;
	set.key = request.key.data;
	set.key_len = request.key.len;
	set.data = request.value.data;
	set.len = request.value.len;
	set.ttl_ms = request.ttl_ms;
	if (request.conditional)
		set.condition = request.if_version ? KELP_KV_IF_VERSION :
						     KELP_KV_IF_ABSENT;
	set.if_version = request.if_version;
	err = kelp_kv_set(kv_of(call), &set, kv_gfp(call));
	if (!err || err == -EEXIST || err == -ENOENT || err == -ESTALE)
		return kv_reply_numbers(call, set.version, !err);
	return kv_set_failed(call, err);
}

/* Delete: key = 1, if_version = 2; deleted = 1 */

static void kv_read_delete(struct kv_request *request,
			   const struct kelp_pb_field *field)
{
	if (field->number == 2)
		kelp_pb_get_u64(field, &request->if_version);
}

static int kv_delete(struct kelp_call *call)
{
	struct kv_request request = {};
	int err;

	if (!kv_read(call, &request, kv_read_delete))
		return 0;
	err = kelp_kv_delete(kv_of(call), request.key.data, request.key.len,
			     request.if_version ? KELP_KV_IF_VERSION :
						  KELP_KV_ALWAYS,
			     request.if_version);
	return kv_reply_numbers(call, !err, 0);
}

/* Incr: key = 1, by = 2, initial = 3, ttl_ms = 4; value = 1, version = 2 */

static void kv_read_incr(struct kv_request *request,
			 const struct kelp_pb_field *field)
{
	switch (field->number) {
	case 2:
		kelp_pb_get_s64(field, &request->by);
		break;
	case 3:
		kelp_pb_get_s64(field, &request->initial);
		break;
	case 4:
		kelp_pb_get_u32(field, &request->ttl_ms);
		break;
	}
}

static int kv_incr(struct kelp_call *call)
{
	struct kv_request request = {};
	struct kelp_kv_incr incr = {};
	int err;

	if (!kv_read(call, &request, kv_read_incr))
		return 0;
	incr.key = request.key.data;
	incr.key_len = request.key.len;
	incr.by = request.by;
	incr.initial = request.initial;
	incr.ttl_ms = request.ttl_ms;
	err = kelp_kv_incr(kv_of(call), &incr, kv_gfp(call));
	if (err)
		return kv_set_failed(call, err);
	return kv_reply_numbers(call, incr.value, incr.version);
}

/* Stats */

static int kv_stats(struct kelp_call *call)
{
	struct kelp_kv_stats stats;
	struct kelp_pb_field field;
	struct kelp_pb_w w;
	struct kelp_pb pb;
	const void *data;
	size_t len;
	u8 *room;
	int ret;

	data = kelp_call_message(call, &len);
	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0)
		;
	if (ret)
		return kv_bad_message(call);
	room = kelp_call_reply(call, KV_STATS * KV_NUMBER, kv_gfp(call));
	if (!room)
		return kv_no_memory(call);
	kelp_kv_stats(kv_of(call), &stats);
	kelp_pb_w_init(&w, room, KV_STATS * KV_NUMBER);
	kv_put_number(&w, 1, stats.entries);
	kv_put_number(&w, 2, stats.bytes);
	kv_put_number(&w, 3, stats.hits + stats.misses);
	kv_put_number(&w, 4, stats.hits);
	kv_put_number(&w, 5, stats.sets);
	kv_put_number(&w, 6, stats.deletes);
	kv_put_number(&w, 7, stats.evicted);
	kv_put_number(&w, 8, stats.expired);
	kelp_call_reply_trim(call, w.len);
	return 0;
}

static void *kv_net_init(struct kelp_net *kn)
{
	return kelp_kv_store_get(kn, KELP_KV_STORE_DEFAULT);
}

static void kv_net_exit(struct kelp_net *kn, void *state)
{
	kelp_kv_store_put(state);
}

static const struct kelp_method kv_methods[] = {
	{ .name = "Get", .call = kv_get },
	{ .name = "Set", .call = kv_set },
	{ .name = "Delete", .call = kv_delete },
	{ .name = "Incr", .call = kv_incr },
	{ .name = "MultiGet", .call = kv_multi_get,
	  .flags = KELP_METHOD_SLEEPS },
	{ .name = "Stats", .call = kv_stats },
};

const struct kelp_service kelp_kv_service = {
	.name = "kelp.KV",
	.methods = kv_methods,
	.nr_methods = ARRAY_SIZE(kv_methods),
	.net_init = kv_net_init,
	.net_exit = kv_net_exit,
};
