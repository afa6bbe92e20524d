// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serving, with a peer over loopback, TCP as it is, the engine as it is, and
 * the protocol of lines: what the peer sees, and what is left behind.
 */
#include "suites.h"

#include <net/sock.h>
#include <net/tcp.h>

#include "net/gather.h"
#include "pair.h"

static bool reads_pattern(size_t len)
{
	u8 block[1000];
	size_t at = 0, i, part;

	while (at < len) {
		part = min(sizeof(block), len - at);
		if (peer_read(&pair, block, part) != part)
			return false;
		for (i = 0; i < part; i++)
			if (block[i] != line_pattern(at + i))
				return false;
		at += part;
	}
	return true;
}

static void detect__in_pieces(struct kunit *test)
{
	open_pair(test);
	sends("M");
	eventually(gathered(1));
	sends("AG");
	eventually(gathered(3));
	sends("C");
	reads("magic\n");
	KUNIT_EXPECT_EQ(test, line_log.softirq + line_log.worker, 0);
}

static void detect__other_than_it_seemed(struct kunit *test)
{
	open_pair(test);
	sends("MA");
	eventually(gathered(2));
	sends("D\n");
	reads("MAD\n");
	KUNIT_EXPECT_EQ(test, line_log.opened, 1);
}

static void offer__in_one_piece(struct kunit *test)
{
	open_pair(test);
	sends("hello\n");
	reads("hello\n");
	sends("once more\n");
	reads("once more\n");
	KUNIT_EXPECT_EQ(test, line_log.softirq, 2);
	KUNIT_EXPECT_EQ(test, line_log.worker, 0);
}

static void offer__pipelined(struct kunit *test)
{
	open_pair(test);
	sends("one\ntwo\nthree\n");
	reads("one\ntwo\nthree\n");
	KUNIT_EXPECT_EQ(test, line_log.softirq, 3);
}

static void gathered__in_pieces(struct kunit *test)
{
	u64 before = stat(KELP_STAT_GATHERS);

	open_pair(test);
	sends("he");
	eventually(gathered(2));
	sends("ll");
	eventually(gathered(4));
	sends("o\nx\nyy");
	reads("hello\nx\n");
	eventually(gathered(2));
	sends("\n");
	reads("yy\n");
	KUNIT_EXPECT_GT(test, stat(KELP_STAT_GATHERS), before);
	/* drained again: the next one is softirq's */
	eventually(!READ_ONCE(pair.conn->handed));
	line_log.softirq = 0;
	sends("z\n");
	reads("z\n");
	KUNIT_EXPECT_EQ(test, line_log.softirq, 1);
}

/* More messages behind the gathered one than one look of the worker serves. */
static void gathered__more_than_the_budget(struct kunit *test)
{
	char *lines = kunit_kzalloc(test, 2 * 600 + 2, GFP_KERNEL);
	char *back = kunit_kzalloc(test, 2 * 600 + 2, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, lines);
	KUNIT_ASSERT_NOT_NULL(test, back);
	for (i = 0; i < 600; i++)
		strcpy(lines + 2 * i, "x\n");
	open_pair(test);
	sends("x");
	eventually(gathered(1));
	sends(lines + 1);
	KUNIT_EXPECT_EQ(test, peer_read(&pair, back, 2 * 600), 2 * 600);
	KUNIT_EXPECT_TRUE(test, !memcmp(lines, back, 2 * 600));
}

static void gathered__too_large(struct kunit *test)
{
	char *line = kunit_kzalloc(test, KELP_GATHER_MAX + 1001, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, line);
	memset(line, 'z', KELP_GATHER_MAX + 1000);
	open_pair(test);
	peer_send(&pair, line);
	eventually(is_gone());
	KUNIT_EXPECT_LT(test, peer_read(&pair, line, 1), 0);
}

static void gathered__no_memory(struct kunit *test)
{
	kelp_net_limit_set(engine_kn, KELP_LIMIT_MEMORY, 1);
	open_pair(test);
	sends("half a line");
	eventually(is_gone());
}

static void span__many_segments(struct kunit *test)
{
	size_t len = 60000, i;
	char *line = kunit_kzalloc(test, len + 1, GFP_KERNEL);
	char *back = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_ASSERT_NOT_NULL(test, back);
	for (i = 0; i < len - 1; i++)
		line[i] = 'A' + i % 26;
	line[len - 1] = '\n';
	open_narrow_pair(test);
	sends(line);
	KUNIT_EXPECT_EQ(test, peer_read(&pair, back, len), (int)len);
	KUNIT_EXPECT_TRUE(test, !memcmp(line, back, len));
}

static void receive__end_with_data(struct kunit *test)
{
	struct kvec vec = { .iov_base = "last\n", .iov_len = 5 };
	struct msghdr msg = { .msg_flags = MSG_MORE };

	open_pair(test);
	KUNIT_ASSERT_EQ(test, kernel_sendmsg(pair.peer, &msg, &vec, 1, 5), 5);
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	reads("last\n");
	reads("");
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, line_log.closed, 1);
}

static void receive__end_in_a_message(struct kunit *test)
{
	open_pair(test);
	sends("x\nhalf");
	reads("x\n");
	eventually(gathered(4));
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	reads("");
	eventually(is_gone());
}

static void receive__end_at_once(struct kunit *test)
{
	open_pair(test);
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	reads("");
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, line_log.opened, 0);
}

static void receive__urgent(struct kunit *test)
{
	struct kvec vec = { .iov_base = "!", .iov_len = 1 };
	struct msghdr msg = { .msg_flags = MSG_OOB };
	u64 before = stat(KELP_STAT_URGENT);
	u8 byte;

	open_pair(test);
	KUNIT_ASSERT_EQ(test, kernel_sendmsg(pair.peer, &msg, &vec, 1, 1), 1);
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, peer_read(&pair, &byte, 1), -ECONNRESET);
	KUNIT_EXPECT_EQ(test, stat(KELP_STAT_URGENT), before + 1);
}

/* What follows the last message is taken in, or it would cause a reset. */
static void discard__what_follows(struct kunit *test)
{
	open_pair(test);
	sends("u\nmore\nmo");
	reads("u\n");
	sends("re\nand more\n");
	reads("");
	KUNIT_EXPECT_FALSE(test, is_gone());
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	eventually(is_gone());
	KUNIT_EXPECT_EQ(test, line_log.softirq + line_log.worker, 1);
}

/* Nothing more is wanted and all is acknowledged: no need to wait for it. */
static void fin__nothing_unread(struct kunit *test)
{
	open_pair(test);
	sends("q\n");
	reads("q\n");
	reads("");
	eventually(is_gone());
}

static void fin__peer_has_more_to_say(struct kunit *test)
{
	open_pair(test);
	sends("u\n");
	reads("u\n");
	reads("");
	eventually(READ_ONCE(pair.conn->sock->sk->sk_state) == TCP_FIN_WAIT2);
	kelp_conn_kick(pair.conn);
	eventually(!test_bit(KELP_CONN_QUEUED, &pair.conn->bits));
	KUNIT_EXPECT_FALSE(test, is_gone());
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	eventually(is_gone());
}

static void fin__behind_the_queue(struct kunit *test)
{
	open_narrow_pair(test);
	sends("b100000\nq\n");
	eventually(!list_empty(&pair.conn->txq));
	KUNIT_EXPECT_TRUE(test, reads_pattern(100000));
	reads("q\n");
	reads("");
	eventually(is_gone());
}

static void ready__in_order(struct kunit *test)
{
	open_pair(test);
	sends("x\na\ny\n");
	reads("x\n");
	eventually(READ_ONCE(pair.conn->paused));
	sends("z\n");
	kelp_conn_set(pair.conn, KELP_CONN_READY);
	reads("ready\ny\nz\n");
	KUNIT_EXPECT_EQ(test, line_log.ready, 1);
	eventually(!READ_ONCE(pair.conn->handed));
}

static void ready__end_was_reached(struct kunit *test)
{
	open_pair(test);
	sends("a\n");
	kernel_sock_shutdown(pair.peer, SHUT_WR);
	eventually(READ_ONCE(pair.conn->paused));
	eventually(!test_bit(KELP_CONN_QUEUED, &pair.conn->bits));
	KUNIT_EXPECT_FALSE(test, is_gone());
	kelp_conn_set(pair.conn, KELP_CONN_READY);
	reads("ready\n");
	reads("");
	eventually(is_gone());
}

static void ready__behind_the_queue(struct kunit *test)
{
	open_narrow_pair(test);
	sends("b100000\na\nx\n");
	eventually(!list_empty(&pair.conn->txq));
	KUNIT_EXPECT_TRUE(test, reads_pattern(100000));
	eventually(READ_ONCE(pair.conn->paused));
	kelp_conn_set(pair.conn, KELP_CONN_READY);
	reads("ready\nx\n");
}

static void once__backpressure(struct kunit *test)
{
	u64 before = stat(KELP_STAT_BACKPRESSURE);

	open_narrow_pair(test);
	sends("b200000\nx\n");
	KUNIT_EXPECT_TRUE(test, reads_pattern(200000));
	reads("x\n");
	KUNIT_EXPECT_GT(test, stat(KELP_STAT_BACKPRESSURE), before);
	eventually(!READ_ONCE(pair.conn->handed));
}

static void once__pipelined_into_a_narrow_window(struct kunit *test)
{
	int i;

	open_narrow_pair(test);
	for (i = 0; i < 10; i++)
		sends("x\nb9000\nyy\n");
	for (i = 0; i < 10; i++) {
		reads("x\n");
		KUNIT_EXPECT_TRUE(test, reads_pattern(9000));
		reads("yy\n");
	}
}

static void serve__budget_of_softirq(struct kunit *test)
{
	kelp_net_limit_set(engine_kn, KELP_LIMIT_BUDGET_REQUESTS, 2);
	open_pair(test);
	sends("1\n2\n3\n4\n5\n6\n7\n8\n");
	reads("1\n2\n3\n4\n5\n6\n7\n8\n");
	KUNIT_EXPECT_EQ(test, line_log.softirq, 2);
	KUNIT_EXPECT_EQ(test, line_log.worker, 6);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(detect__in_pieces),
	KUNIT_CASE(detect__other_than_it_seemed),
	KUNIT_CASE(offer__in_one_piece),
	KUNIT_CASE(offer__pipelined),
	KUNIT_CASE(gathered__in_pieces),
	KUNIT_CASE(gathered__more_than_the_budget),
	KUNIT_CASE(gathered__too_large),
	KUNIT_CASE(gathered__no_memory),
	KUNIT_CASE(span__many_segments),
	KUNIT_CASE(receive__end_with_data),
	KUNIT_CASE(receive__end_in_a_message),
	KUNIT_CASE(receive__end_at_once),
	KUNIT_CASE(receive__urgent),
	KUNIT_CASE(discard__what_follows),
	KUNIT_CASE(fin__nothing_unread),
	KUNIT_CASE(fin__peer_has_more_to_say),
	KUNIT_CASE(fin__behind_the_queue),
	KUNIT_CASE(ready__in_order),
	KUNIT_CASE(ready__end_was_reached),
	KUNIT_CASE(ready__behind_the_queue),
	KUNIT_CASE(once__backpressure),
	KUNIT_CASE(once__pipelined_into_a_narrow_window),
	KUNIT_CASE(serve__budget_of_softirq),
	{}
};

struct kunit_suite kelp_serve_suite = {
	.name = "kelp_serve",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = pair_setup,
	.exit = pair_cleanup,
	.test_cases = cases,
};
