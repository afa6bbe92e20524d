// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl status: the server as a whole.
 */
#include "status.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "nl.h"
#include "print.h"

static void answer(const struct nlattr *const *attrs, void *data)
{
	const struct nlattr *draining = attrs[KELP_A_DRAINING];
	struct status *status = data;

	snprintf(status->version, sizeof(status->version), "%s",
		 nl_string(attrs, KELP_A_VERSION));
	status->generation = nl_u32(attrs, KELP_A_GENERATION);
	status->draining = draining &&
			   mnl_attr_validate(draining, MNL_TYPE_U8) >= 0 &&
			   mnl_attr_get_u8(draining);
	status->connections = nl_u32(attrs, KELP_A_CONNECTIONS);
	status->listeners = nl_u32(attrs, KELP_A_LISTENERS);
	status->memory = nl_u64(attrs, KELP_A_MEMORY);
}

void status_get(struct status *status)
{
	memset(status, 0, sizeof(*status));
	nl_call(nl_new(KELP_CMD_STATUS_GET), answer, status);
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "version", "version", false, NULL },
		{ "generation", "generation", false, NULL },
		{ "draining", "draining", false, NULL },
		{ "listeners", "listeners", false, NULL },
		{ "connections", "connections", false, NULL },
		{ "memory_bytes", "memory_bytes", false, NULL },
		{},
	};
	struct status status;
	json_t *object;

	status_get(&status);
	object = json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}",
			   "version", json_text(status.version),
			   "generation", json_u64(status.generation),
			   "draining", status.draining,
			   "listeners", json_u64(status.listeners),
			   "connections", json_u64(status.connections),
			   "memory_bytes", json_u64(status.memory));
	print_object(need(object), columns, ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "", "", "Print version, number of listeners and connections, memory.",
	  "The generation counts the changes of the configuration.\n",
	  0, 0, 0, show },
	{},
};

const struct object ctl_status = {
	"status", "The server as a whole.", verbs,
};
