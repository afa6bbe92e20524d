/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: calendar time, by way of the C library. */
#ifndef KELP_SHIM_TIME_H
#define KELP_SHIM_TIME_H

#include <string.h>
#include <time.h>

#include <linux/time64.h>

static inline void time64_to_tm(time64_t t, int offset, struct tm *tm)
{
	time_t when = t + offset;

	gmtime_r(&when, tm);
}

static inline time64_t mktime64(unsigned int year, unsigned int month,
				unsigned int day, unsigned int hour,
				unsigned int min, unsigned int sec)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	tm.tm_hour = (int)hour;
	tm.tm_min = (int)min;
	tm.tm_sec = (int)sec;
	return timegm(&tm);
}

#endif /* KELP_SHIM_TIME_H */
