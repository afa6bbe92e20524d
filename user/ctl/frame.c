// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of baidu_std: their parts, their checksum, and whose call it is.
 */
#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <linux/crc32.h>
#include <linux/limits.h>

#include "ctl.h"
#include "pb_value.h"

/* A payload that becomes larger than this was made to be a nuisance. */
#define UNPACKED_MAX	(64U << 20)
#define UNPACKED_STEP	65536

struct call {
	s64 id;
	bool answered;
	char *service;
	char *method;
	const struct pb_message *output;
};

/* In the order of the input. Those before @first are answered. */
struct frame_calls {
	struct call *list;
	size_t count;
	size_t first;
};

void frames_init(struct frames *frames, const struct pb_types *types,
		 const u8 *data, size_t len)
{
	memset(frames, 0, sizeof(*frames));
	frames->types = types;
	frames->data = data;
	frames->len = len;
	frames->calls = need(calloc(1, sizeof(*frames->calls)));
}

static void forget(struct frames *frames, struct frame *frame)
{
	free(frame->service);
	free(frame->method);
	memset(frame, 0, sizeof(*frame));
	free(frames->unpacked);
	frames->unpacked = NULL;
}

void frames_free(struct frames *frames, struct frame *frame)
{
	size_t i;

	forget(frames, frame);
	for (i = 0; i < frames->calls->count; i++) {
		free(frames->calls->list[i].service);
		free(frames->calls->list[i].method);
	}
	free(frames->calls->list);
	free(frames->calls);
}

static size_t offset_of(const struct frames *frames, const void *p)
{
	return (size_t)((const u8 *)p - frames->data);
}

static char *text_of(const struct kelp_pb_span *span)
{
	return need(strndup(span->len ? (const char *)span->data : "",
			    span->len));
}

static void remember(struct frames *frames, const struct frame *frame,
		     const struct pb_method *method)
{
	struct frame_calls *calls = frames->calls;
	struct call *call;

	if (!(calls->count & (calls->count + 1)))
		calls->list = need(realloc(calls->list, (2 * calls->count + 2) *
					   sizeof(*calls->list)));
	call = &calls->list[calls->count++];
	call->id = frame->meta.correlation_id;
	call->answered = false;
	call->service = need(strdup(frame->service));
	call->method = need(strdup(frame->method));
	call->output = method ? method->output : NULL;
}

/* A number may be used again once it was answered: the oldest waits longest. */
static void find_call(struct frames *frames, struct frame *frame)
{
	struct frame_calls *calls = frames->calls;
	struct call *call;
	size_t i;

	for (i = calls->first; i < calls->count; i++) {
		call = &calls->list[i];
		if (call->answered || call->id != frame->meta.correlation_id)
			continue;
		call->answered = true;
		frame->service = need(strdup(call->service));
		frame->method = need(strdup(call->method));
		frame->type = call->output;
		break;
	}
	while (calls->first < calls->count &&
	       calls->list[calls->first].answered)
		calls->first++;
}

static void find_method(struct frames *frames, struct frame *frame)
{
	const struct pb_method *method = NULL;
	const struct pb_service *service;

	if (frame->meta.has & KELP_WIRE_REQUEST) {
		frame->service = text_of(&frame->meta.service);
		frame->method = text_of(&frame->meta.method);
		service = pb_types_service(frames->types, frame->service);
		if (service)
			method = pb_service_method(service, frame->method);
		frame->type = method ? method->input : NULL;
		remember(frames, frame, method);
	} else if (frame->meta.has & KELP_WIRE_RESPONSE) {
		find_call(frames, frame);
	}
}

static void verify(struct frame *frame)
{
	u32 crc, want;
	int ret;

	ret = kelp_wire_checksum(&frame->meta, &want);
	if (ret <= 0) {
		frame->checksum = ret ? FRAME_CHECKSUM_UNKNOWN :
					FRAME_CHECKSUM_NONE;
		return;
	}
	crc = __crc32c_le(~0U, frame->payload.data, frame->payload.len);
	if (frame->meta.checksum_with_attachment)
		crc = __crc32c_le(crc, frame->attachment.data,
				  frame->attachment.len);
	frame->crc = kelp_rpc_crc_mask(~crc);
	frame->checksum = frame->crc == want ? FRAME_CHECKSUM_RIGHT :
					       FRAME_CHECKSUM_WRONG;
}

/* gzip or zlib, whichever it is. False when it is neither, or too large. */
static bool inflate_all(const struct kelp_pb_span *in, struct pb_buf *out)
{
	z_stream stream = {
		.next_in = (u8 *)in->data,
		.avail_in = (uInt)in->len,
	};
	int ret;

	if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK)
		die("out of memory");
	do {
		stream.next_out = pb_buf_room(out, UNPACKED_STEP);
		stream.avail_out = UNPACKED_STEP;
		ret = inflate(&stream, Z_NO_FLUSH);
		out->len += UNPACKED_STEP - stream.avail_out;
	} while (ret == Z_OK && out->len <= UNPACKED_MAX);
	inflateEnd(&stream);
	return ret == Z_STREAM_END && !stream.avail_in;
}

static void unpack(struct frames *frames, struct frame *frame)
{
	struct pb_buf out = {};

	frame->message = frame->payload;
	switch (frame->meta.compress_type) {
	case KELP_RPC_COMPRESS_NONE:
		return;
	case KELP_RPC_COMPRESS_GZIP:
	case KELP_RPC_COMPRESS_ZLIB:
		/* an error has no payload, and often the request's type */
		if (!frame->payload.len)
			return;
		break;
	default:
		frame->packed = frame->payload.len;
		return;
	}
	if (inflate_all(&frame->payload, &out)) {
		frames->unpacked = out.data;
		frame->message.data = out.data;
		frame->message.len = out.len;
		return;
	}
	pb_buf_free(&out);
	frame->packed = true;
	pb_fault_set(&frame->fault, offset_of(frames, frame->payload.data),
		     "the payload does not decompress to at most %u MiB",
		     UNPACKED_MAX >> 20);
}

/* What is wrong with the meta, which kelp_wire_meta_parse() refused. */
static void refuse_meta(struct frames *frames, struct frame *frame, int error)
{
	size_t offset = frame->offset + KELP_RPC_HEAD_SIZE;
	struct kelp_pb_field f;
	const u8 *at;
	struct kelp_pb pb;
	int ret;

	frame->bad_meta = true;
	kelp_pb_init(&pb, frame->body, frame->head.meta, &pb_no_limits);
	do {
		at = pb.p;
		ret = kelp_pb_next(&pb, &f);
	} while (ret > 0);
	if (ret)
		pb_fault_find(&frame->fault, frames->data, at, pb.end, ret);
	else if (error == -E2BIG)
		pb_fault_set(&frame->fault, offset,
			     "the meta has more fields, or deeper ones, than kelp takes");
	else if (error == -ERANGE)
		pb_fault_set(&frame->fault, offset,
			     "the meta says an attachment of %d bytes, but the body has %u behind it",
			     frame->meta.attachment_size,
			     frame->head.body - frame->head.meta);
	else
		pb_fault_set(&frame->fault, offset,
			     "a message in the meta is broken, or lacks a required field");
}

static bool read_head(struct frames *frames, struct frame *frame)
{
	static const struct kelp_wire_limits limits = { U32_MAX, U32_MAX };
	size_t left = frames->len - frames->at;
	const u8 *p = frames->data + frames->at;
	struct pb_fault *fault = &frame->fault;
	int ret;

	frame->offset = frames->at;
	ret = kelp_wire_head_parse(p, left, &limits, &frame->head);
	if (ret == -EPROTO)
		pb_fault_set(fault, frames->at,
			     "no frame begins here, which would be with PRPC");
	else if (ret == -EBADMSG)
		pb_fault_set(fault, frames->at,
			     "the meta would have %u bytes, the whole body only %u",
			     frame->head.meta, frame->head.body);
	else if (!ret)
		pb_fault_set(fault, frames->at,
			     "a frame's head has %d bytes, but only %zu are left",
			     KELP_RPC_HEAD_SIZE, left);
	else if (frame->head.body > left - KELP_RPC_HEAD_SIZE)
		pb_fault_set(fault, frames->at,
			     "the frame's body has %u bytes, but only %zu are left",
			     frame->head.body, left - KELP_RPC_HEAD_SIZE);
	return !*fault->why;
}

int frames_next(struct frames *frames, struct frame *frame)
{
	int ret;

	forget(frames, frame);
	if (frames->at == frames->len)
		return 0;
	if (!read_head(frames, frame))
		return -1;
	frame->body = frames->data + frames->at + KELP_RPC_HEAD_SIZE;
	frames->at += KELP_RPC_HEAD_SIZE + (size_t)frame->head.body;
	ret = kelp_wire_meta_parse(frame->body, &frame->head, &frame->meta);
	if (ret) {
		refuse_meta(frames, frame, ret);
		return 1;
	}
	frame->payload.data = frame->body + frame->head.meta;
	frame->payload.len = kelp_wire_payload(&frame->head, &frame->meta);
	frame->attachment.data = frame->payload.data + frame->payload.len;
	frame->attachment.len = (size_t)frame->meta.attachment_size;
	find_method(frames, frame);
	verify(frame);
	unpack(frames, frame);
	return 1;
}
