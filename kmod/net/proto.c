// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of protocols. It is changed in process context under
 * kelp_nets_hold(), together with the list of namespaces, so that each
 * protocol's state is made once for each namespace; it is read under RCU
 * (net/detect.c).
 *
 * A protocol goes in the middle of everything (kmod/ARCHITECTURE.md,
 * "Lifetimes"): nobody finds it any more; no new user can come; its
 * connections are reset; when the last user is gone its state of each
 * namespace is destroyed; a last grace period waits for callbacks that are
 * still on somebody's stack.
 */
#include "net/proto.h"

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net/conn.h"
#include "net/net.h"
#include "net/task.h"
#include "net/tick.h"
#include "net/timer.h"
#include "net/worker.h"
#include "stats/census.h"

struct kelp_proto __rcu *kelp_protos[KELP_PROTO_MAX];

/* Whose state namespaces have, published or not; kelp_nets_hold(). */
static struct kelp_proto *kelp_proto_slots[KELP_PROTO_MAX];

/* What a walk over namespaces needs to know, and tells. */
struct proto_walk {
	struct kelp_proto *proto;
	int err;
};

static void kelp_proto_unused(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct kelp_proto, users)->unused);
}

static void kelp_proto_sealed(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct kelp_proto, users)->sealed);
}

static struct kelp_proto *proto_alloc(const struct kelp_proto_ops *ops)
{
	struct kelp_proto *proto = kzalloc(sizeof(*proto), GFP_KERNEL);

	if (!proto)
		return NULL;
	if (percpu_ref_init(&proto->users, kelp_proto_unused, 0, GFP_KERNEL)) {
		kfree(proto);
		return NULL;
	}
	proto->ops = ops;
	init_completion(&proto->sealed);
	init_completion(&proto->unused);
	xa_init_flags(&proto->timers, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	kelp_task_proto_init(proto);
	kelp_census_add(KELP_CENSUS_PROTO);
	return proto;
}

static void proto_free(struct kelp_proto *proto)
{
	percpu_ref_exit(&proto->users);
	xa_destroy(&proto->timers);
	kfree(proto);
	kelp_census_sub(KELP_CENSUS_PROTO);
}

static int proto_net_up(struct kelp_net *kn, struct kelp_proto *proto)
{
	void *priv = NULL;

	if (proto->ops->net_init)
		priv = proto->ops->net_init(kn);
	if (IS_ERR(priv))
		return PTR_ERR(priv);
	kn->proto_priv[proto->slot] = priv;
	__set_bit(proto->slot, &kn->proto_up);
	return 0;
}

static void proto_net_down(struct kelp_net *kn, struct kelp_proto *proto)
{
	void *priv = kn->proto_priv[proto->slot];

	if (!__test_and_clear_bit(proto->slot, &kn->proto_up))
		return;
	if (proto->ops->net_exit)
		proto->ops->net_exit(kn, priv);
	kn->proto_priv[proto->slot] = NULL;
}

static void proto_walk_up(struct kelp_net *kn, void *arg)
{
	struct proto_walk *walk = arg;

	if (!walk->err)
		walk->err = proto_net_up(kn, walk->proto);
}

static void proto_walk_down(struct kelp_net *kn, void *arg)
{
	struct proto_walk *walk = arg;

	proto_net_down(kn, walk->proto);
}

/**
 * kelp_proto_net_init() - make every protocol's state for a namespace
 * @kn: the server
 *
 * Context: process, sleeps; kelp_nets_hold().
 * Return: 0, or the error of the protocol that refused (nothing is left then).
 */
int kelp_proto_net_init(struct kelp_net *kn)
{
	struct kelp_proto *proto;
	unsigned int slot;
	int err;

	for (slot = 0; slot < KELP_PROTO_MAX; slot++) {
		proto = kelp_proto_slots[slot];
		if (!proto || proto->gone)
			continue;
		err = proto_net_up(kn, proto);
		if (err) {
			kelp_proto_net_exit(kn);
			return err;
		}
	}
	return 0;
}

/**
 * kelp_proto_net_exit() - undo kelp_proto_net_init()
 * @kn: the server; no connection is left
 *
 * Context: process, sleeps; kelp_nets_hold().
 */
void kelp_proto_net_exit(struct kelp_net *kn)
{
	unsigned int slot = KELP_PROTO_MAX;

	while (slot--)
		if (kn->proto_up & BIT(slot))
			proto_net_down(kn, kelp_proto_slots[slot]);
}

/* Up to, and without, the CPU @end. */
static void proto_workers_down(const struct kelp_proto_ops *ops, int end)
{
	int cpu;

	if (!ops->worker_exit)
		return;
	for (cpu = kelp_worker_next_cpu(-1); cpu < end;
	     cpu = kelp_worker_next_cpu(cpu))
		ops->worker_exit(cpu);
}

static int proto_workers_up(const struct kelp_proto_ops *ops)
{
	int cpu, err;

	if (!ops->worker_init)
		return 0;
	for (cpu = kelp_worker_next_cpu(-1); cpu < nr_cpu_ids;
	     cpu = kelp_worker_next_cpu(cpu)) {
		err = ops->worker_init(cpu);
		if (err) {
			proto_workers_down(ops, cpu);
			return err;
		}
	}
	return 0;
}

/* A free slot, if nothing that there can be only one of is there already. */
static int proto_choose_slot(const struct kelp_proto_ops *ops)
{
	const struct kelp_proto_ops *other;
	int slot, found = -ENOSPC;

	for (slot = KELP_PROTO_MAX - 1; slot >= 0; slot--) {
		if (!kelp_proto_slots[slot]) {
			found = slot;
			continue;
		}
		other = kelp_proto_slots[slot]->ops;
		if (!strcmp(other->name, ops->name) ||
		    (other->fallback && ops->fallback))
			return -EEXIST;
	}
	return found;
}

/* The state everywhere, then the name: whoever finds it finds its state. */
static int proto_publish(struct kelp_proto *proto)
{
	struct proto_walk walk = { .proto = proto };
	int slot = proto_choose_slot(proto->ops);

	if (slot < 0)
		return slot;
	proto->slot = slot;
	walk.err = proto_workers_up(proto->ops);
	if (walk.err)
		return walk.err;
	__kelp_net_for_each(proto_walk_up, &walk);
	if (walk.err) {
		__kelp_net_for_each(proto_walk_down, &walk);
		proto_workers_down(proto->ops, nr_cpu_ids);
		return walk.err;
	}
	kelp_proto_slots[slot] = proto;
	rcu_assign_pointer(kelp_protos[slot], proto);
	kelp_tick_proto(proto->ops, 1);
	return slot;
}

/**
 * kelp_proto_register() - make a protocol known
 * @ops: the protocol; has to stay until it is unregistered
 *
 * Connections that are open already and have said something keep what they
 * speak.
 *
 * Context: process, sleeps.
 * Return: its slot, 0 or above; -EINVAL without a name or on_data, or with a
 * busy message that is too long; -EEXIST when the name is taken, or there is
 * a fallback already; -ENOSPC for more than KELP_PROTO_MAX; -ENODEV when its
 * owner is being removed; -ENOMEM; or what its net_init or worker_init
 * returned.
 */
int kelp_proto_register(const struct kelp_proto_ops *ops)
{
	struct kelp_proto *proto;
	int slot;

	if (!ops->name || !ops->on_data || ops->busy_len > KELP_PROTO_BUSY)
		return -EINVAL;
	if (!try_module_get(ops->owner))
		return -ENODEV;
	slot = -ENOMEM;
	proto = proto_alloc(ops);
	if (!proto)
		goto out_module;
	kelp_nets_hold();
	slot = proto_publish(proto);
	kelp_nets_release();
	if (slot < 0)
		proto_free(proto);
out_module:
	module_put(ops->owner);
	return slot;
}
EXPORT_SYMBOL_GPL(kelp_proto_register);

static struct kelp_proto *proto_unpublish(const struct kelp_proto_ops *ops)
{
	struct kelp_proto *proto;
	int slot;

	for (slot = 0; slot < KELP_PROTO_MAX; slot++) {
		proto = kelp_proto_slots[slot];
		if (!proto || proto->ops != ops || proto->gone)
			continue;
		RCU_INIT_POINTER(kelp_protos[slot], NULL);
		WRITE_ONCE(proto->gone, true);
		kelp_tick_proto(ops, -1);
		return proto;
	}
	return NULL;
}

/*
 * Have their workers look at all of them: those that speak it are reset, and
 * tasks of its own end.
 */
static void proto_end_conns(struct kelp_net *kn, void *arg)
{
	struct kelp_proto *proto = arg;
	struct kelp_conn *conn;
	unsigned long id;

	for (id = 0; (conn = kelp_conn_next(kn, &id)); id++) {
		if (kelp_conn_uses(conn, proto) ||
		    !list_empty(&conn->inbox.items))
			kelp_conn_kick(conn);
		kelp_conn_put(conn);
	}
}

/**
 * kelp_proto_unregister() - take a protocol back
 * @ops: as it was registered
 *
 * Its connections are reset. Pages that it has handed over to a connection of
 * another protocol (kelp_send_move()) are waited for until those are sent, or
 * that connection ends. Returns when no callback runs or will run and all
 * that was begun in its name (kelp/task.h and the like) has ended. New
 * connections that begin as it does are, from the beginning, whatever else
 * claims their bytes.
 *
 * Context: process, sleeps; not from a callback of the protocol, whose end it
 * would wait for.
 */
void kelp_proto_unregister(const struct kelp_proto_ops *ops)
{
	struct proto_walk walk = {};

	kelp_nets_hold();
	walk.proto = proto_unpublish(ops);
	kelp_nets_release();
	if (WARN_ON_ONCE(!walk.proto))
		return;

	/* behind this every user is one that the walk below finds, or ends */
	percpu_ref_kill_and_confirm(&walk.proto->users, kelp_proto_sealed);
	wait_for_completion(&walk.proto->sealed);
	kelp_timer_end_all(walk.proto);
	kelp_net_for_each(proto_end_conns, walk.proto);
	wait_for_completion(&walk.proto->unused);
	/* it may be queued once more than there was something to do */
	cancel_work_sync(&walk.proto->casts_work);

	kelp_nets_hold();
	__kelp_net_for_each(proto_walk_down, &walk);
	proto_workers_down(ops, nr_cpu_ids);
	kelp_proto_slots[walk.proto->slot] = NULL;
	kelp_nets_release();
	/* callbacks that gave up the last reference themselves, and readers */
	synchronize_rcu();
	proto_free(walk.proto);
}
EXPORT_SYMBOL_GPL(kelp_proto_unregister);
