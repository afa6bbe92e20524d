// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of limits: names, units, bounds. Pure data; any context.
 */
#include "net/limits.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

static const struct kelp_limit_info kelp_limit_table[KELP_LIMIT_COUNT] = {
#define KELP_LIMIT_INFO(sym, nm, un, df, mn, mx, hlp)			\
	[KELP_LIMIT_##sym] = {						\
		.name = nm, .unit = un, .help = hlp,			\
		.def = df, .min = mn, .max = mx,			\
	},
	KELP_LIMITS(KELP_LIMIT_INFO)
#undef KELP_LIMIT_INFO
};

/**
 * kelp_limit_info() - what is known of a limit
 * @id: which limit
 *
 * Context: any.
 * Return: constant data.
 */
const struct kelp_limit_info *kelp_limit_info(enum kelp_limit id)
{
	return &kelp_limit_table[id];
}

/**
 * kelp_limit_find() - look a limit up by name
 * @name: as `kelpctl limits` spells it
 *
 * Context: any.
 * Return: the &enum kelp_limit, or -ENOENT.
 */
int kelp_limit_find(const char *name)
{
	int id;

	for (id = 0; id < KELP_LIMIT_COUNT; id++)
		if (!strcmp(kelp_limit_table[id].name, name))
			return id;
	return -ENOENT;
}
