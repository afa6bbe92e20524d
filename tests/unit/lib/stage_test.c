// SPDX-License-Identifier: GPL-2.0-only
/* The thread that the servers of these tests run on: what is due, and when. */
#include "harness.h"

#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../lib/dice.h"
#include "../../lib/stage.h"
#include "fail_alloc.h"

#define MS 1000000ull
#define LONG_NS (30000 * MS)
#define MANY 300

static struct stage *stage;

static int set_up(void **state)
{
	(void)state;
	return stage_create(&stage);
}

static int tear_down(void **state)
{
	(void)state;
	stage_destroy(stage);
	return 0;
}

/* Threads that call at the same time wait for their own call. */
struct sum {
	int *total;	/* the stage's thread, then the test's */
	bool here;
};

static void add_one(void *arg)
{
	struct sum *sum = arg;

	++*sum->total;
	sum->here = stage_here();
}

static void *call_often(void *arg)
{
	struct sum sum = { .total = arg };
	int i;

	for (i = 0; i < MANY; i++) {
		sum.here = false;
		stage_call(stage, add_one, &sum);
		if (!sum.here)
			return arg;
	}
	return NULL;
}

static void stage_call__from_threads(void **state)
{
	pthread_t threads[4];
	void *wrong;
	int total = 0;
	size_t i;

	(void)state;
	assert_false(stage_here());
	for (i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_often,
						&total), 0);
	for (i = 0; i < ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(total, MANY * ARRAY_LEN(threads));
}

/* Two that are ready at the same time; who is first forgets the other one. */
static struct watch twins[2];
static int told;

static void forget_other(struct watch *watch, uint32_t events)
{
	struct watch *other = watch == twins ? twins + 1 : twins;

	(void)events;
	told++;
	stage_forget(stage, watch);
	stage_forget(stage, other);
}

static void watch_twins(void *arg)
{
	int *rc = arg, i;

	for (i = 0; i < 2; i++) {
		twins[i] = (struct watch){
			eventfd(1, EFD_CLOEXEC), EPOLLIN, forget_other,
		};
		*rc |= stage_watch(stage, &twins[i]);
	}
}

static void nothing(void *arg)
{
	(void)arg;
}

static void stage_forget__among_the_ready(void **state)
{
	int rc = 0, i;

	(void)state;
	told = 0;
	stage_call(stage, watch_twins, &rc);
	assert_int_equal(rc, 0);
	/* the first call may be of the same round as they are */
	for (i = 0; i < 3; i++)
		stage_call(stage, nothing, NULL);
	assert_int_equal(told, 1);
	for (i = 0; i < 2; i++)
		close(twins[i].fd);
}

/* What is due, in any order, some of it put off, some of it taken back. */
static struct later laters[MANY];
static int nr_due;
static bool in_order;
static uint64_t last_due;

static void note_due(struct later *later)
{
	if (later->at < last_due || stage_now() < later->at)
		in_order = false;
	last_due = later->at;
	nr_due++;
}

static void plan(void *arg)
{
	uint64_t dice = 7, now = stage_now();
	int *rc = arg, i;

	for (i = 0; i < MANY; i++) {
		laters[i] = (struct later){ .due = note_due };
		*rc |= stage_later(stage, &laters[i],
				   now + dice_below(&dice, 40 * MS));
	}
	for (i = 0; i < MANY; i += 3)
		*rc |= stage_later(stage, &laters[i],
				   now + dice_below(&dice, 80 * MS));
	for (i = 1; i < MANY; i += 3)
		stage_never(stage, &laters[i]);
	stage_never(stage, &laters[1]);
}

static void get_due(void *arg)
{
	*(int *)arg = nr_due;
}

static void stage_later__in_order(void **state)
{
	uint64_t end = stage_now() + LONG_NS;
	int rc = 0, due = 0;

	(void)state;
	nr_due = 0;
	in_order = true;
	last_due = 0;
	stage_call(stage, plan, &rc);
	assert_int_equal(rc, 0);
	while (due < MANY * 2 / 3 && stage_now() < end) {
		stage_nap();
		stage_call(stage, get_due, &due);
	}
	assert_int_equal(due, MANY * 2 / 3);
	assert_true(in_order);
	assert_in_range(stage_now(), end - LONG_NS + 60 * MS, end);
}

static void plan_one(void *arg)
{
	laters[0] = (struct later){ .due = note_due };
	*(int *)arg = stage_later(stage, &laters[0], stage_now());
}

static void stage_later__no_memory(void **state)
{
	int rc = 0;

	(void)state;
	fail_alloc_at(0);
	stage_call(stage, plan_one, &rc);
	assert_true(fail_alloc_off());
	assert_true(rc < 0);
	assert_int_equal(laters[0].place, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(stage_call__from_threads),
		CASE(stage_forget__among_the_ready),
		CASE(stage_later__in_order),
		CASE(stage_later__no_memory),
	};

	return cmocka_run_group_tests_name("stage", tests, NULL, NULL);
}
