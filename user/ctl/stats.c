// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl stats: counters and gauges.
 */
#include "ctl.h"
#include "nl.h"
#include "print.h"

static json_t *entry(const struct nlattr *const *attrs)
{
	return json_pack("{s:o, s:o, s:o}",
			 "name", json_text(nl_string(attrs, KELP_A_NAME)),
			 "value", json_u64(nl_u64(attrs, KELP_A_VALUE)),
			 "help", json_text(nl_string(attrs, KELP_A_HELP)));
}

/* For programs: one object, name to value. */
static json_t *flat(json_t *rows)
{
	json_t *object = need(json_object());
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		json_object_set(object,
				json_string_value(json_object_get(row, "name")),
				json_object_get(row, "value"));
	json_decref(rows);
	return object;
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "NAME", "name", false, NULL },
		{ "VALUE", "value", true, NULL },
		{ "DESCRIPTION", "help", false, NULL },
		{},
	};
	json_t *rows = nl_list(KELP_CMD_STATS_GET, false, entry);

	if (ctl->json)
		print_json(flat(rows));
	else
		print_list(rows, columns, false);
	return 0;
}

static const struct verb verbs[] = {
	{ "show", "", "Print counters, since the module was loaded, and gauges.",
	  NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_stats = {
	"stats", "Counters and gauges.", verbs,
};
