/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all unit tests share: cmocka with what it wants included before it, and
 * bytes that lie right before a page nobody may touch.
 */
#ifndef KELP_TEST_HARNESS_H
#define KELP_TEST_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* Most bytes that guarded() takes. */
#define GUARDED_MAX	65536

/**
 * guarded() - copy bytes so that the next one behind them is out of reach
 * @src: the bytes
 * @len: their number, at most GUARDED_MAX
 *
 * There are two such places, used in turn: whoever keeps a pointer into the
 * bytes of the last call sees them gone, not just moved.
 *
 * Return: the copy, good until the next call.
 */
const uint8_t *guarded(const void *src, size_t len);

#endif /* KELP_TEST_HARNESS_H */
