// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of baidu_std: brpc's own, read and written in blocks of exactly the
 * right size, so that KASAN sees a byte too far.
 */
#include "rpc/wire.h"
#include "rpc_vectors.h"
#include "suites.h"

#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

static const struct kelp_wire_limits usual = { 4 << 20, 65536 };

static int head_of(struct kunit *test, const void *in, size_t len,
		   struct kelp_wire_head *head)
{
	u8 *block = kmemdup(in, len, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, block);
	ret = kelp_wire_head_parse(block, len, &usual, head);
	kfree(block);
	return ret;
}

static void head_parse__vectors(struct kunit *test)
{
	const struct vector *v;
	struct kelp_wire_head head;
	size_t n;

	for (v = vectors; v < vectors + NR_VECTORS; v++) {
		for (n = 1; n <= 13; n++)
			KUNIT_EXPECT_EQ_MSG(test, head_of(test, v->bytes, n,
							  &head),
					    n < 12 ? 0 : 12, "%s", v->name);
		KUNIT_EXPECT_EQ(test, (size_t)head.body, v->len - 12);
		KUNIT_EXPECT_EQ(test, (size_t)head.meta, v->meta);
	}
}

static void head_parse__refused(struct kunit *test)
{
	struct kelp_wire_head head;

	KUNIT_EXPECT_EQ(test, head_of(test, "PRI ", 4, &head), -EPROTO);
	KUNIT_EXPECT_EQ(test, head_of(test, "PRP", 3, &head), 0);
	KUNIT_EXPECT_EQ(test, head_of(test, "PRPC\0\0\0\1\0\0\0\2", 12, &head),
			-EBADMSG);
	KUNIT_EXPECT_EQ(test, head_of(test, "PRPC\xff\xff\xff\xff\0\0\0\1", 12,
				      &head), -EMSGSIZE);
}

/* As they are they are taken; cut, or with one bit wrong, they do no harm. */
static void meta_parse__vectors(struct kunit *test)
{
	struct kelp_wire_head head;
	struct kelp_wire_meta m;
	const struct vector *v;
	u8 *block;
	size_t n;

	for (v = vectors; v < vectors + NR_VECTORS; v++) {
		for (n = 1; n <= v->meta; n++) {
			head.meta = n;
			head.body = n + v->rest;
			block = kmemdup(v->bytes + 12, n, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, block);
			block[n / 2] ^= 1 << n % 8;
			kelp_wire_meta_parse(block, &head, &m);
			block[n / 2] ^= 1 << n % 8;
			KUNIT_EXPECT_LE(test, kelp_wire_meta_parse(block, &head,
								   &m), 0);
			kfree(block);
		}
		KUNIT_ASSERT_EQ(test, kelp_wire_meta_parse(v->bytes + 12, &head,
							   &m), 0);
		KUNIT_EXPECT_EQ(test, m.correlation_id, 1LL);
		KUNIT_EXPECT_EQ(test, m.attachment_size, v->attachment);
	}
}

static void meta_parse__attachment_size(struct kunit *test)
{
	static const u8 in[] = "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	struct kelp_wire_head head = { 11 + 5, 11 };
	struct kelp_wire_meta m;

	KUNIT_EXPECT_EQ(test, kelp_wire_meta_parse(in, &head, &m), -ERANGE);
	KUNIT_EXPECT_EQ(test, m.attachment_size, -1);
	head = (struct kelp_wire_head){ 2 + 5, 2 };
	KUNIT_EXPECT_EQ(test, kelp_wire_meta_parse("\x28\x05", &head, &m), 0);
	KUNIT_EXPECT_EQ(test, kelp_wire_meta_parse("\x28\x06", &head, &m),
			-ERANGE);
}

static void write__reply(struct kunit *test)
{
	const struct vector *v = &vectors[V_REPLY_ATTACHED];
	size_t room, size = 12 + v->meta;
	struct kelp_wire_meta m;
	u8 *block;

	kelp_wire_response_init(&m, 1, KELP_RPC_OK);
	m.has |= KELP_WIRE_ATTACHMENT_SIZE;
	m.attachment_size = 3;
	KUNIT_EXPECT_EQ(test, kelp_wire_size(&m), size);
	for (room = 1; room <= size; room++) {
		block = kmalloc(room, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_EQ(test, kelp_wire_write(block, room, &m, v->rest),
				room < size ? -EMSGSIZE : (ssize_t)size);
		if (room == size)
			KUNIT_EXPECT_EQ(test, memcmp(block, v->bytes, size), 0);
		kfree(block);
	}
}

/* The kernel's CRC is the one that the protocol means. */
static void checksum_set__crc(struct kunit *test)
{
	struct kelp_wire_meta m;
	u8 room[4];
	u32 want;

	kelp_wire_response_init(&m, 1, KELP_RPC_OK);
	KUNIT_EXPECT_EQ(test, kelp_wire_checksum(&m, &want), 0);
	kelp_wire_checksum_set(&m, room, ~__crc32c_le(~0U, "123456789", 9));
	KUNIT_EXPECT_EQ(test, kelp_wire_checksum(&m, &want), 1);
	KUNIT_EXPECT_EQ(test, want, 0xc78ab0e5);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(head_parse__vectors),
	KUNIT_CASE(head_parse__refused),
	KUNIT_CASE(meta_parse__vectors),
	KUNIT_CASE(meta_parse__attachment_size),
	KUNIT_CASE(write__reply),
	KUNIT_CASE(checksum_set__crc),
	{}
};

struct kunit_suite kelp_wire_suite = {
	.name = "kelp_wire",
	.test_cases = cases,
};
