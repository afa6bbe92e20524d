// SPDX-License-Identifier: GPL-2.0-only
/* Pauses: how they grow, where they end, and what they are drawn from. */
#include "harness.h"

#include "backoff.h"
#include "rng.h"

#define MS UINT64_C(1000000)

static void backoff_init__begins_short(void **state)
{
	struct backoff backoff;
	struct rng rng;
	uint64_t pause;

	(void)state;
	rng_init(&rng, 1);
	backoff_init(&backoff, 100 * MS, 3000 * MS);
	pause = backoff_next(&backoff, &rng);
	assert_in_range(pause, 50 * MS, 100 * MS);
}

static void backoff_next__doubles(void **state)
{
	static const uint64_t most_ms[] = {
		100, 200, 400, 800, 1600, 3000, 3000, 3000,
	};
	struct backoff backoff;
	struct rng rng;
	uint64_t seed;
	size_t i;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		rng_init(&rng, seed);
		backoff_init(&backoff, 100 * MS, 3000 * MS);
		for (i = 0; i < ARRAY_LEN(most_ms); i++)
			assert_in_range(backoff_next(&backoff, &rng),
					most_ms[i] * MS / 2, most_ms[i] * MS);
	}
}

static void backoff_next__upper_half(void **state)
{
	unsigned int seen[101] = { 0 };
	struct backoff backoff;
	struct rng rng;
	unsigned int i;

	(void)state;
	rng_init(&rng, 2);
	for (i = 0; i < 10000; i++) {
		backoff_init(&backoff, 100, 100);
		seen[backoff_next(&backoff, &rng)]++;
	}
	/* each of the 51, both ends too, about as often as any other */
	for (i = 0; i <= 100; i++)
		assert_in_range(seen[i], i < 50 ? 0 : 100, i < 50 ? 0 : 300);
}

static void backoff_next__for_ever(void **state)
{
	static const struct {
		uint64_t first;
		uint64_t most;
	} cases[] = {
		{ 1, UINT64_MAX },
		{ 1, 3 },
		{ 3, UINT64_MAX },
		{ UINT64_MAX, UINT64_MAX },
		{ UINT64_MAX / 2 + 1, UINT64_MAX },
		{ UINT64_C(1) << 63, UINT64_C(1) << 63 },
		{ 5000, 10 },
		{ 0, 1000 },
		{ 0, 0 },
		{ 7, 0 },
	};
	struct backoff backoff;
	unsigned int tries;
	uint64_t pause, most;
	struct rng rng;
	size_t i;

	(void)state;
	rng_init(&rng, 3);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		backoff_init(&backoff, cases[i].first, cases[i].most);
		most = cases[i].first;
		for (tries = 0; tries < 300; tries++) {
			if (most > cases[i].most)
				most = cases[i].most;
			pause = backoff_next(&backoff, &rng);
			assert_true(pause >= most / 2);
			assert_true(pause <= most);
			assert_true(pause || !most);
			most = most > UINT64_MAX / 2 ? UINT64_MAX : 2 * most;
		}
	}
}

static void backoff_next__same_seed(void **state)
{
	struct backoff one, other;
	struct rng rng1, rng2;
	int i;

	(void)state;
	rng_init(&rng1, 4);
	rng_init(&rng2, 4);
	backoff_init(&one, MS, 1000 * MS);
	backoff_init(&other, MS, 1000 * MS);
	for (i = 0; i < 20; i++)
		assert_true(backoff_next(&one, &rng1) ==
			    backoff_next(&other, &rng2));
}

static void backoff_reset__begins_again(void **state)
{
	struct backoff backoff;
	struct rng rng;
	int i;

	(void)state;
	rng_init(&rng, 5);
	backoff_init(&backoff, 10 * MS, 1000 * MS);
	for (i = 0; i < 50; i++)
		backoff_next(&backoff, &rng);
	backoff_reset(&backoff);
	assert_in_range(backoff_next(&backoff, &rng), 5 * MS, 10 * MS);
	assert_in_range(backoff_next(&backoff, &rng), 10 * MS, 20 * MS);
}

static void rng_below__bounds(void **state)
{
	static const uint64_t bounds[] = {
		1, 2, 3, 1000, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX,
	};
	unsigned int seen[3] = { 0 };
	struct rng rng;
	size_t i;
	int n;

	(void)state;
	rng_init(&rng, 6);
	assert_int_equal(rng_below(&rng, 0), 0);
	for (i = 0; i < ARRAY_LEN(bounds); i++)
		for (n = 0; n < 1000; n++)
			assert_true(rng_below(&rng, bounds[i]) < bounds[i]);
	for (n = 0; n < 30000; n++)
		seen[rng_below(&rng, 3)]++;
	for (i = 0; i < 3; i++)
		assert_in_range(seen[i], 9700, 10300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff_init__begins_short),
		cmocka_unit_test(backoff_next__doubles),
		cmocka_unit_test(backoff_next__upper_half),
		cmocka_unit_test(backoff_next__for_ever),
		cmocka_unit_test(backoff_next__same_seed),
		cmocka_unit_test(backoff_reset__begins_again),
		cmocka_unit_test(rng_below__bounds),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
