// SPDX-License-Identifier: GPL-2.0-only
/* Protocol Buffers: what the values of fields are taken for. */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/limits.h>

#include "kelp/pb.h"

#define BYTES(s)	((const u8 *)(s)), (sizeof(s) - 1)

/* The first field of a message. */
static struct kelp_pb_field one(const u8 *data, size_t len)
{
	struct kelp_pb_field f;
	struct kelp_pb pb;

	kelp_pb_init(&pb, guarded(data, len), len, &kelp_pb_limits_usual);
	assert_int_equal(kelp_pb_next(&pb, &f), 1);
	return f;
}

static void get__types(void **state)
{
	struct kelp_pb_field f = { .number = 1, .type = KELP_PB_VARINT };
	struct kelp_pb_span span = { NULL, 7 };
	bool flag = true;
	u64 wide = 1;
	u32 narrow = 1;
	s64 number;
	s32 small;

	(void)state;
	f = one(BYTES("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	assert_true(kelp_pb_get_s32(&f, &small) && small == -2);
	assert_true(kelp_pb_get_s64(&f, &number) && number == -2);
	assert_true(kelp_pb_get_u32(&f, &narrow) && narrow == U32_MAX - 1);
	assert_true(kelp_pb_get_u64(&f, &wide) && wide == U64_MAX - 1);
	assert_true(kelp_pb_get_bool(&f, &flag) && flag);
	assert_false(kelp_pb_get_bytes(&f, &span));
	assert_int_equal(span.len, 7);
	/* 2^33 + 2^31: the low half is what counts */
	f.value = 0x280000000;
	assert_true(kelp_pb_get_s32(&f, &small) && small == S32_MIN);
	assert_true(kelp_pb_get_u32(&f, &narrow) && narrow == 1U << 31);
	f.value = 1ULL << 32;
	assert_true(kelp_pb_get_bool(&f, &flag) && flag);
	f.value = 0;
	assert_true(kelp_pb_get_bool(&f, &flag) && !flag);
	/* another type: as if it were not there */
	f = one(BYTES("\x0d\x01\x02\x03\x04"));
	assert_false(kelp_pb_get_s32(&f, &small));
	assert_false(kelp_pb_get_s64(&f, &number));
	assert_false(kelp_pb_get_u32(&f, &narrow));
	assert_false(kelp_pb_get_u64(&f, &wide));
	assert_false(kelp_pb_get_bool(&f, &flag));
	assert_true(small == S32_MIN && number == -2 && narrow == 1U << 31);
	f = one(BYTES("\x0a\x02hi"));
	assert_true(kelp_pb_get_bytes(&f, &span));
	assert_int_equal(span.len, 2);
}

static void unzigzag__values(void **state)
{
	(void)state;
	assert_true(kelp_pb_unzigzag(0) == 0);
	assert_true(kelp_pb_unzigzag(1) == -1);
	assert_true(kelp_pb_unzigzag(2) == 1);
	assert_true(kelp_pb_unzigzag(3) == -2);
	assert_true(kelp_pb_unzigzag(U64_MAX - 1) == S64_MAX);
	assert_true(kelp_pb_unzigzag(U64_MAX) == -S64_MAX - 1);
}

/* The elements of a message's one field as a string. */
static int packed(char out[64], const u8 *data, size_t len,
		  enum kelp_pb_type type)
{
	struct kelp_pb_field f = one(data, len);
	struct kelp_pb_packed it;
	u64 value;
	int ret;

	*out = 0;
	kelp_pb_packed_init(&it, &f, type);
	while ((ret = kelp_pb_packed_next(&it, &value)) > 0)
		sprintf(out + strlen(out), "%llx ", value);
	assert_int_equal(kelp_pb_packed_next(&it, &value), ret);
	return ret;
}

static void packed__elements(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum kelp_pb_type type;
		int ret;
		const char *out;
	} rows[] = {
#define ROW(bytes, ...)	{ bytes, sizeof(bytes) - 1, __VA_ARGS__ }
		ROW("\x0a\x00", KELP_PB_VARINT, 0, ""),
		ROW("\x0a\x04\x01\xac\x02\x00", KELP_PB_VARINT, 0, "1 12c 0 "),
		ROW("\x0a\x03\x01\xac\x82", KELP_PB_VARINT, -EBADMSG, "1 "),
		ROW("\x08\x05", KELP_PB_VARINT, 0, "5 "),
		ROW("\x08\x05", KELP_PB_FIXED32, 0, ""),
		ROW("\x0a\x08\1\0\0\0\2\0\0\0", KELP_PB_FIXED32, 0, "1 2 "),
		ROW("\x0a\x07\1\0\0\0\2\0\0", KELP_PB_FIXED32, -EBADMSG, "1 "),
		ROW("\x0d\1\0\0\0", KELP_PB_FIXED32, 0, "1 "),
		ROW("\x0d\1\0\0\0", KELP_PB_FIXED64, 0, ""),
		ROW("\x0a\x08\1\0\0\0\2\0\0\0", KELP_PB_FIXED64, 0,
		    "200000001 "),
		ROW("\x0a\x01\1", KELP_PB_FIXED64, -EBADMSG, ""),
		ROW("\x09\1\0\0\0\0\0\0\0", KELP_PB_FIXED64, 0, "1 "),
		ROW("\x0b\x0c", KELP_PB_VARINT, 0, ""),
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(packed(out, (const u8 *)rows[i].bytes,
					rows[i].len, rows[i].type),
				 rows[i].ret);
		assert_string_equal(out, rows[i].out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(get__types),
		cmocka_unit_test(unzigzag__values),
		cmocka_unit_test(packed__elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
