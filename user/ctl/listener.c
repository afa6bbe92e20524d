// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl listener: addresses on which connections are accepted.
 */
#include <errno.h>
#include <string.h>

#include "ctl.h"
#include "endpoint.h"
#include "print.h"

static int change(struct ctl *ctl, enum kelp_cmd cmd)
{
	struct nlmsghdr *nlh;
	struct addr addr;
	const char *wrong = addr_parse(ctl->argv[0], &addr);

	if (wrong)
		die_usage(ctl, "'%s': %s", ctl->argv[0], wrong);
	nlh = nl_new(cmd);
	endpoint_put(nlh, &addr);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static int add(struct ctl *ctl)
{
	return change(ctl, KELP_CMD_LISTENER_ADD);
}

static int del(struct ctl *ctl)
{
	return change(ctl, KELP_CMD_LISTENER_DEL);
}

static json_t *entry(const struct nlattr *const *attrs)
{
	uint32_t error = nl_u32(attrs, KELP_A_ERROR);
	char host[ADDR_TEXT_MAX];
	struct addr addr;

	endpoint_get(attrs, KELP_A_ADDR, &addr);
	addr_format_host(&addr, host);
	return json_pack("{s:o, s:o, s:i, s:o, s:o}",
			 "listen", endpoint_json(attrs, KELP_A_ADDR),
			 "address", json_text(host),
			 "port", (int)addr.port,
			 "accepted", json_u64(nl_u64(attrs, KELP_A_ACCEPTED)),
			 "error", error ? json_text(strerror((int)error)) :
					  json_null());
}

/* An address that was closed behind kelp's back gives EINVAL for ever. */
static char *state(const json_t *row)
{
	const json_t *error = json_object_get(row, "error");

	if (!json_is_string(error))
		return format("listening");
	if (!strcmp(json_string_value(error), strerror(EINVAL)))
		return format("closed by something else: del and add it");
	return format("last accept failed: %s", json_string_value(error));
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "LISTENER", "listen", false, NULL },
		{ "ACCEPTED", "accepted", true, NULL },
		{ "STATE", NULL, false, state },
		{},
	};

	print_list(nl_list(KELP_CMD_LISTENER_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "add", "ADDR:PORT", "Accept connections on an address.",
	  "ADDR is a numeric address: 127.0.0.1:8080, [::1]:8080, [fe80::1%eth0]:8080;\n"
	  "0.0.0.0:8080 or :8080 for every IPv4 address, [::]:8080 for every IPv6 address.\n",
	  0, 1, 1, add },
	{ "del", "ADDR:PORT", "Stop accepting there; open connections stay.",
	  NULL, 0, 1, 1, del },
	{ "show", "", "List the listeners.", NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_listener = {
	"listener", "Addresses on which connections are accepted.", verbs,
};
