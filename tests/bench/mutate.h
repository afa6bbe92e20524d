/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that nobody meant: good ones that were damaged, and random ones that
 * look a little like frames. A seed makes them again. No I/O.
 */
#ifndef BENCH_MUTATE_H
#define BENCH_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "prpc.h"

/* No frame becomes longer. */
#define MUTATE_MAX 65536
#define MUTATE_GOLDEN 64

/**
 * struct golden - good frames
 * @frame: each of them, whole
 * @count: how many
 */
struct golden {
	struct span frame[MUTATE_GOLDEN];
	unsigned int count;
};

/**
 * struct dice - numbers that come again with the seed
 * @state: of the generator
 */
struct dice {
	uint64_t state;
};

uint64_t dice_next(struct dice *dice);
/* 0 to @below - 1; @below is not 0. */
uint32_t dice_below(struct dice *dice, uint32_t below);

/* Bytes written to @out, which has room for MUTATE_MAX. */
size_t mutate_frame(struct dice *dice, const struct golden *golden,
		    uint8_t *out);
size_t random_frame(struct dice *dice, const struct golden *golden,
		    uint8_t *out);

#endif
