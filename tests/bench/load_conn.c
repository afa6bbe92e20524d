// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection of rpc_load. It keeps as many calls in flight as it may; as soon
 * as replies are read as many calls are sent, in one send().
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tally.h"

/* Read into this, which is always warm; only parts of replies are kept. */
#define BUFFER 65536
static _Thread_local uint8_t buffer[BUFFER];

uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* -1 without memory. */
int load_conn_init(struct load_conn *conn, const struct load *load,
		   struct tally *tally, struct shape *shape)
{
	size_t len = load->request.len;
	unsigned int i;

	*conn = (struct load_conn){ .fd = -1, .load = load, .tally = tally,
				    .shape = shape };
	conn->calls = calloc(load->pipeline, sizeof(*conn->calls));
	conn->idle = calloc(load->pipeline, sizeof(*conn->idle));
	conn->out = malloc(len * load->pipeline);
	if (!conn->calls || !conn->idle || !conn->out)
		return -1;
	for (i = 0; i < load->pipeline; i++) {
		memcpy(conn->out + i * len, load->request.data, len);
		conn->idle[conn->idle_count++] = i;
	}
	return 0;
}

unsigned int load_conn_in_flight(const struct load_conn *conn)
{
	return conn->load->pipeline - conn->idle_count;
}

/* Calls without a reply are lost. */
void load_conn_close(struct load_conn *conn)
{
	if (conn->fd < 0)
		return;
	close(conn->fd);
	conn->fd = -1;
	conn->tally->lost += load_conn_in_flight(conn);
}

/*
 * The place, a serial number, and a bit that makes five bytes of it. The number
 * comes round after 2^22 calls; none is in flight that long.
 */
static uint64_t new_id(struct load_conn *conn, unsigned int place)
{
	conn->serial = (conn->serial + 1) & ((1u << 22) - 1);
	return (uint64_t)1 << 34 | (uint64_t)conn->serial << PIPELINE_BITS |
	       place;
}

static void send_rest(struct load_conn *conn)
{
	ssize_t sent = send(conn->fd, conn->out + conn->out_sent,
			    conn->out_len - conn->out_sent, MSG_NOSIGNAL);

	if (sent >= 0) {
		conn->out_sent += sent;
	} else if (errno != EAGAIN) {
		conn->tally->write_errors++;
		load_conn_close(conn);
	}
}

/* As many calls as may be in flight, unless some wait to be sent as it is. */
void load_conn_send(struct load_conn *conn, uint64_t now)
{
	const struct load *load = conn->load;
	unsigned int count = conn->idle_count, place, i;
	uint64_t id;

	if (!count || conn->out_sent < conn->out_len)
		return;
	for (i = 0; i < count; i++) {
		place = conn->idle[--conn->idle_count];
		id = new_id(conn, place);
		conn->calls[place] = (struct call){ id, now };
		load_put_id(conn->out + i * load->request.len + load->id_at, id);
	}
	conn->tally->sent += count;
	conn->out_len = count * load->request.len;
	conn->out_sent = 0;
	send_rest(conn);
}

static void count_code(struct tally *tally, int32_t code)
{
	int i;

	for (i = 0; i < CODES - 1; i++)
		if (!tally->code_count[i] || tally->codes[i] == code)
			break;
	tally->codes[i] = code;
	tally->code_count[i]++;
}

/* A reply as a whole. -1 when the connection has lost its sense. */
static int reply(struct load_conn *conn, struct span data, size_t len,
		 uint64_t now, bool count)
{
	struct prpc_frame frame = { .len = len };
	struct tally *tally = conn->tally;
	struct call *call;
	const char *why;
	uint64_t id;

	why = load_judge(conn->load, data, &frame, conn->shape);
	if (why) {
		tally->mismatches++;
		tally->why = why;
		return -1;
	}
	id = frame.meta.correlation_id;
	call = &conn->calls[id & (PIPELINE_MAX - 1)];
	if ((id & (PIPELINE_MAX - 1)) >= conn->load->pipeline ||
	    call->id != id) {
		tally->unknown_ids++;
		return -1;
	}
	call->id = 0;
	conn->idle[conn->idle_count++] = call - conn->calls;
	if (frame.meta.error_code)
		count_code(tally, frame.meta.error_code);
	else if (count)
		histogram_add(&tally->latency, now - call->sent);
	return 0;
}

/* The whole replies that some bytes begin with; bytes used, or -1. */
static ssize_t replies(struct load_conn *conn, struct span data, uint64_t now,
		       bool count)
{
	const uint8_t *begin = data.data;
	long need;

	while (data.len) {
		need = prpc_need(data, PRPC_BODY_MAX);
		if (need < 0) {
			conn->tally->mismatches++;
			conn->tally->why = "no frame";
			return -1;
		}
		if (!need || (size_t)need > data.len)
			break;
		if (reply(conn, data, need, now, count))
			return -1;
		data.data += need;
		data.len -= need;
	}
	return data.data - begin;
}

/* Keep bytes that are part of a reply, with room for the rest of it. */
static int keep(struct load_conn *conn, struct span left)
{
	long need = prpc_need(left, PRPC_BODY_MAX);
	size_t room = need > BUFFER ? (size_t)need : BUFFER;
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

/* 1 when there may be more, 0 when not, -1 when the connection is no more. */
static int receive(struct load_conn *conn, uint64_t until, uint64_t *now)
{
	bool part = conn->in_len;
	uint8_t *to = part ? conn->in + conn->in_len : buffer;
	size_t room = part ? conn->in_room - conn->in_len : BUFFER;
	ssize_t got = recv(conn->fd, to, room, 0), used;
	struct span data;

	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0) {
		if (got)
			conn->tally->read_errors++;
		else
			conn->tally->closed++;
		return -1;
	}
	*now = now_ns();
	data = (struct span){ to - conn->in_len, conn->in_len + got };
	used = replies(conn, data, *now, *now < until);
	if (used < 0)
		return -1;
	data.data += used;
	data.len -= used;
	conn->in_len = 0;
	if (data.len && keep(conn, data))
		return -1;
	return (size_t)got == room;
}

/*
 * Whatever epoll reported: replies that came before @until, in nanoseconds,
 * count, and only until then new calls are sent. @ended: the server has sent
 * its last byte, which no further event will tell.
 */
void load_conn_ready(struct load_conn *conn, uint64_t until, bool ended)
{
	uint64_t now = 0;
	int more;

	if (conn->out_sent < conn->out_len)
		send_rest(conn);
	do {
		if (conn->fd < 0)
			return;
		more = receive(conn, until, &now);
		if (more < 0)
			load_conn_close(conn);
		else if (now && now < until)
			load_conn_send(conn, now);
	} while (more > 0 || ended);
}
