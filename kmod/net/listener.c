// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners. Sockets are made and bound in the dispatcher, so that they belong
 * to the kernel and not to the cgroup and user of whoever ran the tool.
 * What they accept is accept.c's.
 */
#include "net/listener.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/gate.h"
#include "net/net.h"
#include "net/callbacks.h"
#include "stats/census.h"

/*
 * A connection is in the accept queue. Also called, inherited, for children
 * that are not accepted yet: those have no user data and are left alone.
 */
static void kelp_listener_data_ready(struct sock *sk)
{
	struct kelp_listener *listener;

	rcu_read_lock();
	listener = rcu_dereference_sk_user_data(sk);
	if (listener && sk->sk_state == TCP_LISTEN)
		kelp_dispatch_accept(&listener->accept_work, 0);
	rcu_read_unlock();
}

/*
 * Somebody closed the socket (ss -K): accept finds out and says so. Inherited
 * by children like the above; kelp gives them their own when it accepts them.
 */
static void kelp_listener_state_change(struct sock *sk)
{
	struct kelp_listener *listener;

	rcu_read_lock();
	listener = rcu_dereference_sk_user_data(sk);
	if (listener)
		kelp_dispatch_accept(&listener->accept_work, 0);
	rcu_read_unlock();
}

static void kelp_listener_install(struct kelp_listener *listener)
{
	struct sock *sk = listener->sock->sk;

	kelp_callbacks_save(sk, &listener->saved);
	write_lock_bh(&sk->sk_callback_lock);
	__rcu_assign_sk_user_data_with_flags(sk, listener,
					     SK_USER_DATA_NOCOPY);
	sk->sk_data_ready = kelp_listener_data_ready;
	sk->sk_state_change = kelp_listener_state_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Accepted sockets inherit all of this; what limits say, as they are then. */
static void kelp_listener_limits(struct kelp_listener *listener)
{
	struct sock *sk = listener->sock->sk;

	tcp_sock_set_user_timeout(sk, kelp_net_limit(listener->kn,
						     KELP_LIMIT_WRITE_MS));
	/*
	 * TCP takes no more than this beyond what the peer's window lets out:
	 * else a peer that does not read holds its share of tcp_wmem.
	 */
	WRITE_ONCE(tcp_sk(sk)->notsent_lowat,
		   kelp_net_limit(listener->kn, KELP_LIMIT_QUEUE));
}

static void kelp_listener_options(struct kelp_listener *listener)
{
	struct sock *sk = listener->sock->sk;

	kelp_compat_socket_init(sk);
	sock_set_reuseaddr(sk);
	tcp_sock_set_nodelay(sk);
	kelp_listener_limits(listener);
}

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

	lockdep_assert_held(&kn->lock);
	xa_for_each(&kn->listeners, id, listener)
		kelp_listener_limits(listener);
}

/* No new connection is reported from here on. */
static void kelp_listener_mute(struct kelp_listener *listener)
{
	struct sock *sk = listener->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = listener->saved.data_ready;
	sk->sk_state_change = listener->saved.state_change;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
}

static int kelp_listener_open(struct kelp_listener *listener)
{
	struct sockaddr *addr = (struct sockaddr *)&listener->addr;
	struct kelp_net *kn = listener->kn;
	int len = addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						sizeof(struct sockaddr_in);
	int err;

	err = sock_create_kern(kn->net, addr->sa_family, SOCK_STREAM,
			       IPPROTO_TCP, &listener->sock);
	if (err)
		return err;
	kelp_listener_options(listener);
	if (addr->sa_family == AF_INET6) {
		err = ip6_sock_set_v6only(listener->sock->sk);
		if (err)
			goto err_release;
	}
	err = kernel_bind(listener->sock, addr, len);
	if (err)
		goto err_release;
	kelp_listener_install(listener);
	err = kernel_listen(listener->sock,
			    kelp_net_limit(kn, KELP_LIMIT_BACKLOG));
	if (err)
		goto err_mute;
	/* Port 0 asked for any: show the one that was given. */
	listener->sock->ops->getname(listener->sock, addr, 0);
	return 0;

err_mute:
	kelp_listener_mute(listener);
	synchronize_rcu();
	cancel_delayed_work_sync(&listener->accept_work);
err_release:
	sock_release(listener->sock);
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
	kfree(listener);
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

static int __kelp_listener_add(struct kelp_net *kn,
			       const struct sockaddr_storage *addr,
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
	listener = kzalloc(sizeof(*listener), GFP_KERNEL);
	if (!listener)
		return -ENOMEM;
	kelp_census_add(KELP_CENSUS_LISTENER);
	listener->kn = kelp_net_get(kn);
	listener->gate = kelp_gate_get(gate);
	listener->addr = *addr;
	INIT_DELAYED_WORK(&listener->accept_work, kelp_listener_accept);

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
		      struct kelp_gate_rules *rules,
		      struct netlink_ext_ack *extack)
{
	struct kelp_gate *gate = kelp_gate_create(rules);
	int err = -ENODEV;

	if (!gate)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	if (!kn->dead)
		err = __kelp_listener_add(kn, addr, gate, extack);
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

/*
 * A grace period has passed since kelp_listener_mute(): no callback has the
 * pointer any more, so a cancelled item stays cancelled. Children that are not
 * accepted still carry the callbacks, with no user data: they do nothing, and
 * the module's text outlives them by the grace period of its removal.
 */
static void kelp_listener_close(struct kelp_listener *listener)
{
	lockdep_assert_held(&listener->kn->lock);
	/* Handshakes that were complete get their connection. */
	WRITE_ONCE(listener->closing, true);
	kelp_dispatch_accept(&listener->accept_work, 0);
	flush_delayed_work(&listener->accept_work);
	cancel_delayed_work_sync(&listener->accept_work);
	xa_erase(&listener->kn->listeners, listener->id);
	sock_release(listener->sock);
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
		kelp_listener_close(listener);
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
		kelp_listener_close(listener);
}
