// SPDX-License-Identifier: MIT
/*
 * Counting how long calls took, and telling quantiles of it. Any thread; it
 * knows neither clocks nor calls.
 */
#include "histogram.h"

#include <stdatomic.h>

#define EXACT 16		/* below this each number is a class */
#define EXACT_BITS 4
#define PARTS 8			/* of each doubling above */
#define PARTS_BITS 3

static unsigned int class_of(uint64_t ns)
{
	unsigned int top, class;

	if (ns < EXACT)
		return (unsigned int)ns;
	top = 63 - (unsigned int)__builtin_clzll(ns);
	class = EXACT + (top - EXACT_BITS) * PARTS +
		((unsigned int)(ns >> (top - PARTS_BITS)) & (PARTS - 1));
	return class < KELP_HISTOGRAM_CLASSES ? class :
						KELP_HISTOGRAM_CLASSES - 1;
}

/*
 * What stands for all that a class holds. Not its middle: what is 15/32 behind
 * the beginning is as far from the one end as from the other in proportion,
 * 5.9 % where a class is widest.
 */
static uint64_t class_value(unsigned int class)
{
	unsigned int shift;
	uint64_t first;

	if (class < EXACT)
		return class;
	shift = (class - EXACT) / PARTS + EXACT_BITS - PARTS_BITS;
	first = (uint64_t)(PARTS + class % PARTS) << shift;
	return first + ((UINT64_C(15) << shift) >> 5);
}

void latency_add(struct latency *latency, uint64_t ns)
{
	uint64_t max;

	atomic_fetch_add_explicit(&latency->sum_ns, ns, memory_order_relaxed);
	max = atomic_load_explicit(&latency->max_ns, memory_order_relaxed);
	while (ns > max &&
	       !atomic_compare_exchange_weak_explicit(&latency->max_ns, &max, ns,
						      memory_order_relaxed,
						      memory_order_relaxed))
		;
	/*
	 * Last, and a release: pairs with the acquire in latency_read(). Who
	 * finds the call in its class finds it in the sum and the maximum too.
	 */
	atomic_fetch_add_explicit(&latency->classes[class_of(ns)], 1,
				  memory_order_release);
}

void latency_read(const struct latency *latency, struct kelp_histogram *out)
{
	uint64_t count, max;
	unsigned int i;

	for (i = 0; i < KELP_HISTOGRAM_CLASSES; i++) {
		/* pairs with the release in latency_add() */
		count = atomic_load_explicit(&latency->classes[i],
					     memory_order_acquire);
		out->classes[i] += count;
		out->count += count;
	}
	out->sum_ns += atomic_load_explicit(&latency->sum_ns,
					    memory_order_relaxed);
	max = atomic_load_explicit(&latency->max_ns, memory_order_relaxed);
	if (max > out->max_ns)
		out->max_ns = max;
}

/* Which one it is, counted from the fastest: 1 to @count. */
static uint64_t rank_of(uint64_t count, double part)
{
	double exact;
	uint64_t rank;

	if (part >= 1)
		return count;
	/* Nothing, less, and what is no number: the fastest of all. */
	if (!(part > 0))
		return 1;
	/* 0.07 of 100 is a little more than 7 in a double; it is the 7th. */
	exact = part * (double)count * (1 - 1 / 1e12);
	rank = (uint64_t)exact;
	if ((double)rank < exact)
		rank++;
	return rank;
}

/*
 * What is public is described in <kelp/client.h>. The slowest of all is known
 * exactly, and nothing is said to be slower; of the last class it is all that
 * is known.
 */
uint64_t kelp_histogram_quantile(const struct kelp_histogram *histogram,
				 double part)
{
	uint64_t rank, seen = 0, value;
	unsigned int i;

	if (!histogram->count)
		return 0;
	rank = rank_of(histogram->count, part);
	if (rank >= histogram->count)
		return histogram->max_ns;
	for (i = 0; i < KELP_HISTOGRAM_CLASSES - 1; i++) {
		seen += histogram->classes[i];
		if (seen >= rank) {
			value = class_value(i);
			return value < histogram->max_ns ? value :
							   histogram->max_ns;
		}
	}
	return histogram->max_ns;
}
