// SPDX-License-Identifier: GPL-2.0-only
/* Latencies: every number has a class near it, and quantiles are in order. */
#include "harness.h"

#include <stdlib.h>

#include "histogram.h"

static struct histogram *empty(void)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));

	assert_non_null(histogram);
	return histogram;
}

static int setup(void **state)
{
	*state = empty();
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* One that is told apart from a slower one, of which nothing is known but that. */
static void is_near(uint64_t ns)
{
	struct histogram *histogram = empty();
	uint64_t found, most = ns / 62 + 1;

	histogram_add(histogram, ns);
	histogram_add(histogram, UINT64_MAX);
	found = histogram_quantile(histogram, 0.5);
	if (found > ns + most || ns > found + most)
		fail_msg("%llu is told as %llu", (unsigned long long)ns,
			 (unsigned long long)found);
	if (ns < HISTOGRAM_EXACT)
		assert_true(found == ns);
	free(histogram);
}

static void histogram_add__every_size(void **state)
{
	uint64_t ns;
	int bit;

	(void)state;
	for (ns = 0; ns < 300; ns++)
		is_near(ns);
	for (bit = 8; bit < 63; bit++) {
		is_near((UINT64_C(1) << bit) - 1);
		is_near(UINT64_C(1) << bit);
		is_near((UINT64_C(1) << bit) + 1);
		is_near((UINT64_C(3) << bit) / 2);
	}
}

static void histogram_add__largest(void **state)
{
	struct histogram *histogram = *state;

	histogram_add(histogram, UINT64_MAX);
	assert_true(histogram->classes[HISTOGRAM_CLASSES - 1] == 1);
	assert_true(histogram_quantile(histogram, 1) == UINT64_MAX);
}

static void histogram_merge__is_as_if_one_had_counted(void **state)
{
	struct histogram *all = *state, *one = empty(), *other = empty();
	uint64_t ns = 1;
	int i;

	for (i = 0; i < 2000; i++) {
		histogram_add(i % 3 ? one : other, ns % 1000000);
		histogram_add(all, ns % 1000000);
		ns = ns * 6364136223846793005 + 1442695040888963407;
	}
	histogram_merge(one, other);
	assert_memory_equal(one, all, sizeof(*all));
	free(one);
	free(other);
}

static void histogram_quantile__ranks(void **state)
{
	struct histogram *histogram = *state;
	uint64_t i;

	for (i = 1; i <= 50; i++)
		histogram_add(histogram, i);
	assert_true(histogram_quantile(histogram, 0) == 1);
	assert_true(histogram_quantile(histogram, 0.02) == 1);
	assert_true(histogram_quantile(histogram, 0.021) == 2);
	assert_true(histogram_quantile(histogram, 0.5) == 25);
	assert_true(histogram_quantile(histogram, 0.99) == 50);
	assert_true(histogram_quantile(histogram, 1) == 50);
	assert_true(histogram_mean(histogram) == 25);
}

static void histogram_quantile__none(void **state)
{
	struct histogram *histogram = *state;

	assert_true(histogram_quantile(histogram, 0.5) == 0);
	assert_true(histogram_quantile(histogram, 1) == 0);
	assert_true(histogram_mean(histogram) == 0);
}

/* A class's middle may be above all that fell into it. */
static void histogram_quantile__not_above_the_slowest(void **state)
{
	struct histogram *histogram = *state;

	histogram_add(histogram, 1 << 20);
	assert_true(histogram_quantile(histogram, 0.5) == 1 << 20);
	assert_true(histogram_quantile(histogram, 0.999) == 1 << 20);
}

static void histogram_quantile__in_order(void **state)
{
	static const double parts[] = { 0, 0.1, 0.5, 0.9, 0.99, 0.999, 1 };
	struct histogram *histogram = *state;
	uint64_t ns = 1, last, next;
	size_t i, k;

	for (i = 0; i < 5000; i++) {
		histogram_add(histogram, ns >> (ns & 63));
		ns = ns * 6364136223846793005 + 1442695040888963407;
		for (k = 0, last = 0; k < ARRAY_LEN(parts); k++, last = next) {
			next = histogram_quantile(histogram, parts[k]);
			assert_true(next >= last);
		}
	}
}

#define WITH_ONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histogram_add__every_size),
		WITH_ONE(histogram_add__largest),
		WITH_ONE(histogram_merge__is_as_if_one_had_counted),
		WITH_ONE(histogram_quantile__ranks),
		WITH_ONE(histogram_quantile__none),
		WITH_ONE(histogram_quantile__not_above_the_slowest),
		WITH_ONE(histogram_quantile__in_order),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
