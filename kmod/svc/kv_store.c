// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of key-value stores: made when they are first asked for, gone
 * when nobody shows them any more. Process context; knows nothing of what is in
 * a store, nor of how it is shown.
 */
#include "svc/kv_store.h"

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net/net.h"
#include "stats/census.h"
#include "svc/kv.h"

/* Those of a store when nobody has said any. */
static const struct kelp_kv_config kv_store_bounds = {
	.bytes = 16 << 20, .entries = 65536, .value = 1 << 20,
};

static LIST_HEAD(kv_stores);
static DEFINE_MUTEX(kv_stores_lock);

/**
 * kelp_kv_store_name_valid() - may a store be called that?
 * @name: the name
 *
 * Context: any.
 * Return: true for 1 to KELP_KV_STORE_NAME - 1 letters, digits, '.', '_', '-'.
 */
bool kelp_kv_store_name_valid(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (i == KELP_KV_STORE_NAME - 1 || !isascii(name[i]) ||
		    (!isalnum(name[i]) && !strchr("._-", name[i])))
			return false;
	return i;
}

static struct kelp_kv_store *store_find(const struct kelp_net *kn,
					const char *name)
{
	struct kelp_kv_store *store;

	lockdep_assert_held(&kv_stores_lock);
	list_for_each_entry(store, &kv_stores, node)
		if (store->kn == kn && !strcmp(store->name, name))
			return store;
	return NULL;
}

static struct kelp_kv_store *store_create(struct kelp_net *kn, const char *name)
{
	struct kelp_kv_store *store = kzalloc(sizeof(*store), GFP_KERNEL);
	struct kelp_kv *kv;

	if (!store)
		return ERR_PTR(-ENOMEM);
	kv = kelp_kv_create(&kv_store_bounds);
	if (IS_ERR(kv)) {
		kfree(store);
		return ERR_CAST(kv);
	}
	store->kv = kv;
	store->kn = kelp_net_get(kn);
	refcount_set(&store->ref, 1);
	strscpy(store->name, name, sizeof(store->name));
	kelp_census_add(KELP_CENSUS_KV_STORE);
	return store;
}

/**
 * kelp_kv_store_get() - the store of that name
 * @kn: the server whose it is
 * @name: its name, which is valid
 *
 * Context: process, sleeps; perhaps under rpc_states_lock.
 * Return: the store with a reference for the caller, made with the usual bounds
 * if it was not there, or an ERR_PTR: -ENOMEM.
 */
struct kelp_kv_store *kelp_kv_store_get(struct kelp_net *kn, const char *name)
{
	struct kelp_kv_store *store;

	mutex_lock(&kv_stores_lock);
	store = store_find(kn, name);
	if (store) {
		refcount_inc(&store->ref);
	} else {
		store = store_create(kn, name);
		if (!IS_ERR(store))
			list_add_tail(&store->node, &kv_stores);
	}
	mutex_unlock(&kv_stores_lock);
	return store;
}

/**
 * kelp_kv_store_put() - give a reference back
 * @store: the store; the caller, and whoever looked at it on its behalf, is
 *	done with it, and a grace period has passed since
 *
 * With the last one all that is in it goes.
 *
 * Context: process, sleeps.
 */
void kelp_kv_store_put(struct kelp_kv_store *store)
{
	if (!refcount_dec_and_mutex_lock(&store->ref, &kv_stores_lock))
		return;
	list_del(&store->node);
	mutex_unlock(&kv_stores_lock);
	kelp_kv_destroy(store->kv);
	kelp_net_put(store->kn);
	kfree(store);
	kelp_census_sub(KELP_CENSUS_KV_STORE);
}
