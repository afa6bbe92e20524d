// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inbox of a connection that nobody serves: what is taken in, in which
 * order, and that all of it ends exactly once. Whole connections are
 * tests/e2e/api.py's.
 */
#include "net/inbox.h"
#include "suites.h"

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "conn_kit.h"
#include "engine.h"
#include "kelp/task.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/txq.h"

/* An item that counts how it was called. */
struct counted {
	struct kelp_item item;
	int gone;
	int run;
};

static void count(struct kelp_item *item, struct kelp_conn *of,
		  struct kelp_run *run)
{
	struct counted *counted = container_of(item, struct counted, item);

	counted->gone += !run;
	counted->run += !!run;
}

static int inbox_setup(struct kunit *test)
{
	int err = conn_setup(test);

	if (err)
		return err;
	/* kicks leave their bit and nothing else */
	set_bit(KELP_CONN_QUEUED, &conn->bits);
	return 0;
}

static int send(const char *text, bool urgent)
{
	struct kelp_buf *buf = kelp_buf_alloc(strlen(text), GFP_KERNEL);
	int err;

	if (!buf)
		return -ENOMEM;
	memcpy(buf->data, text, strlen(text));
	buf->charge = sizeof(*buf) + strlen(text);
	buf->urgent = urgent;
	err = kelp_inbox_send(conn, buf);
	if (err)
		kelp_buf_free(buf);
	return err;
}

/* The messages in order, one letter each. */
static const char *letters(void)
{
	static char text[16];
	struct kelp_buf *buf;
	int n = 0;

	list_for_each_entry(buf, &conn->inbox.msgs, node)
		text[n++] = buf->data[0];
	text[n] = '\0';
	return text;
}

static void send__urgent_before_others(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, send("a", false), 0);
	KUNIT_EXPECT_EQ(test, send("U", true), 0);
	KUNIT_EXPECT_EQ(test, send("b", false), 0);
	KUNIT_EXPECT_EQ(test, send("V", true), 0);
	KUNIT_EXPECT_STREQ(test, letters(), "UVab");
	KUNIT_EXPECT_TRUE(test, kelp_inbox_is_busy(conn));
	kelp_inbox_close(conn);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&conn->mem), 0L);
	KUNIT_EXPECT_FALSE(test, kelp_inbox_is_busy(conn));
}

static void send__too_much(struct kunit *test)
{
	kelp_net_limit_set(engine_kn, KELP_LIMIT_MEMORY, 1);
	KUNIT_EXPECT_EQ(test, send("a", false), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&conn->mem), 0L);
	KUNIT_EXPECT_FALSE(test, kelp_inbox_is_busy(conn));
}

static void shut__when_all_was_sent(struct kunit *test)
{
	bool shut;

	KUNIT_EXPECT_EQ(test, send("a", false), 0);
	local_bh_disable();
	shut = kelp_inbox_shut(conn);
	local_bh_enable();
	KUNIT_EXPECT_FALSE(test, shut);
	KUNIT_EXPECT_EQ(test, send("b", false), 0);
	kelp_inbox_close(conn);
	KUNIT_EXPECT_EQ(test, send("c", false), -ESHUTDOWN);
}

static void shut__takes_no_more(struct kunit *test)
{
	struct counted counted = { .item.fn = count };
	bool shut;

	local_bh_disable();
	shut = kelp_inbox_shut(conn);
	local_bh_enable();
	KUNIT_EXPECT_TRUE(test, shut);
	KUNIT_EXPECT_EQ(test, send("a", false), -ESHUTDOWN);
	/* tasks still run: the connection is there */
	KUNIT_EXPECT_TRUE(test, kelp_inbox_post(conn, &counted.item));
	kelp_inbox_close(conn);
	KUNIT_EXPECT_EQ(test, counted.gone, 1);
}

static void close__ends_each_once(struct kunit *test)
{
	struct counted counted[3] = {};
	int i;

	for (i = 0; i < 3; i++) {
		counted[i].item.fn = count;
		KUNIT_EXPECT_TRUE(test, kelp_inbox_post(conn,
							&counted[i].item));
	}
	kelp_inbox_close(conn);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, counted[i].gone, 1);
		KUNIT_EXPECT_EQ(test, counted[i].run, 0);
	}
	KUNIT_EXPECT_FALSE(test, kelp_inbox_post(conn, &counted[0].item));
	KUNIT_EXPECT_EQ(test, counted[0].gone, 1);
}

static size_t no_data(struct kelp_conn *of, struct kelp_run *run,
		      const u8 *data, size_t len)
{
	return len;
}

static const struct kelp_proto_ops owner = {
	.name = "inbox",
	.on_data = no_data,
};

static atomic_t fired, ended;

static void fire(const struct kelp_task *task)
{
	atomic_inc(task->gone ? &ended : &fired);
}

static void timers__end_with_the_connection(struct kunit *test)
{
	int once, often, id;

	atomic_set(&fired, 0);
	atomic_set(&ended, 0);
	KUNIT_EXPECT_EQ(test, kelp_task_after(&owner, conn, 1, 0, fire, NULL),
			-ENOMEM);
	KUNIT_ASSERT_GE(test, kelp_proto_register(&owner), 0);
	once = kelp_task_after(&owner, conn, 3600000, 0, fire, NULL);
	often = kelp_task_after(&owner, conn, 3600000, KELP_TASK_REPEAT, fire,
				NULL);
	id = kelp_task_after(&owner, conn, 3600000, KELP_TASK_LOCKED, fire,
			     NULL);
	KUNIT_EXPECT_GT(test, once, 0);
	KUNIT_EXPECT_GT(test, often, 0);
	KUNIT_EXPECT_TRUE(test, kelp_task_cancel(&owner, id));
	KUNIT_EXPECT_FALSE(test, kelp_task_cancel(&owner, id));
	kelp_inbox_close(conn);
	KUNIT_EXPECT_EQ(test, kelp_task_after(&owner, conn, 1, 0, fire, NULL),
			-ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, kelp_task_cancel(&owner, often));
	/* it waits for all of them */
	kelp_proto_unregister(&owner);
	KUNIT_EXPECT_EQ(test, atomic_read(&ended), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&fired), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&conn->ref), 1U);
}

static void timers__end_with_their_owner(struct kunit *test)
{
	int i;

	atomic_set(&fired, 0);
	atomic_set(&ended, 0);
	KUNIT_ASSERT_GE(test, kelp_proto_register(&owner), 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_GT(test, kelp_task_after(&owner, NULL, 1,
						      KELP_TASK_REPEAT, fire,
						      NULL), 0);
	KUNIT_EXPECT_TRUE(test, engine_wait(atomic_read(&fired) > 20));
	kelp_proto_unregister(&owner);
	KUNIT_EXPECT_EQ(test, atomic_read(&ended), 10);
	kelp_inbox_close(conn);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(send__urgent_before_others),
	KUNIT_CASE(send__too_much),
	KUNIT_CASE(shut__when_all_was_sent),
	KUNIT_CASE(shut__takes_no_more),
	KUNIT_CASE(close__ends_each_once),
	KUNIT_CASE(timers__end_with_the_connection),
	KUNIT_CASE(timers__end_with_their_owner),
	{}
};

struct kunit_suite kelp_inbox_suite = {
	.name = "kelp_inbox",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = inbox_setup,
	.exit = conn_cleanup,
	.test_cases = cases,
};
