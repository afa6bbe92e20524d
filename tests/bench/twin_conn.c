// SPDX-License-Identifier: GPL-2.0-only
/* A connection of rpc_twin: see twin_conn.h, and rpc_twin.c for the choices. */
#include "twin_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"
#include "prpc.h"

/* Times a connection is read from before others have their turn. */
#define ROUNDS 16

/* Bytes that a frame may have besides its head. */
size_t conn_body_max = PRPC_BODY_MAX;

struct conn *conn_open(int fd)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (conn)
		conn->fd = fd;
	return conn;
}

static void kept_free(struct kept *kept)
{
	free(kept->data);
	*kept = (struct kept){ 0 };
}

/* Room for @more bytes after those that are there. */
static int kept_reserve(struct kept *kept, size_t more)
{
	size_t room = kept->len + more;
	uint8_t *data;

	if (room <= kept->room)
		return 0;
	data = realloc(kept->data, room);
	if (!data)
		return -1;
	kept->data = data;
	kept->room = room;
	return 0;
}

/* The first @used bytes are done with. A large buffer is not kept empty. */
static void kept_drop(struct kept *kept, size_t used)
{
	kept->len -= used;
	if (kept->len)
		memmove(kept->data, kept->data + used, kept->len);
	else if (kept->room > BUFFER)
		kept_free(kept);
}

void conn_close(struct conn *conn)
{
	close(conn->fd);
	free(conn->in.data);
	free(conn->out.data);
	free(conn);
}

/* What the socket takes of some bytes; -1 when it is broken. */
static ssize_t send_some(int fd, const uint8_t *data, size_t len)
{
	ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

	if (sent >= 0)
		return sent;
	return errno == EAGAIN ? 0 : -1;
}

/* Send the batch; what does not fit stays with the connection. */
static int flush(struct batch *batch, struct conn *conn)
{
	size_t len = batch->out_len, left;
	ssize_t sent;

	if (!len)
		return 0;
	batch->out_len = 0;
	sent = send_some(conn->fd, batch->out, len);
	if (sent < 0)
		return -1;
	left = len - sent;
	if (!left)
		return 0;
	if (kept_reserve(&conn->out, left))
		return -1;
	memcpy(conn->out.data + conn->out.len, batch->out + sent, left);
	conn->out.len += left;
	return 0;
}

static int send_kept(struct conn *conn)
{
	ssize_t sent;

	if (!conn->out.len)
		return 0;
	sent = send_some(conn->fd, conn->out.data, conn->out.len);
	if (sent < 0)
		return -1;
	kept_drop(&conn->out, sent);
	return 0;
}

/* A reply too large for the thread's buffer is written where it may wait. */
static int answer_large(struct conn *conn, const struct prpc_frame *frame)
{
	if (kept_reserve(&conn->out, echo_room(frame)))
		return -1;
	conn->out.len += echo_answer(frame, conn->out.data + conn->out.len);
	return send_kept(conn);
}

static int answer(struct batch *batch, struct conn *conn,
		  const struct prpc_frame *frame)
{
	size_t room = echo_room(frame);

	if (batch->out_len + room > BUFFER && flush(batch, conn))
		return -1;
	if (room > BUFFER || conn->out.len)
		return answer_large(conn, frame);
	batch->out_len += echo_answer(frame, batch->out + batch->out_len);
	return 0;
}

/*
 * Answer the whole frames that @data begins with, until the peer has to read
 * first. Returns how many bytes they had, -1 to close: after a wrong length
 * nobody knows where the next frame begins.
 */
static ssize_t answer_all(struct batch *batch, struct conn *conn,
			  struct span data)
{
	const uint8_t *begin = data.data;
	struct prpc_frame frame;
	long need;

	while (data.len && !conn->out.len) {
		need = prpc_need(data, conn_body_max);
		if (need < 0)
			return -1;
		if (!need || (size_t)need > data.len)
			break;
		if (prpc_parse(data, need, &frame) ||
		    answer(batch, conn, &frame))
			return -1;
		data.data += need;
		data.len -= need;
	}
	return data.data - begin;
}

/* Keep what was not used of the bytes that lie in the thread's buffer. */
static int keep(struct conn *conn, struct span data, size_t used)
{
	size_t left = data.len - used;

	if (!left)
		return 0;
	if (kept_reserve(&conn->in, left))
		return -1;
	memcpy(conn->in.data + conn->in.len, data.data + used, left);
	conn->in.len += left;
	return 0;
}

/*
 * Room for what is missing of a frame, but not for more than twice of what has
 * come: a head that announces 64 MiB costs its sender as many.
 */
static int expect(struct conn *conn)
{
	struct span data = { conn->in.data, conn->in.len };
	long need = prpc_need(data, conn_body_max);
	size_t more = conn->in.len < BUFFER ? BUFFER : conn->in.len;

	if (need > (long)conn->in.len && need - conn->in.len < more)
		more = need - conn->in.len;
	return kept_reserve(&conn->in, more);
}

/* Answer what has come into conn->in. */
static int answer_kept(struct batch *batch, struct conn *conn)
{
	struct span data = { conn->in.data, conn->in.len };
	ssize_t used = answer_all(batch, conn, data);

	if (used > 0)
		kept_drop(&conn->in, used);
	return used < 0 ? -1 : 0;
}

/* 1 when the socket may have more, 0 when it has not, -1 to close. */
static int receive(struct batch *batch, struct conn *conn)
{
	size_t room = BUFFER;
	uint8_t *to = batch->in;
	ssize_t got, used;

	if (conn->in.len) {
		if (expect(conn))
			return -1;
		to = conn->in.data + conn->in.len;
		room = conn->in.room - conn->in.len;
	}
	got = recv(conn->fd, to, room, 0);
	if (got <= 0)
		return got < 0 && errno == EAGAIN ? 0 : -1;
	if (conn->in.len) {
		conn->in.len += got;
		if (answer_kept(batch, conn))
			return -1;
	} else {
		struct span data = { batch->in, got };

		used = answer_all(batch, conn, data);
		if (used < 0 || keep(conn, data, used))
			return -1;
	}
	return (size_t)got == room;
}

/*
 * Whatever epoll reported: send what waits, answer what waited for that, then
 * read. @ended: the peer has sent its last byte, or the connection is broken;
 * then a short recv() is not the end, and the one that returns 0 is made.
 */
int conn_serve(struct batch *batch, struct conn *conn, bool ended)
{
	int round, more = 1, bad = send_kept(conn);

	if (!bad && conn->in.len && !conn->out.len)
		bad = answer_kept(batch, conn);
	for (round = 0; !bad && !conn->out.len && more; round++) {
		if (round == ROUNDS)
			return 1;
		more = receive(batch, conn);
		bad = more < 0;
		/* a call before the one that was wrong has its reply */
		if (flush(batch, conn))
			bad = -1;
		more |= ended;
	}
	if (!bad && flush(batch, conn))
		bad = -1;
	return bad ? -1 : 0;
}
