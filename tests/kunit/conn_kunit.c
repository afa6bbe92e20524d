// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's state machine: what is decided from which state. The
 * connection and its socket are the test's own and served by nobody; whole
 * connections are tested in life_kunit.c and serve_kunit.c. This file stands
 * in the place of net/conn.o.
 */
#include "suites.h"

#include <linux/slab.h>

/* kelp.ko has a cache of the same name. */
#undef KMEM_CACHE
#define KMEM_CACHE(type, flags)						\
	kmem_cache_create("kelp_kunit_" #type, sizeof(struct type),	\
			  __alignof__(struct type), flags, NULL)
#include "net/conn.c"

#include "conn_kit.h"
#include "engine.h"

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
	/* waiting for a PROXY header is none */
	conn->proxied = true;
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
