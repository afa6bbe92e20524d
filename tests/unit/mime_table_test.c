// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of media types itself: it is a static of its file, so the file is
 * included. What breaks the binary search is seen here, not at the one type
 * that somebody misses later.
 */
#include "../../kmod/http/syntax/mime.c"

#include "harness.h"

static void table__is_sorted(void **state)
{
	size_t i;

	(void)state;
	for (i = 1; i < ARRAY_SIZE(types); i++)
		assert_true(strcmp(types[i - 1].ext, types[i].ext) < 0);
}

static void table__extensions_are_lower_case(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		assert_true(types[i].ext[0]);
		for (j = 0; types[i].ext[j]; j++)
			assert_int_equal(types[i].ext[j],
					 tolower(types[i].ext[j]));
	}
}

static void table__text_has_a_charset(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(!strncmp(types[i].type, "text/", 5),
				 !!strstr(types[i].type, "; charset=utf-8"));
}

static void table__every_row_is_found(void **state)
{
	char path[32] = "/a.";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		strcpy(path + 3, types[i].ext);
		assert_ptr_equal(http_mime_type(path, strlen(path)),
				 types[i].type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__is_sorted),
		cmocka_unit_test(table__extensions_are_lower_case),
		cmocka_unit_test(table__text_has_a_charset),
		cmocka_unit_test(table__every_row_is_found),
	};

	return cmocka_run_group_tests_name("mime_table", tests, NULL, NULL);
}
