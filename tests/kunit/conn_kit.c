// SPDX-License-Identifier: GPL-2.0-only
/* A connection that nobody serves. */
#include "conn_kit.h"

#include <linux/in.h>
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "engine.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/wheel.h"
#include "net/worker.h"

struct kelp_conn *conn;
struct kelp_worker *worker;
struct sk_buff *skb;
struct list_head answer;

int conn_setup(struct kunit *test)
{
	int err;

	conn = kunit_kzalloc(test, sizeof(*conn), GFP_KERNEL);
	worker = kunit_kzalloc(test, sizeof(*worker), GFP_KERNEL);
	skb = alloc_skb(16, GFP_KERNEL);
	if (!conn || !worker || !skb)
		return -ENOMEM;
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &conn->sock);
	if (err)
		return err;
	conn->kn = engine_kn;
	conn->stats = engine_kn->stats;
	conn->worker = worker;
	refcount_set(&conn->ref, 1);
	INIT_LIST_HEAD(&conn->txq);
	kelp_inbox_init(&conn->inbox);
	INIT_LIST_HEAD(&conn->wheel);
	init_llist_head(&worker->queue);
	worker->task = current;
	kelp_wheel_init(&worker->wheel, jiffies);
	conn->sock->sk->sk_state = TCP_ESTABLISHED;
	return 0;
}

void conn_cleanup(struct kunit *test)
{
	struct sock *sk;

	if (conn && conn->sock) {
		sk = conn->sock->sk;
		__skb_queue_head_init(&sk->sk_receive_queue);
		sk->sk_state = TCP_CLOSE;
		sk->sk_err = 0;
		sk->sk_shutdown = 0;
		tcp_sk(sk)->snd_una = tcp_sk(sk)->write_seq;
		sock_release(conn->sock);
	}
	kfree_skb(skb);
	engine_limits_reset();
}

void unread_data(void)
{
	__skb_queue_tail(&conn->sock->sk->sk_receive_queue, skb);
}

void waiting_answer(void)
{
	list_add_tail(&answer, &conn->txq);
}

void unacked(void)
{
	struct tcp_sock *tp = tcp_sk(conn->sock->sk);

	tp->write_seq = tp->snd_una + 1;
}
