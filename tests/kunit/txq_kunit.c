// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transmit queue, with a TCP that takes as many bytes as the test says.
 * This file stands in the place of net/txq.o: outside its own suite the sends
 * are the real ones.
 */
#include "suites.h"

#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "engine.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"

/*
 * The peer: how much it still takes, whether it is gone, what it got, and
 * whether the last send that it took said that more follows.
 */
static struct {
	bool on;
	size_t room;
	bool broken;
	bool more;
	size_t len;
	char got[8192];
} peer;

static ssize_t peer_takes(struct kelp_conn *conn, const void *data, size_t len,
			  bool more)
{
	if (peer.broken) {
		conn->failed = true;
		return 0;
	}
	len = min(len, peer.room);
	if (!len)
		return 0;
	peer.more = more;
	memcpy(peer.got + peer.len, data, len);
	peer.len += len;
	peer.room -= len;
	return len;
}

static ssize_t seam_send_vec(struct kelp_conn *conn, struct kelp_out *out,
			     struct kvec *vec, unsigned int nr, size_t len,
			     bool more)
{
	if (!peer.on)
		return kelp_send_vec(conn, out, vec, nr, len, more);
	return peer_takes(conn, vec->iov_base, vec->iov_len, more);
}

static ssize_t seam_send_blob(struct kelp_conn *conn, struct kelp_out *out,
			      struct kelp_blob *blob, size_t off, size_t len,
			      bool more)
{
	if (!peer.on)
		return kelp_send_blob(conn, out, blob, off, len, more);
	return peer_takes(conn, page_address(blob->bv[0].bv_page) + off, len,
			  more);
}

#define kelp_send_vec seam_send_vec
#define kelp_send_blob seam_send_blob
#include "net/txq.c"

static struct kelp_conn *conn;

static int txq_setup(struct kunit *test)
{
	conn = kunit_kzalloc(test, sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	conn->kn = engine_kn;
	conn->stats = engine_kn->stats;
	INIT_LIST_HEAD(&conn->txq);
	kelp_inbox_init(&conn->inbox);
	memset(&peer, 0, sizeof(peer));
	peer.on = true;
	return 0;
}

static void txq_cleanup(struct kunit *test)
{
	kelp_txq_free(conn);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&engine_kn->mem), 0L);
	peer.on = false;
	engine_limits_reset();
}

static void add(const char *text)
{
	struct kvec vec = { .iov_base = (void *)text, .iov_len = strlen(text) };

	kelp_txq_add_copy(conn, &vec, 1, 0);
}

/* Let the peer take @room bytes; what has it got so far? */
static bool sends(size_t room, const char *all)
{
	peer.room = room;
	kelp_txq_send(conn, NULL, false);
	return peer.len == strlen(all) && !memcmp(peer.got, all, peer.len);
}

static void add_copy__skips(struct kunit *test)
{
	struct kvec vec[] = {
		{ .iov_base = "abc", .iov_len = 3 },
		{ .iov_base = "defg", .iov_len = 4 },
		{ .iov_base = "hi", .iov_len = 2 },
	};

	kelp_txq_add_copy(conn, vec, 3, 0);
	kelp_txq_add_copy(conn, vec, 3, 2);
	kelp_txq_add_copy(conn, vec, 3, 3);
	kelp_txq_add_copy(conn, vec, 3, 8);
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)9 + 7 + 6 + 1);
	KUNIT_EXPECT_TRUE(test, sends(100, "abcdefghicdefghidefghii"));
}

static void add_copy__all_was_sent(struct kunit *test)
{
	struct kvec vec = { .iov_base = "abc", .iov_len = 3 };

	kelp_txq_add_copy(conn, &vec, 1, 3);
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->txq));
}

/* A copy: the bytes may change behind it. */
static void add_copy__copies(struct kunit *test)
{
	char text[] = "before";

	add(text);
	strcpy(text, "after!");
	KUNIT_EXPECT_TRUE(test, sends(100, "before"));
}

/* Across the borders of pieces and of what is skipped. */
static void add_copy__in_pieces(struct kunit *test)
{
	size_t len = 20000, each = 7000, skip, i;
	u8 *data = kunit_kzalloc(test, len, GFP_KERNEL);
	struct kelp_buf *buf;
	struct kvec vec[3];

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < len; i++)
		data[i] = line_pattern(i);
	for (i = 0; i < 3; i++) {
		vec[i].iov_base = data + i * each;
		vec[i].iov_len = min(each, len - i * each);
	}
	for (skip = 0; skip < len; skip += 3333) {
		kelp_txq_add_copy(conn, vec, 3, skip);
		KUNIT_EXPECT_EQ(test, conn->txq_bytes, len - skip);
		i = skip;
		list_for_each_entry(buf, &conn->txq, node) {
			KUNIT_EXPECT_LE(test, buf->len, (size_t)8192);
			KUNIT_EXPECT_TRUE(test, !memcmp(buf->data, data + i,
							buf->len));
			i += buf->len;
		}
		KUNIT_EXPECT_EQ(test, i, len);
		kelp_txq_free(conn);
	}
}

static void add_copy__refused(struct kunit *test)
{
	kelp_net_limit_set(engine_kn, KELP_LIMIT_MEMORY, 1);
	add("abc");
	KUNIT_EXPECT_TRUE(test, conn->failed);
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->txq));
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)0);
	/* a stream with a hole gets nothing more */
	engine_limits_reset();
	add("def");
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->txq));
}

static void add_copy__counts_backpressure_once(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_BACKPRESSURE);

	add("a");
	add("b");
	KUNIT_EXPECT_EQ(test, before + 1,
			kelp_stat_sum(conn->stats, KELP_STAT_BACKPRESSURE));
}

static void add_blob__holds_it(struct kunit *test)
{
	struct kelp_blob *blob = kelp_blob_alloc(10, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, blob);
	kelp_blob_write(blob, "0123456789");
	add("x");
	kelp_txq_add_blob(conn, blob, 2, 6, false);
	kelp_txq_add_blob(conn, blob, 9, 0, false);
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 2U);
	KUNIT_EXPECT_TRUE(test, sends(3, "x23"));
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 2U);
	KUNIT_EXPECT_TRUE(test, sends(4, "x234567"));
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 1U);
	kelp_blob_put(blob);
}

static void add_blob__private_is_charged(struct kunit *test)
{
	struct kelp_blob *blob = kelp_blob_alloc(5000, GFP_KERNEL);
	long others;

	KUNIT_ASSERT_NOT_NULL(test, blob);
	kelp_txq_add_blob(conn, blob, 0, 5000, false);
	others = atomic_long_read(&engine_kn->mem);
	kelp_txq_add_blob(conn, blob, 4000, 1000, true);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&engine_kn->mem),
			2 * others + 5000);
	kelp_blob_put(blob);
}

static void send__bit_by_bit(struct kunit *test)
{
	static const char all[] = "onetwothree";
	char want[sizeof(all)] = "";
	size_t i;

	add("one");
	add("two");
	add("three");
	for (i = 0; i < strlen(all); i++) {
		want[i] = all[i];
		KUNIT_EXPECT_TRUE_MSG(test, sends(1, want), "%s", want);
		KUNIT_EXPECT_EQ(test, conn->txq_bytes, strlen(all) - i - 1);
	}
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->txq));
}

static void send__no_room(struct kunit *test)
{
	add("one");
	KUNIT_EXPECT_TRUE(test, sends(0, ""));
	KUNIT_EXPECT_FALSE(test, conn->failed);
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)3);
}

static void send__says_more(struct kunit *test)
{
	add("one");
	add("two");
	sends(3, "one");
	KUNIT_EXPECT_TRUE(test, peer.more);
	sends(3, "onetwo");
	KUNIT_EXPECT_FALSE(test, peer.more);
	add("three");
	peer.room = 5;
	kelp_txq_send(conn, NULL, true);
	KUNIT_EXPECT_TRUE(test, peer.more);
}

static void send__broken(struct kunit *test)
{
	add("one");
	add("two");
	peer.broken = true;
	KUNIT_EXPECT_TRUE(test, sends(10, ""));
	KUNIT_EXPECT_TRUE(test, conn->failed);
	peer.broken = false;
	KUNIT_EXPECT_TRUE(test, sends(10, ""));
}

static void free__gives_all_back(struct kunit *test)
{
	struct kelp_blob *blob = kelp_blob_alloc(10, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, blob);
	add("one");
	kelp_txq_add_blob(conn, blob, 0, 10, false);
	KUNIT_EXPECT_GT(test, atomic_long_read(&engine_kn->mem), 0L);
	kelp_txq_free(conn);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&engine_kn->mem), 0L);
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)0);
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 1U);
	kelp_blob_put(blob);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(add_copy__skips),
	KUNIT_CASE(add_copy__all_was_sent),
	KUNIT_CASE(add_copy__copies),
	KUNIT_CASE(add_copy__in_pieces),
	KUNIT_CASE(add_copy__refused),
	KUNIT_CASE(add_copy__counts_backpressure_once),
	KUNIT_CASE(add_blob__holds_it),
	KUNIT_CASE(add_blob__private_is_charged),
	KUNIT_CASE(send__bit_by_bit),
	KUNIT_CASE(send__no_room),
	KUNIT_CASE(send__says_more),
	KUNIT_CASE(send__broken),
	KUNIT_CASE(free__gives_all_back),
	{}
};

struct kunit_suite kelp_txq_suite = {
	.name = "kelp_txq",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = txq_setup,
	.exit = txq_cleanup,
	.test_cases = cases,
};
