// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that rpc_twin answers. A reply is written once, front to back,
 * where it will be sent from; only the lengths in its head are filled in when
 * they are known. See echo.h.
 */
#include "echo.h"

#include <string.h>

/* Head, meta, and the tag and length of a message's field: less than that. */
#define REPLY_FIXED 160

struct method {
	const char *service;
	size_t service_len;
	const char *short_name;
	size_t short_len;
	/*
	 * bytes in proto3, which sends nothing for an empty message; string in
	 * proto2, which tells absent from empty
	 */
	bool keeps_empty;
};

#define NAME(text) text, sizeof(text) - 1

static const struct method methods[] = {
	{ NAME("kelp.Echo"), NAME("Echo"), false },
	{ NAME("example.EchoService"), NAME("EchoService"), true },
};

/* Room that the reply to a frame needs at most. */
size_t echo_room(const struct prpc_frame *frame)
{
	return REPLY_FIXED + frame->payload.len + frame->attachment.len;
}

/* Both services have one method, Echo. A name without a dot is a short one. */
static const struct method *find(const struct prpc_meta *meta)
{
	const struct method *method;
	size_t i;

	if (!span_is(meta->method, "Echo", 4))
		return NULL;
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		method = &methods[i];
		if (span_is(meta->service, method->service,
			    method->service_len) ||
		    span_is(meta->service, method->short_name,
			    method->short_len))
			return method;
	}
	return NULL;
}

/* The last field 1 of the message counts, as in every protobuf parser. */
static int read_message(struct span rest, struct span *message)
{
	struct pb_field field;
	int more;

	*message = (struct span){ NULL, 0 };
	while ((more = pb_next(&rest, &field)) > 0)
		if (field.number == 1 && field.type == 2)
			*message = field.bytes;
	return more;
}

/*
 * Why a call is refused, or NULL; what it carries goes to @message. Everything
 * that kelp looks at is looked at here.
 */
static const char *refuse(const struct prpc_frame *frame, int32_t *code,
			  const struct method **method, struct span *message)
{
	const struct prpc_meta *meta = &frame->meta;

	*code = PRPC_EREQUEST;
	if (!meta->has_request)
		return "no request";
	if (meta->attachment < 0 ||
	    (size_t)meta->attachment != frame->attachment.len)
		return "attachment_size is larger than the body";
	if (meta->compress)
		return "compressed payloads are not taken here";
	if (prpc_check_sum(frame))
		return "checksum does not match";
	*method = find(meta);
	if (!*method) {
		*code = PRPC_ENOMETHOD;
		return "no such method";
	}
	if (read_message(frame->payload, message))
		return "payload is no message";
	return NULL;
}

static uint8_t *put_response(uint8_t *at, int32_t code, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	*at++ = 2 << 3 | 2;
	if (!code) {
		*at++ = 2;
		*at++ = 1 << 3;
		*at++ = 0;
		return at;
	}
	/* the codes above take two bytes as a varint */
	*at++ = 5 + len;
	*at++ = 1 << 3;
	at = pb_put_varint(at, code);
	return pb_put_bytes(at, 2, (struct span){ (const uint8_t *)text, len });
}

/* The zero fields are there because brpc sends them, and kelp does. */
static uint8_t *put_meta(uint8_t *at, const struct prpc_frame *reply,
			 const char *text, uint8_t **sum)
{
	const struct prpc_meta *meta = &reply->meta;

	at = put_response(at, meta->error_code, text);
	*at++ = 3 << 3;
	*at++ = 0;
	*at++ = 4 << 3;
	at = pb_put_varint(at, meta->correlation_id);
	if (meta->attachment) {
		*at++ = 5 << 3;
		at = pb_put_varint(at, meta->attachment);
	}
	*at++ = 10 << 3;
	*at++ = 0;
	*at++ = 11 << 3;
	*at++ = meta->checksum_type;
	*at++ = 12 << 3 | 2;
	*at++ = meta->checksum_type ? 4 : 0;
	*sum = at;
	if (meta->checksum_type)
		at += 4;
	if (meta->checksum_type && meta->checksum_attachment) {
		*at++ = 13 << 3;
		*at++ = 1;
	}
	return at;
}

/* Answer a frame; @out has echo_room() bytes. Returns those that were used. */
size_t echo_answer(const struct prpc_frame *frame, uint8_t *out)
{
	const struct method *method = NULL;
	struct prpc_frame reply = { 0 };
	struct span message = { NULL, 0 };
	uint8_t *at, *sum;
	const char *text;

	text = refuse(frame, &reply.meta.error_code, &method, &message);
	if (!text)
		reply.meta.error_code = PRPC_OK;
	reply.meta.correlation_id = frame->meta.correlation_id;
	if (!text) {
		reply.meta.attachment = frame->attachment.len;
		reply.meta.checksum_type = frame->meta.checksum_type;
		reply.meta.checksum_attachment = frame->meta.checksum_attachment;
		reply.attachment = frame->attachment;
	}
	at = put_meta(out + PRPC_HEAD, &reply, text, &sum);
	reply.payload.data = at;
	if (!text && (message.len || (method->keeps_empty && message.data)))
		at = pb_put_bytes(at, 1, message);
	reply.payload.len = at - reply.payload.data;
	at = put_span(at, reply.attachment);
	if (reply.meta.checksum_type)
		prpc_sum(&reply, sum);
	prpc_put_head(out, at - out - PRPC_HEAD,
		      reply.payload.data - out - PRPC_HEAD);
	return at - out;
}
