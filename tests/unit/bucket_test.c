// SPDX-License-Identifier: GPL-2.0-only
/* The token bucket: how many, how fast, how long to wait. */
#include "harness.h"

#include "net/bucket.h"

#define STEP 1000

/* Tokens that are there at @now. */
static int drain(s64 *full, s64 now, s64 burst)
{
	s64 wait;
	int n = 0;

	for (;;) {
		*full = kelp_bucket_take(*full, now, STEP, burst, &wait);
		if (wait)
			return n;
		n++;
	}
}

static void take__burst(void **state)
{
	s64 full = 0;

	(void)state;
	assert_int_equal(drain(&full, 1000000, 1), 1);
	full = 0;
	assert_int_equal(drain(&full, 1000000, 50), 50);
	assert_int_equal(drain(&full, 1000000, 50), 0);
	/* one comes back in each step, no more than fit */
	assert_int_equal(drain(&full, 1000000 + STEP, 50), 1);
	assert_int_equal(drain(&full, 1000000 + 11 * STEP, 50), 10);
	assert_int_equal(drain(&full, 1000000 + 1000 * STEP, 50), 50);
}

static void take__wait(void **state)
{
	s64 full = 0, wait;

	(void)state;
	drain(&full, 5000, 3);
	assert_int_equal(kelp_bucket_take(full, 5000, STEP, 3, &wait), full);
	assert_int_equal(wait, STEP);
	kelp_bucket_take(full, 5000 + STEP - 1, STEP, 3, &wait);
	assert_int_equal(wait, 1);
	kelp_bucket_take(full, 5000 + STEP, STEP, 3, &wait);
	assert_int_equal(wait, 0);
}

static void take__changed_numbers(void **state)
{
	s64 full = 0, wait;

	(void)state;
	drain(&full, 5000, 1000000);
	/* the debt of the large bucket is not the small one's */
	kelp_bucket_take(full, 5000, STEP, 2, &wait);
	assert_int_equal(wait, STEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(take__burst),
		cmocka_unit_test(take__wait),
		cmocka_unit_test(take__changed_numbers),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
