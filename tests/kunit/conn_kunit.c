// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's state machine: what is decided from which state. The
 * connection and its socket are the test's own and served by nobody; whole
 * connections are tested in life_kunit.c and serve_kunit.c. This file stands
 * in the place of net/conn.o and net/deadline.o.
 */
#include "suites.h"

#include <linux/slab.h>

/* kelp.ko has a cache of the same name. */
#undef KMEM_CACHE
#define KMEM_CACHE(type, flags)						\
	kmem_cache_create("kelp_kunit_" #type, sizeof(struct type),	\
			  __alignof__(struct type), flags, NULL)
#include "net/conn.c"
#include "net/deadline.c"

#include <linux/in.h>
#include <net/net_namespace.h>

#include "engine.h"
#include "net/limits.h"

static struct kelp_conn *conn;
static struct kelp_worker *worker;
static struct sk_buff *skb;
static struct list_head answer;	/* stands for one that waits */

static int conn_setup(struct kunit *test)
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
	INIT_LIST_HEAD(&conn->wheel);
	init_llist_head(&worker->queue);
	worker->task = current;
	kelp_wheel_init(&worker->wheel, jiffies);
	conn->sock->sk->sk_state = TCP_ESTABLISHED;
	return 0;
}

static void conn_cleanup(struct kunit *test)
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

static void unread_data(void)
{
	__skb_queue_tail(&conn->sock->sk->sk_receive_queue, skb);
}

static void waiting_answer(void)
{
	list_add_tail(&answer, &conn->txq);
}

static void unacked(void)
{
	struct tcp_sock *tp = tcp_sk(conn->sock->sk);

	tp->write_seq = tp->snd_una + 1;
}

static void next__skips_the_dying(struct kunit *test)
{
	struct kelp_net *kn = kunit_kzalloc(test, sizeof(*kn), GFP_KERNEL);
	struct kelp_conn *dying;
	unsigned long id = 0;

	KUNIT_ASSERT_NOT_NULL(test, kn);
	dying = kunit_kzalloc(test, sizeof(*dying), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dying);
	xa_init_flags(&kn->conns, XA_FLAGS_ALLOC1);
	xa_store(&kn->conns, 3, dying, GFP_KERNEL);
	xa_store(&kn->conns, 7, conn, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, kelp_conn_next(kn, &id), conn);
	KUNIT_EXPECT_EQ(test, id, 7UL);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), 2U);
	id++;
	KUNIT_EXPECT_NULL(test, kelp_conn_next(kn, &id));
	xa_destroy(&kn->conns);
}

static void kick__queues_once(struct kunit *test)
{
	struct llist_node *all;

	kelp_conn_kick(conn);
	kelp_conn_kick(conn);
	KUNIT_EXPECT_TRUE(test, test_bit(KELP_CONN_QUEUED, &conn->bits));
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), 2U);
	all = llist_del_all(&worker->queue);
	KUNIT_EXPECT_PTR_EQ(test, all, &conn->qnode);
	KUNIT_EXPECT_NULL(test, all->next);
}

static void kick__again_after_the_clear(struct kunit *test)
{
	kelp_conn_kick(conn);
	llist_del_all(&worker->queue);
	/* taken but not looked at yet: that look will see it */
	kelp_conn_kick(conn);
	KUNIT_EXPECT_TRUE(test, llist_empty(&worker->queue));
	clear_bit(KELP_CONN_QUEUED, &conn->bits);
	kelp_conn_kick(conn);
	KUNIT_EXPECT_FALSE(test, llist_empty(&worker->queue));
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), 3U);
}

static void set__tells_and_kicks(struct kunit *test)
{
	kelp_conn_set(conn, KELP_CONN_DRAIN);
	KUNIT_EXPECT_TRUE(test, test_bit(KELP_CONN_DRAIN, &conn->bits));
	KUNIT_EXPECT_FALSE(test, llist_empty(&worker->queue));
	/* also when it is queued for something else */
	kelp_conn_set(conn, KELP_CONN_ABORT);
	KUNIT_EXPECT_TRUE(test, test_bit(KELP_CONN_ABORT, &conn->bits));
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), 2U);
}

static void close_sent__unread_stays(struct kunit *test)
{
	kelp_conn_close_sent(conn, false);
	KUNIT_EXPECT_TRUE(test, conn->closing);
	KUNIT_EXPECT_FALSE(test, conn->unread);
	kelp_conn_close_sent(conn, true);
	kelp_conn_close_sent(conn, false);
	KUNIT_EXPECT_TRUE(test, conn->unread);
}

static void wait__head_counts_from_its_start(struct kunit *test)
{
	unsigned long then = jiffies - 100;

	kelp_conn_wait(conn, KELP_WAIT_HEADER);
	conn->wait_since = then;
	kelp_conn_wait(conn, KELP_WAIT_HEADER);
	KUNIT_EXPECT_EQ(test, conn->wait_since, then);
	kelp_conn_wait(conn, KELP_WAIT_BODY);
	KUNIT_EXPECT_NE(test, conn->wait_since, then);
	conn->wait_since = then;
	kelp_conn_wait(conn, KELP_WAIT_BODY);
	KUNIT_EXPECT_NE(test, conn->wait_since, then);
	conn->wait_since = then;
	kelp_conn_wait(conn, KELP_WAIT_HEADER);
	KUNIT_EXPECT_NE(test, conn->wait_since, then);
}

static void is_idle__every_reason_against(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kelp_conn_is_idle(conn));
	conn->paused = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_is_idle(conn));
	conn->paused = false;
	conn->want_ready = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_is_idle(conn));
	conn->want_ready = false;
	conn->wait = KELP_WAIT_BODY;
	KUNIT_EXPECT_FALSE(test, kelp_conn_is_idle(conn));
	conn->wait = KELP_WAIT_IDLE;
	conn->gather_len = 1;
	KUNIT_EXPECT_FALSE(test, kelp_conn_is_idle(conn));
	conn->gather_len = 0;
	waiting_answer();
	KUNIT_EXPECT_FALSE(test, kelp_conn_is_idle(conn));
}

static void at_eof__needs_the_fin(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
	conn->sock->sk->sk_shutdown = SEND_SHUTDOWN;
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
	conn->sock->sk->sk_shutdown = RCV_SHUTDOWN;
	KUNIT_EXPECT_TRUE(test, kelp_conn_at_eof(conn));
}

static void at_eof__every_reason_against(struct kunit *test)
{
	conn->sock->sk->sk_shutdown = RCV_SHUTDOWN;
	conn->paused = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
	conn->paused = false;
	conn->want_ready = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
	conn->want_ready = false;
	unread_data();
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
	__skb_unlink(skb, &conn->sock->sk->sk_receive_queue);
	conn->again = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
	conn->again = false;
	/* half a message will never be whole */
	conn->gather_len = 1;
	KUNIT_EXPECT_TRUE(test, kelp_conn_at_eof(conn));
	waiting_answer();
	KUNIT_EXPECT_FALSE(test, kelp_conn_at_eof(conn));
}

static void judge_is(struct kunit *test, enum kelp_conn_fate want)
{
	KUNIT_EXPECT_EQ(test, (int)kelp_conn_judge(conn), (int)want);
}

static void judge__keep(struct kunit *test)
{
	judge_is(test, KELP_CONN_KEEP);
	conn->closing = true;
	conn->sock->sk->sk_shutdown = RCV_SHUTDOWN;
	judge_is(test, KELP_CONN_KEEP);
	set_bit(KELP_CONN_DRAIN, &conn->bits);
	judge_is(test, KELP_CONN_KEEP);
}

static void judge__reset(struct kunit *test)
{
	conn->failed = true;
	judge_is(test, KELP_CONN_RESET);
	conn->failed = false;
	conn->sock->sk->sk_err = ETIMEDOUT;
	judge_is(test, KELP_CONN_RESET);
	conn->sock->sk->sk_err = 0;
	set_bit(KELP_CONN_ABORT, &conn->bits);
	judge_is(test, KELP_CONN_RESET);
}

static void judge__closed_already(struct kunit *test)
{
	conn->sock->sk->sk_state = TCP_CLOSE;
	judge_is(test, KELP_CONN_RELEASE);
	/* there is nobody left to be told */
	conn->failed = true;
	set_bit(KELP_CONN_ABORT, &conn->bits);
	judge_is(test, KELP_CONN_RELEASE);
}

static void judge__release_when_acked(struct kunit *test)
{
	static const int not_yet[] = {
		TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_CLOSE_WAIT, TCP_CLOSING,
		TCP_LAST_ACK,
	};
	struct sock *sk = conn->sock->sk;
	size_t i;

	conn->fin_sent = true;
	for (i = 0; i < ARRAY_SIZE(not_yet); i++) {
		sk->sk_state = not_yet[i];
		judge_is(test, KELP_CONN_KEEP);
	}
	sk->sk_state = TCP_FIN_WAIT2;
	judge_is(test, KELP_CONN_RELEASE);
	conn->unread = true;
	judge_is(test, KELP_CONN_KEEP);
	conn->unread = false;
	/* longer than a time-wait socket can stand in for it */
	tcp_sk(sk)->linger2 = TCP_TIMEWAIT_LEN + 1;
	judge_is(test, KELP_CONN_KEEP);
}

static void progress__acks_count(struct kunit *test)
{
	unsigned long then = jiffies - 100;

	kelp_deadline_progress(conn);
	conn->tx_since = then;
	kelp_deadline_progress(conn);
	KUNIT_EXPECT_EQ(test, conn->tx_since, then);
	tcp_sk(conn->sock->sk)->snd_una++;
	kelp_deadline_progress(conn);
	KUNIT_EXPECT_NE(test, conn->tx_since, then);
}

static void waits_are(struct kunit *test, enum kelp_wait want,
		      unsigned long want_since)
{
	unsigned long since = 0;

	KUNIT_EXPECT_EQ(test, (int)kelp_deadline_wait(conn, &since),
			(int)want);
	KUNIT_EXPECT_EQ(test, since, want_since);
}

static void waits_for__what(struct kunit *test)
{
	conn->wait_since = 1;
	conn->tx_since = 2;
	/* idle begins when the answer has been taken */
	waits_are(test, KELP_WAIT_IDLE, 2);
	conn->wait_since = 3;
	waits_are(test, KELP_WAIT_IDLE, 3);
	conn->wait_since = 1;
	conn->wait = KELP_WAIT_HEADER;
	waits_are(test, KELP_WAIT_HEADER, 1);
	conn->wait = KELP_WAIT_ASYNC;
	waits_are(test, KELP_WAIT_ASYNC, 1);
	/* the peer's turn, whatever the protocol waits for */
	waiting_answer();
	waits_are(test, KELP_WAIT_WRITE, 2);
}

static void waits_for__the_close(struct kunit *test)
{
	conn->tx_since = 2;
	conn->fin_sent = true;
	waits_are(test, KELP_WAIT_LINGER, 2);
	/* a slow reader is not late: the FIN is behind what it still reads */
	unacked();
	waits_are(test, KELP_WAIT_WRITE, 2);
}

static unsigned long look_at_deadline(void)
{
	unsigned long expires;

	local_bh_disable();
	expires = kelp_deadline_enforce(conn);
	local_bh_enable();
	return expires;
}

static void timed_out__write_fails(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_WRITE);

	conn->tx_since = jiffies - msecs_to_jiffies(31000);
	waiting_answer();
	look_at_deadline();
	KUNIT_EXPECT_TRUE(test, conn->failed);
	KUNIT_EXPECT_EQ(test, before + 1,
			kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_WRITE));
}

static void timed_out__linger_fails(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_LINGER);

	conn->fin_sent = true;
	conn->tx_since = jiffies - msecs_to_jiffies(11000);
	/* what looks like progress at the first look */
	conn->una = tcp_sk(conn->sock->sk)->snd_una;
	look_at_deadline();
	KUNIT_EXPECT_TRUE(test, conn->failed);
	KUNIT_EXPECT_EQ(test, before + 1,
			kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_LINGER));
}

static void timed_out__idle_closes(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_IDLE);

	conn->wait_since = jiffies - msecs_to_jiffies(61000);
	conn->tx_since = conn->wait_since;
	look_at_deadline();
	KUNIT_EXPECT_TRUE(test, conn->closing);
	KUNIT_EXPECT_FALSE(test, conn->failed);
	KUNIT_EXPECT_EQ(test, before + 1,
			kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_IDLE));
}

static void deadline__of_each_wait(struct kunit *test)
{
	static const struct {
		enum kelp_wait wait;
		enum kelp_limit limit;
	} each[] = {
		{ KELP_WAIT_IDLE, KELP_LIMIT_IDLE_MS },
		{ KELP_WAIT_HEADER, KELP_LIMIT_HEADER_MS },
		{ KELP_WAIT_BODY, KELP_LIMIT_BODY_MS },
	};
	size_t i;

	/* that would end the body's sooner */
	kelp_net_limit_set(engine_kn, KELP_LIMIT_BODY_RATE, 0);
	for (i = 0; i < ARRAY_SIZE(each); i++) {
		kelp_net_limit_set(engine_kn, each[i].limit, 1000000 + i);
		conn->wait = each[i].wait;
		conn->wait_since = jiffies;
		KUNIT_EXPECT_EQ(test, look_at_deadline(), conn->wait_since +
				msecs_to_jiffies(1000000 + i));
	}
	conn->fin_sent = true;
	conn->tx_since = jiffies;
	conn->una = tcp_sk(conn->sock->sk)->snd_una;
	kelp_net_limit_set(engine_kn, KELP_LIMIT_LINGER_MS, 2000000);
	KUNIT_EXPECT_EQ(test, look_at_deadline(),
			conn->tx_since + msecs_to_jiffies(2000000));
	KUNIT_EXPECT_FALSE(test, conn->closing);
}

static void deadline__body_rate(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_RATE);

	kelp_net_limit_set(engine_kn, KELP_LIMIT_BODY_RATE, 1000);
	kelp_net_limit_set(engine_kn, KELP_LIMIT_BODY_GRACE_MS, 1000);
	kelp_conn_wait(conn, KELP_WAIT_BODY);
	conn->rx_bytes = 5000;	/* of requests before this one */
	KUNIT_EXPECT_EQ(test, look_at_deadline(), conn->body_since + HZ);
	conn->rx_bytes += 3000;
	KUNIT_EXPECT_EQ(test, look_at_deadline(), conn->body_since + 4 * HZ);
	/* the time that the peer takes for an answer does not count */
	waiting_answer();
	conn->body_since -= 100 * HZ;
	look_at_deadline();
	list_del(&answer);
	KUNIT_EXPECT_EQ(test, look_at_deadline(), conn->body_since + HZ);
	KUNIT_EXPECT_FALSE(test, conn->closing);
	conn->body_since -= 2 * HZ;
	look_at_deadline();
	KUNIT_EXPECT_TRUE(test, conn->closing);
	KUNIT_EXPECT_EQ(test, kelp_stat_sum(conn->stats, KELP_STAT_TIMEOUT_RATE),
			before + 1);
}

static void deadline__proxied(struct kunit *test)
{
	conn->proxied = true;
	conn->wait_since = jiffies - 100;
	conn->tx_since = jiffies;
	waits_are(test, KELP_WAIT_HEADER, conn->wait_since);
	/* still idle for a drain */
	KUNIT_EXPECT_TRUE(test, kelp_conn_is_idle(conn));
}

static void deadline__async_has_none(struct kunit *test)
{
	conn->wait = KELP_WAIT_ASYNC;
	conn->wait_since = jiffies - (1UL << 30);
	KUNIT_EXPECT_TRUE(test, time_after(look_at_deadline(), jiffies));
	KUNIT_EXPECT_FALSE(test, conn->closing);
}

/* Acknowledgements are not reported, so they are looked for. */
static void deadline__write_looks_earlier(struct kunit *test)
{
	unsigned long limit = msecs_to_jiffies(1000000), at;

	kelp_net_limit_set(engine_kn, KELP_LIMIT_WRITE_MS, 1000000);
	waiting_answer();
	conn->sock->sk->sk_wmem_queued = 1;
	conn->tx_since = jiffies;
	at = look_at_deadline();
	conn->sock->sk->sk_wmem_queued = 0;
	KUNIT_EXPECT_TRUE(test, time_after_eq(at, conn->tx_since + limit / 4));
	KUNIT_EXPECT_TRUE(test, time_before(at, conn->tx_since + limit / 2));
}

static void deadline__write_without_memory(struct kunit *test)
{
	conn->tx_since = jiffies;
	waiting_answer();
	KUNIT_EXPECT_TRUE(test, time_before_eq(look_at_deadline(), jiffies));
	KUNIT_EXPECT_FALSE(test, conn->failed);
}

static void has_more__only_after_the_budget(struct kunit *test)
{
	unread_data();
	KUNIT_EXPECT_FALSE(test, kelp_conn_has_more(conn));
	conn->handed = true;
	KUNIT_EXPECT_TRUE(test, kelp_conn_has_more(conn));
	conn->paused = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_has_more(conn));
	conn->paused = false;
	conn->closing = true;
	KUNIT_EXPECT_FALSE(test, kelp_conn_has_more(conn));
	conn->closing = false;
	__skb_unlink(skb, &conn->sock->sk->sk_receive_queue);
	KUNIT_EXPECT_FALSE(test, kelp_conn_has_more(conn));
	/* what is left may have been gathered */
	conn->again = true;
	KUNIT_EXPECT_TRUE(test, kelp_conn_has_more(conn));
	waiting_answer();
	KUNIT_EXPECT_FALSE(test, kelp_conn_has_more(conn));
}

static void work__dead(struct kunit *test)
{
	conn->dead = true;
	conn->failed = true;
	kelp_conn_work(conn);
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->wheel));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(next__skips_the_dying),
	KUNIT_CASE(kick__queues_once),
	KUNIT_CASE(kick__again_after_the_clear),
	KUNIT_CASE(set__tells_and_kicks),
	KUNIT_CASE(close_sent__unread_stays),
	KUNIT_CASE(wait__head_counts_from_its_start),
	KUNIT_CASE(is_idle__every_reason_against),
	KUNIT_CASE(at_eof__needs_the_fin),
	KUNIT_CASE(at_eof__every_reason_against),
	KUNIT_CASE(judge__keep),
	KUNIT_CASE(judge__reset),
	KUNIT_CASE(judge__closed_already),
	KUNIT_CASE(judge__release_when_acked),
	KUNIT_CASE(progress__acks_count),
	KUNIT_CASE(waits_for__what),
	KUNIT_CASE(waits_for__the_close),
	KUNIT_CASE(timed_out__write_fails),
	KUNIT_CASE(timed_out__linger_fails),
	KUNIT_CASE(timed_out__idle_closes),
	KUNIT_CASE(deadline__of_each_wait),
	KUNIT_CASE(deadline__body_rate),
	KUNIT_CASE(deadline__proxied),
	KUNIT_CASE(deadline__async_has_none),
	KUNIT_CASE(deadline__write_looks_earlier),
	KUNIT_CASE(deadline__write_without_memory),
	KUNIT_CASE(has_more__only_after_the_budget),
	KUNIT_CASE(work__dead),
	{}
};

struct kunit_suite kelp_conn_suite = {
	.name = "kelp_conn",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = conn_setup,
	.exit = conn_cleanup,
	.test_cases = cases,
};
