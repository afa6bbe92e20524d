/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request's message in the form in which methods want it.
 */
#ifndef KELP_RPC_UNPACK_H
#define KELP_RPC_UNPACK_H

struct rpc_task;

/* Process context, may sleep. */
int rpc_unpack(struct rpc_task *task);

#endif
