// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl limits: limits and time-outs.
 */
#include <inttypes.h>
#include <string.h>

#include "ctl.h"
#include "nl.h"
#include "print.h"
#include "value.h"

static json_t *entry(const struct nlattr *const *attrs)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", json_text(nl_string(attrs, KELP_A_NAME)),
			 "value", json_u64(nl_u64(attrs, KELP_A_VALUE)),
			 "unit", json_text(nl_string(attrs, KELP_A_UNIT)),
			 "default", json_u64(nl_u64(attrs, KELP_A_DEFAULT)),
			 "min", json_u64(nl_u64(attrs, KELP_A_MIN)),
			 "max", json_u64(nl_u64(attrs, KELP_A_MAX)),
			 "help", json_text(nl_string(attrs, KELP_A_HELP)));
}

static const char *text_of(const json_t *row, const char *field)
{
	return json_string_value(json_object_get(row, field));
}

/* A number of a limit, as it may be given to `set`. */
static char *amount(const json_t *row, const char *field)
{
	const json_t *value = json_object_get(row, field);
	char text[VALUE_TEXT_MAX];

	if (json_is_real(value))
		return format("any");
	value_format((uint64_t)json_integer_value(value), text_of(row, "unit"),
		     text);
	return format("%s", text);
}

static char *value(const json_t *row)
{
	return amount(row, "value");
}

static char *standard(const json_t *row)
{
	return amount(row, "default");
}

static char *least(const json_t *row)
{
	return amount(row, "min");
}

static char *most(const json_t *row)
{
	return amount(row, "max");
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "NAME", "name", false, NULL },
		{ "VALUE", NULL, true, value },
		{ "DEFAULT", NULL, true, standard },
		{ "LEAST", NULL, true, least },
		{ "MOST", NULL, true, most },
		{ "DESCRIPTION", "help", false, NULL },
		{},
	};

	print_list(nl_list(KELP_CMD_LIMITS_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

static json_t *find(json_t *rows, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (!strcmp(text_of(row, "name"), name))
			return row;
	die("there is no limit '%s'; 'kelpctl limits show' lists them", name);
}

static double number(const json_t *row, const char *field)
{
	return json_number_value(json_object_get(row, field));
}

static int set(struct ctl *ctl)
{
	json_t *rows = nl_list(KELP_CMD_LIMITS_GET, true, entry);
	json_t *row = find(rows, ctl->argv[0]);
	struct nlmsghdr *nlh;
	const char *wrong;
	uint64_t wanted;

	wrong = value_parse(ctl->argv[1], text_of(row, "unit"), &wanted);
	if (wrong)
		die_usage(ctl, "'%s': %s", ctl->argv[1], wrong);
	/* The kernel checks too, but cannot name the bounds. */
	if ((double)wanted < number(row, "min") ||
	    (double)wanted > number(row, "max"))
		die("%s must be from %s to %s", ctl->argv[0], least(row),
		    most(row));

	nlh = nl_new(KELP_CMD_LIMITS_SET);
	nl_put_string(nlh, KELP_A_NAME, "NAME", ctl->argv[0], KELP_NAME_MAX);
	mnl_attr_put_u64(nlh, KELP_A_VALUE, wanted);
	nl_call(nlh, NULL, NULL);
	json_decref(rows);
	return 0;
}

static const struct verb verbs[] = {
	{ "show", "", "Print all limits and time-outs.", NULL, 0, 0, 0, show },
	{ "set", "NAME VALUE", "Change one.",
	  "VALUE is a whole number. A time has ms, s, m or h behind it (10s) and is in\n"
	  "milliseconds without; a size may have K, M, G or T behind it (64K).\n",
	  0, 2, 2, set },
	{},
};

const struct object ctl_limits = {
	"limits", "Limits and time-outs.", verbs,
};
