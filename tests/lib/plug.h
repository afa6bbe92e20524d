/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What these tests do to TCP sockets of IPv4, on this machine only. No state.
 */
#ifndef TEST_PLUG_H
#define TEST_PLUG_H

#include <stdbool.h>
#include <stdint.h>

/* How a connection ends. */
enum ending {
	ENDING_NONE,	/* it does not */
	ENDING_CLOSE,	/* FIN; what the peer sends afterwards is refused */
	ENDING_RESET,	/* RST */
	ENDING_SHUT,	/* FIN, but the peer is read from as before */
};

/* Addresses to listen at, as plug_keep() wants them. */
#define PLUG_LOOPBACK 0x7f000001u
#define PLUG_EVERYWHERE 0u	/* all of 127.0.0.0/8 */

/**
 * plug_keep() - reserve a port
 * @address: PLUG_LOOPBACK or PLUG_EVERYWHERE
 * @port: the port, or 0 for any; set to it
 *
 * While the socket is there and nobody listens, connections are refused, and the
 * kernel gives the port neither to another program nor to an outgoing
 * connection, which could then be its own peer.
 *
 * Return: a socket or -errno.
 */
int plug_keep(uint32_t address, uint16_t *port);

/**
 * plug_listen() - listen at a port that is kept
 * @address: as for plug_keep()
 * @port: from there
 *
 * Return: a socket, non-blocking, or -errno. What it accepts has TCP_NODELAY.
 */
int plug_listen(uint32_t address, uint16_t port);

/**
 * plug_connect() - begin a connection to this machine
 * @port: where
 *
 * Return: a socket, non-blocking, with TCP_NODELAY, or -errno. It may be
 * connected already, on its way (writable or broken later).
 */
int plug_connect(uint16_t port);

/**
 * plug_unsent() - does something wait that has not left the socket?
 * @fd: the socket
 *
 * A reset throws that away.
 */
bool plug_unsent(int fd);

/**
 * plug_end() - end a connection
 * @fd: its socket; closed but for ENDING_SHUT
 * @ending: how; ENDING_NONE: just close it
 *
 * ENDING_CLOSE takes what has come off the socket first, because the kernel
 * sends RST instead of FIN when something is left. What comes in that very
 * moment still does that.
 */
void plug_end(int fd, enum ending ending);

#endif
