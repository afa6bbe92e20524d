// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing Protocol Buffers: the bytes, never one beyond the room, and messages
 * made at random that read back as what was written.
 */
#include "harness.h"

#include <string.h>

#include <linux/limits.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"

#define EXPECT(w, s)	expect((w), (s), sizeof(s) - 1)

static u8 buffer[1 << 17];

static void begin(struct kelp_pb_w *w)
{
	memset(buffer, 0xee, sizeof(buffer));
	kelp_pb_w_init(w, buffer, sizeof(buffer));
}

static void expect(const struct kelp_pb_w *w, const char *bytes, size_t len)
{
	assert_true(kelp_pb_w_ok(w));
	assert_int_equal(w->len, len);
	assert_memory_equal(buffer, bytes, len);
	assert_int_equal(buffer[len], 0xee);
}

static void put__varint(void **state)
{
	struct kelp_pb_w w;

	(void)state;
	begin(&w);
	kelp_pb_put_varint(&w, 1, 0);
	kelp_pb_put_varint(&w, 15, 127);
	kelp_pb_put_varint(&w, 16, 128);
	kelp_pb_put_varint(&w, 2, 300);
	EXPECT(&w, "\x08\x00\x78\x7f\x80\x01\x80\x01\x10\xac\x02");
	begin(&w);
	kelp_pb_put_varint(&w, KELP_PB_NUMBER_MAX, U64_MAX);
	EXPECT(&w, "\xf8\xff\xff\xff\x0f"
		   "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

static void put__signed(void **state)
{
	struct kelp_pb_w w;

	(void)state;
	begin(&w);
	kelp_pb_put_int(&w, 1, -1);
	EXPECT(&w, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
	begin(&w);
	kelp_pb_put_int(&w, 1, (s32)S32_MIN);
	EXPECT(&w, "\x08\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01");
	begin(&w);
	kelp_pb_put_sint(&w, 1, -1);
	kelp_pb_put_sint(&w, 2, 1);
	kelp_pb_put_sint(&w, 3, -64);
	kelp_pb_put_sint(&w, 4, 64);
	EXPECT(&w, "\x08\x01\x10\x02\x18\x7f\x20\x80\x01");
	begin(&w);
	kelp_pb_put_sint(&w, 1, -S64_MAX - 1);
	EXPECT(&w, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

static void put__fixed(void **state)
{
	struct kelp_pb_w w;

	(void)state;
	begin(&w);
	kelp_pb_put_fixed32(&w, 2, 0xf2345678);
	kelp_pb_put_fixed64(&w, 3, 0xf23456789abcdef1);
	EXPECT(&w, "\x15\x78\x56\x34\xf2"
		   "\x19\xf1\xde\xbc\x9a\x78\x56\x34\xf2");
}

static void put__bytes(void **state)
{
	struct kelp_pb_w w;

	(void)state;
	begin(&w);
	kelp_pb_put_string(&w, 1, "hello");
	kelp_pb_put_string(&w, 1, "");
	kelp_pb_put_bytes(&w, 2, "\0\xff", 2);
	kelp_pb_put_bytes(&w, 3, NULL, 0);
	EXPECT(&w, "\x0a\x05hello\x0a\x00\x12\x02\x00\xff\x1a\x00");
}

static void put__packed(void **state)
{
	struct kelp_pb_w w;
	size_t mark;

	(void)state;
	begin(&w);
	mark = kelp_pb_begin(&w, 4);
	kelp_pb_raw_varint(&w, 3);
	kelp_pb_raw_varint(&w, 270);
	kelp_pb_raw_varint(&w, 86942);
	kelp_pb_end(&w, mark);
	mark = kelp_pb_begin(&w, 5);
	kelp_pb_raw_fixed32(&w, 1);
	kelp_pb_raw_fixed64(&w, 2);
	kelp_pb_end(&w, mark);
	EXPECT(&w, "\x22\x06\x03\x8e\x02\x9e\xa7\x05"
		   "\x2a\x0c\1\0\0\0\2\0\0\0\0\0\0\0");
}

/* Whatever its length, a message is as if its length had been known. */
static void begin__lengths(void **state)
{
	static const size_t lengths[] = {
		0, 1, 126, 127, 128, 129, 16383, 16384, 16385, 70000,
	};
	static u8 content[70000], before[80000];
	struct kelp_pb_w w;
	size_t i, mark, len;

	(void)state;
	for (i = 0; i < sizeof(content); i++)
		content[i] = i * 31 >> 3;
	for (i = 0; i < ARRAY_LEN(lengths); i++) {
		begin(&w);
		kelp_pb_put_bytes(&w, 7, content, lengths[i]);
		len = w.len;
		memcpy(before, buffer, len);
		assert_int_equal(kelp_pb_size_bytes(7, lengths[i]), len);
		begin(&w);
		mark = kelp_pb_begin(&w, 7);
		kelp_pb_raw(&w, content, lengths[i]);
		kelp_pb_end(&w, mark);
		expect(&w, (char *)before, len);
	}
}

/* Some of everything, nested, with lengths that move what they precede. */
static void write_all(struct kelp_pb_w *w)
{
	static const u8 filler[120];
	size_t outer, inner;

	kelp_pb_put_int(w, 1, -5);
	outer = kelp_pb_begin(w, 2);
	kelp_pb_put_string(w, 1, "hello");
	inner = kelp_pb_begin(w, 2000);
	kelp_pb_put_bytes(w, 1, filler, sizeof(filler));
	kelp_pb_put_fixed64(w, 2, 1);
	kelp_pb_end(w, inner);
	inner = kelp_pb_begin(w, 3);
	kelp_pb_end(w, inner);
	kelp_pb_put_fixed32(w, 4, 2);
	kelp_pb_end(w, outer);
	kelp_pb_put_varint(w, KELP_PB_NUMBER_MAX, 1);
}

/* Every room from none to enough, right before a page that nobody may touch. */
static void w__every_room(void **state)
{
	static u8 zeros[1000];
	struct kelp_pb_w w;
	size_t len, room;
	u8 *place;

	(void)state;
	kelp_pb_w_init(&w, NULL, 0);
	write_all(&w);
	len = w.len;
	assert_false(kelp_pb_w_ok(&w));
	begin(&w);
	write_all(&w);
	assert_int_equal(w.len, len);
	for (room = 0; room <= len + 1; room++) {
		place = (u8 *)guarded(zeros, room);
		kelp_pb_w_init(&w, place, room);
		write_all(&w);
		assert_int_equal(w.len, len);
		assert_int_equal(kelp_pb_w_ok(&w), room >= len);
		if (room >= len)
			assert_memory_equal(place, buffer, len);
	}
}

/* Lengths that wrap around make it too long, not short. */
static void w__wraps(void **state)
{
	static const size_t lengths[] = {
		SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 10, SIZE_MAX / 2 + 1,
	};
	struct kelp_pb_w w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lengths); i++) {
		kelp_pb_w_init(&w, buffer, SIZE_MAX);
		w.len = 5;
		kelp_pb_put_bytes(&w, 1, buffer, lengths[i]);
		assert_false(kelp_pb_w_ok(&w));
		kelp_pb_put_bytes(&w, 1, buffer, lengths[i]);
		kelp_pb_put_varint(&w, 1, 1);
		assert_false(kelp_pb_w_ok(&w));
	}
}

static void size__varint(void **state)
{
	unsigned int bits;

	(void)state;
	assert_int_equal(kelp_pb_size_varint(0), 1);
	for (bits = 0; bits < 64; bits++) {
		assert_int_equal(kelp_pb_size_varint(1ULL << bits),
				 bits / 7 + 1);
		assert_int_equal(kelp_pb_size_varint(U64_MAX >> (63 - bits)),
				 bits / 7 + 1);
	}
}

static void zigzag__values(void **state)
{
	static const s64 values[] = {
		0, -1, 1, -2, 2, S32_MAX, S32_MIN, S64_MAX, -S64_MAX - 1,
	};
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_true(kelp_pb_zigzag(values[i]) == i);
	for (i = 0; i < ARRAY_LEN(values); i++)
		assert_true(kelp_pb_unzigzag(kelp_pb_zigzag(values[i])) ==
			    values[i]);
}

/* Random numbers, many of them small or near a power of two. */
static u64 seed;

static u64 any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> (seed & 63);
}

/* Writes a message that depends on the seed alone. */
static void write_random(struct kelp_pb_w *w, int depth)
{
	static const u8 filler[300] = "filler";
	unsigned int nr = any() % 8;
	size_t mark;
	u32 number;

	while (nr--) {
		number = 1 + any() % KELP_PB_NUMBER_MAX;
		switch (any() % 5) {
		case 0:
			kelp_pb_put_varint(w, number, any());
			break;
		case 1:
			kelp_pb_put_fixed32(w, number, any());
			break;
		case 2:
			kelp_pb_put_fixed64(w, number, any());
			break;
		case 3:
			kelp_pb_put_bytes(w, number, filler, any() % 300);
			break;
		default:
			mark = kelp_pb_begin(w, number);
			if (depth)
				write_random(w, depth - 1);
			kelp_pb_end(w, mark);
		}
	}
}

/* Reads it back, making the same choices. */
static void read_random(struct kelp_pb *pb, int depth)
{
	unsigned int nr = any() % 8, kind;
	struct kelp_pb_field f;
	struct kelp_pb inner;

	while (nr--) {
		assert_int_equal(kelp_pb_next(pb, &f), 1);
		assert_int_equal(f.number, 1 + any() % KELP_PB_NUMBER_MAX);
		kind = any() % 5;
		if (kind == 0) {
			assert_int_equal(f.type, KELP_PB_VARINT);
			assert_true(f.value == any());
		} else if (kind == 1) {
			assert_int_equal(f.type, KELP_PB_FIXED32);
			assert_true(f.value == (u32)any());
		} else if (kind == 2) {
			assert_int_equal(f.type, KELP_PB_FIXED64);
			assert_true(f.value == any());
		} else if (kind == 3) {
			assert_int_equal(f.type, KELP_PB_BYTES);
			assert_int_equal(f.bytes.len, any() % 300);
		} else {
			assert_int_equal(kelp_pb_enter(pb, &f, &inner), 1);
			if (depth)
				read_random(&inner, depth - 1);
			assert_int_equal(kelp_pb_next(&inner, &f), 0);
		}
	}
}

static void w__random(void **state)
{
	struct kelp_pb_field f;
	struct kelp_pb_w w;
	struct kelp_pb pb;
	u64 n;

	(void)state;
	for (n = 1; n <= 3000; n++) {
		seed = n * 0x9e3779b97f4a7c15;
		kelp_pb_w_init(&w, buffer, sizeof(buffer));
		write_random(&w, 4);
		if (!kelp_pb_w_ok(&w) || w.len > GUARDED_MAX)
			fail_msg("%zu bytes", w.len);
		seed = n * 0x9e3779b97f4a7c15;
		kelp_pb_init(&pb, guarded(buffer, w.len), w.len,
			     &kelp_pb_limits_usual);
		read_random(&pb, 4);
		assert_int_equal(kelp_pb_next(&pb, &f), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(put__varint),
		cmocka_unit_test(put__signed),
		cmocka_unit_test(put__fixed),
		cmocka_unit_test(put__bytes),
		cmocka_unit_test(put__packed),
		cmocka_unit_test(begin__lengths),
		cmocka_unit_test(w__every_room),
		cmocka_unit_test(w__wraps),
		cmocka_unit_test(size__varint),
		cmocka_unit_test(zigzag__values),
		cmocka_unit_test(w__random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
