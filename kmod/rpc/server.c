// SPDX-License-Identifier: GPL-2.0-only
/*
 * RPC's part of a namespace's server. Made and freed in process context; counted
 * in any. It ends with the namespace, or with the last method that still sleeps
 * then: a namespace's end does not wait for the dispatcher.
 */
#include "rpc/server.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/slab.h>

#include "net/dispatch.h"
#include "net/net.h"
#include "rpc/state.h"
#include "stats/census.h"

static int kelp_rpc_slot;

/**
 * rpc_server_slot() - what the protocol was registered as
 * @slot: index in kelp_net.proto_priv
 *
 * Context: module load, before there is a server.
 */
void rpc_server_slot(int slot)
{
	kelp_rpc_slot = slot;
}

/**
 * kelp_rpc_of() - RPC's part of a server
 * @kn: the server
 *
 * Context: any; the namespace is there, or the caller has a task.
 * Return: as made when the server was.
 */
struct kelp_rpc *kelp_rpc_of(const struct kelp_net *kn)
{
	return kn->proto_priv[kelp_rpc_slot];
}

static void server_free(struct kelp_rpc *rpc)
{
	struct kelp_net *kn = rpc->kn;

	rpc_state_drop_all(rpc);
	xa_destroy(&rpc->states);
	kfree(rpc);
	kelp_census_sub(KELP_CENSUS_RPC);
	kelp_net_put(kn);
}

static void kelp_rpc_free_work(struct work_struct *work)
{
	server_free(container_of(work, struct kelp_rpc, free_work));
}

/**
 * rpc_server_enter() - a task begins
 * @rpc: the server; the namespace is there
 *
 * Context: any.
 * Return: false when there are as many as are allowed; nothing is held then.
 */
bool rpc_server_enter(struct kelp_rpc *rpc)
{
	u64 most = kelp_net_limit(rpc->kn, KELP_LIMIT_RPC_CALLS);

	/* all but the namespace's are tasks */
	refcount_inc(&rpc->ref);
	if (refcount_read(&rpc->ref) - 1 <= most)
		return true;
	rpc_server_leave(rpc);
	return false;
}

/**
 * rpc_server_leave() - a task has ended
 * @rpc: the server; not to be touched afterwards
 *
 * Context: any.
 */
void rpc_server_leave(struct kelp_rpc *rpc)
{
	if (refcount_dec_and_test(&rpc->ref))
		kelp_dispatch(&rpc->free_work);
}

/**
 * rpc_server_init() - kelp_proto_ops.net_init
 * @kn: the server
 *
 * Context: process, sleeps.
 * Return: the namespace's reference, or an ERR_PTR: -ENOMEM.
 */
void *rpc_server_init(struct kelp_net *kn)
{
	struct kelp_rpc *rpc = kzalloc(sizeof(*rpc), GFP_KERNEL);

	if (!rpc)
		return ERR_PTR(-ENOMEM);
	xa_init(&rpc->states);
	rpc->kn = kelp_net_get(kn);
	refcount_set(&rpc->ref, 1);
	INIT_WORK(&rpc->free_work, kelp_rpc_free_work);
	kelp_census_add(KELP_CENSUS_RPC);
	return rpc;
}

/**
 * rpc_server_exit() - kelp_proto_ops.net_exit
 * @kn: the server; no connection is left
 * @priv: from rpc_server_init()
 *
 * Context: process, sleeps; waits for no method.
 */
void rpc_server_exit(struct kelp_net *kn, void *priv)
{
	struct kelp_rpc *rpc = priv;

	if (refcount_dec_and_test(&rpc->ref))
		server_free(rpc);
}
