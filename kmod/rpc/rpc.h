/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The binary RPC protocol (uapi/linux/kelp_rpc.h) on a connection, as main.c and
 * its own files see it.
 */
#ifndef KELP_RPC_RPC_H
#define KELP_RPC_RPC_H

#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

#include "rpc/service.h"

struct kelp_conn;
struct rpc_task;

/**
 * struct rpc_conn - RPC's part of a connection, in kelp_conn.priv
 * @lock: protects @pending, @done, @closed and @queued; BH off; inside the
 *	socket lock, nothing is taken inside
 * @pending: tasks that are not answered
 * @done: tasks whose answers wait to be written
 * @closed: the connection ends: nobody takes answers from @done
 * @queued: bytes of the answers in @done
 * @tasks: tasks in both lists; socket lock, as the rest
 * @rx: the call whose body is being received, or NULL; owned
 * @rx_left: bytes of a body that are still to come, for @rx or to be dropped
 * @lost: the peer sends something else than frames: it is dropped, and the
 *	connection ends with the last of @tasks
 * @hint: the method that was called last
 * @proven: the peer has shown that it knows the listener's secret
 */
struct rpc_conn {
	spinlock_t lock;
	struct list_head pending;
	struct list_head done;
	bool closed;
	size_t queued;

	u32 tasks;
	struct rpc_task *rx;
	u32 rx_left;
	bool lost;
	bool proven;
	struct rpc_hint hint;
};

int kelp_rpc_init(void);
void kelp_rpc_exit(void);

/* For the files of rpc/, under the socket lock. */
void rpc_settle(struct kelp_conn *conn);

#endif
