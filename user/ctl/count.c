// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole numbers of options.
 */
#include "count.h"

#include "ctl.h"
#include "value.h"

uint64_t count_of(const struct ctl *ctl, const char *text, const char *option,
		  uint64_t otherwise, uint64_t most)
{
	uint64_t value = otherwise;

	if (text && (value_parse(text, "", &value) || !value || value > most))
		die_usage(ctl, "%s takes a whole number, from 1 to %llu", option,
			  (unsigned long long)most);
	return value;
}
