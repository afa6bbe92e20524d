// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection's life from accept to release, with a peer over loopback, TCP
 * as it is, the engine as it is, and the protocol of lines. The parts of
 * net/conn.c that a state decides are tested in conn_kunit.c.
 */
#include "suites.h"

#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <net/sock.h>

#include "net/callbacks.h"
#include "net/evict.h"
#include "pair.h"

static void create__data_was_there(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pair_connect(&pair, 0, 0), 0);
	sends("early\n");
	KUNIT_ASSERT_EQ(test, pair_create(&pair), 0);
	reads("early\n");
}

static void create__end_was_there(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pair_connect(&pair, 0, 0), 0);
	sends("early\n");
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	KUNIT_ASSERT_EQ(test, pair_create(&pair), 0);
	reads("early\n");
	reads("");
	eventually(is_gone());
}

static void create__limit(struct kunit *test)
{
	struct pair second = {};
	u64 before = stat(KELP_STAT_REFUSED);
	u8 byte;

	kelp_net_limit_set(engine_kn, KELP_LIMIT_CONNECTIONS, 1);
	open_pair(test);
	/* an answer is being made: it must not go */
	sends("a\n");
	eventually(READ_ONCE(pair.conn->paused) &&
		   !READ_ONCE(pair.conn->evict_class));
	KUNIT_EXPECT_EQ(test, pair_connect(&second, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, pair_create(&second), -EMFILE);
	KUNIT_EXPECT_EQ(test, peer_read(&second, &byte, 1), -ECONNRESET);
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_REFUSED), before + 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&engine_kn->nr_conns), 1);
	sock_release(second.peer);
	sock_release(second.listener);
}

/* The one that is there goes, whatever it waits for. */
static void evicts(struct kunit *test, const char *text, const char *answer)
{
	struct pair second = {};
	u64 before = stat(KELP_STAT_EVICTED);
	unsigned long id = 0;
	u8 byte;

	kelp_net_limit_set(engine_kn, KELP_LIMIT_CONNECTIONS, 1);
	open_pair(test);
	sends(text);
	reads(answer);
	eventually(READ_ONCE(pair.conn->evict_class));
	KUNIT_EXPECT_EQ(test, pair_connect(&second, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, pair_create(&second), 0);
	/* whichever it found */
	kelp_conn_put(second.conn);
	KUNIT_EXPECT_EQ(test, peer_read(&pair, &byte, 1), -ECONNRESET);
	eventually(atomic_read(&engine_kn->nr_conns) == 1);
	eventually(!atomic_read(&engine_kn->evicting));
	second.conn = kelp_conn_next(engine_kn, &id);
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_EVICTED), before + 1);
	KUNIT_EXPECT_EQ(test, peer_send(&second, "x\n"), 2);
	KUNIT_EXPECT_TRUE(test, peer_reads(&second, "x\n"));
	/* pair.conn is the old one: only the test still holds it */
	eventually(refcount_read(&pair.conn->ref) == 1);
	kelp_conn_put(pair.conn);
	pair.conn = second.conn;
	sock_release(second.listener);
	sock_release(pair.peer);
	pair.peer = second.peer;
}

static void create__evicts_idle(struct kunit *test)
{
	evicts(test, "x\n", "x\n");
}

static void create__evicts_asking(struct kunit *test)
{
	evicts(test, "x\nhalf a li", "x\n");
}

/* Chosen twice, it goes once; chosen after its end, it is nobody. */
static void evict__once(struct kunit *test)
{
	u64 before = stat(KELP_STAT_EVICTED);

	open_pair(test);
	eventually(READ_ONCE(pair.conn->evict_class));
	KUNIT_EXPECT_TRUE(test, kelp_evict(engine_kn));
	KUNIT_EXPECT_FALSE(test, kelp_evict(engine_kn));
	eventually(is_gone());
	KUNIT_EXPECT_FALSE(test, kelp_evict(engine_kn));
	eventually(!atomic_read(&engine_kn->evicting));
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_EVICTED), before + 1);
}

static void create__taken(struct kunit *test)
{
	struct kelp_callbacks saved;
	struct socket *sock;
	u8 byte;

	KUNIT_ASSERT_EQ(test, pair_connect(&pair, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, kernel_accept(pair.listener, &sock, 0), 0);
	kelp_callbacks_save(pair.listener->sk, &saved);
	sock->sk->sk_user_data = &pair;
	KUNIT_EXPECT_EQ(test, kelp_conn_create(engine_kn, sock, &saved, NULL,
					       NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, peer_read(&pair, &byte, 1), -ECONNRESET);
	KUNIT_EXPECT_TRUE(test, is_gone());
	KUNIT_EXPECT_TRUE(test, xa_empty(&engine_kn->conns));
}

struct kicker {
	struct task_struct *task;
	atomic_t *running;
};

#define KICKS 20000

static int kick_often(void *arg)
{
	struct kicker *kicker = arg;
	int i;

	for (i = 0; i < KICKS; i++) {
		kelp_conn_kick(pair.conn);
		if (!(i % 64))
			cond_resched();
	}
	atomic_dec(kicker->running);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* No reference is lost or doubled, and nothing stays queued. */
static void kick__from_several_tasks(struct kunit *test)
{
	atomic_t running = ATOMIC_INIT(2);
	struct kicker kickers[2];
	int i;

	open_pair(test);
	for (i = 0; i < 2; i++) {
		kickers[i].running = &running;
		kickers[i].task = kthread_run(kick_often, &kickers[i],
					      "kelp_kick/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kickers[i].task));
	}
	for (i = 0; i < 50; i++) {
		sends("kicked\n");
		reads("kicked\n");
	}
	eventually(!atomic_read(&running));
	for (i = 0; i < 2; i++)
		kthread_stop(kickers[i].task);
	eventually(!test_bit(KELP_CONN_QUEUED, &pair.conn->bits));
	/* the table's and the test's */
	eventually(refcount_read(&pair.conn->ref) == 2);
}

static void set__abort(struct kunit *test)
{
	u64 before = stat(KELP_STAT_ABORTED);
	u8 byte;

	open_pair(test);
	sends("a\nx\n");
	kelp_conn_set(pair.conn, KELP_CONN_ABORT);
	KUNIT_EXPECT_EQ(test, peer_read(&pair, &byte, 1), -ECONNRESET);
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_ABORTED), before + 1);
}

static void set__drain_idle(struct kunit *test)
{
	open_pair(test);
	sends("x\n");
	reads("x\n");
	kelp_conn_set(pair.conn, KELP_CONN_DRAIN);
	reads("");
	eventually(is_gone());
}

static void set__drain_busy(struct kunit *test)
{
	open_pair(test);
	sends("a\n");
	eventually(READ_ONCE(pair.conn->paused));
	kelp_conn_set(pair.conn, KELP_CONN_DRAIN);
	eventually(!test_bit(KELP_CONN_QUEUED, &pair.conn->bits));
	kelp_conn_set(pair.conn, KELP_CONN_READY);
	reads("ready\n");
	reads("");
	eventually(is_gone());
}

static void timed_out__idle(struct kunit *test)
{
	kelp_net_limit_set(engine_kn, KELP_LIMIT_IDLE_MS, 200);
	open_pair(test);
	sends("x\n");
	reads("x\n");
	reads("timeout\n");
	reads("");
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, line_log.wait, (int)KELP_WAIT_IDLE);
	KUNIT_EXPECT_EQ(test, line_log.timeouts, 1);
}

/* Before a word is said there is no protocol that could answer. */
static void timed_out__silent(struct kunit *test)
{
	kelp_net_limit_set(engine_kn, KELP_LIMIT_IDLE_MS, 200);
	open_pair(test);
	reads("");
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, line_log.opened, 0);
}

/* Trickling bytes do not extend the time for a head. */
static void timed_out__header(struct kunit *test)
{
	int i;

	kelp_net_limit_set(engine_kn, KELP_LIMIT_HEADER_MS, 400);
	open_pair(test);
	for (i = 0; i < 200 && !READ_ONCE(line_log.timeouts); i++) {
		if (peer_send(&pair, "x") < 0)
			break;
		msleep(20);
	}
	reads("timeout\n");
	eventually(line_log.timeouts == 1);
	KUNIT_EXPECT_EQ(test, line_log.wait, (int)KELP_WAIT_HEADER);
}

static void timed_out__write(struct kunit *test)
{
	u64 before = stat(KELP_STAT_TIMEOUT_WRITE);

	kelp_net_limit_set(engine_kn, KELP_LIMIT_WRITE_MS, 300);
	open_narrow_pair(test);
	sends("b200000\n");
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_TIMEOUT_WRITE), before + 1);
}

static void timed_out__linger(struct kunit *test)
{
	u64 before = stat(KELP_STAT_TIMEOUT_LINGER);

	kelp_net_limit_set(engine_kn, KELP_LIMIT_LINGER_MS, 300);
	open_pair(test);
	sends("u\n");
	reads("u\n");
	reads("");
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_TIMEOUT_LINGER), before + 1);
}

/* Slower than the write and linger time-outs in all, never without progress. */
static void timed_out__not_the_slow_reader(struct kunit *test)
{
	u8 block[1000];
	size_t at;

	kelp_net_limit_set(engine_kn, KELP_LIMIT_WRITE_MS, 1000);
	kelp_net_limit_set(engine_kn, KELP_LIMIT_LINGER_MS, 1000);
	open_narrow_pair(test);
	sends("b40000\nq\n");
	for (at = 0; at < 40000; at += sizeof(block)) {
		msleep(60);
		KUNIT_ASSERT_EQ(test, peer_read(&pair, block, sizeof(block)),
				(int)sizeof(block));
	}
	reads("q\n");
	reads("");
	eventually(is_gone());
}

/* A process owns the socket: what comes is the worker's, afterwards. */
static void work__socket_owned(struct kunit *test)
{
	struct sock *sk;

	open_pair(test);
	sk = pair.conn->sock->sk;
	/* nested: the peer's socket, locked inside, is of the same class */
	lock_sock_nested(sk, SINGLE_DEPTH_NESTING);
	KUNIT_EXPECT_EQ(test, peer_send(&pair, "x\n"), 2);
	eventually(READ_ONCE(sk->sk_backlog.tail));
	kelp_conn_kick(pair.conn);
	msleep(50);
	KUNIT_EXPECT_EQ(test, line_log.softirq + line_log.worker, 0);
	release_sock(sk);
	reads("x\n");
	KUNIT_EXPECT_EQ(test, line_log.softirq, 0);
	KUNIT_EXPECT_EQ(test, line_log.worker, 1);
}

/* The peer dies while somebody still makes an answer for it. */
static void teardown__while_async(struct kunit *test)
{
	open_pair(test);
	sends("a\n");
	eventually(READ_ONCE(pair.conn->paused));
	sock_no_linger(pair.peer->sk);
	sock_release(pair.peer);
	pair.peer = NULL;
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, line_log.closed, 1);
	KUNIT_EXPECT_EQ(test, line_log.ready, 0);
	/* the answer comes too late: nothing but its reference is left */
	kelp_conn_set(pair.conn, KELP_CONN_READY);
	eventually(!test_bit(KELP_CONN_QUEUED, &pair.conn->bits));
	eventually(refcount_read(&pair.conn->ref) == 1);
	KUNIT_EXPECT_EQ(test, line_log.ready, 0);
}

static void teardown__with_queued_answers(struct kunit *test)
{
	open_narrow_pair(test);
	sends("b200000\nb200000\n");
	eventually(!list_empty(&pair.conn->txq));
	sock_no_linger(pair.peer->sk);
	sock_release(pair.peer);
	pair.peer = NULL;
	eventually(is_gone());
}

static struct kunit_case cases[] = {
	KUNIT_CASE(create__data_was_there),
	KUNIT_CASE(create__end_was_there),
	KUNIT_CASE(create__limit),
	KUNIT_CASE(create__evicts_idle),
	KUNIT_CASE(create__evicts_asking),
	KUNIT_CASE(evict__once),
	KUNIT_CASE(create__taken),
	KUNIT_CASE(kick__from_several_tasks),
	KUNIT_CASE(set__abort),
	KUNIT_CASE(set__drain_idle),
	KUNIT_CASE(set__drain_busy),
	KUNIT_CASE(timed_out__idle),
	KUNIT_CASE(timed_out__silent),
	KUNIT_CASE(timed_out__header),
	KUNIT_CASE(timed_out__write),
	KUNIT_CASE(timed_out__linger),
	KUNIT_CASE(timed_out__not_the_slow_reader),
	KUNIT_CASE(work__socket_owned),
	KUNIT_CASE(teardown__while_async),
	KUNIT_CASE(teardown__with_queued_answers),
	{}
};

struct kunit_suite kelp_life_suite = {
	.name = "kelp_life",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = pair_setup,
	.exit = pair_cleanup,
	.test_cases = cases,
};
