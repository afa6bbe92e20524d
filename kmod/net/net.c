// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct kelp_net: the server of a network namespace, its limits, its memory
 * account, and its end. Kernel sockets hold no reference on their namespace,
 * so the namespace's exit itself sees to it that none is left.
 */
#include "net/net.h"

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "net/client.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/evict.h"
#include "net/listener.h"
#include "net/proto.h"
#include "net/tick.h"
#include "stats/census.h"

/**
 * struct kelp_net_slot - what the namespace itself stores
 * @kn: the server; RCU, cleared at the namespace's exit
 */
struct kelp_net_slot {
	struct kelp_net __rcu *kn;
};

static unsigned int kelp_net_id;

/* All servers; the mutex also covers the module's drain. */
static LIST_HEAD(kelp_nets);
static DEFINE_MUTEX(kelp_nets_lock);

/* Servers not freed yet, and who waits for zero. */
static atomic_t kelp_nr_nets = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(kelp_nets_gone);

static struct kelp_config *kelp_config_create(void)
{
	struct kelp_config *config = kzalloc(sizeof(*config), GFP_KERNEL);
	int id;

	if (!config)
		return NULL;
	for (id = 0; id < KELP_LIMIT_COUNT; id++)
		config->limit[id] = kelp_limit_info(id)->def;
	return config;
}

static void kelp_net_free(struct work_struct *work)
{
	struct kelp_net *kn = container_of(to_rcu_work(work), struct kelp_net,
					   free_work);

	xa_destroy(&kn->conns);
	xa_destroy(&kn->listeners);
	WARN_ON_ONCE(atomic_long_read(&kn->mem));
	kfree(rcu_dereference_protected(kn->config, true));
	kelp_client_net_exit(kn);
	kelp_evict_net_exit(kn);
	free_percpu(kn->proto_conns);
	free_percpu(kn->stats);
	kfree(kn);
	kelp_census_sub(KELP_CENSUS_NET);
	if (atomic_dec_and_test(&kelp_nr_nets))
		wake_up_all(&kelp_nets_gone);
}

/**
 * kelp_net_get() - take a reference
 * @kn: a server on which the caller has one
 *
 * Context: any.
 * Return: @kn.
 */
struct kelp_net *kelp_net_get(struct kelp_net *kn)
{
	refcount_inc(&kn->ref);
	return kn;
}

/**
 * kelp_net_put() - drop a reference
 * @kn: the server; not to be touched afterwards
 *
 * Context: any.
 */
void kelp_net_put(struct kelp_net *kn)
{
	if (refcount_dec_and_test(&kn->ref))
		kelp_dispatch_rcu(&kn->free_work);
}

/**
 * kelp_net_of() - the server of a namespace
 * @net: the namespace
 *
 * Context: any.
 * Return: the server with a reference for the caller, or NULL when the
 *	namespace goes away.
 */
struct kelp_net *kelp_net_of(struct net *net)
{
	struct kelp_net_slot *slot = net_generic(net, kelp_net_id);
	struct kelp_net *kn;

	rcu_read_lock();
	kn = rcu_dereference(slot->kn);
	if (kn && !refcount_inc_not_zero(&kn->ref))
		kn = NULL;
	rcu_read_unlock();
	return kn;
}

/**
 * kelp_net_limit() - the value of a limit
 * @kn: the server
 * @id: which limit
 *
 * Context: any.
 * Return: the value in force.
 */
u64 kelp_net_limit(struct kelp_net *kn, enum kelp_limit id)
{
	u64 value;

	rcu_read_lock();
	value = rcu_dereference(kn->config)->limit[id];
	rcu_read_unlock();
	return value;
}

/**
 * kelp_net_limit_set() - change a limit
 * @kn: the server
 * @id: which limit
 * @value: new value, in the limit's unit
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, -ERANGE outside the limit's bounds, -ENOMEM.
 */
int kelp_net_limit_set(struct kelp_net *kn, enum kelp_limit id, u64 value)
{
	const struct kelp_limit_info *info = kelp_limit_info(id);
	struct kelp_config *old, *new;

	if (value < info->min || value > info->max)
		return -ERANGE;
	mutex_lock(&kn->lock);
	old = rcu_dereference_protected(kn->config,
					lockdep_is_held(&kn->lock));
	new = kmemdup(old, sizeof(*old), GFP_KERNEL);
	if (!new) {
		mutex_unlock(&kn->lock);
		return -ENOMEM;
	}
	new->limit[id] = value;
	rcu_assign_pointer(kn->config, new);
	if (id == KELP_LIMIT_WRITE_MS || id == KELP_LIMIT_QUEUE)
		kelp_listener_refresh(kn);
	kelp_net_changed(kn);
	mutex_unlock(&kn->lock);
	kfree_rcu(old, rcu);
	return 0;
}

/**
 * kelp_net_changed() - the configuration has changed
 * @kn: the server
 *
 * Context: holds kelp_net.lock.
 */
void kelp_net_changed(struct kelp_net *kn)
{
	lockdep_assert_held(&kn->lock);
	WRITE_ONCE(kn->generation, kn->generation + 1);
}

static long kelp_net_mem_limit(struct kelp_net *kn)
{
	u64 limit = kelp_net_limit(kn, KELP_LIMIT_MEMORY);

	if (!limit)
		limit = ((u64)totalram_pages() << PAGE_SHIFT) / 4;
	return min_t(u64, limit, LONG_MAX);
}

/**
 * kelp_net_mem_charge() - account for memory before allocating it
 * @kn: the server
 * @bytes: how much
 *
 * Context: any.
 * Return: false when the limit would be passed; nothing is charged then.
 */
bool kelp_net_mem_charge(struct kelp_net *kn, size_t bytes)
{
	if (atomic_long_add_return(bytes, &kn->mem) <= kelp_net_mem_limit(kn))
		return true;
	atomic_long_sub(bytes, &kn->mem);
	return false;
}

/**
 * kelp_net_mem_uncharge() - the memory was freed
 * @kn: the server
 * @bytes: as charged
 *
 * Context: any.
 */
void kelp_net_mem_uncharge(struct kelp_net *kn, size_t bytes)
{
	if (bytes)
		atomic_long_sub(bytes, &kn->mem);
}

static void kelp_net_tell_all(struct kelp_net *kn, enum kelp_conn_bit bit)
{
	struct kelp_conn *conn;
	unsigned long id;

	for (id = 0; (conn = kelp_conn_next(kn, &id)); id++) {
		kelp_conn_set(conn, bit);
		kelp_conn_put(conn);
	}
}

/**
 * kelp_net_drain() - finish what is under way, accept nothing new
 * @kn: the server
 *
 * Closes the listeners and every idle connection; the others close after
 * their answer.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 */
void kelp_net_drain(struct kelp_net *kn)
{
	mutex_lock(&kn->lock);
	WRITE_ONCE(kn->draining, true);
	kelp_listener_del_all(kn);
	kelp_net_changed(kn);
	mutex_unlock(&kn->lock);
	kelp_net_tell_all(kn, KELP_CONN_DRAIN);
}

/**
 * kelp_net_drain_all() - drain every namespace, for a bounded time
 * @ms: how long to wait in all
 *
 * Context: module unload, sleeps.
 */
void kelp_net_drain_all(unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	struct kelp_net *kn;
	long left;

	mutex_lock(&kelp_nets_lock);
	list_for_each_entry(kn, &kelp_nets, node)
		kelp_net_drain(kn);
	list_for_each_entry(kn, &kelp_nets, node) {
		left = max_t(long, end - jiffies, 0);
		wait_event_timeout(kn->idle, !atomic_read(&kn->nr_conns), left);
	}
	mutex_unlock(&kelp_nets_lock);
}

/**
 * kelp_nets_hold() - no namespace comes or goes, nor does a protocol
 *
 * Context: process, sleeps; takes kelp_nets_lock.
 */
void kelp_nets_hold(void)
{
	mutex_lock(&kelp_nets_lock);
}

/**
 * kelp_nets_release() - end what kelp_nets_hold() began
 *
 * Context: process.
 */
void kelp_nets_release(void)
{
	mutex_unlock(&kelp_nets_lock);
}

/**
 * __kelp_net_for_each() - look at every server
 * @fn: called for each; may take its kelp_net.lock
 * @arg: passed to @fn
 *
 * Context: process, sleeps; kelp_nets_hold().
 */
void __kelp_net_for_each(void (*fn)(struct kelp_net *kn, void *arg), void *arg)
{
	struct kelp_net *kn;

	lockdep_assert_held(&kelp_nets_lock);
	list_for_each_entry(kn, &kelp_nets, node)
		fn(kn, arg);
}

/**
 * kelp_net_for_each() - look at every server
 * @fn: called for each; may take its kelp_net.lock
 * @arg: passed to @fn
 *
 * Context: process, sleeps; takes kelp_nets_lock.
 */
void kelp_net_for_each(void (*fn)(struct kelp_net *kn, void *arg), void *arg)
{
	kelp_nets_hold();
	__kelp_net_for_each(fn, arg);
	kelp_nets_release();
}

static struct kelp_net *kelp_net_create(struct net *net)
{
	struct kelp_net *kn = kzalloc(sizeof(*kn), GFP_KERNEL);
	int err = -ENOMEM;

	if (!kn)
		return ERR_PTR(-ENOMEM);
	kn->net = net;
	xa_init_flags(&kn->conns, XA_FLAGS_ALLOC1);
	xa_init_flags(&kn->listeners, XA_FLAGS_ALLOC1);
	init_waitqueue_head(&kn->idle);
	mutex_init(&kn->lock);
	refcount_set(&kn->ref, 1);
	INIT_RCU_WORK(&kn->free_work, kelp_net_free);
	kn->stats = alloc_percpu(struct kelp_stats);
	if (!kn->stats)
		goto err_free;
	kn->proto_conns = alloc_percpu(struct kelp_proto_conns);
	if (!kn->proto_conns)
		goto err_free_stats;
	RCU_INIT_POINTER(kn->config, kelp_config_create());
	if (!rcu_access_pointer(kn->config))
		goto err_free_conns;
	err = kelp_evict_net_init(kn);
	if (err)
		goto err_free_config;
	err = kelp_client_net_init(kn);
	if (err)
		goto err_evict;
	kelp_tick_init(kn);
	atomic_inc(&kelp_nr_nets);
	kelp_census_add(KELP_CENSUS_NET);
	return kn;

err_evict:
	kelp_evict_net_exit(kn);
err_free_config:
	kfree(rcu_dereference_protected(kn->config, true));
err_free_conns:
	free_percpu(kn->proto_conns);
err_free_stats:
	free_percpu(kn->stats);
err_free:
	kfree(kn);
	return ERR_PTR(err);
}

static int __net_init kelp_net_ns_init(struct net *net)
{
	struct kelp_net_slot *slot = net_generic(net, kelp_net_id);
	struct kelp_net *kn = kelp_net_create(net);
	int err;

	if (IS_ERR(kn))
		return PTR_ERR(kn);
	kelp_nets_hold();
	err = kelp_proto_net_init(kn);
	if (!err) {
		list_add_tail(&kn->node, &kelp_nets);
		kelp_tick_start(kn);
	}
	kelp_nets_release();
	if (err) {
		kelp_client_net_stop(kn);
		kelp_net_put(kn);
		return err;
	}
	rcu_assign_pointer(slot->kn, kn);
	return 0;
}

static struct kelp_net *kelp_net_slot_kn(struct net *net)
{
	struct kelp_net_slot *slot = net_generic(net, kelp_net_id);

	/* the namespace's exit is the only writer left */
	return rcu_dereference_protected(slot->kn, true);
}

/*
 * Listeners and connections end, while the devices are still there for their
 * resets. Waits for the workers, never for the dispatcher's files: all
 * namespaces of the machine are cleaned up by one work item, and a read may
 * hang.
 */
static void __net_exit kelp_net_ns_pre_exit(struct net *net)
{
	struct kelp_net *kn = kelp_net_slot_kn(net);

	mutex_lock(&kn->lock);
	kn->dead = true;
	kelp_listener_del_all(kn);
	mutex_unlock(&kn->lock);
	kelp_net_tell_all(kn, KELP_CONN_ABORT);
	wait_event(kn->idle, !atomic_read(&kn->nr_conns));
}

static void __net_exit kelp_net_ns_exit(struct net *net)
{
	struct kelp_net_slot *slot = net_generic(net, kelp_net_id);
	struct kelp_net *kn = kelp_net_slot_kn(net);

	RCU_INIT_POINTER(slot->kn, NULL);
	kelp_tick_stop(kn);
	kelp_nets_hold();
	list_del(&kn->node);
	kelp_proto_net_exit(kn);
	kelp_nets_release();
	kelp_client_net_stop(kn);
	kelp_net_put(kn);
}

static struct pernet_operations kelp_net_ops = {
	.init = kelp_net_ns_init,
	.pre_exit = kelp_net_ns_pre_exit,
	.exit = kelp_net_ns_exit,
	.id = &kelp_net_id,
	.size = sizeof(struct kelp_net_slot),
};

/**
 * kelp_net_init() - make a server for every namespace, now and later
 *
 * Context: module load.
 * Return: 0 or -errno.
 */
int kelp_net_init(void)
{
	return register_pernet_subsys(&kelp_net_ops);
}

/**
 * kelp_net_exit() - end every server and wait until all are freed
 *
 * Context: module unload.
 */
void kelp_net_exit(void)
{
	unregister_pernet_subsys(&kelp_net_ops);
	wait_event(kelp_nets_gone, !atomic_read(&kelp_nr_nets));
}
