// SPDX-License-Identifier: MIT
/*
 * Pauses between attempts to reach a server. Pure: it knows neither clocks nor
 * servers. One thread.
 */
#include "backoff.h"

#include "rng.h"

void backoff_init(struct backoff *backoff, uint64_t first_ns, uint64_t most_ns)
{
	backoff->first_ns = first_ns;
	backoff->most_ns = most_ns;
	backoff->tries = 0;
}

uint64_t backoff_next(struct backoff *backoff, struct rng *rng)
{
	uint64_t pause = backoff->most_ns;

	/* Compared this way round, no bit is shifted out. */
	if (backoff->tries < 64 &&
	    backoff->first_ns <= backoff->most_ns >> backoff->tries) {
		pause = backoff->first_ns << backoff->tries;
		/* no pause at all stays that */
		if (pause)
			backoff->tries++;
	}
	return pause - pause / 2 + rng_below(rng, pause / 2 + 1);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->tries = 0;
}
