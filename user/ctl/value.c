// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers with a suffix: text to number and back. Pure.
 */
#include "value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct suffix {
	const char *name;
	uint64_t factor;
};

/* Smallest first; the first is what a number without suffix means. */
static const struct suffix times[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, {},
};

static const struct suffix sizes[] = {
	{ "", 1 }, { "K", 1ULL << 10 }, { "M", 1ULL << 20 },
	{ "G", 1ULL << 30 }, { "T", 1ULL << 40 }, {},
};

static const struct suffix counts[] = { { "", 1 }, {} };

static const struct suffix *suffixes(const char *unit)
{
	if (!strcmp(unit, "ms"))
		return times;
	if (!strcmp(unit, "bytes"))
		return sizes;
	return counts;
}

static const char *wrong(const char *unit)
{
	if (!strcmp(unit, "ms"))
		return "a time is a whole number with ms, s, m or h behind it, as in 10s";
	if (!strcmp(unit, "bytes"))
		return "a size is a whole number, perhaps with K, M, G or T behind it";
	return "a whole number is expected";
}

const char *value_parse(const char *text, const char *unit, uint64_t *value)
{
	const struct suffix *suffix = suffixes(unit);
	uint64_t number = 0;

	if (*text < '0' || *text > '9')
		return wrong(unit);
	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			return "the number is too large";
	}
	*value = number;
	if (!*text)
		return NULL;
	for (; suffix->name; suffix++) {
		if (strcmp(text, suffix->name))
			continue;
		if (__builtin_mul_overflow(number, suffix->factor, value))
			return "the number is too large";
		return NULL;
	}
	return wrong(unit);
}

void value_format(uint64_t value, const char *unit, char text[VALUE_TEXT_MAX])
{
	const struct suffix *best = suffixes(unit), *suffix;

	for (suffix = best; suffix->name; suffix++)
		if (value && value % suffix->factor == 0)
			best = suffix;
	snprintf(text, VALUE_TEXT_MAX, "%" PRIu64 "%s", value / best->factor,
		 best->name);
}
