// SPDX-License-Identifier: MIT
/*
 * Connecting to a server: a socket that does not block, without Nagle. Any
 * thread; knows nothing of what is said there.
 */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "naming.h"

int dial_start(const struct address *address, int *connected)
{
	int on = 1, err, fd;

	fd = socket(address->addr.ss_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* without it calls only take longer */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*connected = !connect(fd, (const struct sockaddr *)&address->addr,
			      address->len);
	/* an interrupted one goes on by itself */
	if (*connected || errno == EINPROGRESS || errno == EINTR)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int dial_result(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

static int dial_await(int fd, uint64_t until)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	uint64_t now;
	int got;

	for (;;) {
		now = clock_now();
		got = poll(&wait, 1, clock_wait(now, until));
		if (got > 0)
			return dial_result(fd);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got && clock_now() >= until)
			return -ETIMEDOUT;
	}
}

int dial(const struct address *address, uint64_t until)
{
	int connected, err, fd = dial_start(address, &connected);

	if (fd < 0 || connected)
		return fd;
	err = dial_await(fd, until);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int dial_is_local(int err)
{
	switch (err) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -ENOBUFS:
	case -EADDRNOTAVAIL:
	case -EAFNOSUPPORT:
		return 1;
	default:
		return 0;
	}
}
