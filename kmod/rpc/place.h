/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a call is answered; called under the socket lock, BH off. */
#ifndef KELP_RPC_PLACE_H
#define KELP_RPC_PLACE_H

struct kelp_conn;
struct kelp_run;
struct rpc_frame;
struct rpc_task;

void rpc_place(struct kelp_conn *conn, struct kelp_run *run,
	       const struct rpc_frame *f);
void rpc_go(struct rpc_task *task);

#endif
