/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of whole connections share: one connection per case, closed
 * whatever became of the case, and nothing left behind.
 */
#ifndef KELP_KUNIT_PAIR_H
#define KELP_KUNIT_PAIR_H

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/string.h>

#include "engine.h"
#include "net/conn.h"
#include "net/net.h"

static struct pair pair;

static int pair_setup(struct kunit *test)
{
	memset(&line_log, 0, sizeof(line_log));
	return 0;
}

static void pair_cleanup(struct kunit *test)
{
	pair_close(&pair);
	KUNIT_EXPECT_EQ(test, line_log.closed, line_log.opened);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&engine_kn->mem), 0L);
	engine_limits_reset();
}

static void open_pair(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pair_connect(&pair, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, pair_create(&pair), 0);
	KUNIT_ASSERT_NOT_NULL(test, pair.conn);
}

/* Buffers in which an answer of some size does not fit. */
static void open_narrow_pair(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pair_connect(&pair, 4608, 4608), 0);
	KUNIT_ASSERT_EQ(test, pair_create(&pair), 0);
	KUNIT_ASSERT_NOT_NULL(test, pair.conn);
}

#define sends(text) KUNIT_ASSERT_EQ(test, peer_send(&pair, text),	\
				    (int)strlen(text))
#define reads(text) KUNIT_EXPECT_TRUE(test, peer_reads(&pair, text))
#define eventually(cond) KUNIT_EXPECT_TRUE(test, engine_wait(cond))
#define is_gone() (!atomic_read(&engine_kn->nr_conns))
#define gathered(n) (READ_ONCE(pair.conn->gather_len) == (n))

static u64 stat(enum kelp_stat id)
{
	return kelp_stat_sum(engine_kn->stats, id);
}

#endif /* KELP_KUNIT_PAIR_H */
