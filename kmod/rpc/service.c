// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of services. Changed in process context; methods are looked up
 * under RCU, by the service's whole name or by its last part.
 *
 * A service goes in the middle of everything: its names are taken out of the
 * table; after a grace period no call finds it, and those that were answered in
 * place are over; tasks that are under way are told that nobody waits; the
 * namespaces' states are dropped; then it ends with its last task.
 */
#include "rpc/service.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jhash.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bytes.h"
#include "hot.h"
#include "kelp/service.h"
#include "net/net.h"
#include "rpc/server.h"
#include "rpc/state.h"
#include "rpc/task.h"
#include "stats/census.h"

/* What is looked for; hashed as a struct rpc_name is. */
struct rpc_wanted {
	const char *service;
	const char *name;
	u16 service_len;
	u16 name_len;
};

static u32 wanted_hash(const void *data, u32 len, u32 seed)
{
	const struct rpc_wanted *wanted = data;

	return jhash(wanted->name, wanted->name_len,
		     jhash(wanted->service, wanted->service_len, seed));
}

static u32 name_hash(const void *data, u32 len, u32 seed)
{
	const struct rpc_name *name = data;

	return jhash(name->name, name->name_len,
		     jhash(name->service, name->service_len, seed));
}

static bool name_is(const struct rpc_name *name, const struct rpc_wanted *wanted)
{
	return wanted->service_len == name->service_len &&
	       wanted->name_len == name->name_len &&
	       kelp_same_bytes(wanted->service, name->service,
			       name->service_len) &&
	       kelp_same_bytes(wanted->name, name->name, name->name_len);
}

static int name_cmp(struct rhashtable_compare_arg *arg, const void *data)
{
	return !name_is(data, arg->key);
}

static const struct rhashtable_params rpc_names_params = {
	.head_offset = offsetof(struct rpc_name, node),
	.hashfn = wanted_hash,
	.obj_hashfn = name_hash,
	.obj_cmpfn = name_cmp,
	.automatic_shrinking = true,
};

static struct rhashtable rpc_names;
static LIST_HEAD(rpc_services);
static u32 rpc_last_id;
/*
 * How often names were taken out of the table: what a struct rpc_hint holds is
 * good no longer. Written under rpc_services_lock, before the grace period that
 * precedes freeing: whoever still reads the former value is waited for by it.
 */
static unsigned long rpc_names_gone __read_mostly = 1;
static DEFINE_MUTEX(rpc_services_lock);

/**
 * rpc_service_init() - make the table of names
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int rpc_service_init(void)
{
	return rhashtable_init(&rpc_names, &rpc_names_params);
}

/**
 * rpc_service_exit() - undo rpc_service_init()
 *
 * Context: module unload; every service is unregistered.
 */
void rpc_service_exit(void)
{
	WARN_ON_ONCE(!list_empty(&rpc_services));
	rhashtable_destroy(&rpc_names);
}

/**
 * rpc_method_find() - look a method up
 * @hint: the caller's, or NULL
 * @service: "package.Service", or "Service" when its package does not matter
 * @service_len: its bytes
 * @name: the method's name
 * @name_len: its bytes
 *
 * Context: any, RCU reader.
 * Return: the method, good until the read-side section ends, or NULL.
 */
__kelp_hot
const struct rpc_method *rpc_method_find(struct rpc_hint *hint,
					 const void *service,
					 size_t service_len,
					 const void *name, size_t name_len)
{
	struct rpc_wanted wanted = {
		.service = service, .service_len = service_len,
		.name = name, .name_len = name_len,
	};
	/* before the look-up: what goes meanwhile is not kept as if it were there */
	unsigned long gone = READ_ONCE(rpc_names_gone);
	const struct rpc_name *found;

	if (service_len >= KELP_SERVICE_NAME || name_len >= KELP_METHOD_NAME)
		return NULL;
	if (hint && hint->gone == gone && name_is(hint->name, &wanted))
		return hint->name->method;
	found = rhashtable_lookup(&rpc_names, &wanted, rpc_names_params);
	if (!found)
		return NULL;
	if (hint) {
		hint->name = found;
		hint->gone = gone;
	}
	return found->method;
}

/**
 * rpc_service_put() - give a reference back
 * @service: the service; not to be touched afterwards
 *
 * Context: any.
 */
void rpc_service_put(struct rpc_service *service)
{
	if (refcount_dec_and_test(&service->ref))
		complete(&service->unused);
}

/**
 * rpc_service_enter() - a task begins
 * @service: its method's service, found in this RCU read-side section
 * @task: the task
 *
 * Context: any, RCU reader.
 * Return: false when the service is going; nothing is held then.
 */
bool rpc_service_enter(struct rpc_service *service, struct rpc_task *task)
{
	bool gone;

	spin_lock_bh(&service->lock);
	gone = service->gone;
	if (!gone) {
		list_add_tail(&task->active, &service->active);
		refcount_inc(&service->ref);
	}
	spin_unlock_bh(&service->lock);
	return !gone;
}

/**
 * rpc_service_leave() - that task is over
 * @service: its method's service
 * @task: the task; whatever becomes of its answer
 *
 * Context: any.
 */
void rpc_service_leave(struct rpc_service *service, struct rpc_task *task)
{
	spin_lock_bh(&service->lock);
	list_del(&task->active);
	if (service->gone && list_empty(&service->active))
		complete(&service->idle);
	spin_unlock_bh(&service->lock);
	rpc_service_put(service);
}

static bool name_is_valid(const char *text, size_t most)
{
	size_t len = text ? strlen(text) : 0;
	size_t i;

	if (!len || len >= most)
		return false;
	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '/')
			return false;
	return true;
}

static bool service_is_valid(const struct kelp_service *def)
{
	unsigned int i;

	if (!name_is_valid(def->name, KELP_SERVICE_NAME) || !def->nr_methods)
		return false;
	for (i = 0; i < def->nr_methods; i++)
		if (!name_is_valid(def->methods[i].name, KELP_METHOD_NAME) ||
		    !def->methods[i].call)
			return false;
	return true;
}

static void service_free(struct rpc_service *service)
{
	unsigned int i;

	for (i = 0; i < service->nr; i++)
		free_percpu(service->method[i].stats);
	kfree(service);
	kelp_census_sub(KELP_CENSUS_SERVICE);
}

static struct rpc_service *service_alloc(const struct kelp_service *def)
{
	struct rpc_service *service;
	struct rpc_method *method;

	service = kzalloc(struct_size(service, method, def->nr_methods),
			  GFP_KERNEL);
	if (!service)
		return NULL;
	kelp_census_add(KELP_CENSUS_SERVICE);
	service->def = def;
	spin_lock_init(&service->lock);
	INIT_LIST_HEAD(&service->active);
	refcount_set(&service->ref, 1);
	init_completion(&service->idle);
	init_completion(&service->unused);
	for (; service->nr < def->nr_methods; service->nr++) {
		method = &service->method[service->nr];
		method->def = &def->methods[service->nr];
		method->service = service;
		method->stats = alloc_percpu(struct rpc_method_stats);
		if (!method->stats) {
			service_free(service);
			return NULL;
		}
	}
	return service;
}

static int name_list(struct rpc_name *name, const struct rpc_method *method,
		     const char *service)
{
	int err;

	name->method = method;
	name->service = service;
	name->service_len = strlen(service);
	name->name = method->def->name;
	name->name_len = strlen(name->name);
	err = rhashtable_lookup_insert_key(&rpc_names, &(struct rpc_wanted){
		.service = name->service, .service_len = name->service_len,
		.name = name->name, .name_len = name->name_len,
	}, &name->node, rpc_names_params);
	name->listed = !err;
	return err;
}

static void name_unlist(struct rpc_name *name)
{
	if (!name->listed)
		return;
	rhashtable_remove_fast(&rpc_names, &name->node, rpc_names_params);
	/* pairs with rpc_method_find(), by the grace period of our caller */
	WRITE_ONCE(rpc_names_gone, rpc_names_gone + 1);
	name->listed = false;
}

static void names_unlist(struct rpc_service *service)
{
	unsigned int i;

	lockdep_assert_held(&rpc_services_lock);
	for (i = 0; i < service->nr; i++) {
		name_unlist(&service->method[i].brief);
		name_unlist(&service->method[i].full);
	}
}

/*
 * The name without the package is a convenience: when another service has it
 * already, that one keeps it.
 */
static int names_list(struct rpc_service *service)
{
	const char *brief = strrchr(service->def->name, '.');
	struct rpc_method *method;
	unsigned int i;
	int err;

	lockdep_assert_held(&rpc_services_lock);
	for (i = 0; i < service->nr; i++) {
		method = &service->method[i];
		err = name_list(&method->full, method, service->def->name);
		if (!err && brief) {
			err = name_list(&method->brief, method, brief + 1);
			if (err == -EEXIST)
				err = 0;
		}
		if (err) {
			names_unlist(service);
			return err;
		}
	}
	return 0;
}

/**
 * kelp_service_register() - offer a service
 * @def: the service; has to stay until it is unregistered
 *
 * It can be called as soon as this returns, on every listener that admits it.
 *
 * Context: process, sleeps.
 * Return: 0, -EINVAL when a name or a function is missing or is none, -EEXIST
 * when the service's name, or a method's, is taken, -ENOMEM.
 */
int kelp_service_register(const struct kelp_service *def)
{
	struct rpc_service *service;
	int err;

	if (!service_is_valid(def))
		return -EINVAL;
	service = service_alloc(def);
	if (!service)
		return -ENOMEM;
	mutex_lock(&rpc_services_lock);
	service->id = ++rpc_last_id;
	list_add_tail(&service->node, &rpc_services);
	err = names_list(service);
	if (err)
		list_del(&service->node);
	mutex_unlock(&rpc_services_lock);
	if (err) {
		/* one of its names may have been found */
		synchronize_rcu();
		rpc_service_put(service);
		wait_for_completion(&service->unused);
		service_free(service);
	}
	return err;
}
EXPORT_SYMBOL_GPL(kelp_service_register);

/* Context: holds rpc_services_lock. */
static struct rpc_service *service_find(const struct kelp_service *def)
{
	struct rpc_service *service;

	lockdep_assert_held(&rpc_services_lock);
	list_for_each_entry(service, &rpc_services, node)
		if (service->def == def)
			return service;
	return NULL;
}

static void drop_state(struct kelp_net *kn, void *service)
{
	rpc_state_drop(kelp_rpc_of(kn), service);
}

/*
 * No task begins any more. Those whose bodies are still coming are left to
 * their connections, so that no client keeps the service.
 */
static void tasks_cancel(struct rpc_service *service)
{
	struct rpc_task *task, *next;
	LIST_HEAD(orphans);

	spin_lock_bh(&service->lock);
	service->gone = true;
	list_for_each_entry_safe(task, next, &service->active, active) {
		rpc_task_cancel(task);
		if (rpc_task_orphan(task))
			list_move_tail(&task->active, &orphans);
	}
	if (list_empty(&service->active))
		complete(&service->idle);
	spin_unlock_bh(&service->lock);
	list_for_each_entry_safe(task, next, &orphans, active) {
		rpc_task_release(task);
		rpc_task_put(task);
	}
}

/**
 * kelp_service_unregister() - take a service back
 * @def: as it was registered
 *
 * Calls that are under way are answered with ELOGOFF, after their methods were
 * told (cancel()). Returns when none of them runs or will run: methods that
 * sleep have to come to an end for that.
 *
 * Context: process, sleeps; takes kelp_nets_lock.
 */
void kelp_service_unregister(const struct kelp_service *def)
{
	struct rpc_service *service;

	mutex_lock(&rpc_services_lock);
	service = service_find(def);
	if (WARN_ON_ONCE(!service)) {
		mutex_unlock(&rpc_services_lock);
		return;
	}
	names_unlist(service);
	mutex_unlock(&rpc_services_lock);

	tasks_cancel(service);
	/* those that are answered in place */
	synchronize_rcu();
	wait_for_completion(&service->idle);
	/* whoever finished one in softirq has returned from there */
	synchronize_rcu();
	kelp_net_for_each(drop_state, service);
	rpc_service_put(service);
	wait_for_completion(&service->unused);
	mutex_lock(&rpc_services_lock);
	list_del(&service->node);
	mutex_unlock(&rpc_services_lock);
	service_free(service);
}
EXPORT_SYMBOL_GPL(kelp_service_unregister);

/**
 * rpc_service_for_each() - look at every service
 * @fn: called for each; a value other than 0 ends the walk
 * @arg: passed to @fn
 *
 * Context: process, sleeps; takes rpc_services_lock.
 * Return: what @fn returned last, 0 without services.
 */
int rpc_service_for_each(int (*fn)(const struct rpc_service *service,
				   void *arg), void *arg)
{
	struct rpc_service *service;
	int ret = 0;

	mutex_lock(&rpc_services_lock);
	list_for_each_entry(service, &rpc_services, node) {
		ret = fn(service, arg);
		if (ret)
			break;
	}
	mutex_unlock(&rpc_services_lock);
	return ret;
}
