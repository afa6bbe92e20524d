// SPDX-License-Identifier: GPL-2.0-only
/* Latencies: their classes, what quantiles say, and several who count. */
#include "harness.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "histogram.h"
#include "rng.h"

#define THREADS 4
#define EACH 20000
/* From here on the last class has no end. */
#define OPEN (UINT64_C(15) << 30)

/* The class that one of @ns is counted in. */
static unsigned int class_of(uint64_t ns)
{
	struct kelp_histogram out = { 0 };
	struct latency latency = { 0 };
	unsigned int i;

	latency_add(&latency, ns);
	latency_read(&latency, &out);
	assert_int_equal(out.count, 1);
	assert_true(out.sum_ns == ns);
	assert_true(out.max_ns == ns);
	for (i = 0; !out.classes[i]; i++)
		assert_true(i < KELP_HISTOGRAM_CLASSES - 1);
	assert_int_equal(out.classes[i], 1);
	return i;
}

static void latency_add__classes(void **state)
{
	unsigned int i, part;
	uint64_t ns;

	(void)state;
	for (i = 0; i < 16; i++)
		assert_int_equal(class_of(i), i);
	/* the first and the last of each class above */
	for (i = 16, ns = 16; i < KELP_HISTOGRAM_CLASSES - 1; ns *= 2) {
		for (part = 0; part < 8; part++, i++) {
			assert_int_equal(class_of(ns + part * ns / 8), i);
			if (i < KELP_HISTOGRAM_CLASSES - 1)
				assert_int_equal(class_of(ns - 1 +
							  (part + 1) * ns / 8),
						 i);
		}
	}
	assert_int_equal(class_of(OPEN - 1), KELP_HISTOGRAM_CLASSES - 2);
	assert_int_equal(class_of(OPEN), KELP_HISTOGRAM_CLASSES - 1);
	assert_int_equal(class_of(UINT64_C(1) << 34),
			 KELP_HISTOGRAM_CLASSES - 1);
	assert_int_equal(class_of(UINT64_MAX), KELP_HISTOGRAM_CLASSES - 1);
}

static void latency_add__adds_up(void **state)
{
	struct kelp_histogram out = { 0 };
	struct latency latency = { 0 };

	(void)state;
	latency_add(&latency, 0);
	latency_add(&latency, 9);
	latency_add(&latency, 1000);
	latency_add(&latency, 9);
	latency_read(&latency, &out);
	assert_int_equal(out.count, 4);
	assert_int_equal(out.sum_ns, 1018);
	assert_int_equal(out.max_ns, 1000);
	assert_int_equal(out.classes[0], 1);
	assert_int_equal(out.classes[9], 2);
	assert_int_equal(out.classes[class_of(1000)], 1);
}

struct counter {
	pthread_t thread;
	struct latency *latency;
	uint64_t seed;
	uint64_t sum;
	uint64_t max;
};

static void *count_many(void *data)
{
	struct counter *me = data;
	struct rng rng;
	uint64_t ns;
	int i;

	rng_init(&rng, me->seed);
	for (i = 0; i < EACH; i++) {
		/* of any magnitude up to 2^40, and never 0 */
		ns = 1 + (rng_next(&rng) >> (24 + rng_below(&rng, 40)));
		latency_add(me->latency, ns);
		me->sum += ns;
		if (ns > me->max)
			me->max = ns;
	}
	return NULL;
}

/* What is read meanwhile does not contradict itself. */
static void check_partial(const struct latency *latency)
{
	struct kelp_histogram out = { 0 };
	uint64_t count = 0;
	unsigned int i;

	latency_read(latency, &out);
	for (i = 0; i < KELP_HISTOGRAM_CLASSES; i++)
		count += out.classes[i];
	assert_true(out.count == count);
	if (!count)
		return;
	for (i = KELP_HISTOGRAM_CLASSES - 1; !out.classes[i]; i--)
		;
	assert_true(class_of(out.max_ns) >= i);
	assert_true(out.sum_ns >= out.max_ns);
	assert_true(out.sum_ns >= count);
	assert_true(kelp_histogram_quantile(&out, 0.5) > 0);
}

static void latency_add__threads(void **state)
{
	struct counter counters[THREADS] = { 0 };
	struct kelp_histogram out = { 0 };
	struct latency latency = { 0 };
	uint64_t sum = 0, max = 0;
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		counters[i].latency = &latency;
		counters[i].seed = i;
		assert_int_equal(pthread_create(&counters[i].thread, NULL,
						count_many, &counters[i]), 0);
	}
	for (i = 0; i < 200; i++)
		check_partial(&latency);
	for (i = 0; i < THREADS; i++) {
		pthread_join(counters[i].thread, NULL);
		sum += counters[i].sum;
		if (counters[i].max > max)
			max = counters[i].max;
	}
	check_partial(&latency);
	latency_read(&latency, &out);
	assert_int_equal(out.count, THREADS * EACH);
	assert_true(out.sum_ns == sum);
	assert_true(out.max_ns == max);
}

static void latency_read__adds(void **state)
{
	struct latency one = { 0 }, other = { 0 };
	struct kelp_histogram out = { 0 };

	(void)state;
	latency_add(&one, 5000);
	latency_add(&one, 3);
	latency_add(&other, 3);
	latency_add(&other, 700);
	latency_read(&one, &out);
	latency_read(&other, &out);
	assert_int_equal(out.count, 4);
	assert_int_equal(out.sum_ns, 5706);
	assert_int_equal(out.max_ns, 5000);
	assert_int_equal(out.classes[3], 2);
}

/* What is said of @ns when it is not the slowest. */
static uint64_t told(uint64_t ns)
{
	struct kelp_histogram out = { 0 };

	out.count = 2;
	out.classes[class_of(ns)] = 1;
	out.classes[KELP_HISTOGRAM_CLASSES - 1] = 1;
	out.max_ns = UINT64_MAX;
	return kelp_histogram_quantile(&out, 0.5);
}

static void check_told(uint64_t ns)
{
	uint64_t said = told(ns), off = said > ns ? said - ns : ns - said;

	if (off > ns * 0.06)
		fail_msg("%lu ns became %lu", ns, said);
	if (ns < 16)
		assert_true(said == ns);
}

static void kelp_histogram_quantile__six_per_cent(void **state)
{
	struct rng rng;
	uint64_t ns;
	int i;

	(void)state;
	for (ns = 0; ns < 5000; ns++)
		check_told(ns);
	/* both ends of each class, where it is worst */
	for (ns = 16; ns < OPEN; ns *= 2) {
		for (i = 0; i < 8 && ns + (uint64_t)i * ns / 8 < OPEN; i++) {
			check_told(ns + (uint64_t)i * ns / 8);
			check_told(ns + (uint64_t)(i + 1) * ns / 8 - 1);
		}
	}
	rng_init(&rng, 1);
	for (i = 0; i < 5000; i++)
		check_told(rng_next(&rng) % OPEN >> rng_below(&rng, 30));
}

static void kelp_histogram_quantile__ranks(void **state)
{
	struct kelp_histogram out = { 0 };
	int i;

	(void)state;
	/* 0 to 9, each ten times: the part of them up to n is n / 10 */
	for (i = 0; i < 10; i++)
		out.classes[i] = 10;
	out.count = 100;
	out.max_ns = 9;
	for (i = 1; i <= 100; i++)
		assert_int_equal(kelp_histogram_quantile(&out, i / 100.0),
				 (i - 1) / 10);
	assert_int_equal(kelp_histogram_quantile(&out, 0.1000001), 1);
	assert_int_equal(kelp_histogram_quantile(&out, 0), 0);
	/* 0.07 * 100 is more than 7, 0.29 * 100 less than 29 */
	for (i = 1; i < 100; i++) {
		out.classes[0] = (uint64_t)i;
		out.classes[1] = (uint64_t)(100 - i);
		assert_int_equal(kelp_histogram_quantile(&out, i / 100.0), 0);
		assert_int_equal(kelp_histogram_quantile(&out, (i + 1 / 1e6) / 100),
				 i == 99 ? 9 : 1);
	}
}

static void kelp_histogram_quantile__odd_parts(void **state)
{
	struct kelp_histogram out = { 0 };

	(void)state;
	out.classes[5] = 1;
	out.classes[9] = 1;
	out.count = 2;
	out.max_ns = 9;
	assert_int_equal(kelp_histogram_quantile(&out, -1), 5);
	assert_int_equal(kelp_histogram_quantile(&out, -INFINITY), 5);
	assert_int_equal(kelp_histogram_quantile(&out, NAN), 5);
	assert_int_equal(kelp_histogram_quantile(&out, DBL_TRUE_MIN), 5);
	assert_int_equal(kelp_histogram_quantile(&out, 1), 9);
	assert_int_equal(kelp_histogram_quantile(&out, 7), 9);
	assert_int_equal(kelp_histogram_quantile(&out, INFINITY), 9);
}

static void kelp_histogram_quantile__extremes(void **state)
{
	struct kelp_histogram out = { 0 };

	(void)state;
	assert_int_equal(kelp_histogram_quantile(&out, 0.5), 0);
	/* one call: all is known of it */
	out.count = 1;
	out.max_ns = (128 << 10) - 1;
	out.classes[class_of(out.max_ns)] = 1;
	assert_int_equal(kelp_histogram_quantile(&out, 0.01), (128 << 10) - 1);
	/* nothing is told to be slower than the slowest */
	out.count = 1000;
	out.max_ns = 128 << 10;
	out.classes[class_of(out.max_ns)] = 1000;
	assert_int_equal(kelp_histogram_quantile(&out, 0.5), 128 << 10);
	/* what is beyond the last class but one */
	memset(&out, 0, sizeof(out));
	out.count = 10;
	out.max_ns = 100 * OPEN;
	out.classes[KELP_HISTOGRAM_CLASSES - 1] = 10;
	assert_true(kelp_histogram_quantile(&out, 0.5) == 100 * OPEN);
	/* more than a double tells apart */
	out.count = UINT64_MAX;
	out.classes[KELP_HISTOGRAM_CLASSES - 1] = 0;
	out.classes[7] = UINT64_MAX;
	assert_int_equal(kelp_histogram_quantile(&out, 0.999999), 7);
	/* and classes that do not add up to the count */
	out.classes[7] = 3;
	assert_true(kelp_histogram_quantile(&out, 0.5) == 100 * OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(latency_add__classes),
		cmocka_unit_test(latency_add__adds_up),
		cmocka_unit_test(latency_add__threads),
		cmocka_unit_test(latency_read__adds),
		cmocka_unit_test(kelp_histogram_quantile__six_per_cent),
		cmocka_unit_test(kelp_histogram_quantile__ranks),
		cmocka_unit_test(kelp_histogram_quantile__odd_parts),
		cmocka_unit_test(kelp_histogram_quantile__extremes),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
