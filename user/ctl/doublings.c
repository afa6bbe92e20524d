// SPDX-License-Identifier: GPL-2.0-only
/* Quantiles of counts by doublings. */
#include "doublings.h"

uint64_t doublings_quantile(const uint64_t *counts, size_t count, double part)
{
	uint64_t all = 0, seen = 0;
	size_t i;

	for (i = 0; i < count; i++)
		all += counts[i];
	if (!all)
		return 0;
	for (i = 0; i < count; i++) {
		seen += counts[i];
		if (seen && (double)seen >= part * (double)all)
			break;
	}
	return UINT64_C(1) << i;
}
