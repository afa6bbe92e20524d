// SPDX-License-Identifier: GPL-2.0-only
/* Round robin: each its weight exactly, in whatever thread, and evenly. */
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>

#include "balance_kit.h"

static unsigned int sum_of(const unsigned int *weights, size_t count)
{
	unsigned int sum = 0;

	while (count--)
		sum += weights[count];
	return sum;
}

static void count_picks(struct servers *servers, size_t *seen, size_t picks)
{
	size_t i;

	for (i = 0; i < servers->count; i++)
		seen[i] = 0;
	for (i = 0; i < picks; i++)
		seen[servers_pick(servers, 0, S)]++;
}

static void pick_turn__each_in_turn(void **state)
{
	static const unsigned int hundreds[] = { 100, 100, 100, 100, 100 };
	size_t count, i, round, seen[20], first[20];
	struct servers servers;

	(void)state;
	for (count = 1; count <= 20; count++) {
		servers_make(&servers, KELP_BALANCE_ROUND_ROBIN,
			     count == 5 ? hundreds : NULL, count);
		/* the same order each time, wherever it begins */
		for (i = 0; i < count; i++)
			first[i] = servers_pick(&servers, 0, S);
		for (round = 0; round < 3; round++)
			for (i = 0; i < count; i++)
				assert_int_equal(servers_pick(&servers, 0, S),
						 first[i]);
		count_picks(&servers, seen, count);
		for (i = 0; i < count; i++)
			assert_int_equal(seen[i], 1);
		servers_end(&servers);
	}
}

static const unsigned int five_one_one[] = { 5, 1, 1 };
static const unsigned int steps[] = { 1, 2, 3, 4 };
static const unsigned int one_heavy[] = { 1, 1000 };
static const unsigned int mixed[] = { 7, 300, 20, 1, 1, 64, 150, 3 };
static const unsigned int even[] = { 1, 1, 1, 1, 1, 1, 1 };
static const unsigned int tens[] = { 30, 10, 20 };

/* Strides that are only just without a common divisor would bunch these. */
static const unsigned int bunched[] = { 2, 5, 34, 81, 10, 10, 50, 1, 1, 97 };
static const unsigned int clumped[] = { 5, 3, 942, 697, 1, 31, 2, 2, 64 };

#define WEIGHTS(array) { (array), ARRAY_LEN(array) }

static const struct {
	const unsigned int *weights;
	size_t count;
} shares[] = {
	WEIGHTS(five_one_one), WEIGHTS(steps), WEIGHTS(one_heavy),
	WEIGHTS(mixed), WEIGHTS(even), WEIGHTS(tens),
	WEIGHTS(bunched), WEIGHTS(clumped),
};

static void pick_turn__weights(void **state)
{
	struct servers servers;
	size_t i, j, seen[10];

	(void)state;
	for (i = 0; i < ARRAY_LEN(shares); i++) {
		servers_make(&servers, KELP_BALANCE_ROUND_ROBIN,
			     shares[i].weights, shares[i].count);
		count_picks(&servers, seen,
			    3 * sum_of(shares[i].weights, shares[i].count));
		for (j = 0; j < shares[i].count; j++)
			assert_int_equal(seen[j], 3 * shares[i].weights[j]);
		servers_end(&servers);
	}
}

/*
 * In any stretch of calls, none has had much more or less than its share: a
 * sum over prefixes that moves between two bounds is off by no more than their
 * distance.
 */
static void pick_turn__evenly(void **state)
{
	struct servers servers;
	unsigned int total;
	double off, low[10], high[10];
	size_t i, j, n, seen[10];

	(void)state;
	for (i = 0; i < ARRAY_LEN(shares); i++) {
		servers_make(&servers, KELP_BALANCE_ROUND_ROBIN,
			     shares[i].weights, shares[i].count);
		total = sum_of(shares[i].weights, shares[i].count);
		for (j = 0; j < shares[i].count; j++)
			low[j] = high[j] = seen[j] = 0;
		for (n = 1; n <= 2 * total; n++) {
			seen[servers_pick(&servers, 0, S)]++;
			for (j = 0; j < shares[i].count; j++) {
				off = (double)seen[j] -
				      (double)n * shares[i].weights[j] / total;
				low[j] = off < low[j] ? off : low[j];
				high[j] = off > high[j] ? off : high[j];
			}
		}
		for (j = 0; j < shares[i].count; j++)
			if (high[j] - low[j] > 4)
				fail_msg("weight %u of %u: off by %g",
					 shares[i].weights[j], total,
					 high[j] - low[j]);
		servers_end(&servers);
	}
}

/* Its turns go to nobody in particular: the others keep their proportions. */
static void pick_turn__one_out_of_use(void **state)
{
	struct servers servers;
	size_t i, j, out, seen[10], picks;

	(void)state;
	for (i = 0; i < ARRAY_LEN(shares); i++) {
		servers_make(&servers, KELP_BALANCE_ROUND_ROBIN,
			     shares[i].weights, shares[i].count);
		for (out = 0; out < shares[i].count; out++) {
			servers_use(&servers, out, false);
			picks = sum_of(shares[i].weights, shares[i].count) -
				shares[i].weights[out];
			count_picks(&servers, seen, 5 * picks);
			for (j = 0; j < shares[i].count; j++)
				assert_int_equal(seen[j], j == out ? 0 :
						 5 * shares[i].weights[j]);
			servers_use(&servers, out, true);
		}
		servers_end(&servers);
	}
}

static void pick_turn__few_of_many(void **state)
{
	struct servers servers;
	size_t i, n, seen[SERVERS_MAX];

	(void)state;
	servers_make(&servers, KELP_BALANCE_ROUND_ROBIN, NULL, SERVERS_MAX);
	for (i = 0; i < SERVERS_MAX; i++)
		servers_use(&servers, i, i == 50 || i == 51 || i == 180);
	for (n = 0; n < 20; n++) {
		count_picks(&servers, seen, 3);
		for (i = 0; i < SERVERS_MAX; i++)
			assert_int_equal(seen[i], servers.load[i].usable);
	}
	servers_end(&servers);
}

/* So few turns that nobody waits for them to come: found all the same. */
static void pick_turn__rare(void **state)
{
	static const unsigned int weights[] = { 1000, 1, 1000, 3, 1000, 999 };
	struct servers servers;
	size_t i, seen[6];

	(void)state;
	servers_make(&servers, KELP_BALANCE_ROUND_ROBIN, weights, 6);
	for (i = 0; i < 6; i++)
		servers_use(&servers, i, i == 1 || i == 3);
	count_picks(&servers, seen, 2000);
	assert_in_range(seen[1], 430, 570);
	servers_end(&servers);
}

/* The second attempt has the next turn; in all, each has as many. */
static void pick_turn__after_failures(void **state)
{
	size_t i, n, seen[5] = { 0 };
	const struct load *avoid;
	struct servers servers;

	(void)state;
	servers_make(&servers, KELP_BALANCE_ROUND_ROBIN, NULL, 5);
	for (n = 0; n < 4000; n++) {
		i = servers_pick(&servers, 0, S);
		seen[i]++;
		if (i != 2)
			continue;
		avoid = &servers.load[i];
		i = servers_pick_other(&servers, 0, S, &avoid, 1);
		assert_int_not_equal(i, 2);
		seen[i]++;
	}
	for (i = 0; i < 5; i++)
		assert_in_range(seen[i], 999, 1001);
	servers_end(&servers);
}

/* Not all clients begin with the same server. */
static void pick_turn__begins_anywhere(void **state)
{
	struct servers servers;
	size_t i, seen[4] = { 0 };

	(void)state;
	for (i = 0; i < 400; i++) {
		servers_make(&servers, KELP_BALANCE_ROUND_ROBIN, NULL, 4);
		rng_init(&servers.rng, i);
		seen[servers_pick(&servers, 0, S)]++;
		servers_end(&servers);
	}
	for (i = 0; i < 4; i++)
		assert_in_range(seen[i], 70, 130);
}

static void pick_turn__huge_weights(void **state)
{
	static const unsigned int weights[] = {
		2000000000, 1500000000, 794967291,
	};
	struct servers servers;
	size_t i, seen[3];

	(void)state;
	servers_make(&servers, KELP_BALANCE_ROUND_ROBIN, weights, 3);
	count_picks(&servers, seen, 42950);
	for (i = 0; i < 3; i++)
		assert_in_range(seen[i], weights[i] / 100000 - 4,
				weights[i] / 100000 + 4);
	servers_end(&servers);
}

#define THREADS 4

struct caller {
	pthread_t thread;
	struct servers *servers;
	uint64_t seed;
	size_t picks;
	size_t seen[10];
};

static void *call_often(void *data)
{
	struct caller *me = data;
	struct rng rng;
	ssize_t index;
	size_t n;

	rng_init(&rng, me->seed);
	for (n = 0; n < me->picks; n++) {
		index = balance_pick(me->servers->balance, 0, NULL, 0, S, &rng);
		/* cmocka's assertions are for one thread */
		if (index < 0 || index >= 10)
			abort();
		me->seen[index]++;
	}
	return NULL;
}

/* @picks calls by several threads; how many went where. */
static void call_together(struct servers *servers, size_t *seen, size_t picks)
{
	struct caller callers[THREADS] = { 0 };
	size_t i, j;

	for (i = 0; i < THREADS; i++) {
		callers[i].servers = servers;
		callers[i].seed = i;
		callers[i].picks = picks / THREADS;
		assert_int_equal(pthread_create(&callers[i].thread, NULL,
						call_often, &callers[i]), 0);
	}
	for (j = 0; j < servers->count; j++)
		seen[j] = 0;
	for (i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		for (j = 0; j < servers->count; j++)
			seen[j] += callers[i].seen[j];
	}
}

static void pick_turn__threads(void **state)
{
	struct servers servers;
	size_t i, j, seen[10];

	(void)state;
	for (i = 0; i < ARRAY_LEN(shares); i++) {
		servers_make(&servers, KELP_BALANCE_ROUND_ROBIN,
			     shares[i].weights, shares[i].count);
		call_together(&servers, seen, 8 * sum_of(shares[i].weights,
							 shares[i].count));
		for (j = 0; j < shares[i].count; j++)
			assert_int_equal(seen[j], 8 * shares[i].weights[j]);
		servers_end(&servers);
	}
}

/*
 * The same without one. Which turns were dropped depends on the moment, but
 * only at the end may one thread have had a turn of the next round already.
 */
static void pick_turn__threads_and_one_out_of_use(void **state)
{
	struct servers servers;
	size_t i, seen[4];

	(void)state;
	servers_make(&servers, KELP_BALANCE_ROUND_ROBIN, steps, 4);
	servers_use(&servers, 1, false);
	call_together(&servers, seen, 8 * 1000);
	assert_int_equal(seen[1], 0);
	for (i = 0; i < 4; i++)
		if (i != 1)
			assert_in_range(seen[i], steps[i] * 1000 - THREADS,
					steps[i] * 1000 + THREADS);
	servers_end(&servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pick_turn__each_in_turn),
		cmocka_unit_test(pick_turn__weights),
		cmocka_unit_test(pick_turn__evenly),
		cmocka_unit_test(pick_turn__one_out_of_use),
		cmocka_unit_test(pick_turn__few_of_many),
		cmocka_unit_test(pick_turn__rare),
		cmocka_unit_test(pick_turn__after_failures),
		cmocka_unit_test(pick_turn__begins_anywhere),
		cmocka_unit_test(pick_turn__huge_weights),
		cmocka_unit_test(pick_turn__threads),
		cmocka_unit_test(pick_turn__threads_and_one_out_of_use),
	};

	return cmocka_run_group_tests_name("balance_turn", tests, NULL, NULL);
}
