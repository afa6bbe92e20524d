/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail when a test says so: those of what is linked into the
 * program, by malloc(), calloc(), realloc(), strdup() and strndup(). What the C
 * library allocates for itself is not touched. The linker puts this in between
 * (FAIL_ALLOC in the Makefile), so a test needs nothing but to call it.
 *
 * To take every path there is without memory:
 *
 *    size_t n;
 *
 *    for (n = 0;; n++) {
 *            fail_alloc_at(n);
 *            rc = something_create(&thing);
 *            if (!fail_alloc_off())
 *                    break;
 *            assert_int_equal(rc, -ENOMEM);
 *    }
 *    assert_int_equal(rc, 0);
 *    assert_true(n > 0);
 */
#ifndef KELP_TEST_FAIL_ALLOC_H
#define KELP_TEST_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/**
 * fail_alloc_at() - let one allocation fail
 * @nth: which one, counted from now on, in whatever thread; 0 is the next
 */
void fail_alloc_at(size_t nth);

/**
 * fail_alloc_off() - let none fail any more
 *
 * Return: true if one has failed since fail_alloc_at().
 */
bool fail_alloc_off(void);

#endif
