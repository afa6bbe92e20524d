// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP's state of a namespace: made and destroyed with the server, in process
 * context. What is in the tables is the business of store.c, route.c, site.c
 * and cache.c.
 */
#include "http/table.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "stats/census.h"

/**
 * kelp_http_create() - make the tables, empty
 * @kn: the server that they belong to
 *
 * Context: process, sleeps.
 * Return: the state, to be given to kelp_http_destroy(), or an ERR_PTR:
 * -ENOMEM.
 */
struct kelp_http *kelp_http_create(struct kelp_net *kn)
{
	struct kelp_http *http = kzalloc(sizeof(*http), GFP_KERNEL);
	int err;

	if (!http)
		return ERR_PTR(-ENOMEM);
	http->kn = kn;
	refcount_set(&http->ref, 1);

	err = kelp_store_init(&http->store);
	if (err)
		goto err_free;
	err = kelp_routes_init(&http->routes);
	if (err)
		goto err_store_exit;
	err = kelp_cache_init(&http->cache);
	if (err)
		goto err_routes_exit;
	kelp_census_add(KELP_CENSUS_HTTP);
	return http;

err_routes_exit:
	kelp_routes_exit(&http->routes);
err_store_exit:
	kelp_store_exit(&http->store);
err_free:
	kfree(http);
	return ERR_PTR(err);
}

/**
 * kelp_http_destroy() - empty the tables and give up the namespace's reference
 * @http: from kelp_http_create(); not to be touched afterwards
 *
 * Called when no connection is left and the server takes no configuration any
 * more (kelp_net.dead, or it was never published). Does not wait for items in
 * the dispatcher: they hold their site, and the last site frees the rest.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 */
void kelp_http_destroy(struct kelp_http *http)
{
	struct kelp_net *kn = http->kn;

	mutex_lock(&kn->lock);
	kelp_store_clear(&http->store);
	kelp_routes_clear(http);
	mutex_unlock(&kn->lock);
	kelp_http_put(http);
}

/**
 * kelp_http_get() - take a further reference
 * @http: state of which the caller holds a reference, or whose server's lock
 *
 * Context: any.
 * Return: @http.
 */
struct kelp_http *kelp_http_get(struct kelp_http *http)
{
	refcount_inc(&http->ref);
	return http;
}

/**
 * kelp_http_put() - give a reference back
 * @http: the state; not to be touched afterwards
 *
 * Nobody looks at the tables under RCU any more when the last reference goes:
 * look-ups come from connections, which are gone before kelp_http_destroy(),
 * and from holders of a site.
 *
 * Context: process, sleeps.
 */
void kelp_http_put(struct kelp_http *http)
{
	if (!refcount_dec_and_test(&http->ref))
		return;
	kelp_cache_exit(&http->cache);
	kelp_routes_exit(&http->routes);
	kelp_store_exit(&http->store);
	kfree(http);
	kelp_census_sub(KELP_CENSUS_HTTP);
}

/**
 * kelp_http_lock() - begin to read or change the configuration
 * @kn: the server, a reference is held
 * @extack: explains a refusal
 *
 * Context: process, sleeps. Takes kelp_net.lock unless it fails.
 * Return: HTTP's state, or an ERR_PTR: -ESHUTDOWN when the server goes away.
 */
struct kelp_http *kelp_http_lock(struct kelp_net *kn,
				 struct netlink_ext_ack *extack)
{
	mutex_lock(&kn->lock);
	if (!kn->dead)
		return kelp_http_of(kn);
	mutex_unlock(&kn->lock);
	NL_SET_ERR_MSG(extack, "the server of this namespace is going away");
	return ERR_PTR(-ESHUTDOWN);
}

/**
 * kelp_http_unlock() - end what kelp_http_lock() began
 * @kn: the server
 *
 * Context: process; releases kelp_net.lock.
 */
void kelp_http_unlock(struct kelp_net *kn)
{
	mutex_unlock(&kn->lock);
}
