// SPDX-License-Identifier: GPL-2.0-only
/* Words for codes: every one has some, no two the same, and they stay. */
#include "harness.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "error.h"

static const int codes[] = {
	KELP_RPC_OK,
#define CODE(symbol, code) KELP_RPC_##symbol,
	KELP_RPC_ERRORS(CODE)
#undef CODE
};

static void kelp_strerror__each_code(void **state)
{
	const char *words;
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_LEN(codes); i++) {
		words = kelp_strerror(codes[i]);
		assert_non_null(words);
		assert_in_range(words[0], 'A', 'Z');
		assert_true(words[strlen(words) - 1] != '.');
		assert_string_not_equal(words, kelp_strerror(9999));
		for (j = 0; j < i; j++)
			assert_string_not_equal(words, kelp_strerror(codes[j]));
	}
	assert_string_equal(kelp_strerror(0), "Success");
	assert_string_equal(kelp_strerror(KELP_RPC_ELOGOFF),
			    "The server is about to stop");
}

static void kelp_strerror__services_own(void **state)
{
	const char *words = kelp_strerror(1);

	(void)state;
	assert_string_equal(words, "An error of the service's own");
	assert_ptr_equal(kelp_strerror(1005), words);
	assert_ptr_equal(kelp_strerror(3000), words);
	assert_ptr_equal(kelp_strerror(INT_MAX), words);
}

static void kelp_strerror__errno(void **state)
{
	static const int errors[] = {
		EINVAL, ENOMEM, EMFILE, ENOENT, EHOSTUNREACH, EAGAIN, ECANCELED,
	};
	char before[100];
	const char *words;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(errors); i++) {
		words = kelp_strerror(-errors[i]);
		assert_string_equal(words, strerrordesc_np(errors[i]));
		/* the C library's own buffer would have other words now */
		strcpy(before, words);
		strerror(123456);
		kelp_strerror(-EPIPE);
		assert_string_equal(words, before);
		assert_ptr_equal(words, kelp_strerror(-errors[i]));
	}
	assert_string_equal(kelp_strerror(-EOWNERDEAD),
			    "The channel was made before fork()");
}

static void kelp_strerror__no_such_errno(void **state)
{
	(void)state;
	assert_string_equal(kelp_strerror(-123456), "Unknown error");
	assert_string_equal(kelp_strerror(INT_MIN), "Unknown error");
	assert_string_equal(kelp_strerror(-INT_MAX), "Unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kelp_strerror__each_code),
		cmocka_unit_test(kelp_strerror__services_own),
		cmocka_unit_test(kelp_strerror__errno),
		cmocka_unit_test(kelp_strerror__no_such_errno),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
