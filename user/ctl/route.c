// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl route: handlers inside the module that answer below a prefix.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "nl.h"
#include "print.h"

static void put_where(const struct ctl *ctl, struct nlmsghdr *nlh)
{
	nl_put_string(nlh, KELP_A_PREFIX, "PREFIX", ctl->argv[0],
		      KELP_PATH_MAX);
	if (ctl->host)
		nl_put_string(nlh, KELP_A_HOST, "HOST", ctl->host,
			      KELP_HOST_MAX);
}

static void put_args(struct nlmsghdr *nlh, char *const *argv, int argc)
{
	struct nlattr *nest;
	int i;

	if (!argc)
		return;
	nest = mnl_attr_nest_start(nlh, KELP_A_ARGS);
	for (i = 0; i < argc; i++) {
		if (!strchr(argv[i], '=') || argv[i][0] == '=')
			die("'%s' is no argument: arguments look like KEY=VALUE",
			    argv[i]);
		nl_put_string(nlh, KELP_A_ARG, "an argument", argv[i],
			      KELP_ARG_MAX);
	}
	mnl_attr_nest_end(nlh, nest);
}

static int add(struct ctl *ctl)
{
	struct nlmsghdr *nlh = nl_new(KELP_CMD_ROUTE_ADD);

	put_where(ctl, nlh);
	nl_put_string(nlh, KELP_A_HANDLER, "HANDLER", ctl->argv[1],
		      KELP_NAME_MAX);
	put_args(nlh, ctl->argv + 2, ctl->argc - 2);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static int del(struct ctl *ctl)
{
	struct nlmsghdr *nlh = nl_new(KELP_CMD_ROUTE_DEL);

	put_where(ctl, nlh);
	nl_call(nlh, NULL, NULL);
	return 0;
}

/* {"KEY": "VALUE", ...}, in the order in which they were given. */
static json_t *args(const struct nlattr *nest)
{
	json_t *object = need(json_object());
	const struct nlattr *attr;
	const char *text, *equals;
	char *key;

	if (!nest)
		return object;
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
			continue;
		text = mnl_attr_get_str(attr);
		equals = strchr(text, '=');
		if (!equals)
			continue;
		key = format("%.*s", (int)(equals - text), text);
		json_object_set_new(object, key, json_text(equals + 1));
		free(key);
	}
	return object;
}

/* The same as a person types them. */
static char *args_text(const json_t *row)
{
	json_t *object = json_object_get(row, "arguments"), *value;
	char *text = format("%s", ""), *longer;
	const char *key;

	json_object_foreach(object, key, value) {
		longer = format("%s%s%s=%s", text, *text ? " " : "", key,
				json_string_value(value));
		free(text);
		text = longer;
	}
	if (*text)
		return text;
	free(text);
	return format("-");
}

static json_t *entry(const struct nlattr *const *attrs)
{
	return json_pack("{s:o, s:o, s:o, s:o}",
			 "prefix", json_text(nl_string(attrs, KELP_A_PREFIX)),
			 "host", json_text(nl_string(attrs, KELP_A_HOST)),
			 "handler", json_text(nl_string(attrs, KELP_A_HANDLER)),
			 "arguments", args(attrs[KELP_A_ARGS]));
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "PREFIX", "prefix", false, NULL },
		{ "HOST", "host", false, NULL },
		{ "HANDLER", "handler", false, NULL },
		{ "ARGUMENTS", "arguments", false, args_text },
		{},
	};

	print_list(nl_list(KELP_CMD_ROUTE_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "add", "PREFIX HANDLER [KEY=VALUE]...",
	  "Let a handler answer below a prefix.",
	  "PREFIX begins with '/' and is matched by whole segments. Handlers:\n"
	  "  echo      answers any method with the request's body\n"
	  "  status    PREFIX/health and PREFIX/stats.json\n"
	  "  redirect  elsewhere: to=URL [status=302] [keep=path]\n"
	  "  kv        GET, PUT, DELETE PREFIX/KEY:\n"
	  "            [bytes=16M] [entries=65536] [value=1M] [ttl=0]\n"
	  "Every handler takes body=SIZE, the largest body of a request; other\n"
	  "modules may bring more handlers.\n",
	  OPT_HOST, 2, 2 + KELP_ARGS_MAX, add },
	{ "del", "PREFIX", "Let it answer no more.", NULL, OPT_HOST, 1, 1, del },
	{ "show", "", "List the routes.", NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_route = {
	"route", "Handlers inside the module that answer below a prefix.", verbs,
};
