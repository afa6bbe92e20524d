// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl route: handlers inside the module that answer below a prefix.
 */
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

static int add(struct ctl *ctl)
{
	struct nlmsghdr *nlh = nl_new(KELP_CMD_ROUTE_ADD);

	put_where(ctl, nlh);
	nl_put_string(nlh, KELP_A_HANDLER, "HANDLER", ctl->argv[1],
		      KELP_NAME_MAX);
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

static json_t *entry(const struct nlattr *const *attrs)
{
	return json_pack("{s:o, s:o, s:o}",
			 "prefix", json_text(nl_string(attrs, KELP_A_PREFIX)),
			 "host", json_text(nl_string(attrs, KELP_A_HOST)),
			 "handler", json_text(nl_string(attrs, KELP_A_HANDLER)));
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "PREFIX", "prefix", false, NULL },
		{ "HOST", "host", false, NULL },
		{ "HANDLER", "handler", false, NULL },
		{},
	};

	print_list(nl_list(KELP_CMD_ROUTE_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "add", "PREFIX HANDLER", "Let a handler answer below a prefix.",
	  "PREFIX begins with '/' and is matched by whole segments. Handlers:\n"
	  "  echo      answers any method with the request's body\n"
	  "  status    PREFIX/health and PREFIX/stats.json\n",
	  OPT_HOST, 2, 2, add },
	{ "del", "PREFIX", "Let it answer no more.", NULL, OPT_HOST, 1, 1, del },
	{ "show", "", "List the routes.", NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_route = {
	"route", "Handlers inside the module that answer below a prefix.", verbs,
};
