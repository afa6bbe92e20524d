// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balancing: what all policies have in common, and those that draw or look at
 * each server. balance_turn_test.c and balance_hash_test.c have the others.
 */
#include "harness.h"

#include <errno.h>
#include <pthread.h>

#include "balance_kit.h"
#include "fail_alloc.h"

#define POLICIES (KELP_BALANCE_HASH + 1)

static void balance_create__refuses(void **state)
{
	struct load load[3] = { { .weight = 1 }, { .weight = 0 },
				{ .weight = UINT32_MAX } };
	struct load *list[] = { &load[0], &load[1], &load[2] };
	struct load *heavy[] = { &load[0], &load[2] };
	struct load *only_heavy[] = { &load[2], &load[2] };
	struct balance *balance = NULL;

	(void)state;
	assert_int_equal(balance_create(&balance, POLICIES, list, 1), -EINVAL);
	assert_int_equal(balance_create(&balance, (enum kelp_balance)-1, list,
					1), -EINVAL);
	assert_int_equal(balance_create(&balance, KELP_BALANCE_P2C, list, 2),
			 -EINVAL);
	assert_int_equal(balance_create(&balance, KELP_BALANCE_P2C, list + 1,
					1), -EINVAL);
	assert_int_equal(balance_create(&balance, KELP_BALANCE_P2C, heavy, 2),
			 -EINVAL);
	assert_int_equal(balance_create(&balance, KELP_BALANCE_P2C, list,
					SIZE_MAX / 2), -ENOMEM);
	assert_null(balance);
	/* two times the same weight is two times 1 */
	assert_int_equal(balance_create(&balance, KELP_BALANCE_P2C, only_heavy,
					2), 0);
	balance_destroy(balance);
}

static void balance_create__no_memory(void **state)
{
	struct load load = { .weight = 1, .usable = 1 };
	struct load *list[] = { &load };
	struct balance *balance;
	unsigned int policy;
	size_t n;
	int err;

	(void)state;
	for (policy = 0; policy < POLICIES; policy++) {
		balance = NULL;
		for (n = 0;; n++) {
			fail_alloc_at(n);
			err = balance_create(&balance, policy, list, 1);
			if (!fail_alloc_off())
				break;
			assert_int_equal(err, -ENOMEM);
			assert_null(balance);
		}
		assert_int_equal(err, 0);
		assert_int_equal(n, policy == KELP_BALANCE_HASH ? 2 : 1);
		balance_destroy(balance);
	}
}

static void balance_destroy__nothing(void **state)
{
	(void)state;
	balance_destroy(NULL);
}

static void balance_pick__none(void **state)
{
	struct servers servers;
	unsigned int policy;
	size_t count, i;

	(void)state;
	for (policy = 0; policy < POLICIES; policy++) {
		for (count = 0; count < 4; count++) {
			servers_make(&servers, policy, NULL, count);
			for (i = 0; i < count; i++)
				servers_use(&servers, i, false);
			assert_int_equal(balance_pick(servers.balance, 7, NULL,
						      0, S, &servers.rng), -1);
			servers_end(&servers);
		}
	}
}

static void balance_pick__only_one(void **state)
{
	static const unsigned int weights[] = { 3, 1000, 1, 20 };
	struct servers servers;
	unsigned int policy;
	size_t i, n;

	(void)state;
	for (policy = 0; policy < POLICIES; policy++) {
		servers_make(&servers, policy, weights, 1);
		assert_int_equal(servers_pick(&servers, 1, S), 0);
		servers_end(&servers);
		servers_make(&servers, policy, weights, 4);
		for (i = 0; i < 4; i++)
			servers_use(&servers, i, false);
		for (i = 0; i < 4; i++) {
			servers_use(&servers, i, true);
			for (n = 0; n < 100; n++)
				assert_int_equal(servers_pick(&servers, n, S),
						 i);
			servers_use(&servers, i, false);
		}
		servers_end(&servers);
	}
}

static void balance_pick__avoid(void **state)
{
	static const unsigned int weights[] = { 1000, 1, 1, 50 };
	const struct load *avoid[4];
	struct servers servers;
	unsigned int policy;
	size_t i, n, other;

	(void)state;
	for (policy = 0; policy < POLICIES; policy++) {
		servers_make(&servers, policy, weights, 4);
		for (i = 0; i < 4; i++)
			avoid[i] = &servers.load[i];
		for (n = 0; n < 200; n++) {
			for (i = 1; i < 4; i++) {
				other = servers_pick_other(&servers, n, S,
							   avoid, i);
				assert_true(other >= i);
			}
			/* no other is there, or none is in use */
			servers_pick_other(&servers, n, S, avoid, 4);
			servers_use(&servers, 3, false);
			assert_true(servers_pick_other(&servers, n, S, avoid,
						       3) < 3);
			servers_use(&servers, 3, true);
		}
		servers_end(&servers);
	}
}

static void balance_pick__same_seed(void **state)
{
	static const unsigned int weights[] = { 3, 1, 2, 5, 1 };
	struct servers one, other;
	unsigned int policy;
	size_t i, n;

	(void)state;
	for (policy = 0; policy < POLICIES; policy++) {
		servers_make(&one, policy, weights, 5);
		servers_make(&other, policy, weights, 5);
		for (n = 0; n < 1000; n++) {
			servers_use(&one, n % 3, n & 8);
			servers_use(&other, n % 3, n & 8);
			i = servers_pick(&one, n, n * MS);
			assert_int_equal(servers_pick(&other, n, n * MS), i);
			servers_sample(&one, i, (1 + n % 7) * MS, n * MS);
			servers_sample(&other, i, (1 + n % 7) * MS, n * MS);
		}
		servers_end(&one);
		servers_end(&other);
	}
}

/* P2C: of two the better; balance_queue_test.c shows what comes of that. */

static void pick_better__quicker(void **state)
{
	struct servers servers;
	size_t i, seen[3] = { 0 };

	(void)state;
	servers_make(&servers, KELP_BALANCE_P2C, NULL, 3);
	servers_sample(&servers, 0, 2 * MS, S);
	servers_sample(&servers, 1, MS, S);
	servers_sample(&servers, 2, 3 * MS, S);
	for (i = 0; i < 3000; i++)
		seen[servers_pick(&servers, 0, S)]++;
	/* of three pairs the best is in two, and the worst never wins */
	assert_in_range(seen[1], 1900, 2100);
	assert_in_range(seen[0], 900, 1100);
	assert_int_equal(seen[2], 0);
	servers_end(&servers);
}

static void pick_better__fewer_inflight(void **state)
{
	struct servers servers;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_P2C, NULL, 2);
	servers_sample(&servers, 0, MS, S);
	servers_sample(&servers, 1, 3 * MS, S);
	/* four calls wait where each takes 1 ms, or one where it takes 3 ms */
	for (n = 0; n < 8; n++)
		load_begin(&servers.load[servers_pick(&servers, 0, S)]);
	assert_in_range(load_inflight(&servers.load[0]), 6, 7);
	for (i = 0; i < 2; i++)
		while (load_inflight(&servers.load[i]))
			load_end(&servers.load[i], 0, true, S);
	servers_end(&servers);
}

static void pick_better__weights(void **state)
{
	static const unsigned int weights[] = { 10, 30, 20, 20, 20 };
	struct servers servers;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_P2C, weights, 5);
	for (i = 0; i < 5; i++)
		servers_sample(&servers, i, MS, S);
	for (n = 0; n < 1000; n++)
		load_begin(&servers.load[servers_pick(&servers, 0, S)]);
	for (i = 0; i < 5; i++) {
		n = load_inflight(&servers.load[i]);
		assert_in_range(n, weights[i] * 9, weights[i] * 11);
		while (n--)
			load_end(&servers.load[i], 0, true, S);
	}
	servers_end(&servers);
}

/* One that nothing is known of gets one call, and the others wait for it. */
static void pick_better__unknown(void **state)
{
	struct servers servers;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_P2C, NULL, 4);
	for (i = 0; i < 3; i++)
		servers_sample(&servers, i, MS, S);
	for (n = 0; n < 200; n++)
		load_begin(&servers.load[servers_pick(&servers, 0, S)]);
	assert_int_equal(load_inflight(&servers.load[3]), 1);
	for (i = 0; i < 3; i++)
		assert_in_range(load_inflight(&servers.load[i]), 60, 72);
	for (i = 0; i < 4; i++)
		while (load_inflight(&servers.load[i]))
			load_end(&servers.load[i], 0, true, S);
	servers_end(&servers);
}

/* All at a time that nothing is known of: each gets as many. */
static void pick_better__all_unknown(void **state)
{
	struct servers servers;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_P2C, NULL, 4);
	for (n = 0; n < 400; n++)
		load_begin(&servers.load[servers_pick(&servers, 0, S)]);
	for (i = 0; i < 4; i++) {
		assert_in_range(load_inflight(&servers.load[i]), 97, 103);
		while (load_inflight(&servers.load[i]))
			load_end(&servers.load[i], 0, true, S);
	}
	servers_end(&servers);
}

/* It is two that are compared even where drawing finds none in use. */
static void pick_better__few_of_many(void **state)
{
	struct servers servers;
	size_t i;

	(void)state;
	servers_make(&servers, KELP_BALANCE_P2C, NULL, SERVERS_MAX);
	for (i = 0; i < SERVERS_MAX; i++)
		servers_use(&servers, i, i == 11 || i == 190);
	servers_sample(&servers, 11, 2 * MS, S);
	servers_sample(&servers, 190, MS, S);
	for (i = 0; i < 200; i++)
		assert_int_equal(servers_pick(&servers, 0, S), 190);
	servers_end(&servers);
}

/* Random */

static void count_picks(struct servers *servers, size_t *seen, size_t picks)
{
	size_t i;

	for (i = 0; i < servers->count; i++)
		seen[i] = 0;
	for (i = 0; i < picks; i++)
		seen[servers_pick(servers, i, S)]++;
}

static void pick_random__weights(void **state)
{
	static const unsigned int weights[] = { 1, 2, 3, 4, 10 };
	struct servers servers;
	size_t i, seen[5];

	(void)state;
	servers_make(&servers, KELP_BALANCE_RANDOM, weights, 5);
	count_picks(&servers, seen, 20000);
	for (i = 0; i < 5; i++)
		assert_in_range(seen[i], weights[i] * 900, weights[i] * 1100);
	/* the same among those that are in use */
	servers_use(&servers, 0, false);
	servers_use(&servers, 3, false);
	count_picks(&servers, seen, 15000);
	for (i = 0; i < 5; i++)
		if (servers.load[i].usable)
			assert_in_range(seen[i], weights[i] * 900,
					weights[i] * 1100);
	servers_end(&servers);
}

/* Where drawing finds none and each is looked at. */
static void pick_random__few_of_many(void **state)
{
	unsigned int weights[SERVERS_MAX];
	size_t i, seen[SERVERS_MAX];
	struct servers servers;

	(void)state;
	for (i = 0; i < SERVERS_MAX; i++)
		weights[i] = 100;
	weights[17] = 1;
	weights[150] = 3;
	servers_make(&servers, KELP_BALANCE_RANDOM, weights, SERVERS_MAX);
	for (i = 0; i < SERVERS_MAX; i++)
		servers_use(&servers, i, i == 17 || i == 150);
	count_picks(&servers, seen, 4000);
	assert_in_range(seen[17], 900, 1100);
	servers_end(&servers);
}

/* Least */

static void pick_least__fewest(void **state)
{
	struct servers servers;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_LEAST, NULL, 5);
	/* never more than one ahead of another */
	for (n = 0; n < 100; n++) {
		load_begin(&servers.load[servers_pick(&servers, 0, S)]);
		for (i = 0; i < 5; i++)
			assert_in_range(load_inflight(&servers.load[i]),
					(n + 1) / 5, n / 5 + 1);
	}
	load_end(&servers.load[3], 1, true, S);
	assert_int_equal(servers_pick(&servers, 0, S), 3);
	load_begin(&servers.load[3]);
	for (i = 0; i < 5; i++)
		while (load_inflight(&servers.load[i]))
			load_end(&servers.load[i], 0, true, S);
	servers_end(&servers);
}

static void pick_least__weights(void **state)
{
	static const unsigned int weights[] = { 1, 5, 4 };
	struct servers servers;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_LEAST, weights, 3);
	for (n = 0; n < 100; n++)
		load_begin(&servers.load[servers_pick(&servers, 0, S)]);
	for (i = 0; i < 3; i++) {
		assert_int_equal(load_inflight(&servers.load[i]),
				 weights[i] * 10);
		while (load_inflight(&servers.load[i]))
			load_end(&servers.load[i], 0, true, S);
	}
	servers_end(&servers);
}

/* One call behind the other: all are equal, none must be the first always. */
static void pick_least__equal(void **state)
{
	static const unsigned int weights[] = { 1, 2, 3, 4, 10 };
	struct servers servers;
	size_t i, seen[5];

	(void)state;
	servers_make(&servers, KELP_BALANCE_LEAST, weights, 5);
	count_picks(&servers, seen, 20000);
	for (i = 0; i < 5; i++)
		assert_in_range(seen[i], weights[i] * 900, weights[i] * 1100);
	servers_end(&servers);
}

/* Several threads */

#define THREADS 4
#define EACH 3000

struct caller {
	pthread_t thread;
	struct servers *servers;
	uint64_t seed;
};

static void *call_often(void *data)
{
	struct caller *me = data;
	struct servers *servers = me->servers;
	uint64_t now = S;
	struct rng rng;
	ssize_t i, n;

	rng_init(&rng, me->seed);
	for (n = 0; n < EACH; n++) {
		now += rng_below(&rng, MS);
		i = balance_pick(servers->balance, rng_next(&rng), NULL, 0, now,
				 &rng);
		/* cmocka's assertions are for one thread; nothing is counted */
		if (i < 0 || (size_t)i >= servers->count)
			return me;
		load_begin(&servers->load[i]);
		/* the first two stay in use */
		servers_use(servers, 2 + rng_below(&rng, servers->count - 2),
			    rng_below(&rng, 2));
		load_end(&servers->load[i], rng_below(&rng, 10 * MS),
			 rng_below(&rng, 10), now);
	}
	return NULL;
}

static void balance_pick__threads(void **state)
{
	static const unsigned int weights[] = { 1, 2, 3, 4, 10 };
	struct caller callers[THREADS];
	struct servers servers;
	unsigned int policy;
	void *wrong;
	size_t i;

	(void)state;
	for (policy = 0; policy < POLICIES; policy++) {
		servers_make(&servers, policy, weights, 5);
		for (i = 0; i < THREADS; i++) {
			callers[i].servers = &servers;
			callers[i].seed = i;
			assert_int_equal(pthread_create(&callers[i].thread,
							NULL, call_often,
							&callers[i]), 0);
		}
		for (i = 0; i < THREADS; i++) {
			pthread_join(callers[i].thread, &wrong);
			assert_null(wrong);
		}
		servers_end(&servers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(balance_create__refuses),
		cmocka_unit_test(balance_create__no_memory),
		cmocka_unit_test(balance_destroy__nothing),
		cmocka_unit_test(balance_pick__none),
		cmocka_unit_test(balance_pick__only_one),
		cmocka_unit_test(balance_pick__avoid),
		cmocka_unit_test(balance_pick__same_seed),
		cmocka_unit_test(balance_pick__threads),
		cmocka_unit_test(pick_better__quicker),
		cmocka_unit_test(pick_better__fewer_inflight),
		cmocka_unit_test(pick_better__weights),
		cmocka_unit_test(pick_better__unknown),
		cmocka_unit_test(pick_better__all_unknown),
		cmocka_unit_test(pick_better__few_of_many),
		cmocka_unit_test(pick_random__weights),
		cmocka_unit_test(pick_random__few_of_many),
		cmocka_unit_test(pick_least__fewest),
		cmocka_unit_test(pick_least__weights),
		cmocka_unit_test(pick_least__equal),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
