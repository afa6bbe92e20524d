// SPDX-License-Identifier: MIT
/*
 * One attempt of a blocking call: a connection out of the server's pool, the
 * request in one system call, then the reply as it comes. The caller's thread;
 * decides nothing about other attempts.
 */
#include "blocking.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "channel.h"
#include "clock.h"
#include "dial.h"
#include "endpoint.h"
#include "frame.h"
#include "reply.h"

/* Heads of replies and most replies fit; what does not is read where it goes. */
#define BLOCKING_ROOM 4096

/* Names of usual length fit with all that is said besides. */
#define BLOCKING_HEAD 512

static void fail_timeout(struct blocking *call)
{
	reply_fail(call->reply, KELP_RPC_ERPCTIMEDOUT, "no reply in %d ms",
		   call->options->timeout_ms);
}

static void fail_broken(struct blocking *call, int err)
{
	if (err)
		reply_fail(call->reply, KELP_RPC_EFAILEDSOCKET,
			   "the connection broke: %s", kelp_strerror(-err));
	else
		reply_fail(call->reply, KELP_RPC_EEOF,
			   "the server closed the connection");
}

static void fail_connect(struct blocking *call, struct endpoint *endpoint,
			 int err)
{
	if (err > 0)
		reply_fail(call->reply, err,
			   "all %d connections to the server are in use",
			   call->channel->options.pool_max_total);
	else if (dial_is_local(err))
		reply_fail(call->reply, err, "no connection: %s",
			   kelp_strerror(err));
	else
		reply_fail(call->reply, KELP_RPC_EFAILEDSOCKET,
			   "cannot connect to %s: %s", endpoint->name,
			   kelp_strerror(err));
}

/* Wait for the connection; false when the time is up. */
static bool await(int fd, short events, uint64_t deadline)
{
	struct pollfd wait = { .fd = fd, .events = events };
	uint64_t now;

	for (;;) {
		now = clock_now();
		if (now >= deadline)
			return false;
		/* errors are found by the call that follows */
		if (poll(&wait, 1, clock_wait(now, deadline)) > 0)
			return true;
	}
}

static void iov_skip(struct iovec **iov, size_t *count, size_t len)
{
	while (*count && len >= (*iov)->iov_len) {
		len -= (*iov)->iov_len;
		++*iov;
		--*count;
	}
	if (*count) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + len;
		(*iov)->iov_len -= len;
	}
}

/* false: the reply has failed. */
static bool send_all(struct blocking *call, int fd, struct iovec *iov,
		     size_t count_iov, bool *sent)
{
	struct msghdr msg = { 0 };
	ssize_t len;

	while (count_iov) {
		msg.msg_iov = iov;
		msg.msg_iovlen = count_iov;
		len = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		count(&call->channel->counters.sends);
		if (len > 0) {
			*sent = true;
			iov_skip(&iov, &count_iov, (size_t)len);
		} else if (len < 0 && errno == EAGAIN) {
			if (!await(fd, POLLOUT, call->deadline)) {
				fail_timeout(call);
				return false;
			}
		} else if (len < 0 && errno != EINTR) {
			fail_broken(call, errno);
			return false;
		}
	}
	return true;
}

static int32_t time_left(uint64_t deadline)
{
	uint64_t now = clock_now();
	int ms = clock_wait(now, deadline);

	/* none is sent as none at all, so the last millisecond is one */
	return ms < 0 ? 0 : ms ? ms : 1;
}

static bool send_request(struct blocking *call, struct link *link, bool *sent)
{
	const struct kelp_request *request = call->request;
	struct frame_request head = {
		.service = { request->service, strlen(request->service) },
		.method = { request->method, strlen(request->method) },
		.id = ++link->calls,
		.timeout_ms = time_left(call->deadline),
		.log_id = call->log_id,
		.trace_id = call->trace_id,
		.span_id = call->span_id,
		.secret = link->proven ? NULL : call->channel->secret,
		.message_len = request->message.len,
		.attachment_len = request->attachment.len,
	};
	uint8_t usual[BLOCKING_HEAD], *room = usual;
	size_t size = frame_room(&head);
	struct iovec iov[3];
	bool good;

	if (size > sizeof(usual))
		room = malloc(size);
	if (!room) {
		reply_fail(call->reply, -ENOMEM, "no memory for a request");
		return false;
	}
	iov[0].iov_len = frame_write(&head, room, size);
	iov[0].iov_base = room;
	/* sendmsg() only reads them */
	iov[1].iov_base = (void *)(uintptr_t)request->message.data;
	iov[1].iov_len = request->message.len;
	iov[2].iov_base = (void *)(uintptr_t)request->attachment.data;
	iov[2].iov_len = request->attachment.len;
	good = send_all(call, link->fd, iov, 3, sent);
	if (room != usual)
		free(room);
	return good;
}

/* At least one byte; 0 when the reply has failed. */
static size_t receive(struct blocking *call, int fd, void *to, size_t room)
{
	ssize_t len;

	for (;;) {
		len = recv(fd, to, room, MSG_DONTWAIT);
		count(&call->channel->counters.receives);
		if (len > 0)
			return (size_t)len;
		if (!len) {
			fail_broken(call, 0);
			return 0;
		}
		if (errno == EAGAIN) {
			if (await(fd, POLLIN, call->deadline))
				continue;
			fail_timeout(call);
			return 0;
		}
		if (errno != EINTR) {
			fail_broken(call, errno);
			return 0;
		}
	}
}

/* All of it, of which @have bytes are there. */
static bool receive_all(struct blocking *call, int fd, void *to, size_t have,
			size_t len)
{
	size_t got;

	for (; have < len; have += got) {
		got = receive(call, fd, (char *)to + have, len - have);
		if (!got)
			return false;
	}
	return true;
}

/* Message and attachment, of which the first @have bytes are at @data. */
static bool receive_body(struct blocking *call, int fd,
			 const struct frame_reply *frame, const uint8_t *data,
			 size_t have)
{
	size_t message_have = have < frame->message_len ? have :
							   frame->message_len;
	void *message, *attachment;

	if (!reply_room(call->reply, frame, call->options, &message,
			&attachment))
		return false;
	memcpy(message, data, message_have);
	have -= message_have;
	if (have)
		memcpy(attachment, data + message_have, have);
	return receive_all(call, fd, message, message_have,
			   frame->message_len) &&
	       receive_all(call, fd, attachment, have, frame->attachment_len);
}

static void fail_garbage(struct blocking *call)
{
	reply_fail(call->reply, KELP_RPC_ERESPONSE,
		   "what the server sent is no reply to this call");
}

/*
 * Head and meta: into @room, or, when the meta is larger, into memory that the
 * caller frees. 1, 0 when more has to come, -1 when the reply has failed.
 */
static int read_head(struct blocking *call, const struct link *link,
		     const uint8_t *data, size_t have,
		     struct frame_reply *frame)
{
	int got = frame_read(data, have, call->channel->options.max_reply,
			     frame);

	if (got < 0 || (got && frame->id != link->calls)) {
		fail_garbage(call);
		return -1;
	}
	return got;
}

/* The reply is in: true when the connection can be used again. */
static bool receive_reply(struct blocking *call, struct link *link)
{
	uint8_t usual[BLOCKING_ROOM], *data = usual, *more;
	size_t room = sizeof(usual), have = 0, got;
	struct frame_reply frame;
	bool good = false, extra;
	int ready;

	for (;;) {
		if (have == room) {
			/* a meta that long: an error with many words */
			more = malloc(room * 2);
			if (!more) {
				reply_fail(call->reply, -ENOMEM,
					   "no memory for a reply");
				goto out;
			}
			memcpy(more, data, have);
			if (data != usual)
				free(data);
			data = more;
			room *= 2;
		}
		got = receive(call, link->fd, data + have, room - have);
		if (!got)
			goto out;
		have += got;
		ready = read_head(call, link, data, have, &frame);
		if (ready < 0)
			goto out;
		if (ready)
			break;
	}
	/* what comes behind a reply nobody has asked for */
	extra = have > frame.size;
	if (extra)
		have = frame.size;
	if (frame.code) {
		reply_refused(call->reply, &frame);
		/* the rest of it is of no interest */
		good = have == frame.size;
	} else {
		good = receive_body(call, link->fd, &frame, data + frame.begin,
				    have - frame.begin);
	}
	good = good && !extra;
out:
	if (data != usual)
		free(data);
	return good;
}

struct blocked blocking_attempt(struct blocking *call, struct endpoint *endpoint)
{
	const struct kelp_channel_options *options = &call->channel->options;
	struct counters *counters = &call->channel->counters;
	uint64_t wait_until = clock_in(clock_now(), options->pool_wait_ms);
	struct blocked how = { false, false };
	struct link *link;
	bool made, good;
	int err;

	if (wait_until > call->deadline)
		wait_until = call->deadline;
	err = pool_get(&endpoint->pool, &endpoint->address, wait_until,
		       options->connect_timeout_ms, call->deadline, &link,
		       &made);
	if (made)
		count(err ? &counters->connect_failures : &counters->connects);
	if (err == -ETIMEDOUT && clock_now() >= call->deadline) {
		/* the server may only have had too little time */
		fail_timeout(call);
		return how;
	}
	if (err) {
		fail_connect(call, endpoint, err);
		how.unreached = err < 0 && !dial_is_local(err);
		return how;
	}
	good = send_request(call, link, &how.sent) && receive_reply(call, link);
	if (good)
		link->proven = true;
	if (good && call->reply->code != KELP_RPC_ELOGOFF &&
	    call->reply->code != KELP_RPC_ERPCAUTH)
		pool_put(&endpoint->pool, link);
	else
		pool_discard(&endpoint->pool, link);
	return how;
}
