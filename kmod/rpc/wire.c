// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Frames of baidu_std: head and RpcMeta.
 *
 * Pure; runs in softirq, in workers and in user space. It must not know about
 * connections, services or what a payload means.
 */
#include "rpc/wire.h"

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "hot.h"

static_assert(sizeof(struct kelp_rpc_head) == KELP_RPC_HEAD_SIZE);
static_assert(offsetof(struct kelp_rpc_head, body_size) == 4);
static_assert(offsetof(struct kelp_rpc_head, meta_size) == 8);
static_assert(sizeof(KELP_RPC_MAGIC) == KELP_RPC_MAGIC_SIZE + 1);

/* Far beyond what a client sends; the length is limited by the head. */
static const struct kelp_pb_limits meta_limits = {
	.length = U32_MAX,
	.fields = 4096,
	.depth = 16,
};

static u32 load_be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void store_be32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

__kelp_hot
int kelp_wire_head_parse(const u8 *buf, size_t len,
			 const struct kelp_wire_limits *limits,
			 struct kelp_wire_head *head)
{
	if (unlikely(len < KELP_RPC_HEAD_SIZE)) {
		if (len && memcmp(buf, KELP_RPC_MAGIC,
				  min_t(size_t, len, KELP_RPC_MAGIC_SIZE)))
			return -EPROTO;
		return 0;
	}
	if (memcmp(buf, KELP_RPC_MAGIC, KELP_RPC_MAGIC_SIZE))
		return -EPROTO;
	head->body = load_be32(buf + 4);
	head->meta = load_be32(buf + 8);
	if (head->meta > head->body)
		return -EBADMSG;
	if (head->body > limits->body || head->meta > limits->meta)
		return -EMSGSIZE;
	return KELP_RPC_HEAD_SIZE;
}

/* A field of another wire type than ours is one that we do not know. */
static void got(struct kelp_wire_meta *meta, u32 bit, bool was)
{
	if (was)
		meta->has |= bit;
}

static void request_field(struct kelp_wire_meta *m,
			  const struct kelp_pb_field *f)
{
	switch (f->number) {
	case KELP_RPC_REQUEST_SERVICE_NAME:
		got(m, KELP_WIRE_SERVICE, kelp_pb_get_bytes(f, &m->service));
		break;
	case KELP_RPC_REQUEST_METHOD_NAME:
		got(m, KELP_WIRE_METHOD, kelp_pb_get_bytes(f, &m->method));
		break;
	case KELP_RPC_REQUEST_LOG_ID:
		got(m, KELP_WIRE_LOG_ID, kelp_pb_get_s64(f, &m->log_id));
		break;
	case KELP_RPC_REQUEST_TRACE_ID:
		got(m, KELP_WIRE_TRACE_ID, kelp_pb_get_s64(f, &m->trace_id));
		break;
	case KELP_RPC_REQUEST_SPAN_ID:
		got(m, KELP_WIRE_SPAN_ID, kelp_pb_get_s64(f, &m->span_id));
		break;
	case KELP_RPC_REQUEST_PARENT_SPAN_ID:
		got(m, KELP_WIRE_PARENT_SPAN_ID,
		    kelp_pb_get_s64(f, &m->parent_span_id));
		break;
	case KELP_RPC_REQUEST_REQUEST_ID:
		/* other clients put something else here: any bytes will do */
		got(m, KELP_WIRE_REQUEST_ID,
		    kelp_pb_get_bytes(f, &m->request_id));
		break;
	case KELP_RPC_REQUEST_TIMEOUT_MS:
		got(m, KELP_WIRE_TIMEOUT, kelp_pb_get_s32(f, &m->timeout_ms));
		break;
	}
}

static void response_field(struct kelp_wire_meta *m,
			   const struct kelp_pb_field *f)
{
	switch (f->number) {
	case KELP_RPC_RESPONSE_ERROR_CODE:
		got(m, KELP_WIRE_ERROR_CODE,
		    kelp_pb_get_s32(f, &m->error_code));
		break;
	case KELP_RPC_RESPONSE_ERROR_TEXT:
		got(m, KELP_WIRE_ERROR_TEXT,
		    kelp_pb_get_bytes(f, &m->error_text));
		break;
	}
}

static void chunk_field(struct kelp_wire_meta *m, const struct kelp_pb_field *f)
{
	switch (f->number) {
	case KELP_RPC_CHUNK_STREAM_ID:
		got(m, KELP_WIRE_CHUNK_STREAM_ID,
		    kelp_pb_get_s64(f, &m->chunk_stream_id));
		break;
	case KELP_RPC_CHUNK_CHUNK_ID:
		got(m, KELP_WIRE_CHUNK_ID, kelp_pb_get_s64(f, &m->chunk_id));
		break;
	}
}

static void stream_field(struct kelp_wire_meta *m,
			 const struct kelp_pb_field *f)
{
	if (f->number == KELP_RPC_STREAM_STREAM_ID)
		got(m, KELP_WIRE_STREAM_ID, kelp_pb_get_s64(f, &m->stream_id));
}

/*
 * A message within RpcMeta. What an earlier one of its kind said still holds.
 * Inline, so that the callbacks are, too.
 */
static __always_inline int
read_message(struct kelp_pb *outer, const struct kelp_pb_field *field,
	     struct kelp_wire_meta *meta, u32 bit,
	     void (*take)(struct kelp_wire_meta *,
			  const struct kelp_pb_field *))
{
	struct kelp_pb_field f;
	struct kelp_pb pb;
	int ret;

	ret = kelp_pb_enter(outer, field, &pb);
	if (ret <= 0)
		return ret;
	meta->has |= bit;
	while ((ret = kelp_pb_next(&pb, &f)) > 0)
		take(meta, &f);
	return ret;
}

/* An entry of user_fields. Return: 1, 0 when it is none, or the refusal. */
static int read_user(struct kelp_pb *outer, const struct kelp_pb_field *field,
		     struct kelp_pb_span *key, struct kelp_pb_span *value)
{
	struct kelp_pb_field f;
	struct kelp_pb pb;
	int ret;

	ret = kelp_pb_enter(outer, field, &pb);
	if (ret <= 0)
		return ret;
	*key = (struct kelp_pb_span){ NULL, 0 };
	*value = (struct kelp_pb_span){ NULL, 0 };
	while ((ret = kelp_pb_next(&pb, &f)) > 0) {
		if (f.number == KELP_RPC_USER_KEY)
			kelp_pb_get_bytes(&f, key);
		else if (f.number == KELP_RPC_USER_VALUE)
			kelp_pb_get_bytes(&f, value);
	}
	return ret ? ret : 1;
}

static void meta_scalar(struct kelp_wire_meta *m, const struct kelp_pb_field *f)
{
	switch (f->number) {
	case KELP_RPC_META_COMPRESS_TYPE:
		got(m, KELP_WIRE_COMPRESS_TYPE,
		    kelp_pb_get_s32(f, &m->compress_type));
		break;
	case KELP_RPC_META_CORRELATION_ID:
		got(m, KELP_WIRE_CORRELATION_ID,
		    kelp_pb_get_s64(f, &m->correlation_id));
		break;
	case KELP_RPC_META_ATTACHMENT_SIZE:
		got(m, KELP_WIRE_ATTACHMENT_SIZE,
		    kelp_pb_get_s32(f, &m->attachment_size));
		break;
	case KELP_RPC_META_AUTHENTICATION_DATA:
		got(m, KELP_WIRE_AUTHENTICATION,
		    kelp_pb_get_bytes(f, &m->authentication));
		break;
	case KELP_RPC_META_CONTENT_TYPE:
		got(m, KELP_WIRE_CONTENT_TYPE,
		    kelp_pb_get_s32(f, &m->content_type));
		break;
	case KELP_RPC_META_CHECKSUM_TYPE:
		got(m, KELP_WIRE_CHECKSUM_TYPE,
		    kelp_pb_get_s32(f, &m->checksum_type));
		break;
	case KELP_RPC_META_CHECKSUM_VALUE:
		got(m, KELP_WIRE_CHECKSUM_VALUE,
		    kelp_pb_get_bytes(f, &m->checksum_value));
		break;
	case KELP_RPC_META_CHECKSUM_WITH_ATTACHMENT:
		got(m, KELP_WIRE_CHECKSUM_ATTACHMENT,
		    kelp_pb_get_bool(f, &m->checksum_with_attachment));
		break;
	}
}

__kelp_hot
static inline int meta_field(struct kelp_pb *pb, const struct kelp_pb_field *f,
			     struct kelp_wire_meta *m)
{
	struct kelp_pb_span key, value;
	int ret;

	switch (f->number) {
	case KELP_RPC_META_REQUEST:
		return read_message(pb, f, m, KELP_WIRE_REQUEST, request_field);
	case KELP_RPC_META_RESPONSE:
		return read_message(pb, f, m, KELP_WIRE_RESPONSE,
				    response_field);
	case KELP_RPC_META_CHUNK_INFO:
		return read_message(pb, f, m, KELP_WIRE_CHUNK, chunk_field);
	case KELP_RPC_META_STREAM_SETTINGS:
		return read_message(pb, f, m, KELP_WIRE_STREAM, stream_field);
	case KELP_RPC_META_USER_FIELDS:
		ret = read_user(pb, f, &key, &value);
		if (ret <= 0)
			return ret;
		m->has |= KELP_WIRE_USER;
		m->nr_user++;
		return 0;
	default:
		meta_scalar(m, f);
		return 0;
	}
}

/* Are the required fields of a message there, if the message is? */
static bool complete(const struct kelp_wire_meta *meta, u32 message, u32 fields)
{
	return !(meta->has & message) || (meta->has & fields) == fields;
}

__kelp_hot
int kelp_wire_meta_parse(const u8 *data, const struct kelp_wire_head *head,
			 struct kelp_wire_meta *meta)
{
	struct kelp_pb_field f;
	struct kelp_pb pb;
	int ret;

	memset(meta, 0, sizeof(*meta));
	meta->users.data = data;
	meta->users.len = head->meta;
	kelp_pb_init(&pb, data, head->meta, &meta_limits);
	while ((ret = kelp_pb_next(&pb, &f)) > 0) {
		ret = meta_field(&pb, &f, meta);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	if (!complete(meta, KELP_WIRE_REQUEST,
		      KELP_WIRE_SERVICE | KELP_WIRE_METHOD) ||
	    !complete(meta, KELP_WIRE_CHUNK,
		      KELP_WIRE_CHUNK_STREAM_ID | KELP_WIRE_CHUNK_ID) ||
	    !complete(meta, KELP_WIRE_STREAM, KELP_WIRE_STREAM_ID))
		return -EBADMSG;
	if (meta->attachment_size < 0 ||
	    (u32)meta->attachment_size > head->body - head->meta)
		return -ERANGE;
	return 0;
}

void kelp_wire_user_init(struct kelp_pb *it, const struct kelp_wire_meta *meta)
{
	kelp_pb_init(it, meta->users.data, meta->users.len, &meta_limits);
}

int kelp_wire_user_next(struct kelp_pb *it, struct kelp_pb_span *key,
			struct kelp_pb_span *value)
{
	struct kelp_pb_field f;
	int ret;

	while ((ret = kelp_pb_next(it, &f)) > 0) {
		if (f.number != KELP_RPC_META_USER_FIELDS)
			continue;
		ret = read_user(it, &f, key, value);
		if (ret)
			return ret;
	}
	return ret;
}

void kelp_wire_put_user(struct kelp_pb_w *w, const struct kelp_pb_span *key,
			const struct kelp_pb_span *value)
{
	size_t mark = kelp_pb_begin(w, KELP_RPC_META_USER_FIELDS);

	kelp_pb_put_bytes(w, KELP_RPC_USER_KEY, key->data, key->len);
	kelp_pb_put_bytes(w, KELP_RPC_USER_VALUE, value->data, value->len);
	kelp_pb_end(w, mark);
}

__kelp_hot
int kelp_wire_checksum(const struct kelp_wire_meta *meta, u32 *want)
{
	switch (meta->checksum_type) {
	case KELP_RPC_CHECKSUM_NONE:
		return 0;
	case KELP_RPC_CHECKSUM_CRC32C:
		if (meta->checksum_value.len != KELP_RPC_CHECKSUM_SIZE)
			return -EINVAL;
		*want = load_be32(meta->checksum_value.data);
		return 1;
	default:
		return -EOPNOTSUPP;
	}
}

void kelp_wire_checksum_set(struct kelp_wire_meta *meta,
			    u8 room[KELP_RPC_CHECKSUM_SIZE], u32 crc)
{
	store_be32(room, kelp_rpc_crc_mask(crc));
	meta->has |= KELP_WIRE_CHECKSUM_TYPE | KELP_WIRE_CHECKSUM_VALUE;
	meta->checksum_type = KELP_RPC_CHECKSUM_CRC32C;
	meta->checksum_value.data = room;
	meta->checksum_value.len = KELP_RPC_CHECKSUM_SIZE;
}

void kelp_wire_response_init(struct kelp_wire_meta *meta, s64 correlation_id,
			     s32 error_code)
{
	memset(meta, 0, sizeof(*meta));
	meta->has = KELP_WIRE_ALWAYS | KELP_WIRE_RESPONSE |
		    KELP_WIRE_ERROR_CODE;
	meta->correlation_id = correlation_id;
	meta->error_code = error_code;
}

void kelp_wire_request_init(struct kelp_wire_meta *meta,
			    const struct kelp_pb_span *service,
			    const struct kelp_pb_span *method,
			    s64 correlation_id)
{
	memset(meta, 0, sizeof(*meta));
	meta->has = KELP_WIRE_ALWAYS | KELP_WIRE_REQUEST | KELP_WIRE_SERVICE |
		    KELP_WIRE_METHOD;
	meta->service = *service;
	meta->method = *method;
	meta->correlation_id = correlation_id;
}

static void put_span(struct kelp_pb_w *w, const struct kelp_wire_meta *m,
		     u32 bit, u32 number, const struct kelp_pb_span *span)
{
	if (m->has & bit)
		kelp_pb_put_bytes(w, number, span->data, span->len);
}

static void put_int(struct kelp_pb_w *w, const struct kelp_wire_meta *m,
		    u32 bit, u32 number, s64 v)
{
	if (m->has & bit)
		kelp_pb_put_int(w, number, v);
}

static void put_request(struct kelp_pb_w *w, const struct kelp_wire_meta *m)
{
	size_t mark = kelp_pb_begin(w, KELP_RPC_META_REQUEST);

	put_span(w, m, KELP_WIRE_SERVICE, KELP_RPC_REQUEST_SERVICE_NAME,
		 &m->service);
	put_span(w, m, KELP_WIRE_METHOD, KELP_RPC_REQUEST_METHOD_NAME,
		 &m->method);
	put_int(w, m, KELP_WIRE_LOG_ID, KELP_RPC_REQUEST_LOG_ID, m->log_id);
	put_int(w, m, KELP_WIRE_TRACE_ID, KELP_RPC_REQUEST_TRACE_ID,
		m->trace_id);
	put_int(w, m, KELP_WIRE_SPAN_ID, KELP_RPC_REQUEST_SPAN_ID, m->span_id);
	put_int(w, m, KELP_WIRE_PARENT_SPAN_ID, KELP_RPC_REQUEST_PARENT_SPAN_ID,
		m->parent_span_id);
	put_span(w, m, KELP_WIRE_REQUEST_ID, KELP_RPC_REQUEST_REQUEST_ID,
		 &m->request_id);
	put_int(w, m, KELP_WIRE_TIMEOUT, KELP_RPC_REQUEST_TIMEOUT_MS,
		m->timeout_ms);
	kelp_pb_end(w, mark);
}

static void put_response(struct kelp_pb_w *w, const struct kelp_wire_meta *m)
{
	size_t mark = kelp_pb_begin(w, KELP_RPC_META_RESPONSE);

	put_int(w, m, KELP_WIRE_ERROR_CODE, KELP_RPC_RESPONSE_ERROR_CODE,
		m->error_code);
	put_span(w, m, KELP_WIRE_ERROR_TEXT, KELP_RPC_RESPONSE_ERROR_TEXT,
		 &m->error_text);
	kelp_pb_end(w, mark);
}

static void put_chunk(struct kelp_pb_w *w, const struct kelp_wire_meta *m)
{
	size_t mark = kelp_pb_begin(w, KELP_RPC_META_CHUNK_INFO);

	put_int(w, m, KELP_WIRE_CHUNK_STREAM_ID, KELP_RPC_CHUNK_STREAM_ID,
		m->chunk_stream_id);
	put_int(w, m, KELP_WIRE_CHUNK_ID, KELP_RPC_CHUNK_CHUNK_ID, m->chunk_id);
	kelp_pb_end(w, mark);
}

static void put_stream(struct kelp_pb_w *w, const struct kelp_wire_meta *m)
{
	size_t mark = kelp_pb_begin(w, KELP_RPC_META_STREAM_SETTINGS);

	put_int(w, m, KELP_WIRE_STREAM_ID, KELP_RPC_STREAM_STREAM_ID,
		m->stream_id);
	kelp_pb_end(w, mark);
}

static void put_users(struct kelp_pb_w *w, const struct kelp_wire_meta *m)
{
	struct kelp_pb_span key, value;
	struct kelp_pb it;

	kelp_wire_user_init(&it, m);
	while (kelp_wire_user_next(&it, &key, &value) > 0)
		kelp_wire_put_user(w, &key, &value);
}

/* In the order of the numbers, as every implementation writes. */
static void put_meta(struct kelp_pb_w *w, const struct kelp_wire_meta *m)
{
	if (m->has & KELP_WIRE_REQUEST)
		put_request(w, m);
	if (m->has & KELP_WIRE_RESPONSE)
		put_response(w, m);
	put_int(w, m, KELP_WIRE_COMPRESS_TYPE, KELP_RPC_META_COMPRESS_TYPE,
		m->compress_type);
	put_int(w, m, KELP_WIRE_CORRELATION_ID, KELP_RPC_META_CORRELATION_ID,
		m->correlation_id);
	put_int(w, m, KELP_WIRE_ATTACHMENT_SIZE, KELP_RPC_META_ATTACHMENT_SIZE,
		m->attachment_size);
	if (m->has & KELP_WIRE_CHUNK)
		put_chunk(w, m);
	put_span(w, m, KELP_WIRE_AUTHENTICATION,
		 KELP_RPC_META_AUTHENTICATION_DATA, &m->authentication);
	if (m->has & KELP_WIRE_STREAM)
		put_stream(w, m);
	if (m->has & KELP_WIRE_USER)
		put_users(w, m);
	put_int(w, m, KELP_WIRE_CONTENT_TYPE, KELP_RPC_META_CONTENT_TYPE,
		m->content_type);
	put_int(w, m, KELP_WIRE_CHECKSUM_TYPE, KELP_RPC_META_CHECKSUM_TYPE,
		m->checksum_type);
	put_span(w, m, KELP_WIRE_CHECKSUM_VALUE, KELP_RPC_META_CHECKSUM_VALUE,
		 &m->checksum_value);
	put_int(w, m, KELP_WIRE_CHECKSUM_ATTACHMENT,
		KELP_RPC_META_CHECKSUM_WITH_ATTACHMENT,
		m->checksum_with_attachment);
}

ssize_t kelp_wire_write(u8 *buf, size_t room, const struct kelp_wire_meta *meta,
			size_t rest)
{
	struct kelp_pb_w w;

	if (room < KELP_RPC_HEAD_SIZE)
		return -EMSGSIZE;
	kelp_pb_w_init(&w, buf + KELP_RPC_HEAD_SIZE, room - KELP_RPC_HEAD_SIZE);
	put_meta(&w, meta);
	if (!kelp_pb_w_ok(&w) || w.len > U32_MAX || rest > U32_MAX - w.len)
		return -EMSGSIZE;
	memcpy(buf, KELP_RPC_MAGIC, KELP_RPC_MAGIC_SIZE);
	store_be32(buf + 4, w.len + rest);
	store_be32(buf + 8, w.len);
	return KELP_RPC_HEAD_SIZE + w.len;
}

size_t kelp_wire_size(const struct kelp_wire_meta *meta)
{
	struct kelp_pb_w w;

	kelp_pb_w_init(&w, NULL, 0);
	put_meta(&w, meta);
	return KELP_RPC_HEAD_SIZE + w.len;
}
