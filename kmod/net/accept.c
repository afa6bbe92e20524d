// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accepting: a listener's item of the dispatcher drains the accept queue, asks
 * the listener's gate, and makes connections; who watches is told when it
 * cannot go on.
 */
#include "net/listener.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <net/sock.h>

#include "net/client.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/evict.h"
#include "net/gate.h"
#include "net/net.h"

/* Accepts in a row before other items of the dispatcher have a turn. */
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

/* -EINVAL: closed behind our back (ss -K); the others may pass. */
static void kelp_listener_failed(struct kelp_listener *listener, int err)
{
	int before = listener->error;

	WRITE_ONCE(listener->error, err);
	kelp_stat_inc(listener->kn->stats, KELP_STAT_ACCEPT_ERRORS);
	if (before || err != -EINVAL)
		return;
	mutex_lock(&kelp_listener_watch_lock);
	if (kelp_listener_watcher)
		kelp_listener_watcher->failed(listener, err);
	mutex_unlock(&kelp_listener_watch_lock);
}

/*
 * Before anything is spent on it. Whoever speaks for others has to be somebody
 * who may; whom it speaks for is looked at later.
 */
static bool kelp_listener_lets_in(const struct kelp_listener *listener,
				  const struct socket *sock)
{
	struct kelp_addr addr;

	kelp_client_peer(sock->sk, &addr);
	if (kelp_gate_proxy(listener->gate))
		return kelp_gate_may_announce(listener->gate, &addr);
	return kelp_gate_admits(listener->gate, &addr);
}

static void kelp_listener_received(struct kelp_listener *listener,
				   struct socket *sock)
{
	WRITE_ONCE(listener->accepted, listener->accepted + 1);
	if (kelp_listener_lets_in(listener, sock)) {
		kelp_conn_create(listener->kn, sock, &listener->saved,
				 listener->gate, NULL);
		return;
	}
	kelp_stat_inc(listener->kn->stats, KELP_STAT_REFUSED_ACCESS);
	sock_no_linger(sock->sk);
	sock_release(sock);
}

/* Returns the error that ended it, 0 when there may be more. */
static int kelp_listener_take(struct kelp_listener *listener)
{
	struct socket *sock;
	int i, err;

	for (i = 0; i < KELP_ACCEPT_BATCH; i++) {
		if (kelp_evict_behind(listener->kn) &&
		    !READ_ONCE(listener->closing))
			return -EBUSY;
		err = kernel_accept(listener->sock, &sock, O_NONBLOCK);
		if (err)
			return err;
		kelp_listener_received(listener, sock);
		cond_resched();
	}
	return 0;
}

/**
 * kelp_listener_accept() - take what is in the accept queue
 * @work: a listener's accept_work
 *
 * Context: dispatcher.
 */
void kelp_listener_accept(struct work_struct *work)
{
	struct kelp_listener *listener =
		container_of(to_delayed_work(work), struct kelp_listener,
			     accept_work);
	int rounds, err;

	/*
	 * The last one takes all that a full backlog can hold: nobody comes
	 * back for the rest.
	 */
	rounds = READ_ONCE(listener->closing) ?
		 U16_MAX / KELP_ACCEPT_BATCH + 1 : 1;
	do {
		err = kelp_listener_take(listener);
	} while (!err && --rounds);

	if (!err || err == -ECONNABORTED) {
		kelp_dispatch_accept(&listener->accept_work, 0);
	} else if (err == -EBUSY) {
		/* The workers are making room: they wait in the backlog. */
		kelp_dispatch_accept(&listener->accept_work, 1);
	} else if (err != -EAGAIN) {
		kelp_listener_failed(listener, err);
		/* Out of memory or the like: they wait, so come back. */
		if (err != -EINVAL)
			kelp_dispatch_accept(&listener->accept_work,
					     KELP_ACCEPT_RETRY);
	} else if (listener->error && listener->error != -EINVAL) {
		WRITE_ONCE(listener->error, 0);
	}
}
