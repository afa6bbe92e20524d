// SPDX-License-Identifier: GPL-2.0-only
/* Names of codes: the protocol's, the C library's, and those that have none. */
#include "harness.h"

#include <errno.h>
#include <limits.h>

#include <linux/kelp_rpc.h>

#include "code.h"

static void code_name__of_the_protocol(void **state)
{
	(void)state;
	assert_string_equal(code_name(0), "OK");
	assert_string_equal(code_name(KELP_RPC_ENOSERVICE), "ENOSERVICE");
	assert_string_equal(code_name(KELP_RPC_ECLOSE), "ECLOSE");
}

static void code_name__of_this_side(void **state)
{
	(void)state;
	assert_string_equal(code_name(-EINVAL), "EINVAL");
	assert_string_equal(code_name(-ECANCELED), "ECANCELED");
	assert_string_equal(code_name(-EOWNERDEAD), "EOWNERDEAD");
}

static void code_name__none(void **state)
{
	(void)state;
	assert_null(code_name(1));
	assert_null(code_name(7777));
	assert_null(code_name(INT_MAX));
	assert_null(code_name(-100000));
	assert_null(code_name(INT_MIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_name__of_the_protocol),
		cmocka_unit_test(code_name__of_this_side),
		cmocka_unit_test(code_name__none),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
