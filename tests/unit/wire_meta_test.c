// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading RpcMeta: brpc's own, at every cut and with every length wrong, and
 * what else a peer may say.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/limits.h>

#include "rpc/wire.h"
#include "rpc_vectors.h"

/* The least RpcMeta of a request: services "s" and "m". */
#define LEAST		"\x0a\x06\x0a\x01s\x12\x01m"
#define META(meta, s, body)	meta_of((meta), (s), sizeof(s) - 1, (body))

/* The RpcMeta at the beginning of a body of so many bytes more. */
static int meta_of(struct kelp_wire_meta *meta, const void *data, size_t len,
		   u32 more)
{
	struct kelp_wire_head head = { len + more, len };

	return kelp_wire_meta_parse(guarded(data, len), &head, meta);
}

static bool is(const struct kelp_pb_span *span, const char *want)
{
	return span->len == strlen(want) &&
	       !memcmp(span->data, want, span->len);
}

static void meta__vectors(void **state)
{
	struct kelp_wire_meta m;
	const struct vector *v;

	(void)state;
	for (v = vectors; v < vectors + NR_VECTORS; v++) {
		assert_int_equal(meta_of(&m, v->bytes + 12, v->meta, v->rest),
				 0);
		assert_true(m.has & KELP_WIRE_CORRELATION_ID);
		assert_int_equal(m.correlation_id, 1);
		assert_int_equal(m.attachment_size, v->attachment);
		assert_int_equal(!!(m.has & KELP_WIRE_ATTACHMENT_SIZE),
				 !!v->attachment);
		if (v - vectors < V_REPLY) {
			assert_true(m.has & KELP_WIRE_REQUEST);
			assert_false(m.has & KELP_WIRE_RESPONSE);
			assert_true(is(&m.service, "example.EchoService"));
			assert_true(is(&m.method, "Echo"));
		} else {
			assert_true(m.has & KELP_WIRE_RESPONSE);
			assert_false(m.has & KELP_WIRE_REQUEST);
			assert_true(m.has & KELP_WIRE_ERROR_CODE);
		}
		if (v - vectors != V_MINIMAL)
			assert_int_equal(m.has & KELP_WIRE_ALWAYS,
					 KELP_WIRE_ALWAYS);
		if (v - vectors != V_ERROR)
			continue;
		assert_int_equal(m.error_code, KELP_RPC_ENOMETHOD);
		assert_true(is(&m.error_text, VECTOR_FAILED));
	}
}

/* Is this a message at all, judged by its outermost fields? */
static bool whole_fields(const u8 *data, size_t len)
{
	struct kelp_pb_field f;
	struct kelp_pb pb;
	int ret;

	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &f)) > 0)
		;
	return !ret;
}

static void meta__truncated(void **state)
{
	struct kelp_wire_meta m;
	const struct vector *v;
	size_t n;

	(void)state;
	for (v = vectors; v < vectors + NR_VECTORS; v++)
		for (n = 0; n < v->meta; n++)
			assert_int_equal(meta_of(&m, v->bytes + 12, n, 3),
					 whole_fields(v->bytes + 12, n) ?
					 0 : -EBADMSG);
}

static void inside(const struct kelp_pb_span *span, const u8 *data, size_t len)
{
	if (span->len)
		assert_true(span->data >= data &&
			    span->data + span->len <= data + len);
}

/* Each byte of each meta replaced by each other: nothing points outside. */
static void meta__every_byte(void **state)
{
	struct kelp_wire_head head;
	struct kelp_wire_meta m;
	const struct vector *v;
	u8 bytes[256];
	const u8 *copy;
	unsigned int value;
	size_t at;

	(void)state;
	for (v = vectors; v < vectors + NR_VECTORS; v++) {
		memcpy(bytes, v->bytes + 12, v->meta);
		for (at = 0; at < v->meta; at++) {
			for (value = 0; value < 256; value++) {
				bytes[at] = value;
				head.body = v->len - 12;
				head.meta = v->meta;
				copy = guarded(bytes, v->meta);
				kelp_wire_meta_parse(copy, &head, &m);
				inside(&m.service, copy, v->meta);
				inside(&m.method, copy, v->meta);
				inside(&m.error_text, copy, v->meta);
				inside(&m.checksum_value, copy, v->meta);
				inside(&m.authentication, copy, v->meta);
				inside(&m.request_id, copy, v->meta);
			}
			bytes[at] = v->bytes[12 + at];
		}
	}
}

/*
 * The lengths of the request, its service, its method and the checksum, each
 * with what the message it is in has left. A length may be too small by luck,
 * and the request's too large by whole fields.
 */
static void meta__nested_lengths(void **state)
{
	static const struct { size_t at; unsigned int right, left; } rows[] = {
		{ 1, 0x1b, 37 }, { 3, 0x13, 25 }, { 24, 4, 4 }, { 38, 0, 0 },
	};
	const struct vector *v = &vectors[V_REQUEST];
	struct kelp_wire_meta m;
	unsigned int len;
	u8 bytes[64];
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		memcpy(bytes, v->bytes + 12, v->meta);
		assert_int_equal(bytes[rows[i].at], rows[i].right);
		for (len = 0; len < 256; len++) {
			bytes[rows[i].at] = len;
			ret = meta_of(&m, bytes, v->meta, 7);
			if (len == rows[i].right)
				assert_int_equal(ret, 0);
			else if (len > rows[i].left ||
				 len == rows[i].right - 1 ||
				 len == rows[i].right + 1)
				assert_int_equal(ret, -EBADMSG);
			else
				assert_true(!ret || ret == -EBADMSG);
		}
	}
}

static void meta__all_fields(void **state)
{
	static const u8 bytes[] =
		"\x0a\x21\x0a\x01s\x12\x01m\x18\x03\x20\x04\x28\x05\x30\x06"
		"\x3a\x03i\xff\x80\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		"\xf2\x06\x00"
		"\x12\x05\x08\xea\x07\x12\x00"
		"\x18\x02\x20\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x28\x02"
		"\x32\x04\x08\x07\x10\x08\x3a\x03key"
		"\x42\x06\x08\x09\x10\x01\x18\x00\x4a\x06\x0a\x01k\x12\x01v"
		"\x50\x01\x58\x01\x62\x04\xc7\x8a\xb0\xe5\x68\x01"
		"\xf2\x06\x02\xff\xfe";
	struct kelp_wire_meta m;

	(void)state;
	assert_int_equal(meta_of(&m, bytes, sizeof(bytes) - 1, 2), 0);
	assert_int_equal(m.has, 0x1fff1fff);
	assert_true(is(&m.service, "s") && is(&m.method, "m"));
	assert_int_equal(m.log_id, 3);
	assert_int_equal(m.trace_id, 4);
	assert_int_equal(m.span_id, 5);
	assert_int_equal(m.parent_span_id, 6);
	assert_true(is(&m.request_id, "i\xff\x80"));
	assert_int_equal(m.timeout_ms, -1);
	assert_int_equal(m.error_code, 1002);
	assert_int_equal(m.error_text.len, 0);
	assert_int_equal(m.compress_type, KELP_RPC_COMPRESS_GZIP);
	assert_true(m.correlation_id == -2);
	assert_int_equal(m.attachment_size, 2);
	assert_int_equal(m.chunk_stream_id, 7);
	assert_int_equal(m.chunk_id, 8);
	assert_true(is(&m.authentication, "key"));
	assert_int_equal(m.stream_id, 9);
	assert_int_equal(m.nr_user, 1);
	assert_int_equal(m.content_type, KELP_RPC_CONTENT_JSON);
	assert_int_equal(m.checksum_type, KELP_RPC_CHECKSUM_CRC32C);
	assert_true(is(&m.checksum_value, "\xc7\x8a\xb0\xe5"));
	assert_true(m.checksum_with_attachment);
}

/* A body of ten bytes behind the meta. */
static void meta__attachment_size(void **state)
{
	struct kelp_wire_meta m;

	(void)state;
	assert_int_equal(META(&m, LEAST "\x28\x00", 10), 0);
	assert_int_equal(META(&m, LEAST "\x28\x01", 10), 0);
	assert_int_equal(META(&m, LEAST "\x28\x09", 10), 0);
	assert_int_equal(META(&m, LEAST "\x28\x0a", 10), 0);
	assert_int_equal(META(&m, LEAST "\x28\x0b", 10), -ERANGE);
	assert_true(m.has & KELP_WIRE_REQUEST);
	assert_int_equal(META(&m, LEAST "\x28\x01", 0), -ERANGE);
	/* the largest, -1, the smallest, 2^32 - 1, and 2^32 + 1, which is 1 */
	assert_int_equal(META(&m, LEAST "\x28\xff\xff\xff\xff\x07", 10),
			 -ERANGE);
	assert_int_equal(META(&m, LEAST "\x28\xff\xff\xff\xff\xff\xff\xff\xff"
			      "\xff\x01\x20\x05", 10), -ERANGE);
	assert_int_equal(m.correlation_id, 5);
	/* a body of more than 2^31 bytes, and the smallest number */
	assert_int_equal(META(&m, LEAST "\x28\x80\x80\x80\x80\x08",
			      U32_MAX - 20), -ERANGE);
	assert_int_equal(META(&m, LEAST "\x28\xff\xff\xff\xff\x07",
			      U32_MAX - 20), 0);
	assert_int_equal(META(&m, LEAST "\x28\x80\x80\x80\x80\xf8\xff\xff\xff"
			      "\xff\x01", 10), -ERANGE);
	assert_int_equal(META(&m, LEAST "\x28\xff\xff\xff\xff\x0f", 10),
			 -ERANGE);
	assert_int_equal(META(&m, LEAST "\x28\x81\x80\x80\x80\x10", 10), 0);
	assert_int_equal(m.attachment_size, 1);
}

static void meta__required(void **state)
{
	struct kelp_wire_meta m;

	(void)state;
	assert_int_equal(META(&m, LEAST, 0), 0);
	assert_int_equal(META(&m, "", 0), 0);
	assert_int_equal(m.has, 0);
	assert_int_equal(META(&m, "\x0a\x00", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x0a\x03\x0a\x01s", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x0a\x03\x12\x01m", 0), -EBADMSG);
	/* there, though empty */
	assert_int_equal(META(&m, "\x0a\x04\x0a\x00\x12\x00", 0), 0);
	/* of another type is as good as not there */
	assert_int_equal(META(&m, "\x0a\x05\x08\x01\x12\x01m", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x12\x00", 0), 0);
	assert_int_equal(META(&m, "\x32\x00", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x32\x02\x08\x01", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x32\x02\x10\x01", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x42\x00", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x42\x02\x10\x01", 0), -EBADMSG);
	assert_int_equal(META(&m, "\x42\x02\x08\x01", 0), 0);
}

/* Of a scalar the last counts; messages are merged field by field. */
static void meta__twice(void **state)
{
	struct kelp_wire_meta m;

	(void)state;
	assert_int_equal(META(&m, "\x20\x01" LEAST "\x20\x02\x18\x02\x18\x00",
			      0), 0);
	assert_int_equal(m.correlation_id, 2);
	assert_int_equal(m.compress_type, 0);
	assert_int_equal(META(&m, "\x0a\x05\x0a\x01s\x18\x07"
			      "\x0a\x06\x12\x01m\x0a\x01t", 0), 0);
	assert_true(is(&m.service, "t") && is(&m.method, "m"));
	assert_int_equal(m.log_id, 7);
	/* one of another type does not count */
	assert_int_equal(META(&m, LEAST "\x20\x01\x22\x01x\x25\0\0\0\0"
			      "\x08\x01\x48\x01\x62\x01z\x60\x05", 0), 0);
	assert_int_equal(m.correlation_id, 1);
	assert_true(is(&m.checksum_value, "z"));
	assert_int_equal(m.nr_user, 0);
}

/* What others add, whatever is in it. */
static void meta__unknown(void **state)
{
	struct kelp_wire_meta m;

	(void)state;
	assert_int_equal(META(&m, "\x0a\x11\x0a\x01s\x12\x01m"
			      "\x3a\x02\x08\x01\x3a\x02\xff\xfe\xf2\x06\x00"
			      "\xf2\x06\x03\xff\x00\x80\x73\x9b\x06\x08\x01"
			      "\x9c\x06\x74", 0), 0);
	assert_int_equal(m.has & ~KELP_WIRE_REQUEST_ID,
			 KELP_WIRE_REQUEST | KELP_WIRE_SERVICE |
			 KELP_WIRE_METHOD);
	assert_true(is(&m.request_id, "\xff\xfe"));
	assert_int_equal(META(&m, LEAST "\xf2\x06\x05wrong\xf2\x06\x09short",
			      0), -EBADMSG);
}

static void meta__limits(void **state)
{
	struct kelp_wire_meta m;
	u8 bytes[10000];
	size_t i;

	(void)state;
	for (i = 0; i < 4097; i++)
		memcpy(bytes + 2 * i, "\x20\x01", 2);
	assert_int_equal(meta_of(&m, bytes, 2 * 4096, 0), 0);
	assert_int_equal(meta_of(&m, bytes, 2 * 4097, 0), -E2BIG);
	memset(bytes, 0x73, 1000);
	memset(bytes + 1000, 0x74, 1000);
	assert_int_equal(meta_of(&m, bytes, 2000, 0), -E2BIG);
	assert_int_equal(meta_of(&m, bytes + 984, 32, 0), 0);
	assert_int_equal(meta_of(&m, bytes + 983, 34, 0), -E2BIG);
}

/* What the user fields of a meta are, as a string. */
static int users_of(char out[200], const struct kelp_wire_meta *m)
{
	struct kelp_pb_span key, value;
	struct kelp_pb it;
	int ret;

	*out = 0;
	kelp_wire_user_init(&it, m);
	while ((ret = kelp_wire_user_next(&it, &key, &value)) > 0) {
		sprintf(out + strlen(out), "%.*s=%.*s;", (int)key.len, key.data,
			(int)value.len, value.data);
	}
	return ret;
}

static void user__entries(void **state)
{
	struct kelp_wire_meta m;
	char out[200];

	(void)state;
	assert_int_equal(META(&m, LEAST "\x4a\x06\x0a\x01k\x12\x01v\x20\x01"
			      "\x4a\x06\x12\x01w\x0a\x01k\x4a\x00\x48\x03"
			      "\x4a\x03\x0a\x01x\x4a\x03\x12\x01y"
			      "\x4a\x07\x0a\x01z\x18\x01\x10\x01", 0), 0);
	assert_int_equal(m.nr_user, 6);
	assert_int_equal(users_of(out, &m), 0);
	assert_string_equal(out, "k=v;k=w;=;x=;=y;z=;");
	assert_int_equal(META(&m, LEAST "\x4a\x03\x0a\x02k", 0), -EBADMSG);
	assert_int_equal(META(&m, LEAST "\x4a\x02\x0a\x01k", 0), -EBADMSG);
	assert_int_equal(META(&m, LEAST, 0), 0);
	assert_int_equal(users_of(out, &m), 0);
	assert_string_equal(out, "");
	/* bytes that no parse has taken */
	m.users.data = guarded("\x4a\x02\x0a\x01", 4);
	m.users.len = 4;
	assert_int_equal(users_of(out, &m), -EBADMSG);
}

static void checksum__kinds(void **state)
{
	struct kelp_wire_meta m = { .has = 0 };
	u32 want = 7;
	size_t len;

	(void)state;
	assert_int_equal(kelp_wire_checksum(&m, &want), 0);
	m.checksum_value.data = guarded("\xc7\x8a\xb0\xe5\0\0\0\0", 8);
	m.checksum_value.len = 4;
	assert_int_equal(kelp_wire_checksum(&m, &want), 0);
	assert_int_equal(want, 7);
	m.checksum_type = KELP_RPC_CHECKSUM_CRC32C;
	assert_int_equal(kelp_wire_checksum(&m, &want), 1);
	assert_true(want == 0xc78ab0e5);
	for (len = 0; len <= 8; len++) {
		m.checksum_value.data = guarded("\xc7\x8a\xb0\xe5\0\0\0\0",
						len);
		m.checksum_value.len = len;
		assert_int_equal(kelp_wire_checksum(&m, &want),
				 len == 4 ? 1 : -EINVAL);
	}
	m.checksum_type = 2;
	assert_int_equal(kelp_wire_checksum(&m, &want), -EOPNOTSUPP);
	m.checksum_type = -1;
	assert_int_equal(kelp_wire_checksum(&m, &want), -EOPNOTSUPP);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(meta__vectors),
		cmocka_unit_test(meta__truncated),
		cmocka_unit_test(meta__every_byte),
		cmocka_unit_test(meta__nested_lengths),
		cmocka_unit_test(meta__all_fields),
		cmocka_unit_test(meta__attachment_size),
		cmocka_unit_test(meta__required),
		cmocka_unit_test(meta__twice),
		cmocka_unit_test(meta__unknown),
		cmocka_unit_test(meta__limits),
		cmocka_unit_test(user__entries),
		cmocka_unit_test(checksum__kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
