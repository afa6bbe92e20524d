// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket's callbacks: TCP calls them under the socket lock, in softirq
 * with the lock's spinlock held, or in the context of a process that owns the
 * socket and works off its backlog. Only the first may serve: the second can
 * run in the middle of a send of ours.
 */
#include "net/callbacks.h"

#include <linux/errno.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "hot.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/serve.h"

static struct kelp_conn *kelp_callback_conn(const struct sock *sk)
{
	void *data = rcu_dereference_protected(__sk_user_data(sk),
					       lockdep_sock_is_held(sk));

	return (void *)((unsigned long)data & SK_USER_DATA_PTRMASK);
}

static void kelp_callback_hand_over(struct kelp_conn *conn)
{
	if (!conn->handed) {
		conn->handed = true;
		kelp_stat_inc(conn->stats, KELP_STAT_HANDOVERS);
	}
	kelp_conn_kick(conn);
}

/*
 * Data came. TCP has queued it; nothing behind this call in TCP's receive path
 * depends on the receive queue being as it was.
 */
__kelp_hot
static void kelp_callback_data_ready(struct sock *sk)
{
	struct kelp_conn *conn = kelp_callback_conn(sk);

	if (unlikely(!conn))
		return;
	if (conn->run) {
		conn->more = true;
		return;
	}
	if (conn->handed || sock_owned_by_user_nocheck(sk)) {
		kelp_callback_hand_over(conn);
		return;
	}
	if (!kelp_serve(conn, KELP_IN_SOFTIRQ))
		kelp_callback_hand_over(conn);
}

/* FIN, reset, or a step of the close: all of it is the worker's. */
static void kelp_callback_state_change(struct sock *sk)
{
	struct kelp_conn *conn = kelp_callback_conn(sk);

	if (conn)
		kelp_conn_kick(conn);
}

/*
 * Room in the send buffer. Runs inside our own sends too, hence only hands
 * over; the original has cleared SOCK_NOSPACE when there is room enough.
 */
__kelp_hot
static void kelp_callback_write_space(struct sock *sk)
{
	struct kelp_conn *conn = kelp_callback_conn(sk);

	if (!conn)
		return;
	conn->saved.write_space(sk);
	/* Inside our own send: an ACK reports room, or a timer tries again. */
	if (!conn->run && !list_empty(&conn->txq) &&
	    !test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		kelp_conn_kick(conn);
}

/**
 * kelp_callbacks_save() - remember a socket's callbacks
 * @sk: a listening socket that kelp has not touched yet
 * @saved: where to
 *
 * Context: process.
 */
void kelp_callbacks_save(struct sock *sk, struct kelp_callbacks *saved)
{
	saved->state_change = sk->sk_state_change;
	saved->data_ready = sk->sk_data_ready;
	saved->write_space = sk->sk_write_space;
}

static int kelp_callback_publish(struct kelp_conn *conn, struct sock *sk)
{
	int err = -EBUSY;

	write_lock_bh(&sk->sk_callback_lock);
	if (!sk->sk_user_data && !inet_csk_has_ulp(sk)) {
		__rcu_assign_sk_user_data_with_flags(sk, conn,
						     SK_USER_DATA_NOCOPY);
		sk->sk_state_change = kelp_callback_state_change;
		sk->sk_data_ready = kelp_callback_data_ready;
		sk->sk_write_space = kelp_callback_write_space;
		err = 0;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	return err;
}

/**
 * kelp_callbacks_attach() - let TCP call kelp
 * @conn: a connection whose socket was just accepted
 *
 * Serves at once what came before the callbacks were there, unless the worker
 * has to begin (kelp_conn.opening). The caller queues
 * the connection to its worker afterwards, which arms its deadline.
 *
 * Context: process, sleeps.
 * Return: 0, or -EBUSY when something else has taken the socket.
 */
int kelp_callbacks_attach(struct kelp_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	bool slow = lock_sock_fast(sk);
	int err;

	rcu_read_lock();
	err = kelp_callback_publish(conn, sk);
	if (conn->opening)
		conn->handed = true;
	else if (!err && !slow && !skb_queue_empty(&sk->sk_receive_queue) &&
		 !kelp_serve(conn, KELP_IN_SOFTIRQ))
		conn->handed = true;
	rcu_read_unlock();
	unlock_sock_fast(sk, slow);
	return err;
}

/**
 * kelp_callbacks_detach() - TCP calls kelp no more
 * @conn: a connection that was attached
 *
 * Callbacks run under the socket lock: when this returns none is running and
 * none will.
 *
 * Context: owning worker, sleeps.
 */
void kelp_callbacks_detach(struct kelp_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_state_change = conn->saved.state_change;
	sk->sk_data_ready = conn->saved.data_ready;
	sk->sk_write_space = conn->saved.write_space;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}
