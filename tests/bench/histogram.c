// SPDX-License-Identifier: GPL-2.0-only
/* A histogram of times: see histogram.h. */
#include "histogram.h"

/*
 * Below 128 a bucket for each value; above, a value of 6 + n + 1 bits is shifted
 * right by n, which leaves 64 to 127 of each n.
 */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift, bucket;

	if (value < 2 * HISTOGRAM_SUB)
		return value;
	shift = 63 - __builtin_clzll(value) - 6;
	bucket = shift * HISTOGRAM_SUB + (value >> shift);
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * HISTOGRAM_SUB)
		return bucket;
	shift = bucket / HISTOGRAM_SUB - 1;
	return ((uint64_t)(bucket - shift * HISTOGRAM_SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->sum += value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->bucket[bucket_of(value)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	unsigned int i;

	into->count += from->count;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

/* The least value that @share of all do not exceed, rounded up by a bucket. */
uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t wanted = share * histogram->count, seen = 0, end;
	unsigned int i;

	if (wanted < share * histogram->count)
		wanted++;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->bucket[i];
		if (seen && seen >= wanted) {
			end = bucket_end(i);
			return end < histogram->max ? end : histogram->max;
		}
	}
	return 0;
}
