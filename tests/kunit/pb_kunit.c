// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol Buffers in the kernel they are read in: messages in blocks of exactly
 * the right size, so that KASAN sees a byte too far. The finer properties are
 * tested in user space.
 */
#include "kelp/pb.h"
#include "suites.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kelp/pb_write.h"

#define READ_ALL(test, s, nr)	read_all((test), (s), sizeof(s) - 1, (nr))

/* Read a message. Return: how it ended; nr: how many fields came before. */
static int read_all(struct kunit *test, const char *in, size_t len,
		    unsigned int *nr)
{
	u8 *block = kmemdup(in, len, GFP_KERNEL);
	struct kelp_pb_field f;
	struct kelp_pb pb;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, block);
	kelp_pb_init(&pb, block, len, &kelp_pb_limits_usual);
	for (*nr = 0; (ret = kelp_pb_next(&pb, &f)) > 0; (*nr)++)
		KUNIT_EXPECT_LE(test, f.bytes.len, len);
	kfree(block);
	return ret;
}

static void next__truncated(struct kunit *test)
{
	static const char in[] =
		"\x08\x96\x01\x12\x05hello\x1d\x01\x02\x03\x04"
		"\x21\x01\x02\x03\x04\x05\x06\x07\x08\x2b\x08\x01\x2c"
		"\xf8\xff\xff\xff\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	static const size_t ends[] = { 3, 10, 15, 24, 28, 43 };
	unsigned int nr, i = 0;
	size_t n;

	for (n = 1; n < sizeof(in); n++) {
		int want = n == ends[i] ? 0 : -EBADMSG;

		KUNIT_EXPECT_EQ_MSG(test, read_all(test, in, n, &nr), want,
				    "%zu bytes", n);
		i += n == ends[i];
		KUNIT_EXPECT_EQ_MSG(test, nr, i, "%zu bytes", n);
	}
}

static void next__bad(struct kunit *test)
{
	unsigned int nr;

	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x00\x01", &nr), -EBADMSG);
	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x0e\x01", &nr), -EBADMSG);
	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x80\x80\x80\x80\x10\x01", &nr),
			-EBADMSG);
	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x08\xff\xff\xff\xff\xff\xff\xff\xff"
				       "\xff\x02", &nr), -EBADMSG);
	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff"
				       "\xff\x01", &nr), -EBADMSG);
	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x0c", &nr), -EBADMSG);
	KUNIT_EXPECT_EQ(test, READ_ALL(test, "\x0b\x14", &nr), -EBADMSG);
}

static void next__depth(struct kunit *test)
{
	char *in = kunit_kmalloc(test, 2000, GFP_KERNEL);
	unsigned int depth, nr;

	KUNIT_ASSERT_NOT_NULL(test, in);
	for (depth = 1; depth <= 1000; depth += depth < 40 ? 1 : 80) {
		int want = depth <= KELP_PB_DEPTH_MAX ? 0 : -E2BIG;

		memset(in, 0x0b, depth);
		memset(in + depth, 0x0c, depth);
		KUNIT_EXPECT_EQ_MSG(test, read_all(test, in, 2 * depth, &nr),
				    want, "depth %u", depth);
	}
}

static void get__negative(struct kunit *test)
{
	static const u8 in[] = "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	struct kelp_pb_field f;
	struct kelp_pb pb;
	s32 narrow = 0;
	s64 wide = 0;

	kelp_pb_init(&pb, in, sizeof(in) - 1, &kelp_pb_limits_usual);
	KUNIT_ASSERT_EQ(test, kelp_pb_next(&pb, &f), 1);
	KUNIT_EXPECT_TRUE(test, kelp_pb_get_s32(&f, &narrow));
	KUNIT_EXPECT_EQ(test, narrow, -2);
	KUNIT_EXPECT_TRUE(test, kelp_pb_get_s64(&f, &wide));
	KUNIT_EXPECT_EQ(test, wide, (s64)-2);
}

/* Some of everything; the message within moves when its length is known. */
static void write_all(struct kelp_pb_w *w)
{
	static const u8 filler[120];
	size_t mark;

	kelp_pb_put_int(w, 1, -5);
	mark = kelp_pb_begin(w, 2);
	kelp_pb_put_string(w, 1, "hello");
	kelp_pb_put_bytes(w, 2, filler, sizeof(filler));
	kelp_pb_put_fixed64(w, 3, 1);
	kelp_pb_end(w, mark);
	kelp_pb_put_fixed32(w, 4, 2);
	kelp_pb_put_varint(w, KELP_PB_NUMBER_MAX, U64_MAX);
}

static void w__every_room(struct kunit *test)
{
	struct kelp_pb_w w;
	size_t room, len;
	unsigned int nr;
	u8 *block;

	kelp_pb_w_init(&w, NULL, 0);
	write_all(&w);
	len = w.len;
	for (room = 1; room <= len; room++) {
		block = kmalloc(room, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, block);
		kelp_pb_w_init(&w, block, room);
		write_all(&w);
		KUNIT_EXPECT_EQ(test, w.len, len);
		KUNIT_EXPECT_EQ(test, kelp_pb_w_ok(&w), room == len);
		if (room == len) {
			KUNIT_EXPECT_EQ(test, read_all(test, (char *)block, len,
						       &nr), 0);
			KUNIT_EXPECT_EQ(test, nr, 4U);
		}
		kfree(block);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(next__truncated),
	KUNIT_CASE(next__bad),
	KUNIT_CASE(next__depth),
	KUNIT_CASE(get__negative),
	KUNIT_CASE(w__every_room),
	{}
};

struct kunit_suite kelp_pb_suite = {
	.name = "kelp_pb",
	.test_cases = cases,
};
