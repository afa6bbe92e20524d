// SPDX-License-Identifier: GPL-2.0-only
/* Gathering the beginning of a message: contents, growth, and the account. */
#include "net/gather.h"
#include "suites.h"

#include <linux/string.h>

#include "engine.h"
#include "net/conn.h"
#include "net/net.h"

static struct kelp_conn *conn;

static int gather_setup(struct kunit *test)
{
	conn = kunit_kzalloc(test, sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	conn->kn = engine_kn;
	conn->stats = engine_kn->stats;
	return 0;
}

static void gather_cleanup(struct kunit *test)
{
	kelp_gather_free(conn);
	engine_limits_reset();
}

static size_t add(const char *text)
{
	return kelp_gather_add(conn, (const u8 *)text, strlen(text));
}

static bool holds(const char *text)
{
	return conn->gather_len == strlen(text) &&
	       !memcmp(conn->gather, text, conn->gather_len);
}

static long charged(void)
{
	return atomic_long_read(&engine_kn->mem);
}

static void add__appends(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add("GET"), (size_t)3);
	KUNIT_EXPECT_EQ(test, add(" /"), (size_t)2);
	KUNIT_EXPECT_TRUE(test, holds("GET /"));
	KUNIT_EXPECT_EQ(test, charged(), (long)conn->gather_cap);
}

static void add__nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kelp_gather_add(conn, NULL, 0), (size_t)0);
	KUNIT_EXPECT_NULL(test, conn->gather);
	KUNIT_EXPECT_EQ(test, charged(), 0L);
}

static void add__grows(struct kunit *test)
{
	u8 block[100];
	u32 i, j;

	for (i = 0; i < 200; i++) {
		memset(block, i, sizeof(block));
		KUNIT_ASSERT_EQ(test, kelp_gather_add(conn, block, 100),
				(size_t)100);
		KUNIT_ASSERT_GE(test, conn->gather_cap, conn->gather_len);
		KUNIT_ASSERT_EQ(test, charged(), (long)conn->gather_cap);
	}
	for (j = 0; j < 20000 && conn->gather[j] == (u8)(j / 100); j++)
		;
	KUNIT_EXPECT_EQ(test, j, 20000U);
}

static void add__stops_at_the_most(struct kunit *test)
{
	size_t size = KELP_GATHER_MAX + 1000;
	u8 *block = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, block);
	add("x");
	KUNIT_EXPECT_EQ(test, kelp_gather_add(conn, block, size),
			(size_t)KELP_GATHER_MAX - 1);
	KUNIT_EXPECT_EQ(test, add("x"), (size_t)0);
	KUNIT_EXPECT_EQ(test, conn->gather_len, (u32)KELP_GATHER_MAX);
	/* that is for the engine to judge, not a failure of memory */
	KUNIT_EXPECT_FALSE(test, conn->failed);
}

static void add__refused(struct kunit *test)
{
	u64 before = kelp_stat_sum(conn->stats, KELP_STAT_MEM_REFUSED);
	u8 block[1024] = "";

	kelp_net_limit_set(engine_kn, KELP_LIMIT_MEMORY, 1024);
	KUNIT_EXPECT_EQ(test, kelp_gather_add(conn, block, 1024),
			(size_t)1024);
	KUNIT_EXPECT_EQ(test, add("x"), (size_t)0);
	KUNIT_EXPECT_TRUE(test, conn->failed);
	KUNIT_EXPECT_EQ(test, charged(), 1024L);
	KUNIT_EXPECT_EQ(test, conn->gather_len, 1024U);
	KUNIT_EXPECT_EQ(test, before + 1,
			kelp_stat_sum(conn->stats, KELP_STAT_MEM_REFUSED));
}

static void take__from_the_front(struct kunit *test)
{
	add("one two");
	kelp_gather_take(conn, 0);
	KUNIT_EXPECT_TRUE(test, holds("one two"));
	kelp_gather_take(conn, 4);
	KUNIT_EXPECT_TRUE(test, holds("two"));
	add(" three");
	KUNIT_EXPECT_TRUE(test, holds("two three"));
}

static void take__all_frees(struct kunit *test)
{
	add("one");
	kelp_gather_take(conn, 3);
	KUNIT_EXPECT_NULL(test, conn->gather);
	KUNIT_EXPECT_EQ(test, conn->gather_cap, 0U);
	KUNIT_EXPECT_EQ(test, charged(), 0L);
	add("two");
	KUNIT_EXPECT_TRUE(test, holds("two"));
}

static void free__twice(struct kunit *test)
{
	add("one");
	kelp_gather_free(conn);
	kelp_gather_free(conn);
	KUNIT_EXPECT_EQ(test, charged(), 0L);
	KUNIT_EXPECT_EQ(test, conn->gather_len, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(add__appends),
	KUNIT_CASE(add__nothing),
	KUNIT_CASE(add__grows),
	KUNIT_CASE(add__stops_at_the_most),
	KUNIT_CASE(add__refused),
	KUNIT_CASE(take__from_the_front),
	KUNIT_CASE(take__all_frees),
	KUNIT_CASE(free__twice),
	{}
};

struct kunit_suite kelp_gather_suite = {
	.name = "kelp_gather",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.init = gather_setup,
	.exit = gather_cleanup,
	.test_cases = cases,
};
