/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drawing lots: numbers below a bound, all as likely or by Zipf's law, in the
 * same time whatever the bound is.
 */
#ifndef BENCH_PICK_H
#define BENCH_PICK_H

#include <stdint.h>

/**
 * struct pick_cell - one of as many cells as there are numbers
 * @share: of 2^32: how likely the cell's own number is once the cell is drawn
 * @other: the number that it is otherwise
 */
struct pick_cell {
	uint32_t share;
	uint32_t other;
};

/**
 * struct pick - how to draw; constant once it is made
 * @count: numbers, from 0 on
 * @cells: NULL when all are as likely
 */
struct pick {
	uint32_t count;
	struct pick_cell *cells;
};

int pick_init(struct pick *pick, uint32_t count, double exponent);
void random_init(uint64_t *state, uint64_t seed, unsigned int index);

/* The state is never 0. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dull;
}

/* A number below @bound. */
static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
	return (random_next(state) >> 32) * bound >> 32;
}

static inline uint32_t pick_next(const struct pick *pick, uint64_t *state)
{
	uint32_t number;

	if (pick->count == 1)
		return 0;
	number = random_below(state, pick->count);
	if (!pick->cells ||
	    random_next(state) >> 32 < pick->cells[number].share)
		return number;
	return pick->cells[number].other;
}

#endif
