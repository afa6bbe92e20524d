/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RPC's part of a namespace's server: the states of services, and the number of
 * calls that outlive the invocation in which they came. As the files of rpc/
 * see it.
 */
#ifndef KELP_RPC_SERVER_H
#define KELP_RPC_SERVER_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct kelp_net;

/**
 * struct kelp_rpc - RPC's part of a namespace's server
 * @states: what services keep: rpc_service.id -> &struct rpc_state; changed
 *	under a mutex (state.c), RCU look-ups
 * @kn: the server; a reference is held
 * @ref: holders: the namespace, tasks: a method that sleeps may outlive its
 *	connection, and the namespace
 * @free_work: frees in the dispatcher, when a task was the last holder
 */
struct kelp_rpc {
	struct xarray states;
	struct kelp_net *kn;
	refcount_t ref;
	struct work_struct free_work;
};

struct kelp_rpc *kelp_rpc_of(const struct kelp_net *kn);

/* Any context: a task begins, and ends. */
bool rpc_server_enter(struct kelp_rpc *rpc);
void rpc_server_leave(struct kelp_rpc *rpc);

/* For rpc.c: kelp_proto_ops, and what it was registered as. */
void *rpc_server_init(struct kelp_net *kn);
void rpc_server_exit(struct kelp_net *kn, void *priv);
void rpc_server_slot(int slot);

#endif
