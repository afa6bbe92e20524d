// SPDX-License-Identifier: GPL-2.0-only
/* Counts by classes, and quantiles of them. */
#include "histogram.h"

#define EXACT_BITS 6
#define PARTS_BITS 5

static unsigned int class_of(uint64_t ns)
{
	unsigned int top;

	if (ns < HISTOGRAM_EXACT)
		return (unsigned int)ns;
	top = 63 - (unsigned int)__builtin_clzll(ns);
	return HISTOGRAM_EXACT + (top - EXACT_BITS) * HISTOGRAM_PARTS +
	       ((unsigned int)(ns >> (top - PARTS_BITS)) &
		(HISTOGRAM_PARTS - 1));
}

/* The middle of what falls into a class. */
static uint64_t class_middle(unsigned int class)
{
	unsigned int shift;
	uint64_t first;

	if (class < HISTOGRAM_EXACT)
		return class;
	class -= HISTOGRAM_EXACT;
	shift = class / HISTOGRAM_PARTS + EXACT_BITS - PARTS_BITS;
	first = (uint64_t)(HISTOGRAM_PARTS + class % HISTOGRAM_PARTS) << shift;
	return first + (UINT64_C(1) << shift) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->count++;
	histogram->sum_ns += ns;
	if (ns > histogram->max_ns)
		histogram->max_ns = ns;
	histogram->classes[class_of(ns)]++;
}

void histogram_merge(struct histogram *all, const struct histogram *one)
{
	unsigned int i;

	all->count += one->count;
	all->sum_ns += one->sum_ns;
	if (one->max_ns > all->max_ns)
		all->max_ns = one->max_ns;
	for (i = 0; i < HISTOGRAM_CLASSES; i++)
		all->classes[i] += one->classes[i];
}

uint64_t histogram_quantile(const struct histogram *histogram, double part)
{
	double wanted = part * (double)histogram->count;
	uint64_t seen = 0, middle;
	unsigned int i;

	if (part >= 1)
		return histogram->max_ns;
	for (i = 0; i < HISTOGRAM_CLASSES; i++) {
		seen += histogram->classes[i];
		if (!seen || (double)seen < wanted)
			continue;
		/* nothing took longer than the slowest */
		middle = class_middle(i);
		return middle < histogram->max_ns ? middle : histogram->max_ns;
	}
	return histogram->max_ns;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
	return histogram->count ? histogram->sum_ns / histogram->count : 0;
}
