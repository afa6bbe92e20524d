// SPDX-License-Identifier: GPL-2.0-only
/* The heap of timers: what is due comes out, in order, and nothing else. */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include "fail_alloc.h"
#include "rng.h"
#include "timers.h"

#define NEVER UINT64_MAX

/* Each knows its place, and is not earlier than the one above. */
static void check(const struct timers *timers)
{
	size_t i;

	for (i = 0; i < timers->count; i++) {
		assert_int_equal(timers->heap[i]->place, i + 1);
		if (i)
			assert_true(timers->heap[(i + 1) / 2 - 1]->at <=
				    timers->heap[i]->at);
	}
}

static void fill(struct timers *timers, struct timer *timer,
		 const uint64_t *at, size_t count)
{
	size_t i;

	timers_init(timers);
	assert_int_equal(timers_reserve(timers, count), 0);
	memset(timer, 0, count * sizeof(*timer));
	for (i = 0; i < count; i++) {
		timers_add(timers, &timer[i], at[i]);
		check(timers);
	}
}

/* Take all: @count of them, ordered; the timers are @timer[@order[]]. */
static void drain(struct timers *timers, const struct timer *timer,
		  const size_t *order, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		assert_ptr_equal(timers_due(timers, NEVER), &timer[order[i]]);
		assert_int_equal(timer[order[i]].place, 0);
		check(timers);
	}
	assert_null(timers_due(timers, NEVER));
}

static void timers_init__empty(void **state)
{
	struct timers timers;

	(void)state;
	memset(&timers, 0xff, sizeof(timers));
	timers_init(&timers);
	assert_int_equal(timers_next(&timers), NEVER);
	assert_null(timers_due(&timers, NEVER));
	timers_exit(&timers);
}

static void timers_exit__does_not_touch_timers(void **state)
{
	struct timers timers;
	struct timer timer;

	(void)state;
	fill(&timers, &timer, (const uint64_t[]){ 1 }, 1);
	memset(&timer, 0xff, sizeof(timer));
	timers_exit(&timers);
	assert_int_equal(timers_next(&timers), NEVER);
	timers_exit(&timers);
	assert_int_equal(timers_reserve(&timers, 1), 0);
	timers_exit(&timers);
}

static void timers_reserve__no_memory(void **state)
{
	struct timers timers;
	struct timer timer;
	size_t room;

	(void)state;
	fill(&timers, &timer, (const uint64_t[]){ 1 }, 1);
	room = timers.room;
	fail_alloc_at(0);
	assert_int_equal(timers_reserve(&timers, room + 1), -ENOMEM);
	assert_true(fail_alloc_off());
	assert_int_equal(timers.room, room);
	assert_ptr_equal(timers_due(&timers, 1), &timer);
	timers_exit(&timers);
}

static void timers_reserve__more_than_there_is(void **state)
{
	struct timers timers;

	(void)state;
	timers_init(&timers);
	assert_int_equal(timers_reserve(&timers, SIZE_MAX), -ENOMEM);
	assert_int_equal(timers_reserve(&timers, SIZE_MAX / 8), -ENOMEM);
	assert_int_equal(timers.room, 0);
}

static void timers_reserve__grows(void **state)
{
	static struct timer timer[3000];
	struct timers timers;
	size_t i;

	(void)state;
	timers_init(&timers);
	memset(timer, 0, sizeof(timer));
	for (i = 0; i < ARRAY_LEN(timer); i++) {
		assert_int_equal(timers_reserve(&timers, timers.count + 1), 0);
		/* once reserved, nothing is allocated */
		fail_alloc_at(0);
		timers_add(&timers, &timer[i], ARRAY_LEN(timer) - i);
		assert_int_equal(timers_reserve(&timers, timers.count), 0);
		assert_false(fail_alloc_off());
	}
	check(&timers);
	for (i = ARRAY_LEN(timer); i-- > 0;)
		assert_ptr_equal(timers_due(&timers, NEVER), &timer[i]);
	timers_exit(&timers);
}

static void timers_add__orders(void **state)
{
	static const uint64_t at[] = { 5, 3, NEVER, 0, 8, 1, 4, 2, NEVER - 1 };
	static const size_t order[] = { 3, 5, 7, 1, 6, 0, 4, 8, 2 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	drain(&timers, timer, order, ARRAY_LEN(at));
	timers_exit(&timers);
}

static void timers_add__moves(void **state)
{
	static const uint64_t at[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	timers_add(&timers, &timer[0], 10);
	check(&timers);
	timers_add(&timers, &timer[6], 0);
	check(&timers);
	timers_add(&timers, &timer[3], 4);
	check(&timers);
	assert_int_equal(timers.count, ARRAY_LEN(at));
	drain(&timers, timer, (const size_t[]){ 6, 1, 2, 3, 4, 5, 0 },
	      ARRAY_LEN(at));
	timers_exit(&timers);
}

static void timers_add__equal_dates(void **state)
{
	static const uint64_t at[] = { 7, 7, 7, 7, 7 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;
	size_t i;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	assert_null(timers_due(&timers, 6));
	for (i = 0; i < ARRAY_LEN(at); i++)
		assert_non_null(timers_due(&timers, 7));
	assert_null(timers_due(&timers, 7));
	timers_exit(&timers);
}

static void timers_del__not_in(void **state)
{
	static const uint64_t at[] = { 1, 2 };
	struct timer timer[ARRAY_LEN(at)], other = { 0 };
	struct timers timers;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	timers_del(&timers, &other);
	timers_del(&timers, &timer[0]);
	timers_del(&timers, &timer[0]);
	check(&timers);
	drain(&timers, timer, (const size_t[]){ 1 }, 1);
	timers_exit(&timers);
}

static void timers_del__any(void **state)
{
	static const uint64_t at[] = { 1, 2, 3, 4, 5, 6 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;
	size_t gone, i;

	(void)state;
	for (gone = 0; gone < ARRAY_LEN(at); gone++) {
		fill(&timers, timer, at, ARRAY_LEN(at));
		timers_del(&timers, &timer[gone]);
		assert_int_equal(timer[gone].place, 0);
		check(&timers);
		for (i = 0; i < ARRAY_LEN(at); i++)
			if (i != gone)
				assert_ptr_equal(timers_due(&timers, NEVER),
						 &timer[i]);
		assert_null(timers_due(&timers, NEVER));
		timers_exit(&timers);
	}
}

/* What takes the place of the one that goes is earlier than what is above it. */
static void timers_del__moves_up(void **state)
{
	static const uint64_t at[] = { 1, 100, 2, 101, 102, 3, 4 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	assert_ptr_equal(timers.heap[6], &timer[6]);
	timers_del(&timers, &timer[3]);
	check(&timers);
	assert_ptr_equal(timers.heap[1], &timer[6]);
	drain(&timers, timer, (const size_t[]){ 0, 2, 5, 6, 1, 4 }, 6);
	timers_exit(&timers);
}

static void timers_due__not_before(void **state)
{
	static const uint64_t at[] = { 20, 10 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	assert_null(timers_due(&timers, 9));
	assert_ptr_equal(timers_due(&timers, 10), &timer[1]);
	assert_null(timers_due(&timers, 19));
	assert_ptr_equal(timers_due(&timers, 25), &timer[0]);
	timers_exit(&timers);
}

static void timers_due__again(void **state)
{
	struct timers timers;
	struct timer timer;

	(void)state;
	fill(&timers, &timer, (const uint64_t[]){ 1 }, 1);
	assert_ptr_equal(timers_due(&timers, 1), &timer);
	timers_add(&timers, &timer, 2);
	assert_null(timers_due(&timers, 1));
	assert_ptr_equal(timers_due(&timers, 2), &timer);
	timers_exit(&timers);
}

static void timers_next__earliest(void **state)
{
	static const uint64_t at[] = { 20, 10, 30 };
	struct timer timer[ARRAY_LEN(at)];
	struct timers timers;

	(void)state;
	fill(&timers, timer, at, ARRAY_LEN(at));
	assert_int_equal(timers_next(&timers), 10);
	timers_del(&timers, &timer[1]);
	assert_int_equal(timers_next(&timers), 20);
	timers_add(&timers, &timer[0], 40);
	assert_int_equal(timers_next(&timers), 30);
	timers_exit(&timers);
}

/* The earliest of all that are in, found the slow way. */
static uint64_t earliest(const struct timer *timer, size_t count)
{
	uint64_t at = NEVER;
	size_t i;

	for (i = 0; i < count; i++)
		if (timer[i].place && timer[i].at < at)
			at = timer[i].at;
	return at;
}

static void timers_next__whatever_is_done(void **state)
{
	struct timer timer[100] = { 0 }, *due;
	struct timers timers;
	struct rng rng;
	uint64_t now = 0;
	size_t i, n;

	(void)state;
	rng_init(&rng, 1);
	timers_init(&timers);
	assert_int_equal(timers_reserve(&timers, ARRAY_LEN(timer)), 0);
	for (n = 0; n < 20000; n++) {
		i = (size_t)rng_below(&rng, ARRAY_LEN(timer));
		if (rng_below(&rng, 3))
			timers_add(&timers, &timer[i],
				   now + rng_below(&rng, 50));
		else
			timers_del(&timers, &timer[i]);
		assert_int_equal(timers_next(&timers),
				 earliest(timer, ARRAY_LEN(timer)));
		check(&timers);
		now += rng_below(&rng, 2);
		while ((due = timers_due(&timers, now)))
			assert_true(due->at <= now && !due->place);
		assert_true(earliest(timer, ARRAY_LEN(timer)) > now);
	}
	timers_exit(&timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_init__empty),
		cmocka_unit_test(timers_exit__does_not_touch_timers),
		cmocka_unit_test(timers_reserve__no_memory),
		cmocka_unit_test(timers_reserve__more_than_there_is),
		cmocka_unit_test(timers_reserve__grows),
		cmocka_unit_test(timers_add__orders),
		cmocka_unit_test(timers_add__moves),
		cmocka_unit_test(timers_add__equal_dates),
		cmocka_unit_test(timers_del__not_in),
		cmocka_unit_test(timers_del__any),
		cmocka_unit_test(timers_del__moves_up),
		cmocka_unit_test(timers_due__not_before),
		cmocka_unit_test(timers_due__again),
		cmocka_unit_test(timers_next__earliest),
		cmocka_unit_test(timers_next__whatever_is_done),
	};

	return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
