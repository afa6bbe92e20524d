// SPDX-License-Identifier: GPL-2.0-only
/* The ring: where hashes fall, and how few of them move. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "balance_kit.h"

#define HASHES 20000

/* The key of the server that each hash, counted from 0, falls to. */
static uint64_t *fall(struct servers *servers)
{
	uint64_t *keys = calloc(HASHES, sizeof(*keys));
	size_t i;

	assert_non_null(keys);
	for (i = 0; i < HASHES; i++)
		keys[i] = servers->load[servers_pick(servers, i, S)].key;
	return keys;
}

static size_t moved(const uint64_t *before, const uint64_t *after)
{
	size_t i, n = 0;

	for (i = 0; i < HASHES; i++)
		n += before[i] != after[i];
	return n;
}

/* How many fall to this one? */
static size_t share(const uint64_t *keys, uint64_t key)
{
	size_t i, n = 0;

	for (i = 0; i < HASHES; i++)
		n += keys[i] == key;
	return n;
}

static void pick_point__always_the_same(void **state)
{
	struct servers servers, other;
	struct load *list[7];
	uint64_t *keys, *again;
	size_t i;

	(void)state;
	servers_make(&servers, KELP_BALANCE_HASH, NULL, 7);
	keys = fall(&servers);
	/* what else happens does not matter */
	rng_init(&servers.rng, 99);
	for (i = 0; i < 7; i++)
		servers_sample(&servers, i, i * S, S);
	again = fall(&servers);
	assert_memory_equal(keys, again, HASHES * sizeof(*keys));
	free(again);
	/* nor does the order in which they are listed */
	servers_make(&other, KELP_BALANCE_HASH, NULL, 7);
	balance_destroy(other.balance);
	for (i = 0; i < 7; i++) {
		other.load[i].key = servers.load[6 - i].key;
		list[i] = &other.load[i];
	}
	assert_int_equal(balance_create(&other.balance, KELP_BALANCE_HASH,
					list, 7), 0);
	again = fall(&other);
	assert_memory_equal(keys, again, HASHES * sizeof(*keys));
	free(again);
	free(keys);
	servers_end(&servers);
	servers_end(&other);
}

static void pick_point__shares(void **state)
{
	static const unsigned int weights[] = { 1, 2, 4, 1, 2 };
	struct servers servers;
	uint64_t *keys;
	size_t i, n;

	(void)state;
	servers_make(&servers, KELP_BALANCE_HASH, NULL, 10);
	keys = fall(&servers);
	for (i = 0; i < 10; i++) {
		n = share(keys, servers.load[i].key);
		assert_in_range(n, HASHES / 10 * 70 / 100,
				HASHES / 10 * 130 / 100);
	}
	free(keys);
	servers_end(&servers);
	servers_make(&servers, KELP_BALANCE_HASH, weights, 5);
	keys = fall(&servers);
	for (i = 0; i < 5; i++) {
		n = share(keys, servers.load[i].key);
		assert_in_range(n, weights[i] * HASHES / 10 * 75 / 100,
				weights[i] * HASHES / 10 * 125 / 100);
	}
	free(keys);
	servers_end(&servers);
}

/* Only what fell to the one that goes moves, to many others. */
static void pick_point__one_goes(void **state)
{
	struct servers servers, fewer;
	uint64_t *before, *after;
	size_t i, n, got;

	(void)state;
	servers_make(&servers, KELP_BALANCE_HASH, NULL, 10);
	servers_make(&fewer, KELP_BALANCE_HASH, NULL, 9);
	before = fall(&servers);
	after = fall(&fewer);
	n = share(before, servers.load[9].key);
	assert_int_equal(moved(before, after), n);
	assert_in_range(n, HASHES / 10 * 70 / 100, HASHES / 10 * 130 / 100);
	for (i = 0; i < 9; i++) {
		got = share(after, servers.load[i].key) -
		      share(before, servers.load[i].key);
		assert_in_range(got, n / 9 / 3, n / 9 * 3);
	}
	free(before);
	free(after);
	servers_end(&servers);
	servers_end(&fewer);
}

/* Out of use, or tried before, it is as if it had gone, until it is back. */
static void pick_point__out_of_use(void **state)
{
	uint64_t *before, *after, *gone;
	struct servers servers, fewer;
	const struct load *avoid;
	size_t i;

	(void)state;
	servers_make(&servers, KELP_BALANCE_HASH, NULL, 10);
	servers_make(&fewer, KELP_BALANCE_HASH, NULL, 9);
	before = fall(&servers);
	gone = fall(&fewer);
	servers_use(&servers, 9, false);
	after = fall(&servers);
	assert_memory_equal(after, gone, HASHES * sizeof(*gone));
	free(after);
	servers_use(&servers, 9, true);
	after = fall(&servers);
	assert_memory_equal(after, before, HASHES * sizeof(*gone));
	avoid = &servers.load[9];
	for (i = 0; i < HASHES; i++)
		assert_true(servers.load[servers_pick_other(&servers, i, S,
							    &avoid, 1)].key ==
			    gone[i]);
	free(after);
	free(before);
	free(gone);
	servers_end(&servers);
	servers_end(&fewer);
}

/* Nor does one that comes move anything but to itself. */
static void pick_point__one_comes(void **state)
{
	static const unsigned int weights[] = { 20, 10, 30, 5 };
	struct servers servers, more;
	uint64_t *before, *after;
	size_t n;

	(void)state;
	/* not by a weight that the others' are no multiple of, either */
	servers_make(&servers, KELP_BALANCE_HASH, weights, 3);
	servers_make(&more, KELP_BALANCE_HASH, weights, 4);
	before = fall(&servers);
	after = fall(&more);
	n = share(after, more.load[3].key);
	assert_int_equal(moved(before, after), n);
	assert_in_range(n, HASHES * 5 / 65 * 75 / 100,
			HASHES * 5 / 65 * 125 / 100);
	free(before);
	free(after);
	servers_end(&servers);
	servers_end(&more);
}

static void pick_point__few_of_many(void **state)
{
	struct servers servers;
	uint64_t *keys;
	size_t i;

	(void)state;
	servers_make(&servers, KELP_BALANCE_HASH, NULL, SERVERS_MAX);
	for (i = 0; i < SERVERS_MAX; i++)
		servers_use(&servers, i, i == 3 || i == 77);
	keys = fall(&servers);
	assert_in_range(share(keys, servers.load[3].key), HASHES * 35 / 100,
			HASHES * 65 / 100);
	free(keys);
	servers_end(&servers);
}

/* The ring does not grow for ever: heavy ones have fewer points for each. */
static void pick_point__heavy(void **state)
{
	unsigned int weights[SERVERS_MAX];
	struct servers servers;
	uint64_t *keys;
	size_t i, n;

	(void)state;
	for (i = 0; i < SERVERS_MAX; i++)
		weights[i] = i == 5 ? 1 : i == 6 ? 5000000 : 50000;
	servers_make(&servers, KELP_BALANCE_HASH, weights, SERVERS_MAX);
	keys = fall(&servers);
	n = share(keys, servers.load[6].key);
	assert_in_range(n, HASHES / 3 * 90 / 100, HASHES / 3 * 110 / 100);
	assert_in_range(share(keys, servers.load[5].key), 0, 3);
	for (i = 0; i < SERVERS_MAX; i++)
		if (weights[i] == 50000)
			assert_in_range(share(keys, servers.load[i].key),
					HASHES / 300 / 2, HASHES / 300 * 3 / 2);
	free(keys);
	servers_end(&servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pick_point__always_the_same),
		cmocka_unit_test(pick_point__shares),
		cmocka_unit_test(pick_point__one_goes),
		cmocka_unit_test(pick_point__out_of_use),
		cmocka_unit_test(pick_point__one_comes),
		cmocka_unit_test(pick_point__few_of_many),
		cmocka_unit_test(pick_point__heavy),
	};

	return cmocka_run_group_tests_name("balance_hash", tests, NULL, NULL);
}
