/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What services keep per namespace. A state is made when it is first asked for
 * and goes with its service or its namespace, whichever goes first.
 */
#ifndef KELP_RPC_STATE_H
#define KELP_RPC_STATE_H

#include <linux/types.h>

struct kelp_rpc;
struct rpc_service;

/* Under rcu_read_lock(). */
bool rpc_state_find(struct kelp_rpc *rpc, const struct rpc_service *service,
		    void **state);

/* Process context. */
int rpc_state_make(struct kelp_rpc *rpc, struct rpc_service *service);
void rpc_state_drop(struct kelp_rpc *rpc, struct rpc_service *service);
void rpc_state_drop_all(struct kelp_rpc *rpc);

#endif
