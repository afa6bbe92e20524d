// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes that grow, and the words for what is wrong with a message. The reader
 * in the kernel only says that it is; here it is looked at again.
 */
#include "pb_buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "kelp/pb.h"

u8 *pb_buf_room(struct pb_buf *buf, size_t len)
{
	if (len > SIZE_MAX / 4 - buf->len)
		die("out of memory");
	if (!buf->data || len > buf->room - buf->len) {
		buf->room = 2 * (buf->len + len) + 16;
		buf->data = need(realloc(buf->data, buf->room));
	}
	return buf->data + buf->len;
}

void pb_buf_add(struct pb_buf *buf, const void *data, size_t len)
{
	u8 *to = pb_buf_room(buf, len);

	if (len)
		memcpy(to, data, len);
	buf->len += len;
}

void pb_buf_free(struct pb_buf *buf)
{
	free(buf->data);
	memset(buf, 0, sizeof(*buf));
}

void pb_fault_set(struct pb_fault *fault, size_t offset, const char *format, ...)
{
	va_list ap;

	fault->offset = offset;
	va_start(ap, format);
	vsnprintf(fault->why, sizeof(fault->why), format, ap);
	va_end(ap);
}

/* Return: what follows the varint, NULL when there is no valid one. */
static const u8 *varint(const u8 *p, const u8 *end, u64 *value)
{
	struct kelp_pb_field field = {
		.type = KELP_PB_BYTES,
		.bytes = { p, (size_t)(end - p) },
	};
	struct kelp_pb_packed it;

	kelp_pb_packed_init(&it, &field, KELP_PB_VARINT);
	return kelp_pb_packed_next(&it, value) > 0 ? it.p : NULL;
}

/* A varint that is none ends with the message, or never. */
static const char *bad_varint(const u8 *p, const u8 *end)
{
	while (p != end && *p & 0x80)
		p++;
	return p == end ? "is cut off" : "has more than 64 bits";
}

static void bad_value(struct pb_fault *fault, size_t offset, unsigned int number,
		      unsigned int type, const u8 *p, const u8 *end)
{
	u64 len;

	switch (type) {
	case KELP_PB_VARINT:
		pb_fault_set(fault, offset, "the number in field %u %s", number,
			     bad_varint(p, end));
		break;
	case KELP_PB_FIXED32:
	case KELP_PB_FIXED64:
		pb_fault_set(fault, offset,
			     "field %u needs %d bytes, but only %td are left",
			     number, type == KELP_PB_FIXED32 ? 4 : 8, end - p);
		break;
	case KELP_PB_BYTES:
		if (!varint(p, end, &len))
			pb_fault_set(fault, offset, "the length of field %u %s",
				     number, bad_varint(p, end));
		else
			pb_fault_set(fault, offset,
				     "field %u says %llu bytes, but only %td are left",
				     number, len, end - varint(p, end, &len));
		break;
	case KELP_PB_GROUP:
		pb_fault_set(fault, offset,
			     "the group in field %u has no end, or holds what is no field",
			     number);
		break;
	case KELP_PB_GROUP_END:
		pb_fault_set(fault, offset,
			     "a group %u ends that was not begun", number);
		break;
	default:
		pb_fault_set(fault, offset,
			     "field %u has the wire type %u, which does not exist",
			     number, type);
	}
}

void pb_fault_find(struct pb_fault *fault, const u8 *base, const u8 *at,
		   const u8 *end, int error)
{
	size_t offset = (size_t)(at - base);
	const u8 *p;
	u64 tag;

	if (error == -E2BIG) {
		pb_fault_set(fault, offset,
			     "messages are nested deeper than %d levels",
			     KELP_PB_DEPTH_MAX);
		return;
	}
	p = varint(at, end, &tag);
	if (!p)
		pb_fault_set(fault, offset, "a field's tag %s",
			     bad_varint(at, end));
	else if (tag >> 3 < 1 || tag >> 3 > KELP_PB_NUMBER_MAX)
		pb_fault_set(fault, offset,
			     "no field begins here: %llu is no field number",
			     tag >> 3);
	else
		bad_value(fault, offset, (unsigned int)(tag >> 3), tag & 7, p,
			  end);
}
