// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners: adding, changing and taking away addresses. Their sockets and what
 * those accept are acceptor.c's.
 */
#include "net/listener.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "net/dispatch.h"
#include "net/gate.h"
#include "net/net.h"
#include "net/worker.h"
#include "stats/census.h"

/**
 * kelp_listener_refresh() - limits that sockets inherit have changed
 * @kn: the server
 *
 * Context: process, sleeps; holds kelp_net.lock.
 */
void kelp_listener_refresh(struct kelp_net *kn)
{
	struct kelp_listener *listener;
	unsigned long id;
	unsigned int i;

	lockdep_assert_held(&kn->lock);
	xa_for_each(&kn->listeners, id, listener)
		for (i = 0; i < listener->nr_acceptors; i++)
			kelp_acceptor_refresh(&listener->acceptors[i]);
}

static void kelp_listener_mute(struct kelp_listener *listener)
{
	unsigned int i;

	for (i = 0; i < listener->nr_acceptors; i++)
		kelp_acceptor_mute(&listener->acceptors[i]);
}

/*
 * A grace period has passed since kelp_listener_mute(); sockets that were left
 * in the group meanwhile got what came to those that were closed before them.
 */
static void kelp_listener_close(struct kelp_listener *listener)
{
	unsigned int i;

	WRITE_ONCE(listener->closing, true);
	for (i = 0; i < listener->nr_acceptors; i++)
		kelp_acceptor_close(&listener->acceptors[i]);
}

/* All are bound before the first one listens: a refusal changes nothing. */
static int kelp_listener_open(struct kelp_listener *listener)
{
	unsigned int wanted = listener->nr_acceptors, i;
	int cpu = -1, err = 0;

	for (i = 0; i < wanted && !err; i++) {
		cpu = kelp_worker_next_cpu(cpu);
		listener->nr_acceptors = i;
		err = kelp_acceptor_open(&listener->acceptors[i], listener,
					 cpu);
	}
	if (!err)
		listener->nr_acceptors = wanted;
	for (i = 0; i < wanted && !err; i++)
		err = kelp_acceptor_listen(&listener->acceptors[i]);
	if (!err)
		return 0;
	kelp_listener_mute(listener);
	synchronize_rcu();
	kelp_listener_close(listener);
	return err;
}

/**
 * struct kelp_listener_job - opening a socket in the dispatcher
 * @work: the item, on the stack of the waiter
 * @listener: to be opened
 * @err: result, valid once @work has run
 */
struct kelp_listener_job {
	struct delayed_work work;
	struct kelp_listener *listener;
	int err;
};

static void kelp_listener_open_work(struct work_struct *work)
{
	struct kelp_listener_job *job =
		container_of(to_delayed_work(work), struct kelp_listener_job,
			     work);

	job->err = kelp_listener_open(job->listener);
}

static int kelp_listener_open_dispatched(struct kelp_listener *listener)
{
	struct kelp_listener_job job = { .listener = listener };

	INIT_DELAYED_WORK_ONSTACK(&job.work, kelp_listener_open_work);
	kelp_dispatch_accept(&job.work, 0);
	flush_delayed_work(&job.work);
	destroy_delayed_work_on_stack(&job.work);
	return job.err;
}

static void kelp_listener_free(struct kelp_listener *listener)
{
	kelp_gate_put(listener->gate);
	kelp_net_put(listener->kn);
	kvfree(listener);
	kelp_census_sub(KELP_CENSUS_LISTENER);
}

static bool kelp_listener_same(const struct sockaddr_storage *a,
			       const struct sockaddr_storage *b)
{
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_port == b4->sin_port &&
		       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a6->sin6_port == b6->sin6_port &&
	       a6->sin6_scope_id == b6->sin6_scope_id &&
	       ipv6_addr_equal(&a6->sin6_addr, &b6->sin6_addr);
}

static struct kelp_listener *
kelp_listener_find(struct kelp_net *kn, const struct sockaddr_storage *addr)
{
	struct kelp_listener *listener;
	unsigned long id;

	lockdep_assert_held(&kn->lock);
	xa_for_each(&kn->listeners, id, listener)
		if (kelp_listener_same(&listener->addr, addr))
			return listener;
	return NULL;
}

static void kelp_listener_explain(int err, struct netlink_ext_ack *extack)
{
	switch (err) {
	case -EADDRINUSE:
		NL_SET_ERR_MSG(extack, "the port is in use by another socket");
		break;
	case -EADDRNOTAVAIL:
		NL_SET_ERR_MSG(extack, "no interface has this address");
		break;
	case -EAFNOSUPPORT:
		NL_SET_ERR_MSG(extack, "the kernel has no support for this address family");
		break;
	default:
		NL_SET_ERR_MSG(extack, "the listening socket could not be opened");
		break;
	}
}

static unsigned int kelp_listener_sockets(void)
{
	unsigned int nr = 0;
	int cpu = -1;

	while ((cpu = kelp_worker_next_cpu(cpu)) < nr_cpu_ids)
		nr++;
	return nr;
}

static struct kelp_listener *
kelp_listener_create(struct kelp_net *kn, const struct sockaddr_storage *addr,
		     const struct kelp_listener_options *options,
		     struct kelp_gate *gate)
{
	unsigned int nr = options->per_cpu ? kelp_listener_sockets() : 1;
	struct kelp_listener *listener;

	listener = kvzalloc(struct_size(listener, acceptors, nr), GFP_KERNEL);
	if (!listener)
		return NULL;
	kelp_census_add(KELP_CENSUS_LISTENER);
	listener->kn = kelp_net_get(kn);
	listener->gate = kelp_gate_get(gate);
	listener->addr = *addr;
	listener->options = *options;
	listener->nr_acceptors = nr;
	return listener;
}

static int __kelp_listener_add(struct kelp_net *kn,
			       const struct sockaddr_storage *addr,
			       const struct kelp_listener_options *options,
			       struct kelp_gate *gate,
			       struct netlink_ext_ack *extack)
{
	struct kelp_listener *listener;
	int err;

	lockdep_assert_held(&kn->lock);
	if (kelp_listener_find(kn, addr)) {
		NL_SET_ERR_MSG(extack, "kelp already listens on this address");
		return -EEXIST;
	}
	listener = kelp_listener_create(kn, addr, options, gate);
	if (!listener)
		return -ENOMEM;
	err = xa_alloc(&kn->listeners, &listener->id, NULL, xa_limit_31b,
		       GFP_KERNEL);
	if (err)
		goto err_free;
	err = kelp_listener_open_dispatched(listener);
	if (err) {
		kelp_listener_explain(err, extack);
		goto err_erase;
	}
	/* The slot is reserved: storing into it cannot fail. */
	xa_store(&kn->listeners, listener->id, listener, GFP_KERNEL);
	WRITE_ONCE(kn->draining, false);
	kelp_net_changed(kn);
	return 0;

err_erase:
	xa_erase(&kn->listeners, listener->id);
err_free:
	kelp_listener_free(listener);
	return err;
}

/**
 * kelp_listener_add() - listen on an address
 * @kn: the server
 * @addr: IPv4 or IPv6 address and port
 * @options: what is said of its sockets
 * @rules: who may come; consumed
 * @extack: says why not
 *
 * Ends a drain that was asked for earlier.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0, -EEXIST, -ENOMEM, -ENODEV (the namespace goes away), or what
 *	bind and listen return, e.g. -EADDRINUSE.
 */
int kelp_listener_add(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      const struct kelp_listener_options *options,
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack)
{
	struct kelp_gate *gate = kelp_gate_create(rules);
	int err = -ENODEV;

	if (!gate)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	if (!kn->dead)
		err = __kelp_listener_add(kn, addr, options, gate,
					  extack);
	mutex_unlock(&kn->lock);
	kelp_gate_put(gate);
	return err;
}

/**
 * kelp_listener_set() - change who may come
 * @kn: the server
 * @addr: as it was added
 * @rules: instead of all that there were; consumed
 * @extack: says why not
 *
 * The socket stays open, connections too.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0 or -ENOENT.
 */
int kelp_listener_set(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack)
{
	struct kelp_listener *listener;

	mutex_lock(&kn->lock);
	listener = kelp_listener_find(kn, addr);
	if (listener) {
		kelp_gate_set(listener->gate, rules);
		kelp_net_changed(kn);
	}
	mutex_unlock(&kn->lock);
	if (listener)
		return 0;
	NL_SET_ERR_MSG(extack, "kelp does not listen on this address");
	kfree(rules);
	return -ENOENT;
}

static void kelp_listener_destroy(struct kelp_listener *listener)
{
	lockdep_assert_held(&listener->kn->lock);
	kelp_listener_close(listener);
	xa_erase(&listener->kn->listeners, listener->id);
	kelp_listener_free(listener);
}

/**
 * kelp_listener_del() - stop listening on an address
 * @kn: the server
 * @addr: as it was added
 * @extack: says why not
 *
 * Connections stay.
 *
 * Context: process, sleeps; takes kelp_net.lock.
 * Return: 0 or -ENOENT.
 */
int kelp_listener_del(struct kelp_net *kn, const struct sockaddr_storage *addr,
		      struct netlink_ext_ack *extack)
{
	struct kelp_listener *listener;
	int err = 0;

	mutex_lock(&kn->lock);
	listener = kelp_listener_find(kn, addr);
	if (listener) {
		kelp_listener_mute(listener);
		synchronize_rcu();
		kelp_listener_destroy(listener);
		kelp_net_changed(kn);
	} else {
		NL_SET_ERR_MSG(extack, "kelp does not listen on this address");
		err = -ENOENT;
	}
	mutex_unlock(&kn->lock);
	return err;
}

/**
 * kelp_listener_del_all() - stop listening
 * @kn: the server
 *
 * Context: process, sleeps; holds kelp_net.lock.
 */
void kelp_listener_del_all(struct kelp_net *kn)
{
	struct kelp_listener *listener;
	unsigned long id;

	lockdep_assert_held(&kn->lock);
	if (xa_empty(&kn->listeners))
		return;
	xa_for_each(&kn->listeners, id, listener)
		kelp_listener_mute(listener);
	synchronize_rcu();
	xa_for_each(&kn->listeners, id, listener)
		kelp_listener_destroy(listener);
}

/**
 * kelp_listener_accepted() - how many connections were accepted
 * @listener: the listener
 *
 * Context: any; kelp_net.lock keeps @listener.
 * Return: the number.
 */
u64 kelp_listener_accepted(const struct kelp_listener *listener)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < listener->nr_acceptors; i++)
		sum += READ_ONCE(listener->acceptors[i].accepted);
	return sum;
}

/**
 * kelp_listener_error() - does it accept?
 * @listener: the listener
 *
 * Context: any; kelp_net.lock keeps @listener.
 * Return: -EINVAL when one of its sockets was closed by something else;
 *	otherwise the last error of accept (-errno) of one that has any, or 0.
 */
int kelp_listener_error(const struct kelp_listener *listener)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < listener->nr_acceptors && err != -EINVAL; i++)
		err = READ_ONCE(listener->acceptors[i].error) ?: err;
	return err;
}
