// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of services, one per namespace and service: made and dropped in process
 * context, looked up under RCU.
 */
#include "rpc/state.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "hot.h"
#include "kelp/service.h"
#include "rpc/server.h"
#include "rpc/service.h"

/**
 * struct rpc_state - what a service keeps of a namespace
 * @service: the service; a reference is held
 * @state: what its net_init() made
 * @rcu: readers may still look
 */
struct rpc_state {
	struct rpc_service *service;
	void *state;
	struct rcu_head rcu;
};

/* Making and dropping; neither happens often. */
static DEFINE_MUTEX(rpc_states_lock);

/**
 * rpc_state_find() - what a service keeps of a namespace
 * @rpc: the namespace's server
 * @service: the service
 * @state: set to what net_init() returned, NULL when it has none
 *
 * Context: any, RCU reader; good until the read-side section ends, or for as
 * long as a task of the service is under way.
 * Return: false when it was not made yet (rpc_state_make()).
 */
__kelp_hot
bool rpc_state_find(struct kelp_rpc *rpc, const struct rpc_service *service,
		    void **state)
{
	const struct rpc_state *found;

	*state = NULL;
	if (!service->def->net_init)
		return true;
	found = xa_load(&rpc->states, service->id);
	if (!found)
		return false;
	*state = found->state;
	return true;
}

static struct rpc_state *state_create(struct kelp_net *kn,
				      struct rpc_service *service)
{
	struct rpc_state *state = kzalloc(sizeof(*state), GFP_KERNEL);

	if (!state)
		return ERR_PTR(-ENOMEM);
	state->state = service->def->net_init(kn);
	if (IS_ERR(state->state)) {
		int err = PTR_ERR(state->state);

		kfree(state);
		return ERR_PTR(err);
	}
	refcount_inc(&service->ref);
	state->service = service;
	return state;
}

/* Nobody finds it any more; no call that found it is under way. */
static void state_free(struct kelp_net *kn, struct rpc_state *state)
{
	if (state->service->def->net_exit)
		state->service->def->net_exit(kn, state->state);
	rpc_service_put(state->service);
	kfree_rcu(state, rcu);
}

/**
 * rpc_state_make() - have a service make its state
 * @rpc: the namespace's server
 * @service: the service; the caller has a reference
 *
 * Context: process, sleeps.
 * Return: 0, also when it is there already, or what net_init() failed with.
 */
int rpc_state_make(struct kelp_rpc *rpc, struct rpc_service *service)
{
	struct rpc_state *state;
	int err = 0;

	mutex_lock(&rpc_states_lock);
	if (service->def->net_init && !xa_load(&rpc->states, service->id)) {
		state = state_create(rpc->kn, service);
		err = PTR_ERR_OR_ZERO(state);
		if (!err) {
			err = xa_err(xa_store(&rpc->states, service->id, state,
					      GFP_KERNEL));
			if (err)
				state_free(rpc->kn, state);
		}
	}
	mutex_unlock(&rpc_states_lock);
	return err;
}

/**
 * rpc_state_drop() - forget what a service keeps of a namespace
 * @rpc: the namespace's server
 * @service: the service; no call finds it any more
 *
 * Context: process, sleeps.
 */
void rpc_state_drop(struct kelp_rpc *rpc, struct rpc_service *service)
{
	struct rpc_state *state;

	mutex_lock(&rpc_states_lock);
	state = xa_erase(&rpc->states, service->id);
	if (state)
		state_free(rpc->kn, state);
	mutex_unlock(&rpc_states_lock);
}

/**
 * rpc_state_drop_all() - forget what all services keep of a namespace
 * @rpc: the namespace's server; neither a connection nor a task is left
 *
 * Context: process, sleeps.
 */
void rpc_state_drop_all(struct kelp_rpc *rpc)
{
	struct rpc_state *state;
	unsigned long id;

	mutex_lock(&rpc_states_lock);
	xa_for_each(&rpc->states, id, state) {
		xa_erase(&rpc->states, id);
		state_free(rpc->kn, state);
	}
	mutex_unlock(&rpc_states_lock);
}
