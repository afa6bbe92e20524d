// SPDX-License-Identifier: MIT
/*
 * How much a server has to do, and how quick it was. Any thread, without locks;
 * it knows no clock and of a server nothing but this.
 *
 * Every access is relaxed: these are numbers, nobody concludes from them that
 * other memory was written.
 *
 *
 * How quick a server is
 * ---------------------
 *
 * ewma_ns is a moving average with a memory for peaks. A call that is slower
 * than it counts at once and in full: queues grow faster than averages, and
 * whoever waits for the average sends a second's calls into them. A quicker
 * call takes off the excess, with a half-life of a second by the clock, not by
 * the number of calls, so that ten and ten thousand calls per second forget
 * alike. Were it shorter, a server with ten calls per second would be judged by
 * the last one. Were it longer, a server that paused for a second (to collect
 * garbage, or because packets were lost) would be out of favour for longer than
 * the ten seconds that it is now if its calls take a millisecond: as many
 * half-lives as log2(1 s / 1 ms).
 *
 * A failure is a slow call, however quickly it came: else the server that
 * refuses everything at once were the best of all. It counts as four times what
 * calls lately took, between FAILED_LEAST and FAILED_MOST, so that one failure
 * among many calls costs some of the share for a while, and several in a row
 * cost all of it.
 *
 * To a server that has no calls the excess of former times is not held against
 * for ever: it would never get one to prove itself. Its average counts as if it
 * had gone on falling; but only until it has a call, so that it is one call
 * that tries, not all that come before the first has ended.
 */
#include "load.h"

/* Time is looked at in ticks of a millisecond; 1024 of them halve an excess. */
#define TICK_SHIFT 20
#define TICK (UINT64_C(1) << TICK_SHIFT)
#define HALF_LIFE_TICKS 1024

/* ns; longer calls count as so long, which keeps the arithmetic in 64 bits. */
#define TOOK_MOST (UINT64_C(1) << 40)

/* ns */
#define FAILED_LEAST UINT64_C(10000000)
#define FAILED_MOST UINT64_C(1000000000)

/* ns: what a server counts as whose first call has not ended yet. */
#define UNKNOWN UINT64_C(1000000000)

/* What is left of @ns after some time. */
static uint64_t decay(uint64_t ns, uint64_t after_ns)
{
	uint64_t ticks = after_ns >> TICK_SHIFT;
	uint64_t halves = ticks / HALF_LIFE_TICKS;
	uint64_t rest = ticks % HALF_LIFE_TICKS;

	if (halves >= 64)
		return 0;
	/* 2^-x as 1 - 0.693 x + 0.193 x^2, which is off by 1 % at most */
	return ((ns >> halves) *
		(TICK - 710 * rest + (198 * rest * rest >> 10))) >> TICK_SHIFT;
}

/*
 * The time since the last sample, in whole ticks: each belongs to one thread,
 * and what is behind the last whole one to the next. At a million calls per
 * second the excess of a single one would be rounded to nothing.
 */
static uint64_t claim_time(struct load *load, uint64_t now_ns)
{
	uint64_t stamp = atomic_load_explicit(&load->stamp_ns,
					      memory_order_relaxed);
	uint64_t ns = now_ns > stamp ? (now_ns - stamp) & ~(TICK - 1) : 0;

	if (!ns)
		return 0;
	if (!atomic_compare_exchange_strong_explicit(&load->stamp_ns, &stamp,
						     stamp + ns,
						     memory_order_relaxed,
						     memory_order_relaxed))
		return 0;
	return ns;
}

static uint64_t after_success(uint64_t ewma, uint64_t took_ns, uint64_t ns)
{
	return ewma <= took_ns ? took_ns : took_ns + decay(ewma - took_ns, ns);
}

static uint64_t after_failure(uint64_t ewma, uint64_t took_ns)
{
	uint64_t slow = 4 * ewma;

	if (slow < FAILED_LEAST)
		slow = FAILED_LEAST;
	if (slow > FAILED_MOST)
		slow = FAILED_MOST;
	if (slow < took_ns)
		slow = took_ns;
	return slow > ewma ? slow : ewma;
}

void load_begin(struct load *load)
{
	atomic_fetch_add_explicit(&load->inflight, 1, memory_order_relaxed);
}

void load_end(struct load *load, uint64_t took_ns, bool good, uint64_t now_ns)
{
	uint64_t ewma, then, ns;

	atomic_fetch_sub_explicit(&load->inflight, 1, memory_order_relaxed);
	if (good && !took_ns)
		return;
	if (took_ns > TOOK_MOST)
		took_ns = TOOK_MOST;
	ns = claim_time(load, now_ns);
	ewma = atomic_load_explicit(&load->ewma_ns, memory_order_relaxed);
	do {
		then = good ? after_success(ewma, took_ns, ns) :
			      after_failure(ewma, took_ns);
	} while (then != ewma &&
		 !atomic_compare_exchange_weak_explicit(&load->ewma_ns, &ewma,
							then,
							memory_order_relaxed,
							memory_order_relaxed));
}

void load_forget(struct load *load)
{
	atomic_store_explicit(&load->ewma_ns, 0, memory_order_relaxed);
}

double load_cost(const struct load *load, uint64_t now_ns)
{
	unsigned int inflight = load_inflight(load);
	uint64_t ewma = atomic_load_explicit(&load->ewma_ns,
					     memory_order_relaxed);
	uint64_t stamp = atomic_load_explicit(&load->stamp_ns,
					      memory_order_relaxed);

	if (!inflight)
		ewma = decay(ewma, now_ns > stamp ? now_ns - stamp : 0);
	else if (!ewma)
		ewma = UNKNOWN;
	return (double)ewma * (inflight + 1.0) / load->weight;
}
