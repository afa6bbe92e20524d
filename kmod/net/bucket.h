/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A token bucket as one number: the time at which it will be full again
 * (generic cell rate algorithm, ITU-T I.371). Pure.
 */
#ifndef KELP_NET_BUCKET_H
#define KELP_NET_BUCKET_H

#include <linux/types.h>

/**
 * kelp_bucket_take() - take one token
 * @full: when the bucket will be full again, ns
 * @now: ns of the same clock
 * @step: ns in which a token comes
 * @burst: tokens in a full bucket, at least 1
 * @wait: set to the ns until there is a token, 0 when there is one
 *
 * A debt from times when other numbers held is at most an empty bucket.
 *
 * Return: the new @full; the old one when there is no token.
 */
static inline s64 kelp_bucket_take(s64 full, s64 now, s64 step, s64 burst,
				   s64 *wait)
{
	s64 start = full < now ? now :
		    full > now + step * burst ? now + step * burst : full;
	s64 next = start + step;
	s64 late = next - now - step * burst;

	*wait = late > 0 ? late : 0;
	return late > 0 ? full : next;
}

#endif
