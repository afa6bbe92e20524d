/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When calls are due that are made at a rate. All threads share one schedule:
 * call number k is due k/rate seconds behind the start, whatever became of those
 * before it, and thread i of n makes the calls i, i + n, i + 2n, … Pure.
 */
#ifndef KELPCTL_PACE_H
#define KELPCTL_PACE_H

#include <stdint.h>

/* Calls a second at most: the arithmetic has room for that. */
#define PACE_MOST 100000000

/* A thread's part of the schedule; its own. Times are nanoseconds of one clock. */
struct pace {
	uint64_t start_ns;
	uint64_t rate;		/* of all threads together, 1 to PACE_MOST */
	unsigned int threads;
	uint64_t next;		/* number of the call that comes next */
};

/* Thread @index of @threads, from 0. */
void pace_init(struct pace *pace, uint64_t start_ns, uint64_t rate,
	       unsigned int threads, unsigned int index);

/* When the next call is due; exact, so that nothing adds up. */
uint64_t pace_due(const struct pace *pace);

/* It was made: on to the one behind it. */
void pace_step(struct pace *pace);

/* How many calls, from the next one on, are due before that time. */
uint64_t pace_left(const struct pace *pace, uint64_t until_ns);

#endif
