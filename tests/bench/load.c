// SPDX-License-Identifier: GPL-2.0-only
/* The call that rpc_load makes: its frame, and whether a reply is right. */
#include "load.h"

#include <stdlib.h>
#include <string.h>

/* Ids of exactly five bytes, so that the frame keeps its length. */
uint64_t load_get_id(const uint8_t *at)
{
	uint64_t id = 0;
	int i;

	for (i = ID_LEN - 1; i >= 0; i--)
		id = id << 7 | (at[i] & 0x7f);
	return id;
}

void load_put_id(uint8_t *at, uint64_t id)
{
	int i;

	for (i = 0; i < ID_LEN - 1; i++, id >>= 7)
		at[i] = id | 0x80;
	at[i] = id;
}

static struct span text(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

static uint8_t *put_request(uint8_t *at, const struct load *load)
{
	at = pb_put_bytes(at, 1, text(load->service));
	at = pb_put_bytes(at, 2, text(load->method));
	if (load->timeout_ms) {
		*at++ = 8 << 3;
		at = pb_put_varint(at, load->timeout_ms);
	}
	return at;
}

/* Put the frame together; -1 without memory. */
int load_prepare(struct load *load)
{
	size_t names = strlen(load->service) + strlen(load->method);
	uint8_t *frame = malloc(PRPC_HEAD + 2 * names + 128 +
				load->payload.len + load->attachment.len);
	uint8_t *request = malloc(names + 64);
	uint8_t *at, *meta = frame + PRPC_HEAD;
	size_t meta_len;

	if (!frame || !request) {
		free(frame);
		free(request);
		return -1;
	}
	at = put_request(request, load);
	at = pb_put_bytes(meta, 1, (struct span){ request, at - request });
	*at++ = 4 << 3;
	load->id_at = at - frame;
	load_put_id(at, (uint64_t)1 << 34);
	at += ID_LEN;
	if (load->attachment.len) {
		*at++ = 5 << 3;
		at = pb_put_varint(at, load->attachment.len);
	}
	meta_len = at - meta;
	at = put_span(put_span(at, load->payload), load->attachment);
	prpc_put_head(frame, at - frame - PRPC_HEAD, meta_len);
	load->request = (struct span){ frame, at - frame };
	free(request);
	return 0;
}

/* Remember a right reply, if its id lies there as it was sent. */
static void keep_shape(struct span data, const struct prpc_frame *frame,
		       struct shape *shape)
{
	const uint8_t *meta = data.data + PRPC_HEAD;
	struct span rest = { meta, frame->payload.data - meta };
	struct pb_field field;
	size_t id_at = 0;

	while (pb_next(&rest, &field) > 0)
		if (field.number == 4 && field.type == 0)
			id_at = rest.data - data.data - ID_LEN;
	if (!id_at || load_get_id(data.data + id_at) !=
		      (uint64_t)frame->meta.correlation_id)
		return;
	free(shape->data);
	shape->data = malloc(frame->len);
	if (!shape->data)
		return;
	memcpy(shape->data, data.data, frame->len);
	shape->len = frame->len;
	shape->id_at = id_at;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

static bool fits(struct span data, size_t len, const struct shape *shape)
{
	size_t after = shape->id_at + ID_LEN;

	return shape->data && shape->len == len &&
	       !memcmp(data.data, shape->data, shape->id_at) &&
	       !memcmp(data.data + after, shape->data + after, len - after);
}

/*
 * Is a whole reply what it has to be? NULL when it is, or when it is an error,
 * as @frame->meta says; else what is wrong with it. @frame->len is set before.
 */
const char *load_judge(const struct load *load, struct span data,
		       struct prpc_frame *frame, struct shape *shape)
{
	if (fits(data, frame->len, shape)) {
		frame->meta.error_code = 0;
		frame->meta.correlation_id =
			load_get_id(data.data + shape->id_at);
		return NULL;
	}
	if (prpc_parse(data, frame->len, frame))
		return "meta is no message";
	if (!frame->meta.has_response || frame->meta.has_request)
		return "no response";
	if (frame->meta.error_code)
		return NULL;
	if ((size_t)frame->meta.attachment != frame->attachment.len)
		return "attachment_size is larger than the body";
	if (frame->meta.compress || prpc_check_sum(frame))
		return "compressed, or a wrong checksum";
	if (!same(frame->payload, load->expect))
		return "another message than expected";
	if (!same(frame->attachment, load->returned ? load->attachment :
						      (struct span){ 0 }))
		return "another attachment than expected";
	keep_shape(data, frame, shape);
	return NULL;
}
