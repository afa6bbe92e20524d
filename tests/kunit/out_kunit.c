// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathering answers and sending them, with a TCP that takes as many bytes as
 * the test says. This file stands in the place of net/out.o: outside its own
 * suite the sends are the real ones.
 */
#include "suites.h"

#include <linux/mm.h>
#include <linux/net.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "engine.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"

/*
 * TCP: the room in its buffer, the error it gives, what it got, in how many
 * sends, and the flags of the last.
 */
static struct {
	bool on;
	size_t room;
	int err;
	int sends;
	int flags;
	size_t len;
	u8 *got;
} tcp;

#define TCP_GOT (128 << 10)

static int tcp_says(size_t *len, int flags)
{
	tcp.sends++;
	tcp.flags = flags;
	if (tcp.err)
		return tcp.err;
	*len = min(*len, tcp.room);
	tcp.room -= *len;
	return *len ? 0 : -EAGAIN;
}

static int seam_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int err;

	if (!tcp.on)
		return tcp_sendmsg_locked(sk, msg, len);
	err = tcp_says(&len, msg->msg_flags);
	if (err)
		return err;
	tcp.len += copy_from_iter(tcp.got + tcp.len, len, &msg->msg_iter);
	return len;
}

static int seam_send_pages(struct sock *sk, const struct bio_vec *bv,
			   unsigned int nr, size_t len, int flags)
{
	size_t left, part;
	int err;

	if (!tcp.on)
		return kelp_compat_send_pages_locked(sk, bv, nr, len, flags);
	err = tcp_says(&len, flags);
	if (err)
		return err;
	for (left = len; left; left -= part, bv++) {
		part = min_t(size_t, left, bv->bv_len);
		memcpy(tcp.got + tcp.len,
		       page_address(bv->bv_page) + bv->bv_offset, part);
		tcp.len += part;
	}
	return len;
}

#define tcp_sendmsg_locked seam_sendmsg
#define kelp_compat_send_pages_locked seam_send_pages
#include "net/out.c"

static struct kelp_conn *conn;
static struct kelp_run run;

static int out_setup(struct kunit *test)
{
	int err;

	memset(&tcp, 0, sizeof(tcp));
	conn = kunit_kzalloc(test, sizeof(*conn), GFP_KERNEL);
	tcp.got = kunit_kzalloc(test, TCP_GOT, GFP_KERNEL);
	if (!conn || !tcp.got)
		return -ENOMEM;
	conn->kn = engine_kn;
	conn->stats = engine_kn->stats;
	INIT_LIST_HEAD(&conn->txq);
	kelp_inbox_init(&conn->inbox);
	tcp.on = true;
	tcp.room = SIZE_MAX;
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &conn->sock);
	if (!err)
		conn->sock->sk->sk_route_caps = NETIF_F_SG;
	return err;
}

static void out_cleanup(struct kunit *test)
{
	kelp_txq_free(conn);
	if (conn->sock)
		sock_release(conn->sock);
	tcp.on = false;
}

/* Serve; expectations come after the end, where they may sleep. */
static void begin(void)
{
	local_bh_disable();
	run = (struct kelp_run){
		.conn = conn, .requests = 10, .bytes = 1 << 20,
		.out = kelp_out_begin(),
	};
}

static void end(bool more)
{
	kelp_out_flush(&run, more);
	kelp_out_end(run.out);
	local_bh_enable();
}

static bool got(const char *text)
{
	return tcp.len == strlen(text) && !memcmp(tcp.got, text, tcp.len);
}

static void begin__busy(struct kunit *test)
{
	struct kelp_out *second;

	begin();
	second = kelp_out_begin();
	end(false);
	KUNIT_EXPECT_NULL(test, second);
	begin();
	second = run.out;
	end(false);
	KUNIT_EXPECT_NOT_NULL(test, second);
	KUNIT_EXPECT_EQ(test, tcp.sends, 0);
}

static void send_vec__errors(struct kunit *test)
{
	tcp.err = -EAGAIN;
	begin();
	kelp_out_ref(&run, "a", 1);
	end(false);
	KUNIT_EXPECT_FALSE(test, conn->failed);
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)1);
	kelp_txq_free(conn);

	tcp.err = -EPIPE;
	begin();
	kelp_out_ref(&run, "a", 1);
	end(false);
	KUNIT_EXPECT_TRUE(test, conn->failed);
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->txq));

	/* and then not even tried */
	begin();
	kelp_out_ref(&run, "a", 1);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.sends, 2);
}

static void send_vec__flags(struct kunit *test)
{
	begin();
	kelp_out_ref(&run, "a", 1);
	end(true);
	KUNIT_EXPECT_EQ(test, tcp.flags,
			MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
	begin();
	kelp_out_ref(&run, "a", 1);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.flags, MSG_DONTWAIT | MSG_NOSIGNAL);
	KUNIT_EXPECT_EQ(test, conn->tx_bytes, 2ULL);
}

static struct kelp_blob *numbers(struct kunit *test, size_t len)
{
	struct kelp_blob *blob = kelp_blob_alloc(len, GFP_KERNEL);
	u8 *data = kunit_kzalloc(test, len, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, blob);
	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < len; i++)
		data[i] = line_pattern(i);
	kelp_blob_write(blob, data);
	return blob;
}

static bool got_pattern(size_t off, size_t len)
{
	size_t i;

	for (i = 0; i < tcp.len && tcp.got[i] == line_pattern(off + i); i++)
		;
	return i == len && tcp.len == len;
}

/* From and to every kind of place: runs have 8, 8, 1 pages and 100 bytes. */
static void send_blob__ranges(struct kunit *test)
{
	static const size_t at[] = {
		0, 1, PAGE_SIZE, 8 * PAGE_SIZE - 1, 8 * PAGE_SIZE,
		8 * PAGE_SIZE + 1, 16 * PAGE_SIZE, 17 * PAGE_SIZE,
		17 * PAGE_SIZE + 99, 17 * PAGE_SIZE + 100,
	};
	struct kelp_blob *blob = numbers(test, 17 * PAGE_SIZE + 100);
	size_t i, j, len;
	ssize_t ret;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		for (j = i + 1; j < ARRAY_SIZE(at); j++) {
			len = at[j] - at[i];
			tcp.len = 0;
			ret = kelp_send_blob(conn, NULL, blob, at[i], len,
					     false);
			KUNIT_EXPECT_EQ(test, ret, (ssize_t)len);
			KUNIT_EXPECT_TRUE_MSG(test, got_pattern(at[i], len),
					      "%zu to %zu", at[i], at[j]);
			KUNIT_EXPECT_EQ(test, tcp.flags & MSG_MORE, 0);
		}
	}
	kelp_blob_put(blob);
}

static void send_blob__partial(struct kunit *test)
{
	struct kelp_blob *blob = numbers(test, 9 * PAGE_SIZE);
	size_t room[] = { 1, PAGE_SIZE, 8 * PAGE_SIZE, 8 * PAGE_SIZE + 1 };
	ssize_t ret;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(room); i++) {
		tcp.len = 0;
		tcp.room = room[i];
		ret = kelp_send_blob(conn, NULL, blob, 0, 9 * PAGE_SIZE,
				     false);
		KUNIT_EXPECT_EQ(test, ret, (ssize_t)room[i]);
		KUNIT_EXPECT_TRUE(test, got_pattern(0, room[i]));
		KUNIT_EXPECT_FALSE(test, conn->failed);
	}
	tcp.room = 0;
	KUNIT_EXPECT_EQ(test, kelp_send_blob(conn, NULL, blob, 0, 9, false),
			(ssize_t)0);
	KUNIT_EXPECT_FALSE(test, conn->failed);
	kelp_blob_put(blob);
}

/* A device that cannot gather gets copies, a run at a time. */
static void send_blob__copied(struct kunit *test)
{
	struct kelp_blob *blob = numbers(test, 9 * PAGE_SIZE);

	conn->sock->sk->sk_route_caps = 0;
	begin();
	kelp_out_blob(&run, blob, 5, 9 * PAGE_SIZE - 5);
	end(false);
	KUNIT_EXPECT_TRUE(test, got_pattern(5, 9 * PAGE_SIZE - 5));
	KUNIT_EXPECT_TRUE(test, list_empty(&conn->txq));
	KUNIT_EXPECT_EQ(test, tcp.flags & MSG_MORE, 0);
	kelp_blob_put(blob);
}

static void flush__partial(struct kunit *test)
{
	tcp.room = 5;
	begin();
	kelp_out_ref(&run, "abc", 3);
	kelp_out_ref(&run, "defg", 4);
	kelp_out_flush(&run, false);
	/* what comes later must not overtake, even if there is room */
	tcp.room = 100;
	kelp_out_ref(&run, "hi", 2);
	end(false);
	KUNIT_EXPECT_TRUE(test, got("abcde"));
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)4);
	KUNIT_EXPECT_EQ(test, tcp.sends, 1);
}

static void flush__nothing(struct kunit *test)
{
	begin();
	kelp_out_ref(&run, "", 0);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.sends, 0);
}

static void ref__joins_neighbours(struct kunit *test)
{
	static const char text[] = "abcdef";
	unsigned int nr;

	begin();
	kelp_out_ref(&run, text, 2);
	kelp_out_ref(&run, text + 2, 1);
	kelp_out_ref(&run, text + 4, 2);
	nr = run.out->nr;
	end(false);
	KUNIT_EXPECT_EQ(test, nr, 2U);
	KUNIT_EXPECT_TRUE(test, got("abcef"));
	KUNIT_EXPECT_EQ(test, run.bytes, (ssize_t)(1 << 20) - 5);
}

static void ref__flushes_when_full(struct kunit *test)
{
	static const char text[] = "ab";
	int i;

	begin();
	for (i = 0; i < KELP_OUT_VECS + 3; i++)
		kelp_out_ref(&run, text, 1);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.sends, 2);
	KUNIT_EXPECT_EQ(test, tcp.len, (size_t)KELP_OUT_VECS + 3);
}

/* Nothing follows: the last send must not say so. */
static void ref__exactly_full(struct kunit *test)
{
	static const char text[] = "ab";
	int i;

	begin();
	for (i = 0; i < KELP_OUT_VECS; i++)
		kelp_out_ref(&run, text, 1);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.sends, 1);
	KUNIT_EXPECT_EQ(test, tcp.flags & MSG_MORE, 0);
}

static void reserve__keeps_rooms(struct kunit *test)
{
	char *one, *two;
	int sends;

	begin();
	kelp_out_copy(&run, "0123456789", 10);
	kelp_out_reserve(&run, KELP_OUT_SCRATCH - 9);
	sends = tcp.sends;
	one = kelp_out_alloc(&run, 5);
	two = kelp_out_alloc(&run, KELP_OUT_SCRATCH - 14);
	memcpy(one, "first", 5);
	memset(two, 'x', KELP_OUT_SCRATCH - 14);
	kelp_out_ref(&run, one, 5);
	kelp_out_ref(&run, two, KELP_OUT_SCRATCH - 14);
	end(false);
	KUNIT_EXPECT_EQ(test, sends, 1);
	KUNIT_EXPECT_EQ(test, tcp.sends, 2);
	KUNIT_EXPECT_TRUE(test, !memcmp(tcp.got, "0123456789firstxxx", 18));
}

static void reserve__enough(struct kunit *test)
{
	begin();
	kelp_out_copy(&run, "0123456789", 10);
	kelp_out_reserve(&run, KELP_OUT_SCRATCH - 10);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.sends, 1);
}

static void copy__larger_than_scratch(struct kunit *test)
{
	size_t len = 3 * KELP_OUT_SCRATCH + 7, i;
	u8 *data = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < len; i++)
		data[i] = line_pattern(i);
	begin();
	kelp_out_copy(&run, data, len);
	end(false);
	KUNIT_EXPECT_TRUE(test, got_pattern(0, len));
}

static void blob__in_order(struct kunit *test)
{
	struct kelp_blob *blob = numbers(test, 10);

	begin();
	kelp_out_ref(&run, "<", 1);
	kelp_out_blob(&run, blob, 0, 3);
	kelp_out_blob(&run, blob, 0, 0);
	kelp_out_ref(&run, ">", 1);
	end(false);
	KUNIT_EXPECT_TRUE(test, got("<abc>"));
	kelp_blob_put(blob);
}

static void blob__waits_its_turn(struct kunit *test)
{
	struct kelp_blob *blob = numbers(test, 10);

	tcp.room = 0;
	begin();
	kelp_out_ref(&run, "<", 1);
	kelp_out_flush(&run, false);
	tcp.room = 100;
	kelp_out_blob(&run, blob, 0, 10);
	end(false);
	KUNIT_EXPECT_EQ(test, tcp.len, (size_t)0);
	KUNIT_EXPECT_EQ(test, conn->txq_bytes, (size_t)11);
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 2U);
	kelp_blob_put(blob);
}

static void done__counts(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_REQUESTS);
	bool spent, then;

	begin();
	run.requests = 2;
	kelp_out_done(&run);
	spent = kelp_run_spent(&run);
	kelp_out_done(&run);
	then = kelp_run_spent(&run);
	end(false);
	KUNIT_EXPECT_FALSE(test, spent);
	KUNIT_EXPECT_TRUE(test, then);
	KUNIT_EXPECT_EQ(test, conn->requests, 2ULL);
	KUNIT_EXPECT_EQ(test, before + 2,
			kelp_stat_sum(conn->stats, KELP_STAT_REQUESTS));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(begin__busy),
	KUNIT_CASE(send_vec__errors),
	KUNIT_CASE(send_vec__flags),
	KUNIT_CASE(send_blob__ranges),
	KUNIT_CASE(send_blob__partial),
	KUNIT_CASE(send_blob__copied),
	KUNIT_CASE(flush__partial),
	KUNIT_CASE(flush__nothing),
	KUNIT_CASE(ref__joins_neighbours),
	KUNIT_CASE(ref__flushes_when_full),
	KUNIT_CASE(ref__exactly_full),
	KUNIT_CASE(reserve__keeps_rooms),
	KUNIT_CASE(reserve__enough),
	KUNIT_CASE(copy__larger_than_scratch),
	KUNIT_CASE(blob__in_order),
	KUNIT_CASE(blob__waits_its_turn),
	KUNIT_CASE(done__counts),
	{}
};

struct kunit_suite kelp_out_suite = {
	.name = "kelp_out",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = out_setup,
	.exit = out_cleanup,
	.test_cases = cases,
};
