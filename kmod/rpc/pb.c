// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Protocol Buffers: reading.
 *
 * Pure; runs in softirq, in workers and in user space. It must not know what
 * any message means.
 */
#include "kelp/pb.h"

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>

#include "hot.h"

const struct kelp_pb_limits kelp_pb_limits_usual = {
	.length = 64 << 20,
	.fields = 100000,
	.depth = KELP_PB_DEPTH_MAX,
};
EXPORT_SYMBOL_GPL(kelp_pb_limits_usual);

/* Bits 63 and up do not fit: the tenth byte may be 0 or 1. */
static const u8 *varint_slow(const u8 *p, const u8 *end, u64 *value)
{
	unsigned int shift;
	u64 v = 0;
	u8 byte;

	for (shift = 0; shift < 64; shift += 7) {
		if (p == end)
			return NULL;
		byte = *p++;
		v |= (u64)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		*value = v;
		return shift == 63 && byte > 1 ? NULL : p;
	}
	return NULL;
}

/* Return: what follows the varint; NULL when there is no valid one. */
static inline const u8 *varint(const u8 *p, const u8 *end, u64 *value)
{
	if (likely(p != end && !(*p & 0x80))) {
		*value = *p;
		return p + 1;
	}
	return varint_slow(p, end, value);
}

static const u8 *fixed32(const u8 *p, const u8 *end, u64 *value)
{
	if (end - p < 4)
		return NULL;
	*value = p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
	return p + 4;
}

static const u8 *fixed64(const u8 *p, const u8 *end, u64 *value)
{
	u64 low, high;

	if (end - p < 8)
		return NULL;
	p = fixed32(p, end, &low);
	p = fixed32(p, end, &high);
	*value = high << 32 | low;
	return p;
}

static int refuse(struct kelp_pb *pb, int error)
{
	pb->p = pb->end;
	pb->error = error;
	return error;
}

__kelp_hot
static int read_tag(struct kelp_pb *pb, struct kelp_pb_field *field)
{
	u64 tag;

	if (!pb->fields)
		return -E2BIG;
	pb->fields--;
	pb->p = varint(pb->p, pb->end, &tag);
	/* below 8: number 0; numbers of 30 bits do not fit 32 */
	if (!pb->p || tag > U32_MAX || tag < 8)
		return -EBADMSG;
	field->number = (u32)tag >> 3;
	field->type = tag & 7;
	field->value = 0;
	field->bytes.data = NULL;
	field->bytes.len = 0;
	return 0;
}

static int read_bytes(struct kelp_pb *pb, struct kelp_pb_span *bytes)
{
	u64 len;

	pb->p = varint(pb->p, pb->end, &len);
	if (!pb->p || len > (size_t)(pb->end - pb->p))
		return -EBADMSG;
	if (len > pb->length)
		return -E2BIG;
	bytes->data = pb->p;
	bytes->len = len;
	pb->p += len;
	return 0;
}

/* The value behind any tag but those of groups. */
__kelp_hot
static int read_value(struct kelp_pb *pb, struct kelp_pb_field *field)
{
	switch (field->type) {
	case KELP_PB_VARINT:
		pb->p = varint(pb->p, pb->end, &field->value);
		break;
	case KELP_PB_FIXED32:
		pb->p = fixed32(pb->p, pb->end, &field->value);
		break;
	case KELP_PB_FIXED64:
		pb->p = fixed64(pb->p, pb->end, &field->value);
		break;
	case KELP_PB_BYTES:
		return read_bytes(pb, &field->bytes);
	default:
		return -EBADMSG;
	}
	return pb->p ? 0 : -EBADMSG;
}

/* Up to the tag that ends the group; groups in it end before it does. */
static int read_group(struct kelp_pb *pb, struct kelp_pb_field *group)
{
	const u8 *start = pb->p, *last = pb->p;
	struct kelp_pb_field field = *group;
	u32 open[KELP_PB_DEPTH_MAX];
	unsigned int nr = 0;
	int ret;

	do {
		if (field.type == KELP_PB_GROUP) {
			if (nr == pb->depth)
				return -E2BIG;
			open[nr++] = field.number;
		} else if (field.type == KELP_PB_GROUP_END) {
			if (open[--nr] != field.number)
				return -EBADMSG;
		} else {
			ret = read_value(pb, &field);
			if (ret)
				return ret;
		}
		if (!nr)
			break;
		last = pb->p;
		ret = read_tag(pb, &field);
		if (ret)
			return ret;
	} while (nr);
	if (last - start > pb->length)
		return -E2BIG;
	group->bytes.data = start;
	group->bytes.len = last - start;
	return 0;
}

__kelp_hot
int kelp_pb_next_long(struct kelp_pb *pb, struct kelp_pb_field *field)
{
	int ret;

	/* a refusal ends it, too */
	if (pb->p == pb->end)
		return pb->error;
	ret = read_tag(pb, field);
	if (!ret)
		ret = field->type == KELP_PB_GROUP ? read_group(pb, field) :
						     read_value(pb, field);
	return unlikely(ret) ? refuse(pb, ret) : 1;
}
EXPORT_SYMBOL_GPL(kelp_pb_next_long);

int kelp_pb_enter(struct kelp_pb *outer, const struct kelp_pb_field *field,
		  struct kelp_pb *inner)
{
	if (field->type != KELP_PB_BYTES)
		return 0;
	if (!outer->depth)
		return refuse(outer, -E2BIG);
	*inner = *outer;
	inner->p = field->bytes.data;
	inner->end = field->bytes.data + field->bytes.len;
	inner->depth--;
	return 1;
}
EXPORT_SYMBOL_GPL(kelp_pb_enter);

void kelp_pb_packed_init(struct kelp_pb_packed *it,
			 const struct kelp_pb_field *field,
			 enum kelp_pb_type type)
{
	it->p = NULL;
	it->end = NULL;
	it->value = field->value;
	it->type = type;
	it->single = field->type == type;
	if (field->type == KELP_PB_BYTES) {
		it->p = field->bytes.data;
		it->end = field->bytes.data + field->bytes.len;
	}
}
EXPORT_SYMBOL_GPL(kelp_pb_packed_init);

int kelp_pb_packed_next(struct kelp_pb_packed *it, u64 *value)
{
	const u8 *p;

	if (it->single) {
		it->single = false;
		*value = it->value;
		return 1;
	}
	if (it->p == it->end)
		return 0;
	if (it->type == KELP_PB_VARINT)
		p = varint(it->p, it->end, value);
	else if (it->type == KELP_PB_FIXED32)
		p = fixed32(it->p, it->end, value);
	else
		p = fixed64(it->p, it->end, value);
	if (!p)
		return -EBADMSG;
	it->p = p;
	return 1;
}
EXPORT_SYMBOL_GPL(kelp_pb_packed_next);
