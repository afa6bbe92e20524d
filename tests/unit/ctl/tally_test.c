// SPDX-License-Identifier: GPL-2.0-only
/* Failures by code: each once, with its first text, the most frequent first. */
#include "harness.h"

#include "tally.h"

static void add_many(struct tally *tally, int code, int count, const char *text)
{
	while (count--)
		tally_add(tally, code, text);
}

static void is_entry(const struct tally *tally, size_t i, int code,
		     uint64_t count, const char *text)
{
	assert_true(i < tally->count);
	assert_int_equal(tally->entries[i].code, code);
	assert_int_equal(tally->entries[i].count, count);
	assert_string_equal(tally->entries[i].text, text);
}

static void tally_add__keeps_the_first_text(void **state)
{
	struct tally tally = { 0 };

	(void)state;
	tally_add(&tally, 1008, "first");
	tally_add(&tally, -12, "");
	tally_add(&tally, 1008, "second");
	assert_int_equal(tally.count, 2);
	is_entry(&tally, 0, 1008, 2, "first");
	is_entry(&tally, 1, -12, 1, "");
	assert_int_equal(tally_total(&tally), 3);
	tally_free(&tally);
	assert_int_equal(tally.count, 0);
}

static void tally_merge__adds_up(void **state)
{
	struct tally all = { 0 }, one = { 0 }, none = { 0 };

	(void)state;
	add_many(&all, 1, 2, "all");
	add_many(&one, 1, 3, "one");
	add_many(&one, 2, 4, "one");
	tally_merge(&all, &one);
	tally_merge(&all, &none);
	tally_free(&one);
	assert_int_equal(all.count, 2);
	is_entry(&all, 0, 1, 5, "all");
	is_entry(&all, 1, 2, 4, "one");
	assert_int_equal(tally_total(&all), 9);
	tally_free(&all);
}

static void tally_sort__most_first(void **state)
{
	struct tally tally = { 0 };

	(void)state;
	tally_sort(&tally);
	assert_int_equal(tally_total(&tally), 0);
	add_many(&tally, 2004, 1, "a");
	add_many(&tally, 1009, 3, "b");
	add_many(&tally, -110, 3, "c");
	add_many(&tally, 1, 9, "d");
	tally_sort(&tally);
	is_entry(&tally, 0, 1, 9, "d");
	is_entry(&tally, 1, -110, 3, "c");
	is_entry(&tally, 2, 1009, 3, "b");
	is_entry(&tally, 3, 2004, 1, "a");
	tally_free(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tally_add__keeps_the_first_text),
		cmocka_unit_test(tally_merge__adds_up),
		cmocka_unit_test(tally_sort__most_first),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
