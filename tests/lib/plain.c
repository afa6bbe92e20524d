// SPDX-License-Identifier: GPL-2.0-only
/* A client that does nothing by itself: see plain.h. */
#include "plain.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plug.h"
#include "stage.h"

#define CHUNK 16384
#define CONNECT_NS 1000000000ull
#define SEND_NS 20000000000ull
/* Head and meta but for names and secret: less than that. */
#define FIXED 256

/* What poll() says within that time; 0 when it says nothing. */
static int wait_for(int fd, short events, uint64_t end)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	uint64_t now = stage_now();
	int rc;

	do {
		rc = poll(&poll_fd, 1, now < end ?
			  (int)((end - now + 999999) / 1000000) : 0);
	} while (rc < 0 && errno == EINTR);
	return rc > 0 ? poll_fd.revents : 0;
}

int plain_open(struct plain *plain, uint16_t port)
{
	uint64_t end = stage_now() + CONNECT_NS;
	int error = 0;
	socklen_t len = sizeof(error);

	*plain = (struct plain){ .fd = plug_connect(port) };
	if (plain->fd < 0)
		return plain->fd;
	if (!wait_for(plain->fd, POLLOUT, end))
		error = ETIMEDOUT;
	else
		getsockopt(plain->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		plain_close(plain);
	return -error;
}

void plain_close(struct plain *plain)
{
	if (plain->fd >= 0)
		close(plain->fd);
	plain->fd = -1;
	outlet_free(&plain->in);
}

static uint8_t *put_number(uint8_t *at, uint32_t field, int64_t value)
{
	if (!value)
		return at;
	at = pb_put_varint(at, field << 3);
	return pb_put_varint(at, (uint64_t)value);
}

static struct span text_span(const char *text, size_t len)
{
	return (struct span){ (const uint8_t *)text, len };
}

static uint8_t *put_meta(uint8_t *at, const struct plain_call *call,
			 uint8_t **sum)
{
	const char *slash = strchr(call->method, '/');
	uint8_t request[512], *end = request;

	end = pb_put_bytes(end, 1, text_span(call->method,
					     (size_t)(slash - call->method)));
	end = pb_put_bytes(end, 2, text_span(slash + 1, strlen(slash + 1)));
	end = put_number(end, 3, call->log_id);
	end = put_number(end, 4, call->trace_id);
	end = put_number(end, 5, call->span_id);
	end = put_number(end, 8, call->timeout_ms);
	at = pb_put_bytes(at, 1, (struct span){ request,
						(size_t)(end - request) });
	at = put_number(at, 4, call->id);
	at = put_number(at, 5, (int64_t)call->attachment.len);
	if (call->secret)
		at = pb_put_bytes(at, 7, text_span(call->secret,
						   strlen(call->secret)));
	*sum = NULL;
	if (!call->summed)
		return at;
	at = put_number(at, 11, 1);
	at = pb_put_bytes(at, 12, text_span("\0\0\0\0", 4));
	*sum = at - 4;
	return at;
}

/* Return: bytes of the frame at @out. */
static size_t write_call(const struct plain_call *call, uint8_t *out)
{
	struct prpc_frame frame = { 0 };
	uint8_t *at, *sum, *payload;

	at = payload = put_meta(out + PRPC_HEAD, call, &sum);
	if (call->message.len) {
		at = pb_put_bytes(at, 1, call->message);
	} else {
		at = put_number(at, 1, call->number[0]);
		at = put_number(at, 2, call->number[1]);
	}
	frame.payload = (struct span){ payload, (size_t)(at - payload) };
	if (sum)
		prpc_sum(&frame, sum);
	at = put_span(at, call->attachment);
	prpc_put_head(out, (size_t)(at - out) - PRPC_HEAD,
		      (size_t)(payload - out) - PRPC_HEAD);
	return (size_t)(at - out);
}

int plain_send(struct plain *plain, const struct plain_call *call)
{
	size_t room = FIXED + strlen(call->method) + call->message.len +
		      call->attachment.len +
		      (call->secret ? strlen(call->secret) : 0);
	struct outlet out = { 0 };
	uint64_t end = stage_now() + SEND_NS;
	uint8_t *to = outlet_room(&out, room);
	ssize_t sent = 0;

	if (!to)
		return -ENOMEM;
	out.end = write_call(call, to);
	while (outlet_left(&out) && sent >= 0)
		sent = wait_for(plain->fd, POLLOUT, end) ?
			outlet_send(&out, plain->fd, 0) : -ETIMEDOUT;
	outlet_free(&out);
	return sent < 0 ? (int)sent : 0;
}

/* Return: PLAIN_FRAME when there is something new. */
static enum plain_next receive(struct plain *plain, uint64_t end)
{
	uint8_t *to = outlet_room(&plain->in, CHUNK);
	ssize_t got;

	if (!to || !wait_for(plain->fd, POLLIN, end))
		return PLAIN_SILENT;
	got = recv(plain->fd, to, plain->in.room - plain->in.end, 0);
	if (!got)
		return PLAIN_CLOSED;
	if (got < 0)
		return errno == EINTR ? PLAIN_FRAME : PLAIN_RESET;
	plain->in.end += (size_t)got;
	return PLAIN_FRAME;
}

enum plain_next plain_next(struct plain *plain, int timeout_ms)
{
	uint64_t end = stage_now() + (uint64_t)timeout_ms * 1000000;
	enum plain_next next = PLAIN_FRAME;
	struct span data;
	long need = 0;

	outlet_drop(&plain->in, plain->used);
	plain->used = 0;
	for (;;) {
		data.data = outlet_first(&plain->in);
		data.len = outlet_left(&plain->in);
		if (data.len)
			need = prpc_need(data, PRPC_BODY_MAX);
		if (need < 0)
			return PLAIN_NO_FRAME;
		if (need && (size_t)need <= data.len)
			break;
		next = receive(plain, end);
		if (next != PLAIN_FRAME)
			return next;
	}
	if (prpc_parse(data, (size_t)need, &plain->frame))
		return PLAIN_NO_FRAME;
	plain->used = (size_t)need;
	return PLAIN_FRAME;
}

struct span plain_message(const struct plain *plain)
{
	struct span rest = plain->frame.payload, message = { NULL, 0 };
	struct pb_field field;

	while (pb_next(&rest, &field) > 0)
		if (field.number == 1 && field.type == 2)
			message = field.bytes;
	return message;
}

int64_t plain_number(const struct plain *plain, uint32_t field)
{
	struct span rest = plain->frame.payload;
	struct pb_field found;
	int64_t number = 0;

	while (pb_next(&rest, &found) > 0)
		if (found.number == field && found.type == 0)
			number = (int64_t)found.value;
	return number;
}
