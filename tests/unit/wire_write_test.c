// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing frames of baidu_std: byte for byte what brpc writes, never a byte
 * beyond the room, and what was written reads back.
 */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include <linux/crc32.h>
#include <linux/limits.h>

#include "rpc/success.h"
#include "rpc/wire.h"
#include "rpc_vectors.h"

static const struct kelp_wire_limits endless = { U32_MAX, U32_MAX };

static struct kelp_pb_span span_of(const char *s)
{
	return (struct kelp_pb_span){ (const u8 *)s, strlen(s) };
}

static void attach(struct kelp_wire_meta *m, s32 size)
{
	m->has |= KELP_WIRE_ATTACHMENT_SIZE;
	m->attachment_size = size;
}

/* What the vector of this number says. */
static void vector_meta(struct kelp_wire_meta *m, int number)
{
	struct kelp_pb_span service = span_of("example.EchoService");
	struct kelp_pb_span method = span_of("Echo");

	if (number < V_REPLY)
		kelp_wire_request_init(m, &service, &method, 1);
	else
		kelp_wire_response_init(m, 1, number == V_ERROR ?
					KELP_RPC_ENOMETHOD : KELP_RPC_OK);
	if (number == V_MINIMAL)
		m->has = KELP_WIRE_REQUEST | KELP_WIRE_SERVICE |
			 KELP_WIRE_METHOD | KELP_WIRE_CORRELATION_ID;
	if (number == V_REQUEST_ATTACHED || number == V_REPLY_ATTACHED)
		attach(m, 3);
	if (number == V_ERROR) {
		m->has |= KELP_WIRE_ERROR_TEXT;
		m->error_text = span_of(VECTOR_FAILED);
	}
}

static void write__vectors(void **state)
{
	static const u8 zeros[200];
	struct kelp_wire_meta m;
	const struct vector *v;
	size_t room, size;
	ssize_t ret;
	u8 *place;
	int i;

	(void)state;
	for (i = 0; i < NR_VECTORS; i++) {
		v = &vectors[i];
		size = 12 + v->meta;
		vector_meta(&m, i);
		assert_int_equal(kelp_wire_size(&m), size);
		for (room = 0; room < 200; room++) {
			place = (u8 *)guarded(zeros, room);
			ret = kelp_wire_write(place, room, &m, v->rest);
			assert_int_equal(ret, room < size ? -EMSGSIZE :
							    (ssize_t)size);
			if (ret > 0)
				assert_memory_equal(place, v->bytes, size);
		}
	}
}

/* What a head cannot say. */
static void write__too_long(void **state)
{
	struct kelp_wire_meta m;
	struct kelp_wire_head head;
	u8 buf[64];

	(void)state;
	kelp_wire_response_init(&m, 1, 0);
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, U32_MAX - 14),
			 26);
	assert_int_equal(kelp_wire_head_parse(buf, 26, &endless, &head), 12);
	assert_int_equal(head.body, U32_MAX);
	assert_int_equal(head.meta, 14);
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, U32_MAX - 13),
			 -EMSGSIZE);
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, U32_MAX),
			 -EMSGSIZE);
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, SIZE_MAX),
			 -EMSGSIZE);
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, SIZE_MAX - 13),
			 -EMSGSIZE);
}

static void checksum_set__bytes(void **state)
{
	static const u8 hello[] = VECTOR_HELLO;
	struct kelp_wire_meta m;
	u8 room[4], buf[64];
	u32 want;

	(void)state;
	/* the check value of CRC-32C, and that of the echoed message */
	assert_true(kelp_rpc_crc_mask(0xe3069283) == 0xc78ab0e5);
	assert_true(kelp_rpc_crc_mask(0) == 0xa282ead8);
	assert_true(kelp_rpc_crc_mask(~__crc32c_le(~0U, hello, 7)) ==
		    kelp_rpc_crc_mask(0xa7d35fb9));
	kelp_wire_response_init(&m, 1, 0);
	kelp_wire_checksum_set(&m, room, 0xe3069283);
	m.checksum_with_attachment = true;
	m.has |= KELP_WIRE_CHECKSUM_ATTACHMENT;
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, 7), 32);
	assert_memory_equal(buf, "PRPC\0\0\0\x1b\0\0\0\x14"
			    "\x12\x02\x08\x00\x18\x00\x20\x01\x50\x00"
			    "\x58\x01\x62\x04\xc7\x8a\xb0\xe5\x68\x01", 32);
	assert_int_equal(kelp_wire_checksum(&m, &want), 1);
	assert_true(want == 0xc78ab0e5);
}

static void put_user__bytes(void **state)
{
	struct kelp_pb_span key = span_of("k"), value = span_of("value");
	struct kelp_wire_meta m;
	struct kelp_pb_w w;
	u8 users[64], buf[64];

	(void)state;
	kelp_pb_w_init(&w, users, sizeof(users));
	kelp_wire_put_user(&w, &key, &value);
	/* what is no user field is not written */
	kelp_pb_put_varint(&w, 4, 5);
	kelp_pb_put_varint(&w, 9, 5);
	key.len = 0;
	kelp_wire_put_user(&w, &key, &value);
	assert_true(kelp_pb_w_ok(&w));
	memset(&m, 0, sizeof(m));
	m.has = KELP_WIRE_CORRELATION_ID | KELP_WIRE_USER |
		KELP_WIRE_CONTENT_TYPE;
	m.users.data = users;
	m.users.len = w.len;
	assert_int_equal(kelp_wire_write(buf, sizeof(buf), &m, 0), 39);
	assert_memory_equal(buf + 12, "\x20\x00"
			    "\x4a\x0a\x0a\x01k\x12\x05value"
			    "\x4a\x09\x0a\x00\x12\x05value\x50\x00", 27);
}

static u64 seed;

static u64 any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> (seed & 63);
}

/* Up to 200 bytes of anything. */
static struct kelp_pb_span any_span(void)
{
	static u8 pool[512];

	if (!pool[0])
		for (size_t i = 0; i < sizeof(pool); i++)
			pool[i] = i * 37 + 1;
	return (struct kelp_pb_span){ pool + any() % 256, any() % 200 };
}

/* Fields that are there at random, those that have to be always. */
static void any_meta(struct kelp_wire_meta *m)
{
	memset(m, 0, sizeof(*m));
	m->has = (any() * 0x9e3779b97f4a7c15 >> 20 & 0x1fff1eff) |
		 KELP_WIRE_SERVICE | KELP_WIRE_METHOD |
		 KELP_WIRE_CHUNK_STREAM_ID | KELP_WIRE_CHUNK_ID |
		 KELP_WIRE_STREAM_ID;
	m->compress_type = any();
	m->correlation_id = any();
	m->attachment_size = any() & S32_MAX;
	m->content_type = any();
	m->checksum_type = any();
	m->timeout_ms = any();
	m->error_code = any();
	m->checksum_with_attachment = any() & 1;
	m->checksum_value = any_span();
	m->authentication = any_span();
	m->service = any_span();
	m->method = any_span();
	m->request_id = any_span();
	m->error_text = any_span();
	m->log_id = any();
	m->trace_id = any();
	m->span_id = any();
	m->parent_span_id = any();
	m->chunk_stream_id = any();
	m->chunk_id = any();
	m->stream_id = any();
}

static void same_span(const struct kelp_pb_span *got, u32 has,
		      const struct kelp_pb_span *want)
{
	assert_int_equal(got->len, has ? want->len : 0);
	if (has)
		assert_memory_equal(got->data, want->data, want->len);
}

/* Of messages that are not there the fields are not either. */
static u32 seen(const struct kelp_wire_meta *m)
{
	u32 has = m->has;

	if (!(has & KELP_WIRE_REQUEST))
		has &= ~0x00ff0000;
	if (!(has & KELP_WIRE_RESPONSE))
		has &= ~(KELP_WIRE_ERROR_CODE | KELP_WIRE_ERROR_TEXT);
	if (!(has & KELP_WIRE_CHUNK))
		has &= ~(KELP_WIRE_CHUNK_STREAM_ID | KELP_WIRE_CHUNK_ID);
	if (!(has & KELP_WIRE_STREAM))
		has &= ~KELP_WIRE_STREAM_ID;
	return has;
}

static void same(u32 has, s64 got, s64 want)
{
	assert_true(got == (has ? want : 0));
}

static void same_meta(const struct kelp_wire_meta *got,
		      const struct kelp_wire_meta *want)
{
	assert_int_equal(got->has, seen(want));
	same(got->has & KELP_WIRE_COMPRESS_TYPE, got->compress_type,
	     want->compress_type);
	same(got->has & KELP_WIRE_CORRELATION_ID, got->correlation_id,
	     want->correlation_id);
	same(got->has & KELP_WIRE_ATTACHMENT_SIZE, got->attachment_size,
	     want->attachment_size);
	same(got->has & KELP_WIRE_CONTENT_TYPE, got->content_type,
	     want->content_type);
	same(got->has & KELP_WIRE_CHECKSUM_TYPE, got->checksum_type,
	     want->checksum_type);
	same(got->has & KELP_WIRE_TIMEOUT, got->timeout_ms, want->timeout_ms);
	same(got->has & KELP_WIRE_ERROR_CODE, got->error_code,
	     want->error_code);
	same(got->has & KELP_WIRE_CHECKSUM_ATTACHMENT, got->checksum_with_attachment,
	     want->checksum_with_attachment);
	same_span(&got->checksum_value, got->has & KELP_WIRE_CHECKSUM_VALUE,
		  &want->checksum_value);
	same_span(&got->authentication, got->has & KELP_WIRE_AUTHENTICATION,
		  &want->authentication);
	same_span(&got->service, got->has & KELP_WIRE_SERVICE,
		  &want->service);
	same_span(&got->method, got->has & KELP_WIRE_METHOD,
		  &want->method);
	same_span(&got->request_id, got->has & KELP_WIRE_REQUEST_ID,
		  &want->request_id);
	same_span(&got->error_text, got->has & KELP_WIRE_ERROR_TEXT,
		  &want->error_text);
	same(got->has & KELP_WIRE_LOG_ID, got->log_id, want->log_id);
	same(got->has & KELP_WIRE_TRACE_ID, got->trace_id, want->trace_id);
	same(got->has & KELP_WIRE_SPAN_ID, got->span_id, want->span_id);
	same(got->has & KELP_WIRE_PARENT_SPAN_ID, got->parent_span_id,
	     want->parent_span_id);
	same(got->has & KELP_WIRE_CHUNK_STREAM_ID, got->chunk_stream_id,
	     want->chunk_stream_id);
	same(got->has & KELP_WIRE_CHUNK_ID, got->chunk_id, want->chunk_id);
	same(got->has & KELP_WIRE_STREAM_ID, got->stream_id, want->stream_id);
}

static void write__random(void **state)
{
	struct kelp_wire_meta want, got;
	struct kelp_wire_head head;
	u8 buf[4096];
	const u8 *copy;
	ssize_t len;
	u64 n;

	(void)state;
	for (n = 1; n <= 20000; n++) {
		seed = n * 0x9e3779b97f4a7c15;
		any_meta(&want);
		len = kelp_wire_write(buf, sizeof(buf), &want, S32_MAX);
		assert_int_equal(len, kelp_wire_size(&want));
		copy = guarded(buf, len);
		assert_int_equal(kelp_wire_head_parse(copy, len, &endless,
						      &head), 12);
		assert_int_equal(head.meta, len - 12);
		assert_int_equal(head.body, head.meta + S32_MAX);
		assert_int_equal(kelp_wire_meta_parse(copy + 12, &head, &got),
				 0);
		same_meta(&got, &want);
	}
}

/* The same bytes as kelp_wire_write(), for numbers of every length. */
static void success__as_write(void **state)
{
	static const u32 sizes[] = { 0, 1, 127, 128, 1 << 20, S32_MAX };
	u8 want[64], got[KELP_WIRE_SUCCESS_MOST], *begin;
	struct kelp_wire_meta m;
	unsigned int bits, i;
	ssize_t len;
	u64 id;

	(void)state;
	for (bits = 0; bits <= 64; bits++) {
		id = bits ? U64_MAX >> (64 - bits) : 0;
		for (i = 0; i < 6; i++) {
			kelp_wire_response_init(&m, id, 0);
			if (sizes[i])
				attach(&m, sizes[i]);
			len = kelp_wire_write(want, sizeof(want), &m, sizes[i]);
			begin = kelp_wire_success(got + sizeof(got), id,
						  sizes[i], sizes[i]);
			assert_int_equal(got + sizeof(got) - begin, len);
			assert_memory_equal(begin, want, len);
		}
	}
}

static void error_name__all(void **state)
{
	s32 code, known = 0;

	(void)state;
	assert_string_equal(kelp_rpc_error_name(0), "OK");
	assert_string_equal(kelp_rpc_error_name(1001), "ENOSERVICE");
	assert_string_equal(kelp_rpc_error_name(1008), "ERPCTIMEDOUT");
	assert_string_equal(kelp_rpc_error_name(2004), "ELIMIT");
	assert_int_equal(KELP_RPC_ELOGOFF, 2003);
	for (code = -3000; code < 3000; code++)
		known += !!kelp_rpc_error_name(code);
	assert_int_equal(known, 16);
	assert_null(kelp_rpc_error_name(S32_MIN));
	assert_null(kelp_rpc_error_name(S32_MAX));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__vectors),
		cmocka_unit_test(write__too_long),
		cmocka_unit_test(checksum_set__bytes),
		cmocka_unit_test(put_user__bytes),
		cmocka_unit_test(write__random),
		cmocka_unit_test(success__as_write),
		cmocka_unit_test(error_name__all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
