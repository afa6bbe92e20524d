// SPDX-License-Identifier: GPL-2.0-only
/*
 * Head and RpcMeta of a plain success: but for three numbers they are always the
 * same, so they are copied, back to front, to where the payload begins.
 *
 * Pure; runs in softirq, in workers and in user space.
 */
#include "rpc/success.h"

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/string.h>
#include <uapi/linux/kelp_rpc.h>

#include "hot.h"
#include "kelp/pb.h"
#include "kelp/pb_write.h"

#define TAG(number, type) ((number) << 3 | (type))

/* What brpc writes, whether it is zero or not: up to the correlation id … */
static const u8 before_id[] = {
	TAG(KELP_RPC_META_RESPONSE, KELP_PB_BYTES), 2,
	TAG(KELP_RPC_RESPONSE_ERROR_CODE, KELP_PB_VARINT), KELP_RPC_OK,
	TAG(KELP_RPC_META_COMPRESS_TYPE, KELP_PB_VARINT),
	KELP_RPC_COMPRESS_NONE,
	TAG(KELP_RPC_META_CORRELATION_ID, KELP_PB_VARINT),
};

/* … and behind it, or behind the size of the attachment. */
static const u8 behind_id[] = {
	TAG(KELP_RPC_META_CONTENT_TYPE, KELP_PB_VARINT), KELP_RPC_CONTENT_PB,
	TAG(KELP_RPC_META_CHECKSUM_TYPE, KELP_PB_VARINT),
	KELP_RPC_CHECKSUM_NONE,
	TAG(KELP_RPC_META_CHECKSUM_VALUE, KELP_PB_BYTES), 0,
};

/* The numbers are a varint of 64 bits, and one of 32 with its tag. */
static_assert(KELP_RPC_HEAD_SIZE + sizeof(before_id) + KELP_PB_VARINT_MAX + 6 +
	      sizeof(behind_id) <= KELP_WIRE_SUCCESS_MOST);

static inline u8 *put_varint(u8 *end, u64 v)
{
	u8 *begin = end - kelp_pb_size_varint(v), *at = begin;

	for (; v >= 0x80; v >>= 7)
		*at++ = v | 0x80;
	*at = v;
	return begin;
}

/* With constant lengths these are a few moves. */
static __always_inline u8 *put_bytes(u8 *end, const void *data, size_t len)
{
	return memcpy(end - len, data, len);
}

static inline u8 *put_be32(u8 *end, u32 v)
{
	end[-4] = v >> 24;
	end[-3] = v >> 16;
	end[-2] = v >> 8;
	end[-1] = v;
	return end - 4;
}

__kelp_hot
u8 *kelp_wire_success(u8 *end, u64 correlation_id, u32 attachment, u32 rest)
{
	u8 *at = put_bytes(end, behind_id, sizeof(behind_id));
	u32 meta;

	if (attachment) {
		at = put_varint(at, attachment);
		*--at = TAG(KELP_RPC_META_ATTACHMENT_SIZE, KELP_PB_VARINT);
	}
	at = put_varint(at, correlation_id);
	at = put_bytes(at, before_id, sizeof(before_id));
	meta = end - at;
	at = put_be32(at, meta);
	at = put_be32(at, meta + rest);
	return put_bytes(at, KELP_RPC_MAGIC, KELP_RPC_MAGIC_SIZE);
}
