// SPDX-License-Identifier: GPL-2.0-only
/* When calls are due: exactly, whatever the rate, and each by one thread only. */
#include "harness.h"

#include "pace.h"

#define SECOND UINT64_C(1000000000)

static void pace_due__rates(void **state)
{
	static const struct {
		uint64_t rate;
		uint64_t number;
		uint64_t ns;
	} cases[] = {
		{ 1, 0, 0 },
		{ 1, 1, SECOND },
		{ 1, 86400, 86400 * SECOND },
		{ 200, 1, 5000000 },
		{ 200, 400, 2 * SECOND },
		{ 3, 1, 333333333 },
		{ 3, 2, 666666666 },
		{ 3, 3, SECOND },
		/* a day later not a nanosecond is lost */
		{ 3, UINT64_C(3) * 86400, 86400 * SECOND },
		{ 7, UINT64_C(7) * 86400 + 1, 86400 * SECOND + 142857142 },
		{ PACE_MOST, 1, 10 },
		{ PACE_MOST, (uint64_t)PACE_MOST * 86400 + PACE_MOST - 1,
		  86400 * SECOND + SECOND - 10 },
	};
	struct pace pace;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		pace_init(&pace, 5000, cases[i].rate, 1, 0);
		pace.next = cases[i].number;
		assert_true(pace_due(&pace) == 5000 + cases[i].ns);
	}
}

/* All threads together make each call of the schedule once, in its order. */
static void pace_step__threads_share(void **state)
{
	struct pace whole, part[3];
	unsigned int i;

	(void)state;
	pace_init(&whole, 77, 1000, 1, 0);
	for (i = 0; i < 3; i++)
		pace_init(&part[i], 77, 1000, 3, i);
	for (i = 0; i < 3000; i++) {
		assert_true(pace_due(&whole) == pace_due(&part[i % 3]));
		pace_step(&whole);
		pace_step(&part[i % 3]);
	}
	assert_true(pace_due(&whole) == 77 + 3 * SECOND);
}

/* By counting one by one. */
static uint64_t counted(struct pace pace, uint64_t until)
{
	uint64_t n = 0;

	for (; pace_due(&pace) < until; pace_step(&pace))
		n++;
	return n;
}

static void pace_left__is_what_counting_says(void **state)
{
	static const uint64_t rates[] = { 1, 2, 3, 7, 200, 999, 1000, 1001 };
	static const uint64_t times[] = {
		0, 1, 2, 333333333, 333333334, SECOND - 1, SECOND, SECOND + 1,
		2 * SECOND, 2500000001,
	};
	unsigned int threads, index;
	struct pace pace;
	size_t r, t;

	(void)state;
	for (r = 0; r < ARRAY_LEN(rates); r++)
		for (t = 0; t < ARRAY_LEN(times); t++)
			for (threads = 1; threads < 5; threads++)
				for (index = 0; index < threads; index++) {
					pace_init(&pace, 9, rates[r], threads,
						  index);
					assert_true(pace_left(&pace, 9 + times[t]) ==
						    counted(pace, 9 + times[t]));
				}
}

static void pace_left__goes_down(void **state)
{
	struct pace pace;
	unsigned int i;

	(void)state;
	pace_init(&pace, 1000, 200, 1, 0);
	for (i = 0; i < 400; i++) {
		assert_true(pace_left(&pace, 1000 + 2 * SECOND) == 400 - i);
		pace_step(&pace);
	}
	assert_true(pace_left(&pace, 1000 + 2 * SECOND) == 0);
	pace_step(&pace);
	assert_true(pace_left(&pace, 1000 + 2 * SECOND) == 0);
	/* what ends before it begins has none */
	assert_true(pace_left(&pace, 0) == 0);
	assert_true(pace_left(&pace, 1000) == 0);
}

static void pace_left__a_day_at_the_most(void **state)
{
	struct pace pace;

	(void)state;
	pace_init(&pace, SECOND, PACE_MOST, 256, 255);
	assert_true(pace_left(&pace, SECOND + 86400 * SECOND) ==
		    UINT64_C(86400) * PACE_MOST / 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pace_due__rates),
		cmocka_unit_test(pace_step__threads_share),
		cmocka_unit_test(pace_left__is_what_counting_says),
		cmocka_unit_test(pace_left__goes_down),
		cmocka_unit_test(pace_left__a_day_at_the_most),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
