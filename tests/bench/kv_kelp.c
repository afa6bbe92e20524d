// SPDX-License-Identifier: GPL-2.0-only
/* kv_load's requests as calls of kelp.KV/Get and kelp.KV/Set. */
#include "kv.h"

#include <string.h>

/* Where the size of the meta is in a frame: what is alike begins there. */
#define META_SIZE_AT 8
/* The key is field 1 of both messages, with one byte of tag and one of length. */
#define KEY_AT 2

static size_t put(struct load_conn *conn, struct load_call *call, uint8_t *at)
{
	const struct kv *kv = conn->thread->load->what;
	const struct baidu_request *request = &kv->get;
	size_t len;
	uint32_t key;

	if (!kv_next(conn, call))
		return 0;
	key = call->what & ~KV_SET;
	len = request->frame.len;
	if (call->what & KV_SET) {
		request = &kv->set;
		len = request->frame.len - kv->value_len;
		kv_put_value(kv, at + len, key, call->since);
	}
	memcpy(at, request->frame.data, len);
	kv_put_key(at + request->payload_at + KEY_AT, key);
	baidu_put_id(at + request->id_at, conn, call);
	return request->frame.len;
}

/* A meta is alike when only the correlation id differs from one that was right. */
static bool alike(const struct kv_state *state, struct span data,
		  struct prpc_frame *frame)
{
	size_t after = state->id_at + BAIDU_ID_LEN;
	size_t end = META_SIZE_AT + state->meta_len;

	if (!state->meta_len || end > frame->len ||
	    memcmp(data.data + META_SIZE_AT, state->meta,
		   state->id_at - META_SIZE_AT) ||
	    memcmp(data.data + after, state->meta + after - META_SIZE_AT,
		   end - after))
		return false;
	frame->meta.error_code = 0;
	frame->meta.correlation_id = baidu_get_id(data.data + state->id_at);
	frame->payload.data = data.data + end;
	frame->payload.len = frame->len - end;
	return true;
}

static void keep_meta(struct kv_state *state, struct span data,
		      const struct prpc_frame *frame)
{
	size_t len = frame->payload.data - data.data - META_SIZE_AT;

	state->meta_len = 0;
	state->id_at = baidu_id_in(data, frame);
	if (!state->id_at || len > sizeof(state->meta))
		return;
	memcpy(state->meta, data.data + META_SIZE_AT, len);
	state->meta_len = len;
}

/* What is wrong with a frame, whatever its message says; or NULL. */
static const char *read_frame(struct kv_state *state, struct span data,
			      struct prpc_frame *frame)
{
	const struct prpc_meta *meta = &frame->meta;

	if (alike(state, data, frame))
		return NULL;
	if (prpc_parse(data, frame->len, frame))
		return "meta is no message";
	if (!meta->has_response || meta->has_request)
		return "no response";
	if (meta->error_code)
		return NULL;
	if (meta->attachment || meta->compress || meta->checksum_type)
		return "an attachment, compressed, or with a checksum";
	keep_meta(state, data, frame);
	return NULL;
}

/* KvGetResponse */
static const char *judge_get(struct kv *kv, const struct load_call *call,
			     struct span rest)
{
	struct span value = { NULL, 0 };
	uint64_t version = 0, found = 0;
	struct pb_field field;
	int more;

	while ((more = pb_next(&rest, &field)) > 0) {
		if (field.number == 1 && field.type == 2)
			value = field.bytes;
		else if (field.number == 2 && field.type == 0)
			version = field.value;
		else if (field.number == 3 && field.type == 0)
			found = field.value;
		else
			break;
	}
	if (more)
		return "no KvGetResponse";
	if (!found)
		return "there is no value: with --fill all keys have one";
	if (!version)
		return "a value without a version";
	return kv_judge(kv, call, value);
}

/* KvSetResponse */
static const char *judge_set(struct kv *kv, const struct load_call *call,
			     struct span rest)
{
	uint64_t version = 0, stored = 0;
	struct pb_field field;
	int more;

	while ((more = pb_next(&rest, &field)) > 0) {
		if (field.number == 1 && field.type == 0)
			version = field.value;
		else if (field.number == 2 && field.type == 0)
			stored = field.value;
		else
			break;
	}
	if (more)
		return "no KvSetResponse";
	if (!stored || !version)
		return "a value was not stored";
	kv_stored(kv, call);
	return NULL;
}

static enum load_verdict take(struct load_conn *conn, struct span data,
			      struct load_answer *answer)
{
	struct kv *kv = conn->thread->load->what;
	enum load_verdict verdict = baidu_need(data, answer);
	struct prpc_frame frame;

	if (verdict != LOAD_RIGHT)
		return verdict;
	frame.len = answer->len;
	answer->why = read_frame(conn->thread->state, data, &frame);
	if (answer->why)
		return LOAD_WRONG;
	answer->code = frame.meta.error_code;
	verdict = baidu_answer(conn, frame.meta.correlation_id, answer);
	if (verdict != LOAD_RIGHT || answer->code)
		return verdict;
	answer->why = answer->call->what & KV_SET ?
		      judge_set(kv, answer->call, frame.payload) :
		      judge_get(kv, answer->call, frame.payload);
	return answer->why ? LOAD_WRONG : LOAD_RIGHT;
}

void kv_kelp_init(struct load *load)
{
	static const struct baidu_method get = { "kelp.KV", "Get", 0 };
	static const struct baidu_method set = { "kelp.KV", "Set", 0 };
	static const uint8_t none[KV_KEY_LEN];
	struct kv *kv = load->what;
	uint8_t *message = load_allocate(kv->value_len + 64), *at;
	struct span value = { load_allocate(kv->value_len), kv->value_len };
	struct span key;

	at = pb_put_bytes(message, 1, (struct span){ none, KV_KEY_LEN });
	key = (struct span){ message, at - message };
	if (baidu_prepare(&kv->get, &get, key, (struct span){ NULL, 0 }))
		load_die("memory");
	at = pb_put_bytes(at, 2, value);
	if (baidu_prepare(&kv->set, &set,
			  (struct span){ message, at - message },
			  (struct span){ NULL, 0 }))
		load_die("memory");
	load->request_max = kv->set.frame.len;
}

const struct load_protocol kv_kelp = {
	.begin = kv_begin,
	.put = put,
	.take = take,
};
