// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring by itself: how many points, in what order, and which one a hash
 * falls to. balance_hash_test.c shows what comes of that.
 */
#include "harness.h"

#include <errno.h>

#include "fail_alloc.h"
#include "load.h"
#include "ring.h"
#include "rng.h"

#define SERVERS 4

static void make_loads(struct load *load, struct load **list,
		       const unsigned int *weights)
{
	size_t i;

	for (i = 0; i < SERVERS; i++) {
		load[i] = (struct load){
			.weight = weights[i], .key = 1000 + i,
		};
		list[i] = &load[i];
	}
}

/* How many points each server has; all in order. */
static void count_points(const struct ring *ring, size_t *points)
{
	size_t i;

	for (i = 0; i < SERVERS; i++)
		points[i] = 0;
	for (i = 0; i < ring->count; i++) {
		assert_in_range(ring->points[i].index, 0, SERVERS - 1);
		points[ring->points[i].index]++;
		if (i)
			assert_true(ring->points[i].at >=
				    ring->points[i - 1].at);
	}
}

static void ring_init__points(void **state)
{
	static const unsigned int weights[SERVERS] = { 1, 2, 30, 7 };
	struct load load[SERVERS], *list[SERVERS];
	size_t i, points[SERVERS];
	struct ring ring = { 0 };

	(void)state;
	make_loads(load, list, weights);
	assert_int_equal(ring_init(&ring, list, SERVERS), 0);
	count_points(&ring, points);
	for (i = 0; i < SERVERS; i++)
		assert_int_equal(points[i], 100 * weights[i]);
	ring_exit(&ring);
	assert_null(ring.points);
	assert_int_equal(ring.count, 0);
}

/* Not as many as the weights would have; each at least one. */
static void ring_init__heavy(void **state)
{
	static const unsigned int weights[SERVERS] = {
		1, 1000, 1000000, UINT32_MAX,
	};
	struct load load[SERVERS], *list[SERVERS];
	size_t points[SERVERS];
	struct ring ring = { 0 };

	(void)state;
	make_loads(load, list, weights);
	assert_int_equal(ring_init(&ring, list, SERVERS), 0);
	assert_in_range(ring.count, 1 << 16, 1 << 17);
	count_points(&ring, points);
	assert_int_equal(points[0], 1);
	assert_int_equal(points[1], 1);
	assert_in_range(points[3] / points[2], 4000, 4600);
	ring_exit(&ring);
}

/* Fewer points are the first of those that there would be. */
static void ring_init__points_stay(void **state)
{
	struct load light = { .weight = 1, .key = 5 };
	struct load heavy = { .weight = 3, .key = 5 };
	struct load *list[] = { &light, &heavy };
	struct ring one = { 0 }, other = { 0 };
	size_t i, j;

	(void)state;
	assert_int_equal(ring_init(&one, list, 1), 0);
	assert_int_equal(ring_init(&other, list + 1, 1), 0);
	for (i = 0, j = 0; i < one.count; i++, j++) {
		while (other.points[j].at != one.points[i].at)
			assert_true(++j < other.count);
	}
	ring_exit(&one);
	ring_exit(&other);
}

/* Servers that have the same key by accident: no chance comes into it. */
static void ring_init__same_key(void **state)
{
	struct load one = { .weight = 1, .key = 5 }, other = one;
	struct load *list[] = { &one, &other };
	struct ring ring = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(ring_init(&ring, list, 2), 0);
	assert_int_equal(ring.count, 200);
	for (i = 0; i < ring.count; i++)
		assert_int_equal(ring.points[i].index, i % 2);
	ring_exit(&ring);
}

static void ring_init__no_memory(void **state)
{
	struct load load = { .weight = 1 }, *list[] = { &load };
	struct ring ring = { 0 };

	(void)state;
	fail_alloc_at(0);
	assert_int_equal(ring_init(&ring, list, 1), -ENOMEM);
	assert_true(fail_alloc_off());
	assert_null(ring.points);
	assert_int_equal(ring.count, 0);
}

static void ring_exit__empty(void **state)
{
	struct ring ring = { 0 };

	(void)state;
	assert_int_equal(ring_init(&ring, NULL, 0), 0);
	assert_int_equal(ring_find(&ring, 1), 0);
	ring_exit(&ring);
	ring_exit(&ring);
}

static void ring_find__next(void **state)
{
	struct ring_point points[4];
	struct ring ring = { points, 4 };
	uint64_t hash;
	size_t i;

	(void)state;
	/* 0 < a quarter < ... < three quarters of the ring */
	for (i = 0; i < 4; i++)
		points[i] = (struct ring_point){ i << 62, 3 - i };
	for (hash = 0; hash < 1000; hash++) {
		i = rng_mix(hash) >> 62;
		/* what is behind the last point falls to the first */
		if (rng_mix(hash) != points[i].at)
			i = (i + 1) % 4;
		assert_int_equal(ring_find(&ring, hash), i);
	}
	/* a hash that lies on a point is that point's */
	points[2].at = rng_mix(7);
	points[3].at = points[2].at + 1;
	points[1].at = points[2].at - 1;
	assert_int_equal(ring_find(&ring, 7), 2);
	points[2].at--;
	assert_int_equal(ring_find(&ring, 7), 3);
	points[3].at -= 2;
	assert_int_equal(ring_find(&ring, 7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_init__points),
		cmocka_unit_test(ring_init__heavy),
		cmocka_unit_test(ring_init__points_stay),
		cmocka_unit_test(ring_init__same_key),
		cmocka_unit_test(ring_init__no_memory),
		cmocka_unit_test(ring_exit__empty),
		cmocka_unit_test(ring_find__next),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
