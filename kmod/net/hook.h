/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks, from the inside: kelp/hook.h.
 */
#ifndef KELP_NET_HOOK_H
#define KELP_NET_HOOK_H

#include <linux/types.h>

#include "kelp/hook.h"

struct kelp_blob;
struct kelp_conn;
struct kelp_proto;
struct kvec;

/**
 * struct kelp_hook - a connection's hook
 * @ops: the hook; set once
 * @arg: its own; set once
 * @owner: a reference is held; set once
 * @raw: what is gathered came before there was a hook; socket lock
 * @piece: KELP_HOOK_PIECE bytes from the wire; socket lock
 */
struct kelp_hook {
	const struct kelp_hook_ops *ops;
	void *arg;
	struct kelp_proto *owner;
	bool raw;
	u8 *piece;
};

/* Socket lock, BH off; an error marks the connection. */
void kelp_hook_in(struct kelp_conn *conn, const u8 *data, size_t len);
void kelp_hook_in_gathered(struct kelp_conn *conn);
void kelp_hook_out(struct kelp_conn *conn, const struct kvec *vec,
		   unsigned int nr, bool more);
void kelp_hook_out_blob(struct kelp_conn *conn, const struct kelp_blob *blob,
			size_t off, size_t len, bool more);

/* The connection has ended: its worker, without locks. */
void kelp_hook_free(struct kelp_conn *conn);

#endif
