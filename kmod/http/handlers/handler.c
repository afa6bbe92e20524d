// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of handlers, and mounts: handlers with arguments, one for each
 * route. Changed in process context; a mount is looked at under RCU.
 *
 * A handler goes in the middle of everything: no new mount is made; its routes
 * are removed in every namespace; after a grace period no request finds it;
 * those that are under way lose their connection; then each mount ends with its
 * last request, and the handler with its last mount.
 */
#include "kelp/http.h"

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handlers/args.h"
#include "http/handlers/claim.h"
#include "http/handlers/mount.h"
#include "http/syntax/parse.h"
#include "http/route.h"
#include "http/handlers/rq.h"
#include "http/table.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "stats/census.h"

/**
 * struct http_registered - a registered handler
 * @node: in http_handlers; http_handlers_lock
 * @handler: the handler; set once
 * @mounts: its mounts; http_handlers_lock
 * @claim: its mount without a route, when it claims requests; set once
 * @gone: it is being unregistered; written under http_handlers_lock, read
 *	under any kelp_net.lock, which the removal of routes takes afterwards
 * @ref: holders: the registry, mounts
 * @unused: completed when the last holder is gone
 */
struct http_registered {
	struct list_head node;
	const struct kelp_http_handler *handler;
	struct list_head mounts;
	struct http_mount *claim;
	bool gone;
	refcount_t ref;
	struct completion unused;
};

static LIST_HEAD(http_handlers);
static DEFINE_MUTEX(http_handlers_lock);

/* Context: holds http_handlers_lock. */
static struct http_registered *registered_find(const char *name)
{
	struct http_registered *reg;

	lockdep_assert_held(&http_handlers_lock);
	list_for_each_entry(reg, &http_handlers, node)
		if (!strcmp(reg->handler->name, name))
			return reg;
	return NULL;
}

static void registered_put(struct http_registered *reg)
{
	if (refcount_dec_and_test(&reg->ref))
		complete(&reg->unused);
}

/* Requests may come to it without a route. */
static int registered_claim(struct http_registered *reg)
{
	struct http_mount *mount;
	int err;

	mount = http_mount_create(NULL, reg->handler->name, NULL, 0, NULL);
	if (IS_ERR(mount))
		return PTR_ERR(mount);
	err = http_claim_add(mount);
	if (err)
		http_mount_put(mount);
	else
		reg->claim = mount;
	return err;
}

/**
 * kelp_http_handler_register() - make a handler known
 * @handler: the handler; has to stay until it is unregistered
 *
 * Context: process, sleeps.
 * Return: 0, -EINVAL when it has no callback that could answer, -EEXIST when
 * the name is taken, -EBUSY when it claims requests and another one does,
 * -ENOMEM.
 */
int kelp_http_handler_register(const struct kelp_http_handler *handler)
{
	struct http_registered *reg;
	int err;

	if (!handler->name || (!handler->on_request && !handler->on_end &&
			       !handler->serve))
		return -EINVAL;
	reg = kzalloc(sizeof(*reg), GFP_KERNEL);
	if (!reg)
		return -ENOMEM;
	reg->handler = handler;
	INIT_LIST_HEAD(&reg->mounts);
	refcount_set(&reg->ref, 1);
	init_completion(&reg->unused);

	mutex_lock(&http_handlers_lock);
	if (registered_find(handler->name)) {
		mutex_unlock(&http_handlers_lock);
		kfree(reg);
		return -EEXIST;
	}
	list_add_tail(&reg->node, &http_handlers);
	mutex_unlock(&http_handlers_lock);
	err = handler->claims ? registered_claim(reg) : 0;
	if (err)
		kelp_http_handler_unregister(handler);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_http_handler_register);

/* No route of @kn leads to the handler any more. */
static void unroute(struct kelp_net *kn, void *handler)
{
	struct kelp_http *http = kelp_http_lock(kn, NULL);

	if (IS_ERR(http))
		return;		/* the namespace's end removes all of them */
	kelp_routes_remove(http, handler);
	kelp_http_unlock(kn);
}

/* Those who wait for the peer, or write to it, notice. */
static void mount_abort(struct http_mount *mount)
{
	struct kelp_http_rq *rq;

	spin_lock_bh(&mount->lock);
	list_for_each_entry(rq, &mount->active, active)
		kelp_conn_set(rq->conn, KELP_CONN_ABORT);
	spin_unlock_bh(&mount->lock);
}

/*
 * Has it mounts that a request may have found? One that is being made just now
 * gets no route any more.
 */
static bool registered_in_use(struct http_registered *reg)
{
	bool in_use;

	mutex_lock(&http_handlers_lock);
	in_use = !list_empty(&reg->mounts);
	mutex_unlock(&http_handlers_lock);
	return in_use;
}

/**
 * kelp_http_handler_unregister() - take a handler back
 * @handler: as it was registered
 *
 * Its routes are removed. Requests that it answers at the moment lose their
 * connection. Returns when no callback runs or will run: serve() has to return
 * for that, which it can as soon as its reads and writes fail.
 *
 * Context: process, sleeps; takes every kelp_net.lock.
 */
void kelp_http_handler_unregister(const struct kelp_http_handler *handler)
{
	struct http_mount *claim, *mount;
	struct http_registered *reg;

	mutex_lock(&http_handlers_lock);
	reg = registered_find(handler->name);
	if (WARN_ON_ONCE(!reg || reg->handler != handler)) {
		mutex_unlock(&http_handlers_lock);
		return;
	}
	list_del(&reg->node);
	WRITE_ONCE(reg->gone, true);
	mutex_unlock(&http_handlers_lock);

	kelp_net_for_each(unroute, (void *)handler);
	claim = http_claim_del(reg->claim);
	/* whoever found a mount by its route has entered it by now, or left */
	if (registered_in_use(reg))
		synchronize_rcu();
	mutex_lock(&http_handlers_lock);
	list_for_each_entry(mount, &reg->mounts, node)
		mount_abort(mount);
	mutex_unlock(&http_handlers_lock);
	if (claim)
		http_mount_put(claim);
	registered_put(reg);
	wait_for_completion(&reg->unused);
	kfree(reg);
}
EXPORT_SYMBOL_GPL(kelp_http_handler_unregister);

static void mount_free(struct work_struct *work)
{
	struct http_mount *mount = container_of(to_rcu_work(work),
						struct http_mount, free_work);
	struct http_registered *reg = mount->registered;

	if (mount->handler->destroy)
		mount->handler->destroy(mount->state);
	mutex_lock(&http_handlers_lock);
	list_del(&mount->node);
	mutex_unlock(&http_handlers_lock);
	kfree(mount);
	kelp_census_sub(KELP_CENSUS_MOUNT);
	registered_put(reg);
}

static u32 methods_of(const struct kelp_http_handler *handler)
{
	u32 methods = handler->methods;

	if (!methods)
		return U32_MAX & ~BIT(HTTP_TRACE);
	return methods & BIT(HTTP_GET) ? methods | BIT(HTTP_HEAD) : methods;
}

static void allow_write(struct http_mount *mount)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
		[HTTP_PATCH] = "PATCH", [HTTP_OPTIONS] = NULL,
	};
	size_t room = sizeof(mount->allow);
	size_t n = scnprintf(mount->allow, room, "Allow: ");
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && mount->methods & BIT(i))
			n += scnprintf(mount->allow + n, room - n, "%s, ",
				       names[i]);
	n += scnprintf(mount->allow + n, room - n, "OPTIONS\r\n");
	WARN_ON_ONCE(n + 1 >= room);
}

static struct http_mount *mount_alloc(const char *const *args, unsigned int nr)
{
	struct http_mount *mount;
	size_t len = 0, one;
	unsigned int i;

	for (i = 0; i < nr; i++)
		len += strlen(args[i]) + 1;
	mount = kzalloc(struct_size(mount, args, len), GFP_KERNEL);
	if (!mount)
		return NULL;
	for (i = 0; i < nr; i++) {
		one = strlen(args[i]) + 1;
		memcpy(mount->args + mount->args_len, args[i], one);
		mount->args_len += one;
	}
	INIT_LIST_HEAD(&mount->node);
	spin_lock_init(&mount->lock);
	INIT_LIST_HEAD(&mount->active);
	refcount_set(&mount->ref, 1);
	INIT_RCU_WORK(&mount->free_work, mount_free);
	return mount;
}

/* The handler's part: its state, from arguments that it knows all of. */
static int mount_fill(struct http_mount *mount, struct kelp_http_args *args)
{
	const struct kelp_http_handler *handler = mount->handler;
	int err = http_args_check(args);

	if (err)
		return err;
	err = kelp_http_arg_size(args, "body", 0, 1ULL << 40, &args->body);
	if (err)
		return err;
	mount->state = handler->create ? handler->create(args) : NULL;
	if (IS_ERR(mount->state))
		return PTR_ERR(mount->state);
	err = http_args_unused(args);
	if (err && handler->destroy)
		handler->destroy(mount->state);
	mount->body = args->body;
	mount->methods = methods_of(handler);
	allow_write(mount);
	return err;
}

/**
 * http_mount_create() - make a handler ready for a route
 * @kn: the server that gets the route, NULL for requests without one
 * @name: the handler's name
 * @args: its arguments
 * @nr: how many
 * @extack: explains a refusal
 *
 * Context: process, sleeps; no lock is held, as create() may take its time.
 * Return: a mount with a reference for the caller, or an ERR_PTR: -ENOENT (no
 * such handler), -EINVAL, -ENOMEM, or what create() returned.
 */
struct http_mount *http_mount_create(struct kelp_net *kn, const char *name,
				     const char *const *args, unsigned int nr,
				     struct netlink_ext_ack *extack)
{
	struct kelp_http_args all = {
		.kn = kn, .arg = args, .nr = nr, .body = U64_MAX,
		.extack = extack,
	};
	struct http_mount *mount = mount_alloc(args, nr);
	struct http_registered *reg;
	int err;

	if (!mount)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&http_handlers_lock);
	reg = registered_find(name);
	if (reg)
		refcount_inc(&reg->ref);
	mutex_unlock(&http_handlers_lock);
	err = -ENOENT;
	if (!reg) {
		NL_SET_ERR_MSG(extack, "no such handler");
		goto err_free;
	}
	mount->registered = reg;
	mount->handler = reg->handler;
	err = mount_fill(mount, &all);
	if (err)
		goto err_put;
	mutex_lock(&http_handlers_lock);
	list_add_tail(&mount->node, &reg->mounts);
	mutex_unlock(&http_handlers_lock);
	kelp_census_add(KELP_CENSUS_MOUNT);
	return mount;

err_put:
	registered_put(reg);
err_free:
	kfree(mount);
	return ERR_PTR(err);
}

/**
 * http_mount_added() - tell the handler that the route is there
 * @mount: the mount; its route was added
 *
 * Context: process, sleeps; holds the kelp_net.lock under which it was added.
 */
void http_mount_added(const struct http_mount *mount)
{
	if (mount->handler->added)
		mount->handler->added(mount->state);
}

/**
 * http_mount_gone() - is its handler going away?
 * @mount: a mount
 *
 * Context: holds the kelp_net.lock under which a route to it would be added.
 * Return: true when it must not be.
 */
bool http_mount_gone(const struct http_mount *mount)
{
	return READ_ONCE(mount->registered->gone);
}

/**
 * http_mount_tryget() - take a reference to a mount found under RCU
 * @mount: found by its route in this RCU read-side section
 *
 * Context: any, under rcu_read_lock().
 * Return: false when the last reference was already given back.
 */
bool http_mount_tryget(struct http_mount *mount)
{
	return refcount_inc_not_zero(&mount->ref);
}

/**
 * http_mount_put() - give a reference back
 * @mount: the mount; not to be touched afterwards but by readers who found it
 *	under RCU
 *
 * Context: any.
 */
void http_mount_put(struct http_mount *mount)
{
	if (refcount_dec_and_test(&mount->ref))
		kelp_dispatch_rcu(&mount->free_work);
}

/**
 * http_mount_enter() - a request outlives the callback in which it came
 * @mount: its mount; a reference is held
 * @rq: the request
 *
 * Context: any.
 */
void http_mount_enter(struct http_mount *mount, struct kelp_http_rq *rq)
{
	spin_lock_bh(&mount->lock);
	list_add_tail(&rq->active, &mount->active);
	spin_unlock_bh(&mount->lock);
}

/**
 * http_mount_leave() - that request is over
 * @mount: its mount
 * @rq: the request
 *
 * Context: any.
 */
void http_mount_leave(struct http_mount *mount, struct kelp_http_rq *rq)
{
	spin_lock_bh(&mount->lock);
	list_del(&rq->active);
	spin_unlock_bh(&mount->lock);
}
