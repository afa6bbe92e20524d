// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlines: what a connection waits for, and what becomes of it when that does
 * not come. This file stands in the place of net/deadline.o.
 */
#include "suites.h"

#include "net/deadline.c"

#include "conn_kit.h"
#include "engine.h"
#include "net/limits.h"

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

static struct kunit_case cases[] = {
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
	{}
};

struct kunit_suite kelp_deadline_suite = {
	.name = "kelp_deadline",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = conn_setup,
	.exit = conn_cleanup,
	.test_cases = cases,
};
