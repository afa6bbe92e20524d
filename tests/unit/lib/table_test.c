// SPDX-License-Identifier: GPL-2.0-only
/* The table of correlation ids: only those in use lead anywhere. */
#include "harness.h"

#include <string.h>

#include "fail_alloc.h"
#include "rng.h"
#include "table.h"

/* Contexts: something to point to. */
static char thing[2000];

static void table_init__empty(void **state)
{
	struct table table;

	(void)state;
	memset(&table, 0xff, sizeof(table));
	table_init(&table);
	assert_int_equal(table_count(&table), 0);
	assert_null(table_get(&table, 1));
	table_exit(&table);
}

static void table_exit__twice(void **state)
{
	struct table table;
	uint64_t id;

	(void)state;
	table_init(&table);
	id = table_put(&table, thing);
	table_exit(&table);
	assert_int_equal(table_count(&table), 0);
	assert_null(table_get(&table, id));
	table_exit(&table);
}

static void table_put__many(void **state)
{
	static uint64_t id[ARRAY_LEN(thing)];
	struct table table;
	size_t i;

	(void)state;
	table_init(&table);
	for (i = 0; i < ARRAY_LEN(id); i++) {
		id[i] = table_put(&table, &thing[i]);
		assert_true(id[i] > 0 && id[i] <= UINT64_C(1) << 62);
		assert_int_equal(table_count(&table), i + 1);
	}
	for (i = 0; i < ARRAY_LEN(id); i++)
		assert_ptr_equal(table_get(&table, id[i]), &thing[i]);
	for (i = 0; i < ARRAY_LEN(id); i++)
		assert_ptr_equal(table_take(&table, id[i]), &thing[i]);
	assert_int_equal(table_count(&table), 0);
	table_exit(&table);
}

static void table_put__no_memory(void **state)
{
	uint64_t id, first = 0;
	struct table table;
	size_t n = 0;

	(void)state;
	table_init(&table);
	fail_alloc_at(0);
	assert_int_equal(table_put(&table, thing), 0);
	assert_true(fail_alloc_off());
	assert_int_equal(table_count(&table), 0);
	/* until there is no room for one more */
	for (;; n++) {
		fail_alloc_at(n ? 0 : 1);
		id = table_put(&table, &thing[n]);
		if (fail_alloc_off())
			break;
		assert_true(id);
		if (!first)
			first = id;
	}
	assert_int_equal(id, 0);
	assert_int_equal(table_count(&table), n);
	assert_ptr_equal(table_get(&table, first), &thing[0]);
	/* what came free needs none */
	table_take(&table, first);
	fail_alloc_at(0);
	assert_true(table_put(&table, thing));
	assert_false(fail_alloc_off());
	assert_true(table_put(&table, thing));
	table_exit(&table);
}

/* There are no numbers for more; the slots are not looked at. */
static void table_put__no_numbers(void **state)
{
	struct table table;

	(void)state;
	table_init(&table);
	table.room = UINT32_C(1) << 31;
	table.used = table.room;
	table.count = table.room;
	assert_int_equal(table_put(&table, thing), 0);
	assert_int_equal(table_count(&table), UINT32_C(1) << 31);
	table_exit(&table);
}

static void table_put__comes_again_after_all_rounds(void **state)
{
	uint64_t first, last, next;
	struct table table;

	(void)state;
	table_init(&table);
	first = table_put(&table, thing);
	table_take(&table, first);
	table.slots[0].round = TABLE_ROUNDS - 1;
	last = table_put(&table, thing);
	assert_int_equal(last >> 32, TABLE_ROUNDS - 1);
	assert_true(last < UINT64_C(1) << 62);
	assert_ptr_equal(table_get(&table, last), thing);
	assert_null(table_get(&table, first));
	assert_ptr_equal(table_take(&table, last), thing);
	next = table_put(&table, thing);
	assert_int_equal(next, first);
	assert_null(table_get(&table, last));
	table_exit(&table);
}

static void table_get__never_given_out(void **state)
{
	struct table table;
	uint64_t id;
	int bit;

	(void)state;
	table_init(&table);
	id = table_put(&table, thing);
	assert_null(table_get(&table, 0));
	assert_null(table_get(&table, id + 1));
	assert_null(table_get(&table, id - 1));
	assert_null(table_get(&table, UINT32_MAX));
	assert_null(table_get(&table, UINT64_MAX));
	/* any bit that is not as it should be */
	for (bit = 0; bit < 64; bit++)
		assert_null(table_get(&table, id ^ UINT64_C(1) << bit));
	assert_ptr_equal(table_get(&table, id), thing);
	/* what memory was like before it became a slot */
	table.slots[1] = (struct table_slot){ .context = thing };
	assert_null(table_get(&table, 2));
	table_exit(&table);
}

static void table_get__late(void **state)
{
	struct table table;
	uint64_t id, next;

	(void)state;
	table_init(&table);
	id = table_put(&table, &thing[0]);
	assert_ptr_equal(table_take(&table, id), &thing[0]);
	assert_null(table_get(&table, id));
	/* what the slot's next id will be is not in use either */
	assert_null(table_get(&table, id + (UINT64_C(1) << 32)));
	next = table_put(&table, &thing[1]);
	assert_int_equal((uint32_t)next, (uint32_t)id);
	assert_true(next != id);
	assert_null(table_get(&table, id));
	assert_ptr_equal(table_get(&table, next), &thing[1]);
	table_exit(&table);
}

static void table_take__once(void **state)
{
	struct table table;
	uint64_t id, other;

	(void)state;
	table_init(&table);
	id = table_put(&table, &thing[0]);
	other = table_put(&table, &thing[1]);
	assert_ptr_equal(table_take(&table, id), &thing[0]);
	assert_null(table_take(&table, id));
	assert_null(table_take(&table, id ^ UINT64_C(1) << 63));
	assert_null(table_take(&table, 0));
	assert_int_equal(table_count(&table), 1);
	assert_ptr_equal(table_get(&table, other), &thing[1]);
	assert_null(table_take(&table, id + (UINT64_C(1) << 32)));
	assert_int_equal(table_count(&table), 1);
	/* the slot is free once, not twice */
	id = table_put(&table, &thing[2]);
	assert_true((uint32_t)table_put(&table, &thing[3]) != (uint32_t)id);
	assert_ptr_equal(table_get(&table, id), &thing[2]);
	table_exit(&table);
}

static void table_count__whatever_is_done(void **state)
{
	static uint64_t id[300];
	size_t i, n, count = 0;
	struct table table;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1);
	table_init(&table);
	for (n = 0; n < 50000; n++) {
		i = (size_t)rng_below(&rng, ARRAY_LEN(id));
		if (id[i]) {
			assert_ptr_equal(table_take(&table, id[i]), &thing[i]);
			assert_null(table_get(&table, id[i]));
			id[i] = 0;
			count--;
		} else {
			id[i] = table_put(&table, &thing[i]);
			assert_true(id[i]);
			count++;
		}
		i = (size_t)rng_below(&rng, ARRAY_LEN(id));
		assert_ptr_equal(table_get(&table, id[i]),
				 id[i] ? &thing[i] : NULL);
		assert_null(table_get(&table, rng_next(&rng) | 1ull << 62));
		assert_int_equal(table_count(&table), count);
	}
	/* slots are used again */
	assert_true(table.used <= ARRAY_LEN(id));
	table_exit(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_init__empty),
		cmocka_unit_test(table_exit__twice),
		cmocka_unit_test(table_put__many),
		cmocka_unit_test(table_put__no_memory),
		cmocka_unit_test(table_put__no_numbers),
		cmocka_unit_test(table_put__comes_again_after_all_rounds),
		cmocka_unit_test(table_get__never_given_out),
		cmocka_unit_test(table_get__late),
		cmocka_unit_test(table_take__once),
		cmocka_unit_test(table_count__whatever_is_done),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
