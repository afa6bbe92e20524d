// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection of a load generator. It keeps as many requests in flight as it
 * may; as soon as answers are read as many are sent, in one send(). With
 * load->close it carries one request and is followed by another connection when
 * the server has ended it.
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Read into this, which is always warm; only parts of answers are kept. */
#define BUFFER 65536
static _Thread_local uint8_t buffer[BUFFER];

uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* -1 without memory. */
int load_conn_init(struct load_conn *conn, struct load_thread *thread)
{
	const struct load *load = thread->load;
	unsigned int i;

	*conn = (struct load_conn){ .fd = -1, .thread = thread };
	conn->calls = calloc(load->pipeline,
			     sizeof(*conn->calls) + sizeof(*conn->idle));
	if (!conn->calls)
		return -1;
	conn->idle = (void *)(conn->calls + load->pipeline);
	for (i = 0; i < load->pipeline; i++)
		conn->idle[conn->idle_count++] = i;
	if (thread->out)
		return 0;
	conn->out_room = load->request_max * load->pipeline;
	conn->out = malloc(conn->out_room);
	if (!conn->out)
		return -1;
	if (load->protocol->prepare)
		load->protocol->prepare(thread, conn->out);
	return 0;
}

/* Have epoll report what comes, and when more can be sent. -1 if it cannot. */
int load_conn_watch(struct load_conn *conn, bool writable)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP | EPOLLET |
			  (writable ? EPOLLOUT : 0),
		.data.ptr = conn,
	};

	if (!epoll_ctl(conn->thread->epoll, EPOLL_CTL_ADD, conn->fd, &event))
		return 0;
	if (errno != EEXIST)
		return -1;
	return epoll_ctl(conn->thread->epoll, EPOLL_CTL_MOD, conn->fd, &event);
}

/* Requests without an answer are lost. */
void load_conn_close(struct load_conn *conn)
{
	unsigned int lost = load_conn_in_flight(conn);

	if (conn->fd < 0)
		return;
	close(conn->fd);
	conn->fd = -1;
	conn->thread->live--;
	conn->thread->in_flight -= lost;
	conn->thread->tally.lost += lost;
}

static void send_failed(struct load_conn *conn)
{
	struct tally *tally = &conn->thread->tally;

	if (conn->connecting)
		tally->connect_errors++;
	else
		tally->write_errors++;
	tally_note(tally, "a connection %s: %s",
		   conn->connecting ? "could not be made" : "broke",
		   strerror(errno));
	load_conn_close(conn);
}

/* What the thread's place held and could not be sent moves to one's own. */
static int keep_unsent(struct load_conn *conn, const uint8_t *rest, size_t len)
{
	uint8_t *out;

	if (len > conn->out_room) {
		out = malloc(len);
		if (!out)
			return -1;
		free(conn->out);
		conn->out = out;
		conn->out_room = len;
	}
	memcpy(conn->out, rest, len);
	conn->out_sent = 0;
	conn->out_len = len;
	return 0;
}

/* Send @len bytes, of which some may have to wait. */
static void send_bytes(struct load_conn *conn, const uint8_t *data, size_t len)
{
	ssize_t sent = send(conn->fd, data, len, MSG_NOSIGNAL);

	if (sent < 0 && errno == EAGAIN)
		sent = 0;
	else if (sent >= 0)
		conn->connecting = false;
	if (sent >= 0 && (size_t)sent < len && data == conn->thread->out &&
	    keep_unsent(conn, data + sent, len - sent))
		sent = -1;
	else if (sent >= 0 && data != conn->thread->out)
		conn->out_sent += sent;
	if (sent < 0 ||
	    ((size_t)sent < len && load_conn_watch(conn, true)))
		send_failed(conn);
}

/* Write as many requests as may be in flight; their bytes. */
static size_t put_requests(struct load_conn *conn, uint8_t *out, uint64_t now)
{
	struct load_thread *thread = conn->thread;
	const struct load_protocol *protocol = thread->load->protocol;
	unsigned int pipeline = thread->load->pipeline;
	unsigned int place = conn->idle_at, count = conn->idle_count, done;
	struct load_call *call;
	uint8_t *at = out;
	size_t len;

	for (done = 0; done < count; done++) {
		call = &conn->calls[conn->idle[place]];
		call->sent = now;
		len = protocol->put(conn, call, at);
		if (!len)
			break;
		at += len;
		if (++place == pipeline)
			place = 0;
	}
	conn->idle_at = place;
	conn->idle_count -= done;
	thread->in_flight += done;
	thread->tally.sent += done;
	return at - out;
}

/* As many requests as may be in flight, unless some wait to be sent as it is. */
void load_conn_send(struct load_conn *conn, uint64_t now)
{
	uint8_t *shared = conn->thread->out;
	size_t len;

	if (!conn->idle_count || conn->out_sent < conn->out_len)
		return;
	conn->out_sent = 0;
	conn->out_len = 0;
	len = put_requests(conn, shared ? shared : conn->out, now);
	if (!len)
		return;
	if (!shared)
		conn->out_len = len;
	send_bytes(conn, shared ? shared : conn->out, len);
}

/* connect() has failed, as errno says. */
void load_conn_refused(struct load_thread *thread)
{
	struct tally *tally = &thread->tally;

	tally->connect_errors++;
	if (errno == EADDRNOTAVAIL)
		tally_note(tally, "no local port is left: sysctl -w %s",
			   "net.ipv4.ip_local_port_range='1024 65535'");
	else
		tally_note(tally, "a connection could not be made: %s",
			   strerror(errno));
}

/*
 * Another connection, and its request. Where the server is on the same machine
 * the connection is there when connect() returns, so that it can be sent at once.
 */
void load_conn_open(struct load_conn *conn)
{
	const struct load *load = conn->thread->load;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint64_t now = now_ns();

	if (fd < 0)
		load_die("socket");
	if (connect(fd, (const void *)&load->address, sizeof(load->address)) &&
	    errno != EINPROGRESS) {
		load_conn_refused(conn->thread);
		close(fd);
		return;
	}
	conn->fd = fd;
	conn->thread->live++;
	conn->connecting = true;
	conn->whole = false;
	conn->call = NULL;
	conn->in_len = 0;
	conn->out_sent = 0;
	conn->out_len = 0;
	load_conn_send(conn, now);
	if (conn->fd >= 0 && conn->out_sent == conn->out_len &&
	    load_conn_watch(conn, false))
		load_die("epoll_ctl");
}

static void failed(struct load_conn *conn)
{
	tally_code(&conn->thread->tally, conn->code);
	tally_note(&conn->thread->tally, "a request was answered with error %d",
		   conn->code);
}

/* A request is done. */
static void finish(struct load_conn *conn, uint64_t now)
{
	struct load_thread *thread = conn->thread;
	unsigned int pipeline = thread->load->pipeline;
	struct load_call *call = conn->call;
	unsigned int end = conn->idle_at + conn->idle_count;

	conn->call = NULL;
	conn->idle[end < pipeline ? end : end - pipeline] = call - conn->calls;
	conn->idle_count++;
	if (++conn->oldest == pipeline)
		conn->oldest = 0;
	thread->in_flight--;
	if (conn->code)
		failed(conn);
	else if (now < thread->until)
		histogram_add(&thread->tally.latency, now - call->sent);
}

static int wrong_body(struct load_conn *conn, struct span data)
{
	size_t i = 0;

	while (conn->body[i] == data.data[i])
		i++;
	tally_wrong(&conn->thread->tally,
		    "byte %zu of the body, of %zu, is another than expected",
		    conn->body_len - conn->body_left + i, conn->body_len);
	return -1;
}

/* Bytes of a body; those used, or -1. */
static ssize_t body(struct load_conn *conn, struct span data)
{
	size_t len = data.len < conn->body_left ? data.len : conn->body_left;

	if (conn->body && memcmp(conn->body, data.data, len))
		return wrong_body(conn, data);
	if (conn->body)
		conn->body += len;
	conn->body_left -= len;
	return len;
}

/* The head of an answer, or all of it; bytes used, 0 for too few, or -1. */
static ssize_t head(struct load_conn *conn, struct span data, size_t *need)
{
	struct tally *tally = &conn->thread->tally;
	struct load_answer answer;

	answer.code = 0;
	answer.body.len = 0;
	answer.need = 0;
	switch (conn->whole ? LOAD_STRAY :
		conn->thread->load->protocol->take(conn, data, &answer)) {
	case LOAD_RIGHT:
		conn->call = answer.call;
		conn->code = answer.code;
		conn->body = answer.body.data;
		conn->body_left = conn->body_len = answer.body.len;
		return answer.len;
	case LOAD_PARTIAL:
		*need = answer.need;
		return 0;
	case LOAD_WRONG:
		tally_wrong(tally, "%s", answer.why);
		return -1;
	case LOAD_STRAY:
		tally->unknown_ids++;
		tally_note(tally, "there was an answer, or bytes, to no request");
		return -1;
	}
	return -1;
}

/* All that some bytes hold of answers; bytes used, or -1. */
static ssize_t answers(struct load_conn *conn, struct span data, uint64_t now,
		       size_t *need)
{
	const uint8_t *begin = data.data;
	ssize_t used;

	while (data.len) {
		used = conn->call && !conn->whole ? body(conn, data) :
						    head(conn, data, need);
		if (used < 0)
			return -1;
		if (!used)
			break;
		data.data += used;
		data.len -= used;
		if (!conn->call || conn->body_left)
			continue;
		conn->whole = conn->thread->load->close;
		if (!conn->whole)
			finish(conn, now);
	}
	return data.data - begin;
}

/* Keep bytes that are part of an answer, with room for what it needs. */
static int keep(struct load_conn *conn, struct span left, size_t need)
{
	size_t room = need > BUFFER ? need : BUFFER;
	uint8_t *in;

	if (room > conn->in_room) {
		in = malloc(room);
		if (!in)
			return -1;
		memcpy(in, left.data, left.len);
		free(conn->in);
		conn->in = in;
		conn->in_room = room;
	} else {
		memmove(conn->in, left.data, left.len);
	}
	conn->in_len = left.len;
	return 0;
}

/* There is nothing more to be read: @got is what recv() said. */
static void broken(struct load_conn *conn, ssize_t got)
{
	struct tally *tally = &conn->thread->tally;

	if (got < 0) {
		if (conn->connecting)
			tally->connect_errors++;
		else
			tally->read_errors++;
		tally_note(tally, "a connection broke: %s", strerror(errno));
	} else {
		tally->closed++;
		tally_note(tally, conn->call || conn->in_len ?
			   "the server ended a connection within an answer" :
			   "the server ended a connection");
	}
	load_conn_close(conn);
}

/* The server has ended a connection that had one request, as it was to. */
static void followed(struct load_conn *conn)
{
	uint64_t now = now_ns();

	finish(conn, now);
	load_conn_close(conn);
	if (now < conn->thread->until)
		load_conn_open(conn);
}

/* 1 when there may be more, 0 when not, -1 when the connection is no more. */
static int receive(struct load_conn *conn, uint64_t *now)
{
	bool part = conn->in_len;
	uint8_t *to = part ? conn->in + conn->in_len : buffer;
	size_t room = part ? conn->in_room - conn->in_len : BUFFER, need = 0;
	ssize_t got = recv(conn->fd, to, room, 0), used;
	struct span data;

	if (got < 0 && errno == EAGAIN)
		return 0;
	if (!got && conn->whole) {
		followed(conn);
		return -1;
	}
	if (got <= 0) {
		broken(conn, got);
		return -1;
	}
	*now = now_ns();
	data = (struct span){ to - conn->in_len, conn->in_len + got };
	used = answers(conn, data, *now, &need);
	if (used >= 0) {
		data.data += used;
		data.len -= used;
		conn->in_len = 0;
	}
	if (used < 0 || (data.len && keep(conn, data, need))) {
		load_conn_close(conn);
		return -1;
	}
	return (size_t)got == room;
}

/*
 * Whatever epoll reported. @ended: the server has sent its last byte, which no
 * further event will tell.
 */
void load_conn_ready(struct load_conn *conn, bool ended)
{
	struct load_thread *thread = conn->thread;
	uint64_t now = 0;
	int more;

	if (conn->fd >= 0 && conn->out_sent < conn->out_len)
		send_bytes(conn, conn->out + conn->out_sent,
			   conn->out_len - conn->out_sent);
	do {
		if (conn->fd < 0)
			return;
		more = receive(conn, &now);
		if (more < 0)
			return;
		if (now && now < thread->until)
			load_conn_send(conn, now);
	} while (more > 0 || ended);
}
