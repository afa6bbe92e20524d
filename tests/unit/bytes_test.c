// SPDX-License-Identifier: GPL-2.0-only
/* Comparing keys: every length, every byte that may differ, and no byte more. */
#include <string.h>

#include "bytes.h"
#include "harness.h"

#define MOST 40

static void test_same(void **state)
{
	uint8_t bytes[MOST];
	size_t len, i;

	(void)state;
	for (i = 0; i < MOST; i++)
		bytes[i] = 'a' + i;
	for (len = 0; len <= MOST; len++) {
		assert_true(kelp_same_bytes(guarded(bytes, len), bytes, len));
		assert_true(kelp_same_bytes(bytes, guarded(bytes, len), len));
	}
}

static void test_each_byte_counts(void **state)
{
	uint8_t bytes[MOST], other[MOST];
	size_t len, i;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (len = 1; len <= MOST; len++) {
		for (i = 0; i < len; i++) {
			memcpy(other, bytes, len);
			other[i] ^= 0x80;
			assert_false(kelp_same_bytes(guarded(bytes, len), other,
						     len));
			assert_false(kelp_same_bytes(bytes, guarded(other, len),
						     len));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_each_byte_counts),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
