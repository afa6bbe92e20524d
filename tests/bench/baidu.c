// SPDX-License-Identifier: GPL-2.0-only
/* Frames, and whose replies are: see baidu.h. */
#include "baidu.h"

#include <stdlib.h>
#include <string.h>

/* Ids of exactly five bytes, so that the frame keeps its length. */
uint64_t baidu_get_id(const uint8_t *at)
{
	uint64_t id = 0;
	int i;

	for (i = BAIDU_ID_LEN - 1; i >= 0; i--)
		id = id << 7 | (at[i] & 0x7f);
	return id;
}

static void put_id(uint8_t *at, uint64_t id)
{
	int i;

	for (i = 0; i < BAIDU_ID_LEN - 1; i++, id >>= 7)
		at[i] = id | 0x80;
	at[i] = id;
}

/*
 * The id of a new call: its place, a serial number, and a bit that makes five
 * bytes of it. The number comes round after 2^22 calls; none is in flight that
 * long.
 */
void baidu_put_id(uint8_t *at, struct load_conn *conn, struct load_call *call)
{
	conn->serial = (conn->serial + 1) & ((1u << 22) - 1);
	call->id = (uint64_t)1 << 34 | (uint64_t)conn->serial << PIPELINE_BITS |
		   (call - conn->calls);
	put_id(at, call->id);
}

static struct span text(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

static uint8_t *put_request(uint8_t *at, const struct baidu_method *method)
{
	at = pb_put_bytes(at, 1, text(method->service));
	at = pb_put_bytes(at, 2, text(method->method));
	if (method->timeout_ms) {
		*at++ = 8 << 3;
		at = pb_put_varint(at, method->timeout_ms);
	}
	return at;
}

/* Put the frame together; -1 without memory. */
int baidu_prepare(struct baidu_request *request,
		  const struct baidu_method *method, struct span payload,
		  struct span attachment)
{
	size_t names = strlen(method->service) + strlen(method->method);
	uint8_t *frame = malloc(PRPC_HEAD + 2 * names + 128 + payload.len +
				attachment.len);
	uint8_t *inner = malloc(names + 64);
	uint8_t *at, *meta = frame + PRPC_HEAD;
	size_t meta_len;

	if (!frame || !inner) {
		free(frame);
		free(inner);
		return -1;
	}
	at = put_request(inner, method);
	at = pb_put_bytes(meta, 1, (struct span){ inner, at - inner });
	*at++ = 4 << 3;
	request->id_at = at - frame;
	put_id(at, (uint64_t)1 << 34);
	at += BAIDU_ID_LEN;
	if (attachment.len) {
		*at++ = 5 << 3;
		at = pb_put_varint(at, attachment.len);
	}
	meta_len = at - meta;
	request->payload_at = at - frame;
	at = put_span(put_span(at, payload), attachment);
	prpc_put_head(frame, at - frame - PRPC_HEAD, meta_len);
	request->frame = (struct span){ frame, at - frame };
	free(inner);
	return 0;
}

/* Where a reply's id is, if it is there as it was sent; else 0. */
size_t baidu_id_in(struct span data, const struct prpc_frame *frame)
{
	const uint8_t *meta = data.data + PRPC_HEAD;
	struct span rest = { meta, frame->payload.data - meta };
	struct pb_field field;
	size_t id_at = 0;

	while (pb_next(&rest, &field) > 0)
		if (field.number == 4 && field.type == 0)
			id_at = rest.data - data.data - BAIDU_ID_LEN;
	if (!id_at || baidu_get_id(data.data + id_at) !=
		      (uint64_t)frame->meta.correlation_id)
		return 0;
	return id_at;
}

/* Is a frame there as a whole? Then @answer->len is its length. */
enum load_verdict baidu_need(struct span data, struct load_answer *answer)
{
	long need = prpc_need(data, PRPC_BODY_MAX);

	if (need < 0) {
		answer->why = "no frame";
		return LOAD_WRONG;
	}
	answer->need = answer->len = need;
	return need && (size_t)need <= data.len ? LOAD_RIGHT : LOAD_PARTIAL;
}

/* Whose reply it is; the call is in flight no more. */
enum load_verdict baidu_answer(struct load_conn *conn, uint64_t id,
			       struct load_answer *answer)
{
	size_t place = id & (PIPELINE_MAX - 1);
	struct load_call *call = &conn->calls[place];

	if (place >= conn->thread->load->pipeline || call->id != id)
		return LOAD_STRAY;
	call->id = 0;
	answer->call = call;
	return LOAD_RIGHT;
}
