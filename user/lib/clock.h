/* SPDX-License-Identifier: MIT */
/* Time: nanoseconds of CLOCK_MONOTONIC. Any thread. */
#ifndef LIBKELP_CLOCK_H
#define LIBKELP_CLOCK_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* A date that never comes. */
#define CLOCK_NEVER UINT64_MAX

static inline uint64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* The date in @ms milliseconds; a negative number never comes. */
static inline uint64_t clock_in(uint64_t now, int64_t ms)
{
	return ms < 0 ? CLOCK_NEVER : now + (uint64_t)ms * NS_PER_MS;
}

/*
 * Milliseconds until @date, as poll() wants them: rounded up, so that whoever
 * waits so long has waited long enough; -1 for a date that never comes.
 */
static inline int clock_wait(uint64_t now, uint64_t date)
{
	uint64_t ms;

	if (date == CLOCK_NEVER)
		return -1;
	if (date <= now)
		return 0;
	ms = (date - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static inline struct timespec clock_timespec(uint64_t date)
{
	return (struct timespec){
		.tv_sec = (time_t)(date / NS_PER_S),
		.tv_nsec = (long)(date % NS_PER_S),
	};
}

#endif
