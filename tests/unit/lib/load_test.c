// SPDX-License-Identifier: GPL-2.0-only
/* How quick a server is said to be: peaks, forgetting, failures, threads. */
#include "harness.h"

#include <pthread.h>

#include "load.h"
#include "rng.h"

#define US UINT64_C(1000)
#define MS (1000 * US)
#define S (1000 * MS)
/* In which an excess is halved, and the steps in which that is looked at. */
#define HALF_LIFE (UINT64_C(1) << 30)
#define TICK (UINT64_C(1) << 20)
#define THREADS 4
#define EACH 20000

static void end_well(struct load *load, uint64_t took, uint64_t now)
{
	load_begin(load);
	load_end(load, took, true, now);
}

static void end_badly(struct load *load, uint64_t took, uint64_t now)
{
	load_begin(load);
	load_end(load, took, false, now);
}

/* @value is @want, but for @percent. */
static void assert_about(uint64_t value, uint64_t want, unsigned int percent)
{
	assert_in_range(value, want - want * percent / 100,
			want + want * percent / 100);
}

static void load_begin__counts(void **state)
{
	struct load load = { .weight = 1 };

	(void)state;
	load_begin(&load);
	load_begin(&load);
	assert_int_equal(load_inflight(&load), 2);
	load_end(&load, 5, true, 1);
	assert_int_equal(load_inflight(&load), 1);
	load_end(&load, 5, false, 1);
	assert_int_equal(load_inflight(&load), 0);
}

static void load_end__slower_at_once(void **state)
{
	struct load load = { .weight = 1 };

	(void)state;
	end_well(&load, MS, 100 * S);
	assert_int_equal(load.ewma_ns, MS);
	end_well(&load, 50 * MS, 100 * S);
	assert_int_equal(load.ewma_ns, 50 * MS);
	end_well(&load, 51 * MS, 107 * S);
	assert_int_equal(load.ewma_ns, 51 * MS);
}

static void load_end__quicker_takes_time(void **state)
{
	struct load load = { .weight = 1 };
	uint64_t now = 1000 * TICK;

	(void)state;
	end_well(&load, 101 * MS, now);
	/* at the same moment it changes nothing, however often */
	end_well(&load, MS, now);
	end_well(&load, MS, now);
	end_well(&load, MS, now + TICK - 1);
	assert_int_equal(load.ewma_ns, 101 * MS);
	/* 100 ms of excess: a half, a quarter, and 2^-10 of it are left */
	end_well(&load, MS, now += HALF_LIFE);
	assert_about(load.ewma_ns, 51 * MS, 1);
	end_well(&load, MS, now += HALF_LIFE);
	assert_about(load.ewma_ns, 26 * MS, 1);
	end_well(&load, MS, now += 8 * HALF_LIFE);
	assert_about(load.ewma_ns, MS + 100 * US, 5);
	end_well(&load, MS, now += 100 * HALF_LIFE);
	assert_int_equal(load.ewma_ns, MS);
}

static void load_end__fraction_of_half_life(void **state)
{
	/* 1000 * 2^-(n/8) */
	static const unsigned int want[] = {
		1000, 917, 841, 771, 707, 648, 595, 545, 500,
	};
	struct load load;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(want); i++) {
		load = (struct load){ .weight = 1 };
		end_well(&load, S + 1, HALF_LIFE);
		end_well(&load, 1, HALF_LIFE + i * HALF_LIFE / 8);
		assert_about(load.ewma_ns, want[i] * MS, 2);
	}
}

/* By the clock, not by the number of calls. */
static void load_end__many_calls(void **state)
{
	static const uint64_t steps[] = { 1 * US, 77 * US, 3 * MS, 100 * MS };
	uint64_t now, until;
	struct load load;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(steps); i++) {
		load = (struct load){ .weight = 1 };
		now = 1000 * TICK;
		end_well(&load, 1001 * MS, now);
		for (until = now + HALF_LIFE; now < until; now += steps[i])
			end_well(&load, MS, now);
		end_well(&load, MS, until);
		assert_about(load.ewma_ns, 501 * MS, 2);
	}
}

static void load_end__failure_is_slow(void **state)
{
	struct load load = { .weight = 1 };

	(void)state;
	/* of a server that was never asked before */
	end_badly(&load, 30 * US, S);
	assert_int_equal(load.ewma_ns, 10 * MS);
	/* one behind the other, up to a second */
	end_badly(&load, 30 * US, S);
	assert_int_equal(load.ewma_ns, 40 * MS);
	end_badly(&load, 30 * US, S);
	end_badly(&load, 30 * US, S);
	assert_int_equal(load.ewma_ns, 640 * MS);
	end_badly(&load, 30 * US, S);
	end_badly(&load, 30 * US, S);
	assert_int_equal(load.ewma_ns, S);
	/* unless it took longer */
	end_badly(&load, 5 * S, S);
	assert_int_equal(load.ewma_ns, 5 * S);
	/* a failure never makes it look better, however long that is ago */
	end_badly(&load, 30 * US, 100 * S);
	assert_int_equal(load.ewma_ns, 5 * S);
	/* a good one does, and only for the time behind the last failure */
	end_well(&load, MS, 100 * S + HALF_LIFE);
	assert_about(load.ewma_ns, 2500 * MS, 1);
}

static void load_end__says_nothing(void **state)
{
	struct load load = { .weight = 1 };

	(void)state;
	end_well(&load, 0, S);
	assert_int_equal(load.ewma_ns, 0);
	end_well(&load, 20 * MS, S);
	end_well(&load, 0, 50 * S);
	assert_int_equal(load.ewma_ns, 20 * MS);
	assert_int_equal(load_inflight(&load), 0);
}

static void load_end__extremes(void **state)
{
	struct load load = { .weight = 1 };

	(void)state;
	end_well(&load, UINT64_MAX, S);
	assert_true(load.ewma_ns == UINT64_C(1) << 40);
	end_badly(&load, UINT64_MAX, S);
	assert_true(load.ewma_ns == UINT64_C(1) << 40);
	end_well(&load, 1, UINT64_MAX);
	assert_int_equal(load.ewma_ns, 1);
	/* another thread looked at the clock a little earlier */
	end_well(&load, MS, 100 * S);
	assert_int_equal(load.ewma_ns, MS);
	end_well(&load, 1, 99 * S);
	assert_int_equal(load.ewma_ns, MS);
}

struct caller {
	pthread_t thread;
	struct load *load;
	uint64_t seed;
	uint64_t slowest;
};

static void *call_often(void *data)
{
	struct caller *me = data;
	struct rng rng;
	uint64_t took;
	int i;

	rng_init(&rng, me->seed);
	for (i = 0; i < EACH; i++) {
		took = 1 + rng_below(&rng, 100 * MS);
		load_begin(me->load);
		load_end(me->load, took, true, S);
		if (took > me->slowest)
			me->slowest = took;
	}
	return NULL;
}

/* No peak is lost because somebody else writes too. */
static void load_end__threads(void **state)
{
	struct caller callers[THREADS] = { 0 };
	struct load load = { .weight = 1 };
	uint64_t slowest = 0;
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		callers[i].load = &load;
		callers[i].seed = i;
		assert_int_equal(pthread_create(&callers[i].thread, NULL,
						call_often, &callers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		if (callers[i].slowest > slowest)
			slowest = callers[i].slowest;
	}
	assert_int_equal(load_inflight(&load), 0);
	assert_int_equal(load.ewma_ns, slowest);
}

static void load_forget__as_new(void **state)
{
	struct load load = { .weight = 1 };

	(void)state;
	end_badly(&load, S, S);
	load_forget(&load);
	assert_true(load_cost(&load, S) == 0);
	end_well(&load, MS, S);
	assert_int_equal(load.ewma_ns, MS);
}

static void load_cost__inflight_and_weight(void **state)
{
	struct load load = { .weight = 1 }, heavy = { .weight = 4 };

	(void)state;
	end_well(&load, 8 * MS, S);
	end_well(&heavy, 8 * MS, S);
	assert_true(load_cost(&load, S) == 8 * MS);
	assert_true(load_cost(&heavy, S) == 2 * MS);
	load_begin(&load);
	load_begin(&load);
	assert_true(load_cost(&load, S) == 24 * MS);
	load.inflight = UINT32_MAX;
	load.ewma_ns = UINT64_C(1) << 40;
	assert_true(load_cost(&load, S) > 4e21);
}

static void load_cost__idle_gets_cheaper(void **state)
{
	uint64_t now = 1000 * TICK;
	struct load load = { .weight = 1 };

	(void)state;
	end_well(&load, S, now);
	assert_about((uint64_t)load_cost(&load, now + HALF_LIFE), S / 2, 1);
	assert_about((uint64_t)load_cost(&load, now + 4 * HALF_LIFE), S / 16,
		     1);
	assert_true(load_cost(&load, now + 63 * HALF_LIFE) == 0);
	assert_true(load_cost(&load, now + 64 * HALF_LIFE) == 0);
	assert_true(load_cost(&load, UINT64_MAX) == 0);
	assert_true(load_cost(&load, now - S) == S);
	/* but not for the second who asks */
	load_begin(&load);
	assert_true(load_cost(&load, now + 63 * HALF_LIFE) == 2.0 * S);
}

static void load_cost__unknown(void **state)
{
	struct load load = { .weight = 1 }, known = { .weight = 1 };

	(void)state;
	end_well(&known, MS, S);
	/* it gets the first call, and before that has ended few others */
	assert_true(load_cost(&load, S) < load_cost(&known, S));
	load_begin(&load);
	assert_true(load_cost(&load, S) > 1000 * load_cost(&known, S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_begin__counts),
		cmocka_unit_test(load_end__slower_at_once),
		cmocka_unit_test(load_end__quicker_takes_time),
		cmocka_unit_test(load_end__fraction_of_half_life),
		cmocka_unit_test(load_end__many_calls),
		cmocka_unit_test(load_end__failure_is_slow),
		cmocka_unit_test(load_end__says_nothing),
		cmocka_unit_test(load_end__extremes),
		cmocka_unit_test(load_end__threads),
		cmocka_unit_test(load_forget__as_new),
		cmocka_unit_test(load_cost__inflight_and_weight),
		cmocka_unit_test(load_cost__idle_gets_cheaper),
		cmocka_unit_test(load_cost__unknown),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
