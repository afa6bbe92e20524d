// SPDX-License-Identifier: GPL-2.0-only
/* The retry budget: what flows in, what is earned, and several who spend it. */
#include "harness.h"

#include <pthread.h>

#include "budget.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
/* What a budget has that is full of what time brings. */
#define FLOW (BUDGET_PER_SECOND * BUDGET_SECONDS)
#define THREADS 4

/* How many are there? None afterwards. */
static unsigned int spend_all(struct budget *budget, uint64_t now)
{
	unsigned int n = 0;

	while (budget_spend(budget, now)) {
		n++;
		assert_true(n <= FLOW + BUDGET_EARNED_MAX);
	}
	return n;
}

static void earn(struct budget *budget, unsigned int calls)
{
	while (calls--)
		budget_earn(budget);
}

static void budget_init__begins_with_time(void **state)
{
	struct budget budget;

	(void)state;
	/* the clock may have begun a moment ago */
	budget_init(&budget, 20, 0);
	assert_int_equal(spend_all(&budget, 0), FLOW);
	budget_init(&budget, 20, 12345 * S);
	assert_int_equal(spend_all(&budget, 12345 * S), FLOW);
}

static void budget_init__any_percentage(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, 0, S);
	earn(&budget, 100000);
	assert_int_equal(spend_all(&budget, S), FLOW);
	budget_init(&budget, 250, S);
	earn(&budget, 2);
	assert_int_equal(spend_all(&budget, S), FLOW + 5);
	budget_init(&budget, UINT32_MAX, S);
	earn(&budget, 5);
	assert_int_equal(spend_all(&budget, S), FLOW + BUDGET_EARNED_MAX);
}

static void budget_earn__fractions(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, 20, S);
	spend_all(&budget, S);
	earn(&budget, 4);
	assert_false(budget_spend(&budget, S));
	earn(&budget, 1);
	assert_true(budget_spend(&budget, S));
	assert_false(budget_spend(&budget, S));
	/* what was over is not lost */
	budget_init(&budget, 30, S);
	spend_all(&budget, S);
	earn(&budget, 9);
	assert_int_equal(spend_all(&budget, S), 2);
	earn(&budget, 1);
	assert_int_equal(spend_all(&budget, S), 1);
}

static void budget_earn__full(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, 7, S);
	earn(&budget, 100000);
	assert_int_equal(spend_all(&budget, S), FLOW + BUDGET_EARNED_MAX);
	earn(&budget, 100000);
	assert_int_equal(spend_all(&budget, S), BUDGET_EARNED_MAX);
}

static void budget_spend__flow(void **state)
{
	uint64_t step = S / BUDGET_PER_SECOND, now = 100 * S;
	struct budget budget;

	(void)state;
	budget_init(&budget, 20, now);
	assert_int_equal(spend_all(&budget, now), FLOW);
	assert_int_equal(spend_all(&budget, now + step - 1), 0);
	assert_int_equal(spend_all(&budget, now + step), 1);
	assert_int_equal(spend_all(&budget, now + 4 * step + step / 2), 3);
	assert_int_equal(spend_all(&budget, now + 5 * step), 1);
	/* no more is saved up than fits */
	assert_int_equal(spend_all(&budget, now + 10000 * S), FLOW);
}

static void budget_spend__over_time(void **state)
{
	struct budget budget;
	unsigned int spent = 0;
	uint64_t now;

	(void)state;
	budget_init(&budget, 20, 0);
	/* 1000 calls per second for a minute, all of which fail */
	for (now = 0; now < 60 * S; now += MS) {
		budget_earn(&budget);
		spent += budget_spend(&budget, now);
	}
	assert_in_range(spent, FLOW + 60 * (BUDGET_PER_SECOND + 200) - 5,
			FLOW + 60 * (BUDGET_PER_SECOND + 200) + 5);
}

static void budget_spend__clock_behind(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, 20, 100 * S);
	spend_all(&budget, 100 * S);
	assert_true(budget_spend(&budget, 101 * S));
	/* another thread looked at the clock a little earlier */
	assert_false(budget_spend(&budget, 100 * S));
	assert_int_equal(spend_all(&budget, 101 * S), BUDGET_PER_SECOND - 1);
}

struct spender {
	pthread_t thread;
	struct budget *budget;
	unsigned int earn;
	unsigned int spent;
};

static void *spender(void *data)
{
	struct spender *me = data;
	unsigned int i;

	for (i = 0; i < me->earn; i++)
		budget_earn(me->budget);
	for (i = 0; i < FLOW + BUDGET_EARNED_MAX; i++)
		me->spent += budget_spend(me->budget, S);
	return NULL;
}

static unsigned int spend_together(struct budget *budget, unsigned int calls)
{
	struct spender spenders[THREADS] = { 0 };
	unsigned int spent = 0;
	size_t i;

	for (i = 0; i < THREADS; i++) {
		spenders[i].budget = budget;
		spenders[i].earn = calls;
		assert_int_equal(pthread_create(&spenders[i].thread, NULL,
						spender, &spenders[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(spenders[i].thread, NULL);
		spent += spenders[i].spent;
	}
	return spent;
}

static void budget_spend__threads(void **state)
{
	struct budget budget;
	unsigned int spent;

	(void)state;
	/* nothing is earned or spent twice, and nothing is lost */
	budget_init(&budget, 1, S);
	spent = spend_together(&budget, 1000);
	assert_int_equal(spent + spend_all(&budget, S),
			 FLOW + THREADS * 1000 / 100);
	/* nor more saved up than fits; what was spent early makes room */
	budget_init(&budget, 100, S);
	earn(&budget, BUDGET_EARNED_MAX);
	spent = spend_together(&budget, 1000);
	assert_in_range(spent + spend_all(&budget, S), FLOW + BUDGET_EARNED_MAX,
			FLOW + BUDGET_EARNED_MAX + THREADS * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget_init__begins_with_time),
		cmocka_unit_test(budget_init__any_percentage),
		cmocka_unit_test(budget_earn__fractions),
		cmocka_unit_test(budget_earn__full),
		cmocka_unit_test(budget_spend__flow),
		cmocka_unit_test(budget_spend__over_time),
		cmocka_unit_test(budget_spend__clock_behind),
		cmocka_unit_test(budget_spend__threads),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
