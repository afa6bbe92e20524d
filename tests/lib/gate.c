// SPDX-License-Identifier: GPL-2.0-only
/* A port that is open, closed, or as if lost: see gate.h. */
#include "gate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that are accepted before others have their turn. */
#define ROUND 64
/* When descriptors have run out. */
#define PAUSE_NS 10000000ull
/* A connection on the same machine that has not come about by then does not. */
#define LOST_MS 200

static void accept_some(struct watch *watch, uint32_t events)
{
	struct gate *gate = owner_of(watch, struct gate, watch);
	struct sockaddr_in client;
	socklen_t len;
	int fd, round;

	(void)events;
	for (round = 0; round < ROUND; round++) {
		len = sizeof(client);
		fd = accept4(watch->fd, (struct sockaddr *)&client, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			break;
		gate->welcome(gate, fd, &client);
	}
	/* epoll would say so again and again */
	if (round < ROUND && errno != EAGAIN && errno != EINTR &&
	    errno != ECONNABORTED &&
	    !stage_later(gate->stage, &gate->again, stage_now() + PAUSE_NS))
		stage_want(gate->stage, watch, 0);
}

static void accept_again(struct later *later)
{
	struct gate *gate = owner_of(later, struct gate, again);

	stage_want(gate->stage, &gate->watch, EPOLLIN);
}

int gate_init(struct gate *gate, uint16_t port)
{
	int fd;

	gate->port = port;
	gate->again.due = accept_again;
	gate->watch = (struct watch){ .fd = -1, .ready = accept_some };
	fd = plug_keep(gate->address, &gate->port);
	if (fd < 0)
		return fd;
	gate->keeper = fd;
	snprintf(gate->name, sizeof(gate->name), "127.0.0.1:%u", gate->port);
	return 0;
}

void gate_exit(struct gate *gate)
{
	close(gate->keeper);
}

void gate_shut(struct gate *gate)
{
	stage_never(gate->stage, &gate->again);
	if (gate->open)
		stage_forget(gate->stage, &gate->watch);
	gate->open = false;
	if (gate->watch.fd >= 0)
		close(gate->watch.fd);
	gate->watch.fd = -1;
	while (gate->nr_fillers)
		close(gate->fillers[--gate->nr_fillers]);
}

int gate_open(struct gate *gate)
{
	int rc;

	if (gate->open)
		return 0;
	gate_shut(gate);
	rc = plug_listen(gate->address, gate->port);
	if (rc < 0)
		return rc;
	gate->watch.fd = rc;
	gate->watch.events = EPOLLIN;
	rc = stage_watch(gate->stage, &gate->watch);
	gate->open = !rc;
	if (rc)
		gate_shut(gate);
	return rc;
}

/* Return: 0 when a connection does not come about. */
static int fill(struct gate *gate)
{
	struct pollfd fd = { .events = POLLOUT };

	while (gate->nr_fillers < GATE_FILLERS) {
		fd.fd = plug_connect(gate->port);
		if (fd.fd < 0)
			return fd.fd;
		gate->fillers[gate->nr_fillers++] = fd.fd;
		if (!poll(&fd, 1, LOST_MS))
			return 0;
	}
	return -EAGAIN;
}

/* When those that wait to be accepted are too many the kernel drops SYNs. */
int gate_lose(struct gate *gate)
{
	int rc;

	gate_shut(gate);
	rc = plug_listen(gate->address, gate->port);
	if (rc < 0)
		return rc;
	gate->watch.fd = rc;
	rc = listen(gate->watch.fd, 0) ? -errno : fill(gate);
	if (rc)
		gate_shut(gate);
	return rc;
}
