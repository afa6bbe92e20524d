// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two connections of the proxy that belong together: reading, sending, and
 * how they end. Runs on the proxy's stage. What happens to bytes in between is
 * proxy_flow.c's.
 */
#include "proxy_int.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Read at a time, at least. */
#define CHUNK 16384
/* Nothing is read for who does not take so much. */
#define BACKLOG (1u << 18)
#define MS 1000000ull

static struct flow *flow_from(struct side *side)
{
	return side == &side->pair->client ? &side->pair->up :
					     &side->pair->down;
}

static struct flow *flow_to(struct side *side)
{
	return side == &side->pair->client ? &side->pair->down :
					     &side->pair->up;
}

void pair_end(struct pair *pair, enum ending ending)
{
	if (!pair->ending)
		pair->ending = ending;
}

void pair_hole(struct pair *pair)
{
	pair->hole = true;
	pair->up.discard = true;
	pair->down.discard = true;
}

static bool may_read(struct side *side)
{
	struct flow *flow = flow_from(side);

	return side->pair->connected && !side->pair->ending && !flow->eof &&
	       !flow->paused && outlet_left(&flow->to->out) < BACKLOG;
}

static void unwatch(struct side *side)
{
	if (side->watched)
		stage_forget(side->pair->proxy->stage, &side->watch);
	side->watched = false;
}

static void want(struct side *side)
{
	uint32_t events = 0;

	if (!side->watched)
		return;
	if (may_read(side))
		events |= EPOLLIN;
	if (outlet_left(&side->out) || !side->pair->connected)
		events |= EPOLLOUT;
	if (!side->pair->connected && side == &side->pair->client)
		events = 0;
	stage_want(side->pair->proxy->stage, &side->watch, events);
}

static void side_close(struct side *side, enum ending ending)
{
	if (side->watch.fd < 0)
		return;
	stage_never(side->pair->proxy->stage, &side->tick);
	unwatch(side);
	plug_end(side->watch.fd, ending);
	side->watch.fd = -1;
	outlet_free(&side->out);
}

void pair_drop(struct pair *pair)
{
	struct proxy *proxy = pair->proxy;

	side_close(&pair->client, ENDING_RESET);
	side_close(&pair->server, ENDING_RESET);
	stage_never(proxy->stage, &pair->up.wake);
	stage_never(proxy->stage, &pair->down.wake);
	outlet_free(&pair->up.in);
	outlet_free(&pair->down.in);
	TAILQ_REMOVE(&proxy->pairs, pair, link);
	free(pair);
	proxy_add(proxy, PROXY_ENDED, 1);
}

/*
 * No more comes from there. Who has broken the connection has taken nothing
 * since; in a black hole nobody tells the client about the server.
 */
static void note_end(struct side *side, bool broken)
{
	struct flow *flow = flow_from(side);

	flow->eof = true;
	flow->broken = broken || side->dead;
	if (!side->pair->hole)
		return;
	if (flow->requests)
		pair_end(side->pair, ENDING_RESET);
	else
		flow->broken = false;
}

/* Return: may there be more? */
static bool receive(struct side *side)
{
	struct flow *flow = flow_from(side);
	uint8_t *to = outlet_room(&flow->in, CHUNK);
	ssize_t got;

	if (!to) {
		pair_end(side->pair, ENDING_RESET);
		return false;
	}
	got = recv(side->watch.fd, to, flow->in.room - flow->in.end, 0);
	if (got > 0) {
		flow->in.end += (size_t)got;
		return true;
	}
	if (!got)
		note_end(side, false);
	else if (errno != EAGAIN && errno != EINTR)
		note_end(side, true);
	else
		return errno == EINTR;
	return false;
}

/* It is broken, and epoll would say so all the time. */
static void receive_rest(struct side *side)
{
	while (!flow_from(side)->eof && !side->pair->ending && receive(side))
		;
	flow_from(side)->eof = true;
	unwatch(side);
}

static void flush(struct side *side)
{
	ssize_t sent = 1;

	while (outlet_left(&side->out) && sent > 0)
		sent = outlet_send(&side->out, side->watch.fd, 0);
	if (sent >= 0)
		return;
	/* what it had sent before comes when it is read */
	side->dead = true;
	outlet_free(&side->out);
}

/* Send, and end when there is a reason. */
static void side_go(struct side *side)
{
	struct pair *pair = side->pair;

	if (side->watch.fd < 0)
		return;
	if (pair->connected || side == &pair->client)
		flush(side);
	else if (pair->ending)
		outlet_free(&side->out);
	if (outlet_left(&side->out))
		return;
	if (pair->ending == ENDING_RESET && plug_unsent(side->watch.fd)) {
		/* without memory it has waited long enough */
		if (!stage_later(pair->proxy->stage, &side->tick,
				 stage_now() + MS))
			return;
	}
	if (pair->ending) {
		side_close(side, pair->ending);
	} else if (flow_to(side)->fin && !side->finished) {
		side->finished = true;
		plug_end(side->watch.fd, ENDING_SHUT);
	}
}

void pair_go(struct pair *pair)
{
	if (pair->connected) {
		flow_pass(&pair->up);
		flow_pass(&pair->down);
	}
	side_go(&pair->client);
	side_go(&pair->server);
	if (!pair->ending && pair->up.eof && pair->down.eof &&
	    pair->client.finished && pair->server.finished) {
		pair_end(pair, ENDING_CLOSE);
		side_go(&pair->client);
		side_go(&pair->server);
	}
	if (pair->client.watch.fd < 0 && pair->server.watch.fd < 0) {
		pair_drop(pair);
		return;
	}
	want(&pair->client);
	want(&pair->server);
}

/* Has the connection to the server come about? */
static void check_connected(struct pair *pair)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(pair->server.watch.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		pair_end(pair, ENDING_RESET);
	else
		pair->connected = true;
}

static void ready(struct watch *watch, uint32_t events)
{
	struct side *side = owner_of(watch, struct side, watch);
	struct pair *pair = side->pair;

	if (!pair->connected) {
		if (side == &pair->server)
			check_connected(pair);
		else
			pair_end(pair, ENDING_RESET);
	} else if (events & EPOLLIN && may_read(side)) {
		receive(side);
	} else if (events & (EPOLLERR | EPOLLHUP)) {
		receive_rest(side);
	}
	pair_go(pair);
}

static void tick(struct later *later)
{
	pair_go(owner_of(later, struct side, tick)->pair);
}

static void wake(struct later *later)
{
	struct flow *flow = owner_of(later, struct flow, wake);

	flow->paused = false;
	pair_go(flow->pair);
}

static int side_open(struct side *side, struct pair *pair, int fd,
		     uint32_t events)
{
	int rc;

	side->pair = pair;
	side->tick.due = tick;
	side->watch = (struct watch){ fd, events, ready };
	rc = stage_watch(pair->proxy->stage, &side->watch);
	side->watched = !rc;
	return rc;
}

static void flow_open(struct flow *flow, struct side *from, struct side *to,
		      bool requests)
{
	flow->pair = from->pair;
	flow->from = from;
	flow->to = to;
	flow->requests = requests;
	flow->wake.due = wake;
}

void pair_open(struct proxy *proxy, int fd)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int to = plug_connect(proxy->to), rc;

	if (!pair || to < 0)
		goto err_close;
	pair->proxy = proxy;
	rc = side_open(&pair->client, pair, fd, 0);
	if (rc)
		goto err_close;
	rc = side_open(&pair->server, pair, to, EPOLLOUT);
	if (rc)
		goto err_unwatch;
	flow_open(&pair->up, &pair->client, &pair->server, true);
	flow_open(&pair->down, &pair->server, &pair->client, false);
	TAILQ_INSERT_TAIL(&proxy->pairs, pair, link);
	return;

err_unwatch:
	unwatch(&pair->client);
err_close:
	if (to >= 0)
		plug_end(to, ENDING_RESET);
	plug_end(fd, ENDING_RESET);
	free(pair);
	proxy_add(proxy, PROXY_ENDED, 1);
}
