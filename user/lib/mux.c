// SPDX-License-Identifier: MIT
/*
 * Connections that many calls share. The I/O thread's; knows nothing of what
 * becomes of a call behind its reply, or without one.
 */
#include "mux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "container.h"
#include "course.h"
#include "dial.h"
#include "endpoint.h"
#include "frame.h"
#include "io.h"
#include "started.h"

/* Many replies come in one system call. */
#define MUX_IN 65536
/* What is kept for sending when there is nothing to send. */
#define MUX_OUT_KEPT 65536
/* So many calls, one behind the other, without a reply for so long: no more. */
#define MUX_MISSES 3
#define MUX_SILENCE NS_PER_S
/* A reply that goes on sooner may just be slow. */
#define MUX_PART (20 * NS_PER_MS)

static void mux_unlink(struct mux *mux)
{
	struct mux **at;

	for (at = &mux->io->muxes; *at; at = &(*at)->next)
		if (*at == mux) {
			*at = mux->next;
			break;
		}
	for (at = &mux->io->dirty; mux->dirty && *at; at = &(*at)->next_dirty)
		if (*at == mux) {
			*at = mux->next_dirty;
			break;
		}
}

void mux_close(struct mux *mux)
{
	mux_unlink(mux);
	timers_del(&mux->io->timers, &mux->connecting);
	if (mux->fd >= 0)
		close(mux->fd);
	endpoint_put(mux->endpoint);
	free(mux->out);
	free(mux->in);
	free(mux);
}

/* All calls on it are told. It is gone afterwards. */
static void mux_fail(struct mux *mux, int code, const char *text)
{
	bool unreached = !mux->connected;
	struct attempt *attempt, *attempts = mux->attempts;
	bool sent;

	mux->attempts = NULL;
	/* from here on another attempt makes another connection */
	mux_unlink(mux);
	mux->dirty = false;
	while ((attempt = attempts)) {
		attempts = attempt->next;
		sent = mux_has_sent(attempt);
		/* whatever the server said, it was not about this one */
		course_failed(attempt, sent || code < 0 ? code :
						KELP_RPC_EFAILEDSOCKET,
			      sent, unreached, text);
	}
	mux_close(mux);
}

static void mux_broken(struct mux *mux, int err)
{
	char text[KELP_REPLY_TEXT];

	if (!mux->connected)
		snprintf(text, sizeof(text), "cannot connect to %s: %s",
			 mux->endpoint->name, kelp_strerror(-err));
	else if (err)
		snprintf(text, sizeof(text), "the connection broke: %s",
			 kelp_strerror(-err));
	else
		snprintf(text, sizeof(text),
			 "the server closed the connection");
	mux_fail(mux, err || !mux->connected ? KELP_RPC_EFAILEDSOCKET :
					       KELP_RPC_EEOF, text);
}

void mux_late(struct mux *mux)
{
	count(&mux->io->channel->counters.connect_failures);
	mux_broken(mux, ETIMEDOUT);
}

static void connecting_fire(struct timer *timer)
{
	mux_late(container_of(timer, struct mux, connecting));
}

static void mux_connected(struct mux *mux)
{
	count(&mux->io->channel->counters.connects);
	timers_del(&mux->io->timers, &mux->connecting);
	mux->heard_at = mux->io->now;
	mux->connected = true;
}

static struct mux *mux_create(struct io *io, struct endpoint *endpoint,
			      int *err)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	};
	struct mux *mux = calloc(1, sizeof(*mux));
	int connected;

	*err = -ENOMEM;
	if (!mux)
		return NULL;
	mux->in = malloc(MUX_IN);
	mux->in_room = MUX_IN;
	if (!mux->in) {
		free(mux);
		return NULL;
	}
	mux->io = io;
	mux->connecting.fire = connecting_fire;
	mux->fd = dial_start(&endpoint->address, &connected);
	event.data.ptr = mux;
	*err = mux->fd < 0 ? mux->fd : 0;
	if (!*err && epoll_ctl(io->epoll, EPOLL_CTL_ADD, mux->fd, &event)) {
		*err = -errno;
		close(mux->fd);
	}
	if (*err) {
		if (!dial_is_local(*err))
			count(&io->channel->counters.connect_failures);
		free(mux->in);
		free(mux);
		return NULL;
	}
	mux->endpoint = endpoint_get(endpoint);
	mux->downs = endpoint_downs(endpoint);
	mux->told = !io->channel->secret;
	mux->next = io->muxes;
	io->muxes = mux;
	if (connected)
		mux_connected(mux);
	else
		timers_add(&io->timers, &mux->connecting,
			   clock_in(io->now,
				    io->channel->options.connect_timeout_ms));
	return mux;
}

bool mux_is_stale(const struct mux *mux)
{
	return mux->refused || mux->stuck ||
	       mux->downs != endpoint_downs(mux->endpoint);
}

struct mux *mux_for(struct io *io, struct endpoint *endpoint, int *err)
{
	unsigned int most = io->channel->options.io_connections, nr = 0;
	struct mux *mux, *best = NULL;

	for (mux = io->muxes; mux; mux = mux->next) {
		if (mux->endpoint != endpoint)
			continue;
		if (mux_is_stale(mux)) {
			io->stale = true;
			continue;
		}
		nr++;
		if (!best || mux->load < best->load)
			best = mux;
	}
	if (best && (nr >= most || !best->load))
		return best;
	/* for when it has to have come about */
	*err = timers_reserve(&io->timers, io->timers.count + 1);
	mux = *err ? NULL : mux_create(io, endpoint, err);
	/* rather one that is busy than none */
	return mux ? mux : best;
}

/* Room for @len more bytes; 0 or -ENOMEM. */
static int out_reserve(struct mux *mux, size_t len)
{
	size_t used = mux->out_end - mux->out_begin, room = mux->out_room;
	uint8_t *out;

	if (mux->out_room - mux->out_end >= len)
		return 0;
	if (mux->out_begin && mux->out_room - used >= len) {
		memmove(mux->out, mux->out + mux->out_begin, used);
		mux->out_begin = 0;
		mux->out_end = used;
		return 0;
	}
	while (room - mux->out_end < len)
		room = room ? 2 * room : 16384;
	out = realloc(mux->out, room);
	if (!out)
		return -ENOMEM;
	mux->out = out;
	mux->out_room = room;
	return 0;
}

static void out_put(struct mux *mux, struct kelp_bytes bytes)
{
	if (bytes.len)
		memcpy(mux->out + mux->out_end, bytes.data, bytes.len);
	mux->out_end += bytes.len;
}

int mux_send(struct mux *mux, struct attempt *attempt)
{
	const struct kelp_call *call = attempt->call;
	struct io *io = mux->io;
	int left = clock_wait(io->now, call->deadline);
	struct frame_request head = {
		.service = call->service, .method = call->method,
		.id = attempt->id,
		/* none is sent as none at all, so the last one is one */
		.timeout_ms = left < 0 ? 0 : left ? left : 1,
		.log_id = call->log_id, .trace_id = call->trace_id,
		.span_id = call->span_id,
		.secret = mux->told ? NULL : io->channel->secret,
		.message_len = call->message.len,
		.attachment_len = call->attachment.len,
	};
	size_t room = frame_room(&head);

	if (out_reserve(mux, room + call->message.len + call->attachment.len))
		return -ENOMEM;
	attempt->at = mux->sent + (mux->out_end - mux->out_begin);
	mux->out_end += frame_write(&head, mux->out + mux->out_end, room);
	out_put(mux, call->message);
	out_put(mux, call->attachment);
	mux->told = true;
	attempt->prev = NULL;
	attempt->next = mux->attempts;
	if (attempt->next)
		attempt->next->prev = attempt;
	mux->attempts = attempt;
	mux->load++;
	if (!mux->dirty) {
		mux->dirty = true;
		mux->next_dirty = io->dirty;
		io->dirty = mux;
	}
	return 0;
}

void mux_leave(struct attempt *attempt)
{
	struct mux *mux = attempt->mux;

	if (attempt->prev)
		attempt->prev->next = attempt->next;
	else
		mux->attempts = attempt->next;
	if (attempt->next)
		attempt->next->prev = attempt->prev;
	mux->load--;
}

/*
 * Who has a connection for himself gives it up at the end of his time. Of this
 * one others may get replies all the same; but not behind one that does not go
 * on, nor when none has come to several that did not wait at the same time: a
 * network that swallows everything, a server that reads nothing any more.
 */
void mux_missed(const struct attempt *attempt)
{
	struct mux *mux = attempt->mux;
	uint64_t now = mux->io->now, took = now - attempt->begun;
	uint64_t part = mux->part_at ? now - mux->part_at : 0;

	if (!mux->connected)
		return;
	if (part >= MUX_PART && part >= took / 2)
		mux->stuck = true;
	if (attempt->begun < mux->missed_at)
		return;
	mux->missed_at = now;
	if (++mux->misses >= MUX_MISSES && now - mux->heard_at >= MUX_SILENCE)
		mux->stuck = true;
}

bool mux_has_sent(const struct attempt *attempt)
{
	return attempt->at < attempt->mux->sent;
}

/* True while the connection is there. */
static bool mux_flush(struct mux *mux)
{
	ssize_t len;

	while (mux->connected && mux->out_begin < mux->out_end) {
		len = send(mux->fd, mux->out + mux->out_begin,
			   mux->out_end - mux->out_begin,
			   MSG_NOSIGNAL | MSG_DONTWAIT);
		count(&mux->io->channel->counters.sends);
		if (len >= 0) {
			mux->sent += (size_t)len;
			mux->out_begin += (size_t)len;
		} else if (errno == EAGAIN) {
			return true;	/* epoll tells when there is room */
		} else if (errno != EINTR) {
			mux_broken(mux, errno);
			return false;
		}
	}
	if (mux->out_begin == mux->out_end) {
		mux->out_begin = 0;
		mux->out_end = 0;
		if (mux->out_room > MUX_OUT_KEPT) {
			free(mux->out);
			mux->out = NULL;
			mux->out_room = 0;
		}
	}
	return true;
}

void mux_flush_all(struct io *io)
{
	struct mux *mux;

	while ((mux = io->dirty)) {
		io->dirty = mux->next_dirty;
		mux->dirty = false;
		mux_flush(mux);
	}
}

static void mux_reply(struct mux *mux, const struct frame_reply *frame,
		      const uint8_t *data)
{
	struct attempt *attempt = table_get(&mux->io->table, frame->id);

	mux->misses = 0;
	mux->heard_at = mux->io->now;
	/* one whose number another connection has is nobody's, too */
	if (!attempt || attempt->mux != mux) {
		count(&mux->io->channel->counters.late);
		return;
	}
	if (frame->code == KELP_RPC_ERPCAUTH)
		mux->refused = true;
	course_replied(attempt, frame, data);
}

/* Room for a frame that is larger than what there is; 0 or -ENOMEM. */
static int in_reserve(struct mux *mux, size_t size)
{
	uint8_t *in;

	if (size <= mux->in_room)
		return 0;
	in = realloc(mux->in, size);
	if (!in)
		return -ENOMEM;
	mux->in = in;
	mux->in_room = size;
	return 0;
}

/* A large reply is over. Nothing is lost when there is no other memory. */
static void in_shrink(struct mux *mux)
{
	uint8_t *in = malloc(MUX_IN);

	if (!in)
		return;
	free(mux->in);
	mux->in = in;
	mux->in_room = MUX_IN;
}

/* Whole frames out of what came. False when the connection is gone. */
static bool mux_take(struct mux *mux)
{
	size_t most = mux->io->channel->options.max_reply, at = 0;
	struct frame_reply frame = { 0 };
	int got = 0;

	while (at < mux->in_len) {
		got = frame_read(mux->in + at, mux->in_len - at, most, &frame);
		if (got < 0 || (got && mux->in_len - at < frame.size))
			break;
		if (!got)
			break;
		mux_reply(mux, &frame, mux->in + at);
		at += frame.size;
		frame.size = 0;
	}
	if (got < 0) {
		mux_fail(mux, KELP_RPC_ERESPONSE,
			 "what the server sent is no reply");
		return false;
	}
	mux->in_len -= at;
	if (!mux->in_len)
		mux->part_at = 0;
	else if (at || !mux->part_at)
		mux->part_at = mux->io->now;
	if (at)
		memmove(mux->in, mux->in + at, mux->in_len);
	if (!mux->in_len && mux->in_room > MUX_IN)
		in_shrink(mux);
	if (!in_reserve(mux, frame.size))
		return true;
	mux_fail(mux, -ENOMEM, "no memory for a reply");
	return false;
}

/* False when the connection is gone. */
static bool mux_receive(struct mux *mux)
{
	size_t room;
	ssize_t len;

	for (;;) {
		room = mux->in_room - mux->in_len;
		len = recv(mux->fd, mux->in + mux->in_len, room, MSG_DONTWAIT);
		count(&mux->io->channel->counters.receives);
		if (len > 0) {
			mux->in_len += (size_t)len;
			if (!mux_take(mux))
				return false;
			/* less than there was room for is all there is */
			if ((size_t)len < room)
				return true;
		} else if (!len) {
			mux_broken(mux, 0);
			return false;
		} else if (errno == EAGAIN) {
			return true;
		} else if (errno != EINTR) {
			mux_broken(mux, errno);
			return false;
		}
	}
}

void mux_ready(struct mux *mux, uint32_t events)
{
	int err;

	if (!mux->connected) {
		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			return;
		err = dial_result(mux->fd);
		if (err) {
			count(&mux->io->channel->counters.connect_failures);
			mux_broken(mux, -err);
			return;
		}
		mux_connected(mux);
	}
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		if (!mux_receive(mux))
			return;
		/* edge-triggered: the end may have come with the last bytes */
		if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) &&
		    !mux_receive(mux))
			return;
	}
	mux_flush(mux);
}
