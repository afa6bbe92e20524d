// SPDX-License-Identifier: GPL-2.0-only
/* The arithmetic of a rate. */
#include "pace.h"

#define SECOND UINT64_C(1000000000)

void pace_init(struct pace *pace, uint64_t start_ns, uint64_t rate,
	       unsigned int threads, unsigned int index)
{
	pace->start_ns = start_ns;
	pace->rate = rate;
	pace->threads = threads;
	pace->next = index;
}

uint64_t pace_due(const struct pace *pace)
{
	return pace->start_ns + pace->next / pace->rate * SECOND +
	       pace->next % pace->rate * SECOND / pace->rate;
}

void pace_step(struct pace *pace)
{
	pace->next += pace->threads;
}

/* Those of all threads, from the first one on: due(k) < until. */
static uint64_t all_before(const struct pace *pace, uint64_t until_ns)
{
	uint64_t time;

	if (until_ns <= pace->start_ns)
		return 0;
	time = until_ns - pace->start_ns;
	/* one that is due at the very end is not: hence rounded up */
	return time / SECOND * pace->rate +
	       (time % SECOND * pace->rate + SECOND - 1) / SECOND;
}

uint64_t pace_left(const struct pace *pace, uint64_t until_ns)
{
	uint64_t all = all_before(pace, until_ns);

	if (pace->next >= all)
		return 0;
	return (all - pace->next + pace->threads - 1) / pace->threads;
}
