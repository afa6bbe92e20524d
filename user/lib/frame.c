// SPDX-License-Identifier: MIT
/* Frames as a client writes and reads them. Pure; any thread. */
#include "frame.h"

#include <errno.h>
#include <string.h>

#include "rpc/wire.h"

/* Longer names fit no server's limits. */
#define FRAME_NAME_MOST 1024

static struct kelp_pb_span span(const void *data, size_t len)
{
	return (struct kelp_pb_span){ data, len };
}

static void frame_meta(const struct frame_request *request,
		       struct kelp_wire_meta *meta)
{
	struct kelp_pb_span service, method;

	service = span(request->service.data, request->service.len);
	method = span(request->method.data, request->method.len);
	kelp_wire_request_init(meta, &service, &method, (int64_t)request->id);
	/* what brpc writes though it is zero no server needs */
	meta->has &= KELP_WIRE_REQUEST | KELP_WIRE_SERVICE | KELP_WIRE_METHOD |
		     KELP_WIRE_CORRELATION_ID;
	if (request->timeout_ms) {
		meta->has |= KELP_WIRE_TIMEOUT;
		meta->timeout_ms = request->timeout_ms;
	}
	if (request->log_id) {
		meta->has |= KELP_WIRE_LOG_ID;
		meta->log_id = (int64_t)request->log_id;
	}
	if (request->trace_id) {
		meta->has |= KELP_WIRE_TRACE_ID;
		meta->trace_id = (int64_t)request->trace_id;
	}
	if (request->span_id) {
		meta->has |= KELP_WIRE_SPAN_ID;
		meta->span_id = (int64_t)request->span_id;
	}
	if (request->secret) {
		meta->has |= KELP_WIRE_AUTHENTICATION;
		meta->authentication = span(request->secret,
					    strlen(request->secret));
	}
	if (request->attachment_len) {
		meta->has |= KELP_WIRE_ATTACHMENT_SIZE;
		meta->attachment_size = (int32_t)request->attachment_len;
	}
}

size_t frame_room(const struct frame_request *request)
{
	/* tags, lengths and numbers of all fields, rounded up */
	return 160 + request->service.len + request->method.len +
	       (request->secret ? strlen(request->secret) : 0);
}

size_t frame_write(const struct frame_request *request, uint8_t *to, size_t room)
{
	struct kelp_wire_meta meta;
	ssize_t len;

	frame_meta(request, &meta);
	len = kelp_wire_write(to, room, &meta,
			      request->message_len + request->attachment_len);
	/* frame_check() and frame_room() see to that */
	return len < 0 ? 0 : (size_t)len;
}

int frame_check(const struct kelp_request *request)
{
	size_t most = INT32_MAX / 2;

	if (!request->service || !request->method || !*request->service ||
	    !*request->method || strlen(request->service) > FRAME_NAME_MOST ||
	    strlen(request->method) > FRAME_NAME_MOST)
		return -EINVAL;
	if ((request->message.len && !request->message.data) ||
	    (request->attachment.len && !request->attachment.data))
		return -EINVAL;
	if (request->message.len > most || request->attachment.len > most)
		return -EMSGSIZE;
	return 0;
}

static int frame_meta_read(const uint8_t *data, const struct kelp_wire_head *head,
			   struct frame_reply *reply)
{
	struct kelp_wire_meta meta;
	int err = kelp_wire_meta_parse(data + KELP_RPC_HEAD_SIZE, head, &meta);

	if (err)
		return err;
	/* nobody has asked for a compressed one */
	if (!(meta.has & KELP_WIRE_RESPONSE) || meta.compress_type)
		return -EPROTO;
	reply->begin = KELP_RPC_HEAD_SIZE + (size_t)head->meta;
	reply->id = (uint64_t)meta.correlation_id;
	/* what is negative is this side's, and not for a server to say */
	reply->code = meta.error_code < 0 ? KELP_RPC_ERESPONSE :
					    meta.error_code;
	reply->text = (struct kelp_bytes){ meta.error_text.data,
					   meta.error_text.len };
	reply->message_len = kelp_wire_payload(head, &meta);
	reply->attachment_len = (size_t)meta.attachment_size;
	return 1;
}

int frame_read(const uint8_t *data, size_t len, size_t most,
	       struct frame_reply *reply)
{
	struct kelp_wire_limits limits;
	struct kelp_wire_head head;
	int got;

	limits.body = most > UINT32_MAX ? UINT32_MAX : (uint32_t)most;
	limits.meta = limits.body;
	reply->size = 0;
	got = kelp_wire_head_parse(data, len, &limits, &head);
	if (got <= 0)
		return got;
	reply->size = KELP_RPC_HEAD_SIZE + (size_t)head.body;
	if (len < KELP_RPC_HEAD_SIZE + (size_t)head.meta)
		return 0;
	return frame_meta_read(data, &head, reply);
}
