/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long calls took: counts by classes that are narrow in proportion, of which
 * quantiles are told. Pure; belongs to whoever counts.
 */
#ifndef KELPCTL_HISTOGRAM_H
#define KELPCTL_HISTOGRAM_H

#include <stdint.h>

/* Below 64 ns each number is a class; above, each doubling has 32. */
#define HISTOGRAM_EXACT 64
#define HISTOGRAM_PARTS 32
#define HISTOGRAM_CLASSES (HISTOGRAM_EXACT + (64 - 6) * HISTOGRAM_PARTS)

/* Begins as zeroes. */
struct histogram {
	uint64_t count;
	uint64_t sum_ns;
	uint64_t max_ns;
	uint64_t classes[HISTOGRAM_CLASSES];
};

void histogram_add(struct histogram *histogram, uint64_t ns);
void histogram_merge(struct histogram *all, const struct histogram *one);

/*
 * The nanoseconds within which this part of the calls (0 to 1) ended, at most
 * 1.6 % more or less; exactly the slowest for 1; 0 when there are none.
 */
uint64_t histogram_quantile(const struct histogram *histogram, double part);

/* Nanoseconds; 0 when there are none. */
uint64_t histogram_mean(const struct histogram *histogram);

#endif
