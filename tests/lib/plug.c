// SPDX-License-Identifier: GPL-2.0-only
/* What these tests do to TCP sockets: see plug.h. */
#include "plug.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int plug_bind(uint32_t address, uint16_t *port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(address),
	};
	socklen_t len = sizeof(at);
	int fd, on = 1, rc;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    /* nobody but this machine is to find it */
	    (address == PLUG_EVERYWHERE &&
	     setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(fd, (struct sockaddr *)&at, &len)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*port = ntohs(at.sin_port);
	return fd;
}

/*
 * Two sockets with SO_REUSEADDR may have the same port as long as neither
 * listens when the other is bound; this one never does.
 */
int plug_keep(uint32_t address, uint16_t *port)
{
	return plug_bind(address, port);
}

int plug_listen(uint32_t address, uint16_t port)
{
	int fd = plug_bind(address, &port), rc;

	if (fd < 0 || !listen(fd, SOMAXCONN))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int plug_connect(uint16_t port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(PLUG_LOOPBACK),
	};
	int fd, on = 1, rc;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    errno == EINPROGRESS || errno == EINTR)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

bool plug_unsent(int fd)
{
	int unsent = 0;

	return !ioctl(fd, SIOCOUTQNSD, &unsent) && unsent > 0;
}

void plug_end(int fd, enum ending ending)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	uint8_t rest[16384];
	int round;

	switch (ending) {
	case ENDING_SHUT:
		shutdown(fd, SHUT_WR);
		return;
	case ENDING_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		break;
	case ENDING_CLOSE:
		/* bounded: the peer may be faster than this */
		for (round = 0; round < 1024; round++)
			if (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) <= 0)
				break;
		/* close() alone says nothing while a child has a copy */
		shutdown(fd, SHUT_RDWR);
		break;
	case ENDING_NONE:
		break;
	}
	close(fd);
}
