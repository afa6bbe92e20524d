/* SPDX-License-Identifier: MIT */
/*
 * Pauses between attempts: each twice as long as the one before, up to a limit,
 * and none quite as long as anybody else's.
 */
#ifndef LIBKELP_BACKOFF_H
#define LIBKELP_BACKOFF_H

#include <stdint.h>

struct rng;

/**
 * struct backoff - how long the next pause is
 * @first_ns: the longest that the first may be
 * @most_ns: the longest that any may be
 * @tries: pauses since the last reset; counts no further once they do not grow
 *
 * Its owner's thread only.
 */
struct backoff {
	uint64_t first_ns;
	uint64_t most_ns;
	unsigned int tries;
};

/**
 * backoff_init() - begin with the shortest pause
 * @backoff: to be filled
 * @first_ns: the first pause, ns
 * @most_ns: the longest pause, ns; if less than @first_ns all are so long
 *
 * The owner's thread.
 */
void backoff_init(struct backoff *backoff, uint64_t first_ns,
		  uint64_t most_ns);

/**
 * backoff_next() - how long to wait before the next attempt
 * @backoff: the pauses
 * @rng: to draw it with
 *
 * Drawn from the upper half, so that clients that lost a server at the same
 * time do not come back at the same time. The owner's thread.
 *
 * Return: ns, at least half of what doubling has arrived at, and at most that.
 */
uint64_t backoff_next(struct backoff *backoff, struct rng *rng);

/**
 * backoff_reset() - an attempt went well: begin again
 * @backoff: the pauses
 *
 * The owner's thread.
 */
void backoff_reset(struct backoff *backoff);

#endif
