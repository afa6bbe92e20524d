/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long calls took, as kelp.Status/Stats tells it: the element i counts those
 * that took less than 2^i microseconds and fitted no element before it. Pure.
 */
#ifndef KELPCTL_DOUBLINGS_H
#define KELPCTL_DOUBLINGS_H

#include <stddef.h>
#include <stdint.h>

/* More than can be: 2^63 microseconds are some time. */
#define DOUBLINGS_MAX 64

/*
 * The microseconds within which this part of the calls (0.5, 0.99) ended: a
 * power of two; 0 when there were none. @count is at most DOUBLINGS_MAX.
 */
uint64_t doublings_quantile(const uint64_t *counts, size_t count, double part);

#endif
