// SPDX-License-Identifier: GPL-2.0-only
/* baidu_std frames: see prpc.h. */
#include "prpc.h"

#include <string.h>

/* Groups within groups that are understood. */
#define GROUPS 16

/* A varint; NULL when it is cut off or longer than ten bytes. */
static const uint8_t *get_varint(const uint8_t *at, const uint8_t *end,
				 uint64_t *value)
{
	unsigned int shift;

	/* nearly all are one byte long */
	if (at < end && *at < 0x80) {
		*value = *at;
		return at + 1;
	}
	*value = 0;
	for (shift = 0; at < end && shift < 70; shift += 7, at++) {
		*value |= (uint64_t)(*at & 0x7f) << shift;
		if (*at < 0x80)
			return at + 1;
	}
	return NULL;
}

static uint64_t get_fixed(const uint8_t *at, size_t len)
{
	uint64_t value = 0;

	while (len--)
		value = value << 8 | at[len];
	return value;
}

static int next_within(struct span *rest, struct pb_field *field, int depth);

/* Leave out a group, which nobody sends any more; its end is taken too. */
static int skip_group(struct span *rest, uint32_t number, int depth)
{
	struct pb_field inner;

	do {
		if (next_within(rest, &inner, depth) <= 0)
			return -1;
	} while (inner.type != 4);
	return inner.number == number ? 0 : -1;
}

static int next_within(struct span *rest, struct pb_field *field, int depth)
{
	const uint8_t *at = rest->data, *end = at + rest->len;
	uint64_t tag, len;

	if (!rest->len)
		return 0;
	at = get_varint(at, end, &tag);
	if (!at || tag >> 3 == 0 || tag >> 32)
		return -1;
	field->number = tag >> 3;
	field->type = tag & 7;
	switch (field->type) {
	case 0:
		at = get_varint(at, end, &field->value);
		if (!at)
			return -1;
		break;
	case 1:
	case 5:
		len = field->type == 1 ? 8 : 4;
		if (len > (size_t)(end - at))
			return -1;
		field->value = get_fixed(at, len);
		at += len;
		break;
	case 2:
		at = get_varint(at, end, &len);
		if (!at || len > (size_t)(end - at))
			return -1;
		field->bytes.data = at;
		field->bytes.len = len;
		at += len;
		break;
	case 3:
	case 4:
		break;
	default:
		return -1;
	}
	rest->data = at;
	rest->len = end - at;
	if (field->type == 3 &&
	    (!depth || skip_group(rest, field->number, depth - 1)))
		return -1;
	return 1;
}

/*
 * The next field of a message, which is taken off @rest: 1, 0 at its end, -1
 * when the bytes are no message.
 */
int pb_next(struct span *rest, struct pb_field *field)
{
	int more = next_within(rest, field, GROUPS);

	return more > 0 && field->type == 4 ? -1 : more;
}

uint8_t *pb_put_varint(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = value | 0x80;
		value >>= 7;
	}
	*at++ = value;
	return at;
}

/* Bytes as they are; no bytes may be nowhere, which memcpy() does not allow. */
uint8_t *put_span(uint8_t *at, struct span bytes)
{
	return bytes.len ? mempcpy(at, bytes.data, bytes.len) : at;
}

uint8_t *pb_put_bytes(uint8_t *at, uint32_t number, struct span bytes)
{
	at = pb_put_varint(at, number << 3 | 2);
	at = pb_put_varint(at, bytes.len);
	return put_span(at, bytes);
}

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static void put_be32(uint8_t *at, uint32_t value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
}

void prpc_put_head(uint8_t *at, size_t body, size_t meta)
{
	memcpy(at, "PRPC", 4);
	put_be32(at + 4, body);
	put_be32(at + 8, meta);
}

/*
 * Bytes of the frame that @data begins with, 0 when that is not known yet, -1
 * when it begins none: the stream has lost its sense then.
 */
long prpc_need(struct span data, size_t body_max)
{
	uint32_t body;

	if (memcmp(data.data, "PRPC", data.len < 4 ? data.len : 4))
		return -1;
	if (data.len < PRPC_HEAD)
		return 0;
	body = be32(data.data + 4);
	if (body > body_max || be32(data.data + 8) > body)
		return -1;
	return PRPC_HEAD + body;
}

/* A field of a type that is not its own is skipped like an unknown one. */
#define FIELD(number, type) ((number) << 3 | (type))

static int parse_request(struct span rest, struct prpc_meta *meta)
{
	struct pb_field field;
	int more;

	meta->has_request = true;
	while ((more = pb_next(&rest, &field)) > 0) {
		switch (FIELD(field.number, field.type)) {
		case FIELD(1, 2):
			meta->service = field.bytes;
			break;
		case FIELD(2, 2):
			meta->method = field.bytes;
			break;
		case FIELD(3, 0):
			meta->log_id = field.value;
			break;
		case FIELD(8, 0):
			meta->timeout_ms = field.value;
			break;
		}
	}
	return more;
}

static int parse_response(struct span rest, struct prpc_meta *meta)
{
	struct pb_field field;
	int more;

	meta->has_response = true;
	while ((more = pb_next(&rest, &field)) > 0) {
		switch (FIELD(field.number, field.type)) {
		case FIELD(1, 0):
			meta->error_code = field.value;
			break;
		case FIELD(2, 2):
			meta->error_text = field.bytes;
			break;
		}
	}
	return more;
}

static int parse_meta(struct span rest, struct prpc_meta *meta)
{
	struct pb_field field;
	int more;

	memset(meta, 0, sizeof(*meta));
	while ((more = pb_next(&rest, &field)) > 0) {
		switch (FIELD(field.number, field.type)) {
		case FIELD(1, 2):
			if (parse_request(field.bytes, meta))
				return -1;
			break;
		case FIELD(2, 2):
			if (parse_response(field.bytes, meta))
				return -1;
			break;
		case FIELD(3, 0):
			meta->compress = field.value;
			break;
		case FIELD(4, 0):
			meta->correlation_id = field.value;
			break;
		case FIELD(5, 0):
			meta->attachment = field.value;
			break;
		case FIELD(7, 2):
			meta->auth = field.bytes;
			break;
		case FIELD(10, 0):
			meta->content_type = field.value;
			break;
		case FIELD(11, 0):
			meta->checksum_type = field.value;
			break;
		case FIELD(12, 2):
			meta->checksum = field.bytes;
			break;
		case FIELD(13, 0):
			meta->checksum_attachment = field.value;
			break;
		}
	}
	return more;
}

/*
 * Take a frame of @len bytes apart, as prpc_need() has measured it. 0, or -1
 * when its meta is no message: nobody can be told then. A wrong size of the
 * attachment is the caller's to answer: both spans are empty, @attachment is
 * not.
 */
int prpc_parse(struct span data, size_t len, struct prpc_frame *frame)
{
	size_t meta_len = be32(data.data + 8), rest = len - PRPC_HEAD - meta_len;
	const uint8_t *payload = data.data + PRPC_HEAD + meta_len;
	struct prpc_meta *meta = &frame->meta;
	struct span bytes = { data.data + PRPC_HEAD, meta_len };

	frame->len = len;
	frame->payload = frame->attachment = (struct span){ payload, 0 };
	if (parse_meta(bytes, meta))
		return -1;
	if (meta->attachment < 0 || (size_t)meta->attachment > rest)
		return 0;
	frame->payload.len = rest - meta->attachment;
	frame->attachment.data = payload + frame->payload.len;
	frame->attachment.len = meta->attachment;
	return 0;
}

static uint32_t crc32c_table[256];

__attribute__((constructor)) static void crc32c_init(void)
{
	uint32_t crc;
	int i, bit;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
		crc32c_table[i] = crc;
	}
}

static uint32_t crc32c(uint32_t crc, struct span bytes)
{
	size_t i;

	for (i = 0; i < bytes.len; i++)
		crc = crc >> 8 ^ crc32c_table[(crc ^ bytes.data[i]) & 0xff];
	return crc;
}

/* The masked CRC32C of a frame's payload, and of what its meta says besides. */
void prpc_sum(const struct prpc_frame *frame, uint8_t sum[4])
{
	uint32_t crc = crc32c(~0u, frame->payload);

	if (frame->meta.checksum_attachment)
		crc = crc32c(crc, frame->attachment);
	crc = ~crc;
	put_be32(sum, (crc >> 15 | crc << 17) + 0xa282ead8u);
}

/* 0, or -1 when a checksum is of no known kind or not that of the bytes. */
int prpc_check_sum(const struct prpc_frame *frame)
{
	uint8_t sum[4];

	if (!frame->meta.checksum_type)
		return 0;
	if (frame->meta.checksum_type != 1 || frame->meta.checksum.len != 4)
		return -1;
	prpc_sum(frame, sum);
	return memcmp(sum, frame->meta.checksum.data, 4) ? -1 : 0;
}
