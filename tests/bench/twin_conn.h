/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection of rpc_twin: bytes in, replies out. Belongs to one thread.
 */
#ifndef BENCH_TWIN_CONN_H
#define BENCH_TWIN_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUFFER 65536

/**
 * struct kept - bytes that had to stay
 * @data: memory of @room bytes, or NULL
 * @len: bytes that are there
 * @room: bytes that have room
 */
struct kept {
	uint8_t *data;
	size_t len;
	size_t room;
};

/**
 * struct conn - a connection; of its thread only
 * @fd: its socket
 * @in: received and not answered: part of a frame, or frames that came while
 *	@out was not empty
 * @out: answered and not sent: the peer does not read. Nothing more is read
 *	from it until that is gone
 */
struct conn {
	int fd;
	struct kept in;
	struct kept out;
};

/**
 * struct batch - the buffers of a thread, for all its connections
 * @out_len: bytes in @out that wait for the end of the batch
 * @in: what was received last
 * @out: replies
 */
struct batch {
	size_t out_len;
	uint8_t in[BUFFER];
	uint8_t out[BUFFER];
};

extern size_t conn_body_max;

struct conn *conn_open(int fd);
void conn_close(struct conn *conn);
int conn_serve(struct batch *batch, struct conn *conn, bool ended);

#endif
