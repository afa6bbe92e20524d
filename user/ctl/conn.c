// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl conn: the open connections.
 */
#include "ctl.h"
#include "endpoint.h"
#include "print.h"

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[KELP_STATE_IDLE] = "idle",
		[KELP_STATE_HEADER] = "header",
		[KELP_STATE_BODY] = "body",
		[KELP_STATE_ASYNC] = "async",
		[KELP_STATE_WRITE] = "write",
		[KELP_STATE_LINGER] = "linger",
	};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "?";
}

static json_t *entry(const struct nlattr *const *attrs)
{
	uint32_t flags = nl_u32(attrs, KELP_A_FLAGS);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:o, s:o}",
			 "id", json_u64(nl_u32(attrs, KELP_A_ID)),
			 "peer", endpoint_json(attrs, KELP_A_PEER_ADDR),
			 "client", attrs[KELP_A_CLIENT_ADDR] ?
			 endpoint_json(attrs, KELP_A_CLIENT_ADDR) :
			 json_null(),
			 "local", endpoint_json(attrs, KELP_A_ADDR),
			 "protocol", attrs[KELP_A_PROTO] ?
			 json_text(nl_string(attrs, KELP_A_PROTO)) :
			 json_null(),
			 "state", state_name(nl_u32(attrs, KELP_A_STATE)),
			 "handed_over", !!(flags & KELP_CONN_FLAG_HANDED),
			 "closing", !!(flags & KELP_CONN_FLAG_CLOSING),
			 "cpu", json_u64(nl_u32(attrs, KELP_A_CPU)),
			 "age_ms", json_u64(nl_u64(attrs, KELP_A_AGE_MS)),
			 "wait_ms", json_u64(nl_u64(attrs, KELP_A_WAIT_MS)),
			 "requests", json_u64(nl_u64(attrs, KELP_A_REQUESTS)),
			 "received_bytes",
			 json_u64(nl_u64(attrs, KELP_A_RX_BYTES)),
			 "sent_bytes",
			 json_u64(nl_u64(attrs, KELP_A_TX_BYTES)),
			 "queued_bytes",
			 json_u64(nl_u64(attrs, KELP_A_QUEUED_BYTES)),
			 "memory_bytes",
			 json_u64(nl_u64(attrs, KELP_A_MEMORY)));
}

static char *seconds(const json_t *row, const char *field)
{
	json_int_t ms = json_integer_value(json_object_get(row, field));

	return format("%" JSON_INTEGER_FORMAT ".%ds", ms / 1000,
		      (int)(ms % 1000 / 100));
}

static char *age(const json_t *row)
{
	return seconds(row, "age_ms");
}

static char *waits(const json_t *row)
{
	return seconds(row, "wait_ms");
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "ID", "id", true, NULL },
		{ "PEER", "peer", false, NULL },
		{ "CLIENT", "client", false, NULL },
		{ "LOCAL", "local", false, NULL },
		{ "PROTOCOL", "protocol", false, NULL },
		{ "STATE", "state", false, NULL },
		{ "SINCE", NULL, true, waits },
		{ "AGE", NULL, true, age },
		{ "REQUESTS", "requests", true, NULL },
		{ "RECEIVED", "received_bytes", true, NULL },
		{ "SENT", "sent_bytes", true, NULL },
		{ "QUEUED", "queued_bytes", true, NULL },
		{ "MEMORY", "memory_bytes", true, NULL },
		{ "CPU", "cpu", true, NULL },
		{},
	};

	print_list(nl_list(KELP_CMD_CONN_GET, false, entry), columns,
		   ctl->json);
	return 0;
}

static const struct verb verbs[] = {
	{ "show", "", "List the open connections.",
	  "STATE is what a connection waits for: idle (the next request), header, body,\n"
	  "async (its answer), write (its peer to take the answer), linger (its peer to\n"
	  "close). SINCE is how long, or since the last progress.\n",
	  0, 0, 0, show },
	{},
};

const struct object ctl_conn = {
	"conn", "The open connections.", verbs,
};
