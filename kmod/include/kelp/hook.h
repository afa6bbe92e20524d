/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks: code between a connection and the wire, which sees every byte that
 * comes and goes, and transforms it: the seam for encryption.
 *
 * A connection with a hook is served by its worker alone. Others pay nothing.
 */
#ifndef KELP_HOOK_H
#define KELP_HOOK_H

#include <linux/types.h>

struct kelp_conn;
struct kelp_proto_ops;

/* Bytes that in() is given at once, and those that it may give then. */
#define KELP_HOOK_PIECE 4096
#define KELP_HOOK_BURST 32768

/**
 * struct kelp_hook_ops - a hook
 * @in: bytes came from the peer: 1 to KELP_HOOK_PIECE of them, all of which are
 *	taken. Gives any number of bytes up to KELP_HOOK_BURST to the protocol
 *	(kelp_hook_give()), keeps what it cannot transform yet, and may answer
 *	the peer itself (kelp_hook_send()). Returns 0, or -errno: the connection
 *	is reset
 * @out: bytes are to be sent, all of which are taken: sends what becomes of
 *	them (kelp_hook_send()), or keeps them to send them later. @last says
 *	that nothing follows at once. Returns as @in
 * @release: the connection ends; free what @arg is. In the connection's
 *	worker without locks; may sleep briefly. May be NULL
 *
 * in and out run under the connection's lock in its worker, as callbacks do
 * (kelp/proto.h): they must not sleep. Constant and in memory until the owner
 * is unregistered.
 */
struct kelp_hook_ops {
	int (*in)(struct kelp_conn *conn, void *arg, const u8 *data,
		  size_t len);
	int (*out)(struct kelp_conn *conn, void *arg, const u8 *data,
		   size_t len, bool last);
	void (*release)(void *arg);
};

/* In a callback of the connection, or a task on it under its lock. */
int kelp_hook_set(struct kelp_conn *conn, const struct kelp_proto_ops *owner,
		  const struct kelp_hook_ops *ops, void *arg);

/* In in(). */
int kelp_hook_give(struct kelp_conn *conn, const void *data, size_t len);
/* In in() and out(). */
int kelp_hook_send(struct kelp_conn *conn, const void *data, size_t len);

#endif
