/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A histogram of times: buckets are 1/64 of a power of two wide, so a quantile
 * is off by less than 1.6 per cent. Each thread has its own; they are added up.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB 64
#define HISTOGRAM_BUCKETS (HISTOGRAM_SUB * 36)

/**
 * struct histogram - nanoseconds, up to 2^41
 * @count: values
 * @sum: of them
 * @max: the largest
 * @bucket: how many fell into each
 */
struct histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
