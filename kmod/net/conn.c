// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's life: create (worker, dispatcher), hand-over (any context), the
 * worker's look at it, teardown (owning worker only), free after RCU.
 */
#include "net/conn.h"

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "net/busy.h"
#include "net/client.h"
#include "net/deadline.h"
#include "net/evict.h"
#include "net/gate.h"
#include "net/gather.h"
#include "net/hijack.h"
#include "net/hook.h"
#include "net/net.h"
#include "net/out.h"
#include "net/serve.h"
#include "net/callbacks.h"
#include "net/txq.h"
#include "net/worker.h"
#include "stats/census.h"

static struct kmem_cache *kelp_conn_cache;

/**
 * kelp_conn_init() - make the cache of connections
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int kelp_conn_init(void)
{
	kelp_conn_cache = KMEM_CACHE(kelp_conn, SLAB_HWCACHE_ALIGN);
	return kelp_conn_cache ? 0 : -ENOMEM;
}

/**
 * kelp_conn_exit() - free the cache; complains about leaked connections
 *
 * Context: module unload, after rcu_barrier().
 */
void kelp_conn_exit(void)
{
	kmem_cache_destroy(kelp_conn_cache);
}

/**
 * kelp_conn_get() - take a reference
 * @conn: a connection on which the caller has one
 *
 * Context: any.
 * Return: @conn.
 */
struct kelp_conn *kelp_conn_get(struct kelp_conn *conn)
{
	refcount_inc(&conn->ref);
	return conn;
}
EXPORT_SYMBOL_GPL(kelp_conn_get);

static void kelp_conn_free_rcu(struct rcu_head *rcu)
{
	struct kelp_conn *conn = container_of(rcu, struct kelp_conn, rcu);

	kelp_gate_put(conn->gate);
	kelp_net_put(conn->kn);
	kmem_cache_free(kelp_conn_cache, conn);
	kelp_census_sub(KELP_CENSUS_CONN);
}

/**
 * kelp_conn_put() - drop a reference
 * @conn: the connection; not to be touched afterwards
 *
 * Context: any.
 */
void kelp_conn_put(struct kelp_conn *conn)
{
	if (refcount_dec_and_test(&conn->ref))
		call_rcu(&conn->rcu, kelp_conn_free_rcu);
}
EXPORT_SYMBOL_GPL(kelp_conn_put);

/**
 * kelp_conn_next() - walk the connections of a namespace
 * @kn: the server
 * @id: least id wanted; set to the id found
 *
 * Context: any.
 * Return: a connection with a reference for the caller, or NULL at the end.
 */
struct kelp_conn *kelp_conn_next(struct kelp_net *kn, unsigned long *id)
{
	struct kelp_conn *conn;

	rcu_read_lock();
	conn = xa_find(&kn->conns, id, ULONG_MAX, XA_PRESENT);
	while (conn && !refcount_inc_not_zero(&conn->ref))
		conn = xa_find_after(&kn->conns, id, ULONG_MAX, XA_PRESENT);
	rcu_read_unlock();
	return conn;
}

/**
 * kelp_conn_kick() - have the worker look at a connection
 * @conn: the connection; the caller has a reference or the socket lock
 *
 * Idempotent. What the caller wrote before is seen by that look.
 *
 * Context: any.
 */
void kelp_conn_kick(struct kelp_conn *conn)
{
	/*
	 * Full ordering. Pairs with smp_mb__after_atomic() behind clear_bit()
	 * in kelp_worker_serve().
	 */
	if (test_and_set_bit(KELP_CONN_QUEUED, &conn->bits))
		return;
	kelp_conn_get(conn);
	kelp_worker_queue(conn->worker, conn);
}

/**
 * kelp_conn_set() - tell the worker something about a connection
 * @conn: the connection; the caller has a reference
 * @bit: KELP_CONN_ABORT, KELP_CONN_DRAIN or KELP_CONN_READY
 *
 * Context: any.
 */
void kelp_conn_set(struct kelp_conn *conn, enum kelp_conn_bit bit)
{
	/*
	 * What was written before is seen by whoever takes the bit. Pairs with
	 * test_and_clear_bit() in kelp_serve_once().
	 */
	smp_mb__before_atomic();
	set_bit(bit, &conn->bits);
	kelp_conn_kick(conn);
}

static void kelp_conn_addresses(struct kelp_conn *conn)
{
	struct socket *sock = conn->sock;

	/* A connection that is gone already has no peer: zeros are shown. */
	sock->ops->getname(sock, &conn->peer.sa, 1);
	sock->ops->getname(sock, &conn->local.sa, 0);
}

/*
 * Is there room for one more, which is counted already? If not, make some: two
 * places, so that a limit that was lowered is reached some day.
 */
static bool kelp_conn_has_room(struct kelp_net *kn)
{
	long limit = kelp_net_limit(kn, KELP_LIMIT_CONNECTIONS);
	long over = atomic_read(&kn->nr_conns) - atomic_read(&kn->evicting) -
		    limit;

	if (likely(over <= 0))
		return true;
	if (!kelp_evict(kn))
		return false;
	if (over > 1)
		kelp_evict(kn);
	return true;
}

static struct kelp_client *kelp_conn_join(struct kelp_net *kn,
					  const struct sock *sk)
{
	struct kelp_addr addr;

	kelp_client_peer(sk, &addr);
	return kelp_client_join(kn, &addr, GFP_KERNEL);
}

/*
 * Is there a place for one that is counted already, and may it have it? If a
 * header has to come, that will say whose it is. On error nothing is held.
 */
static int kelp_conn_admit(struct kelp_net *kn, const struct sock *sk,
			   bool proxied, struct kelp_client **client)
{
	*client = proxied ? NULL : kelp_conn_join(kn, sk);
	if (IS_ERR(*client))
		return PTR_ERR(*client);
	if (kelp_conn_has_room(kn))
		return 0;
	kelp_stat_inc(kn->stats, KELP_STAT_REFUSED);
	kelp_client_leave(kn, *client);
	return -EMFILE;
}

/*
 * One reference is for kn->conns, one for the worker's queue, to which it goes
 * at the end of kelp_conn_create(): until then kicks only leave their bits.
 */
static struct kelp_conn *kelp_conn_alloc(struct kelp_net *kn,
					 struct socket *sock)
{
	struct kelp_conn *conn = kmem_cache_zalloc(kelp_conn_cache, GFP_KERNEL);

	if (!conn)
		return NULL;
	kelp_census_add(KELP_CENSUS_CONN);
	conn->kn = kelp_net_get(kn);
	conn->stats = kn->stats;
	conn->sock = sock;
	conn->opened = jiffies;
	conn->wait_since = jiffies;
	conn->tx_since = jiffies;
	conn->worker = kelp_worker_of(READ_ONCE(sock->sk->sk_incoming_cpu));
	INIT_LIST_HEAD(&conn->txq);
	INIT_LIST_HEAD(&conn->wheel);
	INIT_LIST_HEAD(&conn->evict_node);
	kelp_inbox_init(&conn->inbox);
	refcount_set(&conn->ref, 2);
	__set_bit(KELP_CONN_QUEUED, &conn->bits);
	kelp_conn_addresses(conn);
	return conn;
}

/**
 * kelp_conn_create() - take an accepted socket into service
 * @kn: the server
 * @sock: the socket; becomes the connection's, or is released on error
 * @saved: the callbacks it had to have
 * @gate: its listener's, has let it in; a reference is taken. NULL for none
 * @proto: what it speaks, the reference is consumed; NULL to find out
 *
 * Context: worker or dispatcher, sleeps.
 * Return: 0, or -ENOMEM, -EBUSY (something else took the socket), -EMFILE (the
 *	limit of connections, and none that could go), -EUSERS (the limit of
 *	its address).
 */
int kelp_conn_create(struct kelp_net *kn, struct socket *sock,
		     const struct kelp_callbacks *saved,
		     struct kelp_gate *gate, struct kelp_proto *proto)
{
	bool proxied = kelp_gate_proxy(gate);
	struct kelp_client *client;
	struct kelp_conn *conn;
	int err;

	atomic_inc(&kn->nr_conns);
	err = kelp_conn_admit(kn, sock->sk, proxied, &client);
	if (err)
		goto err_uncount;

	err = -ENOMEM;
	conn = kelp_conn_alloc(kn, sock);
	if (!conn)
		goto err_leave;
	conn->saved = *saved;
	conn->gate = kelp_gate_get(gate);
	conn->client = client;
	conn->proxied = proxied;
	conn->opening = proto;

	err = xa_alloc_cyclic(&kn->conns, &conn->id, conn, xa_limit_31b,
			      &kn->next_conn, GFP_KERNEL);
	if (err < 0)
		goto err_unref;
	err = kelp_callbacks_attach(conn);
	if (err)
		goto err_erase;
	kelp_stat_inc(kn->stats, KELP_STAT_ACCEPTED);
	kelp_worker_queue(conn->worker, conn);
	return 0;

err_erase:
	xa_erase(&kn->conns, conn->id);
	/* somebody may have found it already */
	kelp_inbox_close(conn);
err_unref:
	kelp_conn_put(conn);
	kelp_conn_put(conn);
err_leave:
	kelp_client_leave(kn, client);
err_uncount:
	kelp_proto_put(proto);
	if (err == -EMFILE)
		kelp_busy_tell(sock);
	sock_no_linger(sock->sk);
	sock_release(sock);
	if (atomic_dec_and_test(&kn->nr_conns))
		wake_up_all(&kn->idle);
	return err;
}

/* What the worker does with a connection after its look at it. */
enum kelp_conn_fate {
	KELP_CONN_KEEP,
	KELP_CONN_RELEASE,	/* orderly: everything was acknowledged */
	KELP_CONN_RESET,
	KELP_CONN_AWAY,		/* its socket goes to somebody else */
};

static void kelp_conn_release(struct kelp_conn *conn, bool abort)
{
	if (abort) {
		sock_no_linger(conn->sock->sk);
		kelp_stat_inc(conn->stats, KELP_STAT_ABORTED);
	}
	sock_release(conn->sock);
}

/*
 * The last steps. Only the owning worker comes here, so nothing else can be
 * serving. After the detach no callback runs; a kick from a dispatcher item or
 * from the namespace's end finds @dead. The namespace waits for nr_conns.
 */
static void kelp_conn_teardown(struct kelp_conn *conn, enum kelp_conn_fate fate)
{
	struct kelp_net *kn = conn->kn;

	WRITE_ONCE(conn->dead, true);
	kelp_wheel_del(conn);
	kelp_evict_forget(conn);
	xa_erase(&kn->conns, conn->id);
	kelp_callbacks_detach(conn);
	kelp_inbox_close(conn);
	if (conn->proto && conn->proto->on_close)
		conn->proto->on_close(conn);
	kelp_proto_leave(conn);
	kelp_proto_put(conn->opening);
	kelp_hook_free(conn);
	kelp_client_leave(kn, conn->client);
	kelp_stat_inc(conn->stats, KELP_STAT_CLOSED);
	if (fate == KELP_CONN_AWAY) {
		kelp_hijack_deliver(conn);
	} else {
		kelp_conn_release(conn, fate == KELP_CONN_RESET);
		kelp_hijack_fail(conn);
	}
	kelp_gather_free(conn);
	kelp_txq_free(conn);
	if (fate != KELP_CONN_AWAY && atomic_dec_and_test(&kn->nr_conns))
		wake_up_all(&kn->idle);
	kelp_evict_gone(conn);
	kelp_conn_put(conn);
}

/* Nothing is under way: the connection may be closed without losing a word. */
static bool kelp_conn_is_idle(const struct kelp_conn *conn)
{
	return !conn->paused && !conn->want_ready && list_empty(&conn->txq) &&
	       conn->wait == KELP_WAIT_IDLE && !conn->gather_len &&
	       !kelp_inbox_is_busy(conn);
}

/*
 * The peer's FIN was reached: nothing more will come, so what is under way
 * ends with the answers that are still to be sent.
 */
static bool kelp_conn_at_eof(const struct kelp_conn *conn)
{
	const struct sock *sk = conn->sock->sk;

	return (sk->sk_shutdown & RCV_SHUTDOWN) &&
	       skb_queue_empty(&sk->sk_receive_queue) && !conn->again &&
	       conn->wait != KELP_WAIT_ASYNC && !conn->async &&
	       !conn->paused && !conn->want_ready && list_empty(&conn->txq) &&
	       !kelp_inbox_is_busy(conn);
}

static bool kelp_conn_needs_gone(const struct kelp_proto *proto)
{
	return proto && READ_ONCE(proto->gone);
}

/* Somebody wants it reset, whatever it does; or what it speaks goes away. */
static bool kelp_conn_is_doomed(const struct kelp_conn *conn)
{
	if (kelp_conn_needs_gone(conn->registered) ||
	    kelp_conn_needs_gone(conn->hook_owner) ||
	    kelp_conn_needs_gone(conn->opening))
		return true;
	return READ_ONCE(conn->bits) &
	       (BIT(KELP_CONN_ABORT) | BIT(KELP_CONN_EVICT));
}

static enum kelp_conn_fate kelp_conn_judge(const struct kelp_conn *conn)
{
	const struct sock *sk = conn->sock->sk;

	if (sk->sk_state == TCP_CLOSE)
		return KELP_CONN_RELEASE;
	if (conn->failed || sk->sk_err || kelp_conn_is_doomed(conn))
		return KELP_CONN_RESET;
	if (unlikely(conn->hijack) && kelp_hijack_is_due(conn))
		return KELP_CONN_AWAY;
	/*
	 * tcp_close() stops the timers of a kernel socket, so it must not be
	 * left to retransmit: release only what has been acknowledged.
	 */
	if (conn->fin_sent && sk->sk_state == TCP_FIN_WAIT2 && !conn->unread &&
	    tcp_fin_time(sk) <= TCP_TIMEWAIT_LEN)
		return KELP_CONN_RELEASE;
	return KELP_CONN_KEEP;
}

/*
 * Serve, then close what has to be closed. Socket's spinlock held, BH off, RCU
 * reader.
 */
static enum kelp_conn_fate kelp_conn_look(struct kelp_conn *conn,
					  unsigned long *expires)
{
	bool drained;

	/* Whatever there is to read or send, nobody wants it any more. */
	if (kelp_conn_is_doomed(conn))
		return KELP_CONN_RESET;
	drained = kelp_serve(conn, KELP_IN_WORKER);
	if (!conn->closing &&
	    (kelp_conn_at_eof(conn) ||
	     (test_bit(KELP_CONN_DRAIN, &conn->bits) &&
	      kelp_conn_is_idle(conn)))) {
		kelp_conn_close_sent(conn, false);
		drained = kelp_serve(conn, KELP_IN_WORKER);
	}
	*expires = kelp_deadline_enforce(conn);
	if (conn->closing && !conn->fin_sent)
		drained = kelp_serve(conn, KELP_IN_WORKER);
	conn->handed = !drained || kelp_inbox_is_busy(conn) || conn->hook ||
		       conn->hijack;
	return kelp_conn_judge(conn);
}

/* More to do that nobody else will say: the budget was spent, for example. */
static bool kelp_conn_has_more(const struct kelp_conn *conn)
{
	if (conn->file || !list_empty(&conn->txq))
		return false;	/* the dispatcher says it, or TCP */
	if (conn->want_ready)
		return true;
	if (kelp_inbox_is_busy(conn) && (!conn->midway || conn->closing))
		return true;
	return conn->handed && !conn->paused && !conn->closing &&
	       (conn->again ||
		!skb_queue_empty(&conn->sock->sk->sk_receive_queue));
}

/**
 * kelp_conn_work() - the worker's look at a connection
 * @conn: the connection
 *
 * Context: owning worker.
 */
void kelp_conn_work(struct kelp_conn *conn)
{
	unsigned long expires, since;
	enum kelp_conn_fate fate;
	enum kelp_wait wait;
	struct sock *sk;
	bool more;

	if (conn->dead)
		return;
	sk = conn->sock->sk;
	if (lock_sock_fast(sk)) {
		/*
		 * A process owned the socket (ss -K, a socket option): these
		 * are not the conditions to serve under. Come back.
		 */
		unlock_sock_fast(sk, true);
		kelp_wheel_add(&conn->worker->wheel, conn, jiffies);
		kelp_conn_kick(conn);
		return;
	}
	rcu_read_lock();
	fate = kelp_conn_look(conn, &expires);
	rcu_read_unlock();
	more = fate == KELP_CONN_KEEP && kelp_conn_has_more(conn);
	wait = kelp_deadline_wait(conn, &since);
	unlock_sock_fast(sk, false);

	if (fate != KELP_CONN_KEEP) {
		kelp_conn_teardown(conn, fate);
		return;
	}
	kelp_wheel_add(&conn->worker->wheel, conn, expires);
	kelp_evict_note(conn, wait);
	if (more)
		kelp_conn_kick(conn);
}
