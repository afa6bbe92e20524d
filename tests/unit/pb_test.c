// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading Protocol Buffers: what is taken and what is not, with every length,
 * every truncation, and more depth than anybody allows.
 */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include <linux/limits.h>

#include "kelp/pb.h"

#define BYTES(s)	((const u8 *)(s)), (sizeof(s) - 1)

/* What a message that ends well, or badly, consists of. */
#define FIELDS_MAX	64

struct message {
	struct kelp_pb_field fields[FIELDS_MAX];
	size_t nr;
	int ret;
};

/* The spans stay good until the next call but one. */
static void read_limited(struct message *m, const u8 *data, size_t len,
			 const struct kelp_pb_limits *limits)
{
	const u8 *copy = guarded(data, len);
	struct kelp_pb_field *f;
	struct kelp_pb pb;

	/* every member of a field is set, whatever was there */
	memset(m, 0xa5, sizeof(*m));
	m->nr = 0;
	kelp_pb_init(&pb, copy, len, limits);
	while ((m->ret = kelp_pb_next(&pb, &m->fields[m->nr])) > 0) {
		f = &m->fields[m->nr];
		assert_in_range(f->number, 1, KELP_PB_NUMBER_MAX);
		if (f->bytes.len)
			assert_true(f->bytes.data >= copy &&
				    f->bytes.data + f->bytes.len <= copy + len);
		if (m->nr < FIELDS_MAX - 1)
			m->nr++;
	}
	/* it stays what it is */
	assert_int_equal(kelp_pb_next(&pb, &m->fields[FIELDS_MAX - 1]), m->ret);
}

static void read_message(struct message *m, const u8 *data, size_t len)
{
	read_limited(m, data, len, &kelp_pb_limits_usual);
}

static void refused(const u8 *data, size_t len)
{
	struct message m;

	read_message(&m, data, len);
	assert_int_equal(m.ret, -EBADMSG);
}

/* A message of one field. */
static struct kelp_pb_field one(const u8 *data, size_t len)
{
	struct message m;
	size_t n;

	for (n = 1; n < len; n++)
		refused(data, n);
	read_message(&m, data, len);
	assert_int_equal(m.ret, 0);
	assert_int_equal(m.nr, 1);
	return m.fields[0];
}

static void next__nothing(void **state)
{
	struct kelp_pb_field field;
	struct kelp_pb pb;

	(void)state;
	kelp_pb_init(&pb, NULL, 0, &kelp_pb_limits_usual);
	assert_int_equal(kelp_pb_next(&pb, &field), 0);
	kelp_pb_init(&pb, guarded("", 0), 0, &kelp_pb_limits_usual);
	assert_int_equal(kelp_pb_next(&pb, &field), 0);
}

static void next__varint(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		u64 value;
	} rows[] = {
		{ "\x08\x00", 2, 0 },
		{ "\x08\x01", 2, 1 },
		{ "\x08\x7f", 2, 127 },
		{ "\x08\x80\x01", 3, 128 },
		{ "\x08\xac\x02", 3, 300 },
		{ "\x08\xff\xff\xff\xff\x0f", 6, U32_MAX },
		{ "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11,
		  1ULL << 63 },
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, U64_MAX },
		/* longer than it has to be, which nobody forbids */
		{ "\x08\x80\x00", 3, 0 },
		{ "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11, 1 },
		{ "\x88\x80\x80\x80\x00\x05", 6, 5 },
	};
	struct kelp_pb_field f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		f = one((const u8 *)rows[i].bytes, rows[i].len);
		assert_int_equal(f.number, 1);
		assert_int_equal(f.type, KELP_PB_VARINT);
		assert_true(f.value == rows[i].value);
		assert_int_equal(f.bytes.len, 0);
	}
}

static void next__varint_bad(void **state)
{
	u8 bytes[24] = { 0x08 };
	size_t n;

	(void)state;
	/* it never ends */
	for (n = 0; n < sizeof(bytes); n++) {
		memset(bytes + 1, 0x80, sizeof(bytes) - 1);
		refused(bytes, n + !n);
		memset(bytes + 1, 0xff, sizeof(bytes) - 1);
		refused(bytes, n + !n);
	}
	/* more than 64 bits, by one bit, by seven, by a byte */
	refused(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
	refused(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"));
	refused(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
	refused(BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"));
}

static void next__tag(void **state)
{
	u8 bytes[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	unsigned int type;

	(void)state;
	assert_int_equal(one(BYTES("\xf8\xff\xff\xff\x0f\x01")).number,
			 KELP_PB_NUMBER_MAX);
	assert_int_equal(one(BYTES("\x80\x01\x01")).number, 16);
	/* number 0, of any type */
	for (type = 0; type < 8; type++) {
		bytes[0] = type;
		refused(bytes, sizeof(bytes));
	}
	refused(BYTES("\x80\x00\x01"));
	/* 2^29, and what would be 1 after the 32nd bit went */
	refused(BYTES("\x80\x80\x80\x80\x10\x01"));
	refused(BYTES("\x88\x80\x80\x80\x10\x01"));
	refused(BYTES("\x88\x80\x80\x80\x80\x80\x80\x80\x80\x01\x01"));
	/* types that there are not */
	refused(BYTES("\x0e\0\0\0\0\0\0\0\0\0"));
	refused(BYTES("\x0f\0\0\0\0\0\0\0\0\0"));
}

static void next__fixed(void **state)
{
	struct kelp_pb_field f;

	(void)state;
	f = one(BYTES("\x15\x78\x56\x34\xf2"));
	assert_int_equal(f.number, 2);
	assert_int_equal(f.type, KELP_PB_FIXED32);
	assert_true(f.value == 0xf2345678);
	f = one(BYTES("\x19\xf1\xde\xbc\x9a\x78\x56\x34\xf2"));
	assert_int_equal(f.number, 3);
	assert_int_equal(f.type, KELP_PB_FIXED64);
	assert_true(f.value == 0xf23456789abcdef1);
}

/* A field of ten bytes that says it had len. */
static int says(u64 len)
{
	u8 bytes[32] = { 0x0a };
	struct message m;
	size_t n = 1;

	for (; len > 0x7f; len >>= 7)
		bytes[n++] = len | 0x80;
	bytes[n++] = len;
	memset(bytes + n, 0x80, 10);
	read_message(&m, bytes, n + 10);
	return m.ret;
}

static void next__length(void **state)
{
	static const u64 wrong[] = {
		0, 1, 9, 11, 127, 128, 1 << 20, S32_MAX, 1U << 31,
		U32_MAX - 1, U32_MAX, 1ULL << 32, (1ULL << 32) + 10, S64_MAX,
		1ULL << 63, (1ULL << 63) + 10, U64_MAX - 9, U64_MAX - 10,
		U64_MAX - 11, U64_MAX - 31, U64_MAX - 4096, U64_MAX,
	};
	struct kelp_pb_field f;
	size_t i;

	(void)state;
	assert_int_equal(says(10), 0);
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(says(wrong[i]), -EBADMSG);
	f = one(BYTES("\x0a\x05hello"));
	assert_int_equal(f.type, KELP_PB_BYTES);
	assert_int_equal(f.bytes.len, 5);
	assert_memory_equal(f.bytes.data, "hello", 5);
	assert_true(f.value == 0);
	f = one(BYTES("\x12\x00"));
	assert_int_equal(f.bytes.len, 0);
	assert_non_null(f.bytes.data);
}

static void next__group(void **state)
{
	struct kelp_pb_field f;

	(void)state;
	f = one(BYTES("\x0b\x0c"));
	assert_int_equal(f.number, 1);
	assert_int_equal(f.type, KELP_PB_GROUP);
	assert_int_equal(f.bytes.len, 0);
	/* all kinds of fields, and a group of the same number */
	f = one(BYTES("\x0b\x08\x96\x01\x11\x0c\x0c\x0c\x0c\x0c\x0c\x0c\x0c"
		      "\x0b\x1d\x0c\x0c\x0c\x0c\x0c\x22\x02\x0c\x0c\x0c"));
	assert_int_equal(f.number, 1);
	assert_int_equal(f.bytes.len, 23);
	assert_memory_equal(f.bytes.data, "\x08\x96\x01", 3);
	/* ends that do not fit */
	refused(BYTES("\x0c"));
	refused(BYTES("\x0b\x14"));
	refused(BYTES("\x0b\x13\x0c\x14"));
	refused(BYTES("\x0b\x0c\x0c"));
	refused(BYTES("\x0b\x00\x0c"));
	refused(BYTES("\x0b\x0e\x0c"));
	refused(BYTES("\x0b\x0a\x02\x0c"));
}

/* Cut between two fields a message is a shorter one; cut elsewhere it is none. */
static void next__truncated(void **state)
{
	static const u8 bytes[] =
		"\x08\x96\x01\x12\x05hello\x1d\x01\x02\x03\x04"
		"\x21\x01\x02\x03\x04\x05\x06\x07\x08\x2b\x08\x01\x2c"
		"\xf8\xff\xff\xff\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	static const size_t ends[] = { 0, 3, 10, 15, 24, 28, 43 };
	struct message m;
	size_t n, i = 0;

	(void)state;
	assert_int_equal(ends[ARRAY_LEN(ends) - 1], sizeof(bytes) - 1);
	for (n = 0; n < sizeof(bytes); n++) {
		read_message(&m, bytes, n);
		assert_int_equal(m.ret, n == ends[i] ? 0 : -EBADMSG);
		assert_int_equal(m.nr, n == ends[i] ? i : i - 1);
		i += n == ends[i];
	}
}

static void next__limits(void **state)
{
	static const u8 bytes[] = "\x08\x01\x12\x05hello\x23\x28\x01\x24";
	struct kelp_pb_limits limits = { 5, 5, 1 };
	struct message m;

	(void)state;
	read_limited(&m, bytes, sizeof(bytes) - 1, &limits);
	assert_int_equal(m.ret, 0);
	/* the tag at a group's end counts as a field */
	limits.fields = 4;
	read_limited(&m, bytes, sizeof(bytes) - 1, &limits);
	assert_int_equal(m.ret, -E2BIG);
	assert_int_equal(m.nr, 2);
	limits.fields = 0;
	read_limited(&m, bytes, sizeof(bytes) - 1, &limits);
	assert_int_equal(m.ret, -E2BIG);
	assert_int_equal(m.nr, 0);
	read_limited(&m, bytes, 0, &limits);
	assert_int_equal(m.ret, 0);
	limits = (struct kelp_pb_limits){ 4, 5, 1 };
	read_limited(&m, bytes, sizeof(bytes) - 1, &limits);
	assert_int_equal(m.ret, -E2BIG);
	assert_int_equal(m.nr, 1);
	limits = (struct kelp_pb_limits){ 1, 5, 1 };
	read_limited(&m, bytes + 9, 4, &limits);
	assert_int_equal(m.ret, -E2BIG);
	limits = (struct kelp_pb_limits){ 5, 5, 0 };
	read_limited(&m, bytes, sizeof(bytes) - 1, &limits);
	assert_int_equal(m.ret, -E2BIG);
	assert_int_equal(m.nr, 2);
}

/* Groups within groups: with their ends, without, and to any depth. */
static void next__depth_groups(void **state)
{
	struct kelp_pb_limits limits = { U32_MAX, U32_MAX, U8_MAX };
	u8 bytes[2000];
	struct message m;
	size_t depth;

	(void)state;
	for (depth = 1; depth <= 1000; depth++) {
		memset(bytes, 0x0b, depth);
		memset(bytes + depth, 0x0c, depth);
		read_limited(&m, bytes, 2 * depth, &limits);
		assert_int_equal(m.ret,
				 depth <= KELP_PB_DEPTH_MAX ? 0 : -E2BIG);
		read_limited(&m, bytes, 2 * depth - 1, &limits);
		assert_int_equal(m.ret, depth <= KELP_PB_DEPTH_MAX ? -EBADMSG :
								     -E2BIG);
	}
}

/* How deep it goes down field 1; -E2BIG of the innermost in ret. */
static size_t descend(const u8 *data, size_t len, int *ret)
{
	struct kelp_pb_limits limits = { U32_MAX, U32_MAX, U8_MAX };
	struct kelp_pb pb, inner;
	struct kelp_pb_field f;
	size_t depth = 0;

	kelp_pb_init(&pb, guarded(data, len), len, &limits);
	while ((*ret = kelp_pb_next(&pb, &f)) > 0) {
		*ret = kelp_pb_enter(&pb, &f, &inner);
		if (*ret <= 0) {
			assert_int_equal(kelp_pb_next(&pb, &f), *ret);
			break;
		}
		pb = inner;
		depth++;
	}
	return depth;
}

/* From the inside out: 1000 messages within one another. */
static void enter__depth(void **state)
{
	u8 bytes[4096], *p = bytes + sizeof(bytes);
	size_t depth, len;
	int ret;

	(void)state;
	for (depth = 1; depth <= 1000; depth++) {
		len = bytes + sizeof(bytes) - p;
		if (len > 0x7f) {
			*--p = len >> 7;
			*--p = len | 0x80;
		} else {
			*--p = len;
		}
		*--p = 0x0a;
		len = bytes + sizeof(bytes) - p;
		if (depth <= KELP_PB_DEPTH_MAX) {
			assert_int_equal(descend(p, len, &ret), depth);
			assert_int_equal(ret, 0);
		} else {
			assert_int_equal(descend(p, len, &ret),
					 KELP_PB_DEPTH_MAX);
			assert_int_equal(ret, -E2BIG);
		}
		/* it says that it is longer than the one it is in */
		if ((p[1] & 0x7f) == 0x7f)
			continue;
		p[1]++;
		descend(p, len, &ret);
		assert_int_equal(ret, -EBADMSG);
		p[1]--;
	}
}

/* A length within is measured by the message it is in, not by the outermost. */
static void enter__lying(void **state)
{
	u8 bytes[] = "\x0a\x04\x0a\x02hi\x12\x04more";
	struct kelp_pb pb, inner;
	struct kelp_pb_field f;
	unsigned int len;

	(void)state;
	for (len = 0; len < 0x80; len++) {
		bytes[3] = len;
		kelp_pb_init(&pb, guarded(bytes, 12), 12,
			     &kelp_pb_limits_usual);
		assert_int_equal(kelp_pb_next(&pb, &f), 1);
		assert_int_equal(kelp_pb_enter(&pb, &f, &inner), 1);
		if (len > 2)
			assert_int_equal(kelp_pb_next(&inner, &f), -EBADMSG);
		else
			assert_int_equal(kelp_pb_next(&inner, &f), 1);
		/* what is wrong there is no fault of the outer one */
		assert_int_equal(kelp_pb_next(&pb, &f), 1);
		assert_int_equal(f.number, 2);
	}
}

static void enter__other_types(void **state)
{
	static const u8 bytes[] = "\x08\x01\x0d\0\0\0\0\x09\0\0\0\0\0\0\0\0"
		"\x0b\x0c";
	struct kelp_pb pb, inner;
	struct kelp_pb_field f;
	size_t nr = 0;

	(void)state;
	kelp_pb_init(&pb, guarded(bytes, sizeof(bytes) - 1), sizeof(bytes) - 1,
		     &kelp_pb_limits_usual);
	for (; kelp_pb_next(&pb, &f) > 0; nr++)
		assert_int_equal(kelp_pb_enter(&pb, &f, &inner), 0);
	assert_int_equal(nr, 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(next__nothing),
		cmocka_unit_test(next__varint),
		cmocka_unit_test(next__varint_bad),
		cmocka_unit_test(next__tag),
		cmocka_unit_test(next__fixed),
		cmocka_unit_test(next__length),
		cmocka_unit_test(next__group),
		cmocka_unit_test(next__truncated),
		cmocka_unit_test(next__limits),
		cmocka_unit_test(next__depth_groups),
		cmocka_unit_test(enter__depth),
		cmocka_unit_test(enter__lying),
		cmocka_unit_test(enter__other_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
