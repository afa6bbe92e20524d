// SPDX-License-Identifier: GPL-2.0-only
/* Quantiles of what kelp.Status/Stats counts. */
#include "harness.h"

#include "doublings.h"

static const struct {
	uint64_t counts[6];
	double part;
	uint64_t us;
} cases[] = {
	{ { 0 }, 0.5, 0 },
	{ { 1 }, 0.5, 1 },
	{ { 1 }, 0.99, 1 },
	{ { 0, 0, 7 }, 0.5, 4 },
	{ { 0, 0, 0, 0, 0, 1 }, 0.5, 32 },
	/* half of them is enough, less is not */
	{ { 2, 2 }, 0.5, 1 },
	{ { 1, 2 }, 0.5, 2 },
	{ { 0, 99, 0, 1 }, 0.99, 2 },
	{ { 0, 98, 0, 2 }, 0.99, 8 },
	{ { 0, 98, 0, 2 }, 0.5, 2 },
	{ { 5, 5, 5, 5, 5, 5 }, 1, 32 },
	{ { 0, 3, 5 }, 0, 2 },
};

static void doublings_quantile__cases(void **state)
{
	uint64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		us = doublings_quantile(cases[i].counts,
					ARRAY_LEN(cases[i].counts),
					cases[i].part);
		if (us != cases[i].us)
			fail_msg("case %zu: %llu us, not %llu", i,
				 (unsigned long long)us,
				 (unsigned long long)cases[i].us);
	}
}

static void doublings_quantile__largest(void **state)
{
	uint64_t counts[DOUBLINGS_MAX] = { 0 };

	(void)state;
	counts[DOUBLINGS_MAX - 1] = UINT64_MAX / 2;
	assert_true(doublings_quantile(counts, DOUBLINGS_MAX, 0.5) ==
		    UINT64_C(1) << 63);
	assert_true(doublings_quantile(counts, 0, 0.5) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doublings_quantile__cases),
		cmocka_unit_test(doublings_quantile__largest),
	};

	return cmocka_run_group_tests_name("doublings", tests, NULL, NULL);
}
