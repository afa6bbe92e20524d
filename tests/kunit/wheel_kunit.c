// SPDX-License-Identifier: GPL-2.0-only
/* The timer wheel, with times that the test makes up. */
#include "net/wheel.h"
#include "suites.h"

#include <linux/sched.h>

#include "net/conn.h"

#define TICK KELP_WHEEL_TICK

static struct kelp_wheel wheel;
static struct kelp_conn *conn;
static struct kelp_conn *other;

static struct kelp_conn *wheel_conn(struct kunit *test)
{
	struct kelp_conn *made = kunit_kzalloc(test, sizeof(*made), GFP_KERNEL);

	if (made)
		INIT_LIST_HEAD(&made->wheel);
	return made;
}

static int wheel_setup(struct kunit *test)
{
	kelp_wheel_init(&wheel, 1000);
	conn = wheel_conn(test);
	other = wheel_conn(test);
	return conn && other ? 0 : -ENOMEM;
}

/* Due at @when and no jiffy before; takes it off the wheel. */
static void due_at(struct kunit *test, struct kelp_conn *want,
		   unsigned long when)
{
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, when - 1));
	KUNIT_EXPECT_PTR_EQ(test, kelp_wheel_expired(&wheel, when), want);
	KUNIT_EXPECT_TRUE(test, list_empty(&want->wheel));
}

static void init__empty(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, 1000));
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, 1000000));
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, 1000000),
			MAX_SCHEDULE_TIMEOUT);
}

static void add__rounds_up(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + TICK + 1);
	due_at(test, conn, 1000 + 2 * TICK);
}

static void add__on_the_tick(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + TICK);
	due_at(test, conn, 1000 + TICK);
}

static void add__past_is_next_slot(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 10);
	due_at(test, conn, 1000 + TICK);
}

static void add__horizon(struct kunit *test)
{
	unsigned long last = 1000 + (KELP_WHEEL_SLOTS - 1) * TICK;

	kelp_wheel_add(&wheel, conn, 1000 + 100000 * TICK);
	due_at(test, conn, last);
	/* put back where it belongs, it comes up on time */
	kelp_wheel_add(&wheel, conn, last + 3 * TICK);
	due_at(test, conn, last + 3 * TICK);
}

static void add__moves(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + TICK);
	kelp_wheel_add(&wheel, conn, 1000 + 5 * TICK);
	due_at(test, conn, 1000 + 5 * TICK);
	KUNIT_EXPECT_NULL(test,
			  kelp_wheel_expired(&wheel, 1000 + 100 * TICK));
}

static void add__same_slot(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + TICK);
	kelp_wheel_add(&wheel, other, 1000 + TICK);
	KUNIT_EXPECT_PTR_EQ(test, kelp_wheel_expired(&wheel, 1000 + TICK),
			    conn);
	KUNIT_EXPECT_PTR_EQ(test, kelp_wheel_expired(&wheel, 1000 + TICK),
			    other);
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, 1000 + TICK));
}

static void add__again_while_expiring(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + TICK);
	KUNIT_EXPECT_PTR_EQ(test, kelp_wheel_expired(&wheel, 1000 + TICK),
			    conn);
	/* at once means with the next tick: the worker cannot spin on it */
	kelp_wheel_add(&wheel, conn, 1000 + TICK);
	due_at(test, conn, 1000 + 2 * TICK);
}

static void del__forgets(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + TICK);
	kelp_wheel_del(conn);
	kelp_wheel_del(conn);
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, 1000 + 9 * TICK));
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, 1000 + 9 * TICK),
			MAX_SCHEDULE_TIMEOUT);
}

static void expired__in_order(struct kunit *test)
{
	unsigned long late = 1000 + 20 * TICK;

	kelp_wheel_add(&wheel, conn, 1000 + 9 * TICK);
	kelp_wheel_add(&wheel, other, 1000 + 4 * TICK);
	KUNIT_EXPECT_PTR_EQ(test, kelp_wheel_expired(&wheel, late), other);
	KUNIT_EXPECT_PTR_EQ(test, kelp_wheel_expired(&wheel, late), conn);
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, late));
}

static void expired__never_early(struct kunit *test)
{
	unsigned long now, expires;

	/* all phases of the clock against the slots, around the wheel twice */
	for (now = 1000; now < 1000 + 2 * KELP_WHEEL_SLOTS * TICK; now += 7) {
		KUNIT_ASSERT_NULL(test, kelp_wheel_expired(&wheel, now));
		expires = now + now % 61;
		kelp_wheel_add(&wheel, conn, expires);
		while (!kelp_wheel_expired(&wheel, now))
			now++;
		KUNIT_ASSERT_GE(test, now, expires);
		KUNIT_ASSERT_LE(test, now, expires + 2 * TICK);
	}
}

static void expired__after_a_long_sleep(struct kunit *test)
{
	unsigned long now = 1000 + 10 * KELP_WHEEL_SLOTS * TICK + 3;

	/* an empty wheel does not have to catch up */
	KUNIT_EXPECT_NULL(test, kelp_wheel_expired(&wheel, now));
	kelp_wheel_add(&wheel, conn, now + TICK);
	due_at(test, conn, now + TICK);
}

static void expired__jiffies_wrap(struct kunit *test)
{
	unsigned long start = 0UL - 3 * TICK;

	kelp_wheel_init(&wheel, start);
	kelp_wheel_add(&wheel, conn, start + 5 * TICK);
	kelp_wheel_add(&wheel, other, start + 2 * TICK);
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, start), 2L * TICK);
	due_at(test, other, start + 2 * TICK);
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, start + 4 * TICK),
			(long)TICK);
	due_at(test, conn, start + 5 * TICK);
}

static void next__until_the_slot(struct kunit *test)
{
	kelp_wheel_add(&wheel, conn, 1000 + 10 * TICK);
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, 1000), 10L * TICK);
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, 1003), 10L * TICK - 3);
	kelp_wheel_add(&wheel, other, 1000 + 2 * TICK);
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, 1000), 2L * TICK);
	/* late: at once, but never no time at all */
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, 1000 + 50 * TICK), 1L);
}

static void next__around_the_end(struct kunit *test)
{
	unsigned long now = 1000 + (KELP_WHEEL_SLOTS - 2) * TICK;

	/* bring the cursor close to the last slot, then add behind it */
	kelp_wheel_add(&wheel, conn, now);
	due_at(test, conn, now);
	kelp_wheel_add(&wheel, conn, now + 4 * TICK);
	KUNIT_EXPECT_EQ(test, kelp_wheel_next(&wheel, now), 4L * TICK);
	due_at(test, conn, now + 4 * TICK);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(init__empty),
	KUNIT_CASE(add__rounds_up),
	KUNIT_CASE(add__on_the_tick),
	KUNIT_CASE(add__past_is_next_slot),
	KUNIT_CASE(add__horizon),
	KUNIT_CASE(add__moves),
	KUNIT_CASE(add__same_slot),
	KUNIT_CASE(add__again_while_expiring),
	KUNIT_CASE(del__forgets),
	KUNIT_CASE(expired__in_order),
	KUNIT_CASE(expired__never_early),
	KUNIT_CASE(expired__after_a_long_sleep),
	KUNIT_CASE(expired__jiffies_wrap),
	KUNIT_CASE(next__until_the_slot),
	KUNIT_CASE(next__around_the_end),
	{}
};

struct kunit_suite kelp_wheel_suite = {
	.name = "kelp_wheel",
	.init = wheel_setup,
	.test_cases = cases,
};
