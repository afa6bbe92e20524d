// SPDX-License-Identifier: MIT
/*
 * The retry budget. Servers in trouble must not get more calls because of it:
 * retries stay a fraction of the calls, whatever becomes of these. Any thread,
 * without locks; it knows neither clocks nor calls.
 *
 * Every access is relaxed: the numbers stand for themselves, nobody concludes
 * from them that other memory was written.
 */
#include "budget.h"

#include <stdatomic.h>

#define RETRY 100	/* hundredths */
#define EARNED_FULL (BUDGET_EARNED_MAX * RETRY)
#define STEP_NS (UINT64_C(1000000000) / BUDGET_PER_SECOND)
#define FLOW_FULL_NS (STEP_NS * BUDGET_PER_SECOND * BUDGET_SECONDS)

/* Is it @old still, then it is @new; else @old is set to what it is. */
static bool swap(_Atomic uint64_t *word, uint64_t *old, uint64_t new)
{
	return atomic_compare_exchange_weak_explicit(word, old, new,
						     memory_order_relaxed,
						     memory_order_relaxed);
}

void budget_init(struct budget *budget, unsigned int percent, uint64_t now_ns)
{
	budget->percent = percent < EARNED_FULL ? percent : EARNED_FULL;
	atomic_init(&budget->earned, 0);
	atomic_init(&budget->full_ns, now_ns);
}

void budget_earn(struct budget *budget)
{
	uint64_t now, then;

	now = atomic_load_explicit(&budget->earned, memory_order_relaxed);
	do {
		then = now + budget->percent;
		if (then > EARNED_FULL)
			then = EARNED_FULL;
	} while (then != now && !swap(&budget->earned, &now, then));
}

/*
 * Take one from the purse that time fills. It is kept as the time at which it
 * will be full; to take one puts that off by a step.
 */
static bool spend_flow(struct budget *budget, uint64_t now_ns)
{
	uint64_t full, debt;

	full = atomic_load_explicit(&budget->full_ns, memory_order_relaxed);
	do {
		debt = full > now_ns ? full - now_ns : 0;
		if (debt > FLOW_FULL_NS - STEP_NS)
			return false;
	} while (!swap(&budget->full_ns, &full, now_ns + debt + STEP_NS));
	return true;
}

static bool spend_earned(struct budget *budget)
{
	uint64_t earned;

	earned = atomic_load_explicit(&budget->earned, memory_order_relaxed);
	do {
		if (earned < RETRY)
			return false;
	} while (!swap(&budget->earned, &earned, earned - RETRY));
	return true;
}

bool budget_spend(struct budget *budget, uint64_t now_ns)
{
	return spend_flow(budget, now_ns) || spend_earned(budget);
}
