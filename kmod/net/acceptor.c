// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acceptors. Sockets are made and bound in the dispatcher, so that they belong
 * to the kernel and not to the cgroup and user of whoever ran the tool. A worker
 * drains the accept queue, asks the listener's gate, and makes connections; who
 * watches is told when it cannot go on.
 */
#include "net/acceptor.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "net/callbacks.h"
#include "net/client.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/evict.h"
#include "net/gate.h"
#include "net/listener.h"
#include "net/net.h"
#include "net/worker.h"

/* Accepts in a row before connections have a turn. */
#define KELP_ACCEPT_BATCH 64
/* After a failure that may pass, jiffies. */
#define KELP_ACCEPT_RETRY (HZ / 10)

/* Who is told of failures; held while it is, so that it can be waited for. */
static DEFINE_MUTEX(kelp_listener_watch_lock);
static const struct kelp_listener_watch *kelp_listener_watcher;

/**
 * kelp_listener_watch() - be told what becomes of listeners
 * @watch: who is told from now on, or NULL for nobody
 *
 * When it returns nobody who was told before is being called.
 *
 * Context: process, sleeps.
 */
void kelp_listener_watch(const struct kelp_listener_watch *watch)
{
	mutex_lock(&kelp_listener_watch_lock);
	kelp_listener_watcher = watch;
	mutex_unlock(&kelp_listener_watch_lock);
}

/* Said once of a listener, however many of its sockets were closed. */
static void kelp_acceptor_tell(struct kelp_listener *listener, int err)
{
	mutex_lock(&kelp_listener_watch_lock);
	if (kelp_listener_watcher && !listener->told)
		kelp_listener_watcher->failed(listener, err);
	listener->told = true;
	mutex_unlock(&kelp_listener_watch_lock);
}

/*
 * Before anything is spent on it. Whoever speaks for others has to be somebody
 * who may; whom it speaks for is looked at later.
 */
static bool kelp_acceptor_lets_in(const struct kelp_listener *listener,
				  const struct socket *sock)
{
	struct kelp_addr addr;

	kelp_client_peer(sock->sk, &addr);
	if (kelp_gate_proxy(listener->gate))
		return kelp_gate_may_announce(listener->gate, &addr);
	return kelp_gate_admits(listener->gate, &addr);
}

/*
 * A socket that another program of the group left (net.ipv4.tcp_migrate_req) has
 * not inherited what sending in softirq needs.
 */
static bool kelp_acceptor_made(const struct sock *sk)
{
	return likely(sk->sk_allocation == GFP_ATOMIC);
}

static void kelp_acceptor_received(struct kelp_acceptor *acceptor,
				   struct socket *sock)
{
	struct kelp_listener *listener = acceptor->listener;

	WRITE_ONCE(acceptor->accepted, acceptor->accepted + 1);
	if (kelp_acceptor_made(sock->sk) &&
	    kelp_acceptor_lets_in(listener, sock)) {
		kelp_conn_create(listener->kn, sock, &acceptor->saved,
				 listener->gate, NULL);
		return;
	}
	kelp_stat_inc(listener->kn->stats, KELP_STAT_REFUSED_ACCESS);
	sock_no_linger(sock->sk);
	sock_release(sock);
}

/* Returns the error that ended it, 0 when there may be more. */
static int kelp_acceptor_take(struct kelp_acceptor *acceptor)
{
	struct kelp_listener *listener = acceptor->listener;
	struct socket *sock;
	int i, err;

	for (i = 0; i < KELP_ACCEPT_BATCH; i++) {
		if (kelp_evict_behind(listener->kn) &&
		    !READ_ONCE(listener->closing))
			return -EBUSY;
		err = kernel_accept(acceptor->sock, &sock, O_NONBLOCK);
		if (err)
			return err;
		kelp_acceptor_received(acceptor, sock);
		cond_resched();
	}
	return 0;
}

static void kelp_acceptor_put(struct kelp_acceptor *acceptor)
{
	if (refcount_dec_and_test(&acceptor->ref))
		complete(&acceptor->unused);
}

/*
 * Have this CPU's worker accept: a connection stays on the CPU that it comes in
 * on. The caller has a reference, or is a callback.
 */
static void kelp_acceptor_kick(struct kelp_acceptor *acceptor)
{
	/* Pairs with smp_mb__after_atomic() in kelp_acceptor_release(). */
	if (test_and_set_bit(0, &acceptor->queued))
		return;
	refcount_inc(&acceptor->ref);
	kelp_worker_accept(kelp_worker_of(raw_smp_processor_id()), acceptor);
}

/* Something failed: tell, and come back if it may pass. */
static void kelp_acceptor_again(struct work_struct *work)
{
	struct kelp_acceptor *acceptor =
		container_of(to_delayed_work(work), struct kelp_acceptor,
			     again);

	if (READ_ONCE(acceptor->error) == -EINVAL)
		kelp_acceptor_tell(acceptor->listener, -EINVAL);
	else
		kelp_acceptor_kick(acceptor);
	kelp_acceptor_put(acceptor);
}

static void kelp_acceptor_later(struct kelp_acceptor *acceptor,
				unsigned long delay)
{
	refcount_inc(&acceptor->ref);
	if (!kelp_dispatch_accept(&acceptor->again, delay))
		kelp_acceptor_put(acceptor);
}

/* -EINVAL: closed behind our back (ss -K); the others may pass. */
static void kelp_acceptor_failed(struct kelp_acceptor *acceptor, int err)
{
	int before = acceptor->error;

	WRITE_ONCE(acceptor->error, err);
	kelp_stat_inc(acceptor->listener->kn->stats, KELP_STAT_ACCEPT_ERRORS);
	if (READ_ONCE(acceptor->listener->closing))
		return;
	if (err != -EINVAL)
		kelp_acceptor_later(acceptor, KELP_ACCEPT_RETRY);
	else if (before != -EINVAL)
		kelp_acceptor_later(acceptor, 0);
}

/* Let others have it. @look: whoever came meanwhile found the bit set. */
static void kelp_acceptor_release(struct kelp_acceptor *acceptor, bool look)
{
	const struct sock *sk = acceptor->sock->sk;

	clear_bit_unlock(0, &acceptor->queued);
	/*
	 * Pairs with test_and_set_bit() in kelp_acceptor_kick(): orders the
	 * clear before the look at the accept queue.
	 */
	smp_mb__after_atomic();
	if (look && !reqsk_queue_empty(&inet_csk(sk)->icsk_accept_queue))
		kelp_acceptor_kick(acceptor);
}

/**
 * kelp_acceptor_serve() - take what is in the accept queue
 * @acceptor: from the worker's list; its reference is given back
 *
 * Context: worker.
 */
void kelp_acceptor_serve(struct kelp_acceptor *acceptor)
{
	int rounds, err;

	/*
	 * The last one takes all that a full backlog can hold: nobody comes
	 * back for the rest.
	 */
	rounds = READ_ONCE(acceptor->listener->closing) ?
		 U16_MAX / KELP_ACCEPT_BATCH + 1 : 1;
	do {
		err = kelp_acceptor_take(acceptor);
	} while (!err && --rounds);

	if (err == -EBUSY)
		/* The workers are making room: they wait in the backlog. */
		kelp_acceptor_later(acceptor, 1);
	else if (err && err != -EAGAIN && err != -ECONNABORTED)
		kelp_acceptor_failed(acceptor, err);
	else if (acceptor->error && acceptor->error != -EINVAL)
		WRITE_ONCE(acceptor->error, 0);
	kelp_acceptor_release(acceptor,
			      !err || err == -EAGAIN || err == -ECONNABORTED);
	kelp_acceptor_put(acceptor);
}

/*
 * A connection is in the accept queue. Also called, inherited, for children
 * that are not accepted yet: those have no user data and are left alone.
 */
static void kelp_acceptor_data_ready(struct sock *sk)
{
	struct kelp_acceptor *acceptor;

	rcu_read_lock();
	acceptor = rcu_dereference_sk_user_data(sk);
	if (acceptor && sk->sk_state == TCP_LISTEN)
		kelp_acceptor_kick(acceptor);
	rcu_read_unlock();
}

/*
 * Somebody closed the socket (ss -K): accept finds out and says so. Inherited
 * by children like the above; kelp gives them their own when it accepts them.
 */
static void kelp_acceptor_state_change(struct sock *sk)
{
	struct kelp_acceptor *acceptor;

	rcu_read_lock();
	acceptor = rcu_dereference_sk_user_data(sk);
	if (acceptor)
		kelp_acceptor_kick(acceptor);
	rcu_read_unlock();
}

static void kelp_acceptor_install(struct kelp_acceptor *acceptor)
{
	struct sock *sk = acceptor->sock->sk;

	kelp_callbacks_save(sk, &acceptor->saved);
	write_lock_bh(&sk->sk_callback_lock);
	__rcu_assign_sk_user_data_with_flags(sk, acceptor,
					     SK_USER_DATA_NOCOPY);
	sk->sk_data_ready = kelp_acceptor_data_ready;
	sk->sk_state_change = kelp_acceptor_state_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * kelp_acceptor_mute() - no new connection is reported from here on
 * @acceptor: open
 *
 * A callback may still be running until a grace period has passed.
 *
 * Context: process.
 */
void kelp_acceptor_mute(struct kelp_acceptor *acceptor)
{
	struct sock *sk = acceptor->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = acceptor->saved.data_ready;
	sk->sk_state_change = acceptor->saved.state_change;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
}

/**
 * kelp_acceptor_refresh() - limits that sockets inherit may have changed
 * @acceptor: its socket
 *
 * Accepted sockets have them as they are then.
 *
 * Context: process, sleeps.
 */
void kelp_acceptor_refresh(struct kelp_acceptor *acceptor)
{
	struct kelp_net *kn = acceptor->listener->kn;
	struct sock *sk = acceptor->sock->sk;

	tcp_sock_set_user_timeout(sk, kelp_net_limit(kn, KELP_LIMIT_WRITE_MS));
	/*
	 * TCP takes no more than this beyond what the peer's window lets out:
	 * else a peer that does not read holds its share of tcp_wmem.
	 */
	WRITE_ONCE(tcp_sk(sk)->notsent_lowat,
		   kelp_net_limit(kn, KELP_LIMIT_QUEUE));
}

static int kelp_acceptor_option(struct kelp_acceptor *acceptor, int level,
				int name, int value)
{
	struct socket *sock = acceptor->sock;
	sockptr_t at = KERNEL_SOCKPTR(&value);

	if (level == SOL_SOCKET)
		return sock_setsockopt(sock, level, name, at, sizeof(value));
	return sock->ops->setsockopt(sock, level, name, at, sizeof(value));
}

/*
 * One of several joins their group when it listens. The first one is bound
 * without, so that a port is refused which somebody else's group has. While none
 * listens yet the others may be bound beside it.
 */
static int kelp_acceptor_bind(struct kelp_acceptor *acceptor)
{
	struct kelp_listener *listener = acceptor->listener;
	struct sockaddr *addr = (struct sockaddr *)&listener->addr;
	struct sock *sk = acceptor->sock->sk;
	bool first = acceptor == listener->acceptors;
	int len = addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						sizeof(struct sockaddr_in);
	int err;

	if (!first)
		sock_set_reuseport(sk);
	err = kernel_bind(acceptor->sock, addr, len);
	if (err || !listener->options.per_cpu)
		return err;
	if (first)
		sock_set_reuseport(sk);
	return kelp_acceptor_option(acceptor, SOL_SOCKET, SO_INCOMING_CPU,
				    acceptor->cpu);
}

static int kelp_acceptor_prepare(struct kelp_acceptor *acceptor)
{
	const struct kelp_listener *listener = acceptor->listener;
	struct sock *sk = acceptor->sock->sk;
	int err = 0;

	kelp_compat_socket_init(sk);
	sock_set_reuseaddr(sk);
	tcp_sock_set_nodelay(sk);
	kelp_acceptor_refresh(acceptor);
	if (listener->options.defer_s)
		err = kelp_acceptor_option(acceptor, IPPROTO_TCP,
					   TCP_DEFER_ACCEPT,
					   listener->options.defer_s);
	if (!err && listener->options.fastopen)
		err = kelp_acceptor_option(acceptor, IPPROTO_TCP, TCP_FASTOPEN,
					   listener->options.fastopen);
	if (!err && listener->addr.ss_family == AF_INET6)
		err = ip6_sock_set_v6only(sk);
	return err ?: kelp_acceptor_bind(acceptor);
}

/*
 * Wait for all who may still look. No callback has the pointer any more, and
 * the listener is closing: who comes back now does so for the last time.
 */
static void kelp_acceptor_disuse(struct kelp_acceptor *acceptor)
{
	flush_delayed_work(&acceptor->again);
	kelp_acceptor_put(acceptor);
	wait_for_completion(&acceptor->unused);
}

/**
 * kelp_acceptor_open() - make a socket and bind it
 * @acceptor: all zeroes, in the listener's array
 * @listener: its listener; address and options are what they will be
 * @cpu: of which CPU
 *
 * It does not listen yet: see kelp_acceptor_listen().
 *
 * Context: dispatcher, sleeps.
 * Return: 0, or -errno with nothing to be undone.
 */
int kelp_acceptor_open(struct kelp_acceptor *acceptor,
		       struct kelp_listener *listener, int cpu)
{
	int err;

	acceptor->listener = listener;
	acceptor->cpu = cpu;
	INIT_DELAYED_WORK(&acceptor->again, kelp_acceptor_again);
	refcount_set(&acceptor->ref, 1);
	init_completion(&acceptor->unused);
	err = sock_create_kern(listener->kn->net, listener->addr.ss_family,
			       SOCK_STREAM, IPPROTO_TCP, &acceptor->sock);
	if (err)
		return err;
	err = kelp_acceptor_prepare(acceptor);
	if (err) {
		sock_release(acceptor->sock);
		return err;
	}
	kelp_acceptor_install(acceptor);
	return 0;
}

/**
 * kelp_acceptor_listen() - connections may come
 * @acceptor: open
 *
 * Context: dispatcher, sleeps.
 * Return: 0 or -errno; it is to be closed in any case.
 */
int kelp_acceptor_listen(struct kelp_acceptor *acceptor)
{
	struct kelp_listener *listener = acceptor->listener;

	return kernel_listen(acceptor->sock,
			     kelp_net_limit(listener->kn, KELP_LIMIT_BACKLOG));
}

/**
 * kelp_acceptor_close() - take what is in the accept queue, close the socket
 * @acceptor: muted, a grace period ago; its listener is marked as closing
 *
 * Children that are not accepted still carry the callbacks, with no user data:
 * they do nothing, and go with the socket, whose queue nobody else inherits
 * unless net.ipv4.tcp_migrate_req gives it to another program of its group.
 *
 * Context: process, sleeps.
 */
void kelp_acceptor_close(struct kelp_acceptor *acceptor)
{
	/* Handshakes that were complete get their connection. */
	kelp_acceptor_kick(acceptor);
	kelp_acceptor_disuse(acceptor);
	sock_release(acceptor->sock);
}
