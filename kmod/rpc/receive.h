/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bodies that are too large to be gathered in one piece.
 */
#ifndef KELP_RPC_RECEIVE_H
#define KELP_RPC_RECEIVE_H

#include <linux/types.h>

struct kelp_conn;
struct rpc_task;

/* Under the socket lock, BH off. */
bool rpc_receive(struct kelp_conn *conn, struct rpc_task *task, const u8 *data,
		 size_t len, size_t left);

#endif
