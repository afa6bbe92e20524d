// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl listener: addresses on which connections are accepted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "ctl.h"
#include "endpoint.h"
#include "print.h"
#include "secret.h"

static struct nlmsghdr *request(struct ctl *ctl, enum kelp_cmd cmd)
{
	struct nlmsghdr *nlh;
	struct addr addr;
	const char *wrong = addr_parse(ctl->argv[0], &addr);

	if (wrong)
		die_usage(ctl, "'%s': %s", ctl->argv[0], wrong);
	nlh = nl_new(cmd);
	endpoint_put(nlh, &addr);
	return nlh;
}

static uint8_t rule_action(enum ctl_option option)
{
	switch (option) {
	case OPT_ALLOW:
		return KELP_RULE_ALLOW;
	case OPT_DENY:
		return KELP_RULE_DENY;
	default:
		return KELP_RULE_TRUST;
	}
}

static void read_rules(struct ctl *ctl, struct kelp_rule *rules)
{
	struct addr prefix;
	const char *wrong;
	size_t i;

	for (i = 0; i < ctl->given_count; i++) {
		wrong = prefix_parse(ctl->given[i].value, &prefix);
		if (wrong)
			die_usage(ctl, "'%s': %s", ctl->given[i].value,
				  wrong);
		rules[i].action = rule_action(ctl->given[i].option);
		rules[i].family = prefix.family == AF_INET ? 4 : 6;
		rules[i].prefix_len = (uint8_t)prefix.port;
		memcpy(rules[i].addr, &prefix.in6,
		       prefix.family == AF_INET ? 4 : 16);
	}
}

static void put_secret(struct nlmsghdr *nlh, const char *name)
{
	char secret[SECRET_ROOM];

	mnl_attr_put(nlh, KELP_A_SECRET, secret_read(name, secret), secret);
	explicit_bzero(secret, sizeof(secret));
}

static void put_count(struct ctl *ctl, struct nlmsghdr *nlh, uint16_t attr,
		      const char *option, const char *text, uint32_t most)
{
	if (text)
		mnl_attr_put_u32(nlh, attr,
				 (uint32_t)count_of(ctl, text, option, 0, most));
}

static int change(struct ctl *ctl, enum kelp_cmd cmd)
{
	struct kelp_rule rules[KELP_RULES_MAX] = {};
	struct nlmsghdr *nlh;
	uint32_t flags = 0;

	if (ctl->given_count > KELP_RULES_MAX)
		die_usage(ctl, "%d rules are the most", KELP_RULES_MAX);
	read_rules(ctl, rules);
	nlh = request(ctl, cmd);
	if (ctl->proxy_protocol)
		flags |= KELP_LISTENER_FLAG_PROXY;
	if (ctl->per_cpu)
		flags |= KELP_LISTENER_FLAG_PER_CPU;
	if (flags)
		mnl_attr_put_u32(nlh, KELP_A_FLAGS, flags);
	if (ctl->given_count)
		mnl_attr_put(nlh, KELP_A_RULES,
			     ctl->given_count * sizeof(*rules), rules);
	if (ctl->services)
		mnl_attr_put_strz(nlh, KELP_A_SERVICES, ctl->services);
	if (ctl->secret_file)
		put_secret(nlh, ctl->secret_file);
	put_count(ctl, nlh, KELP_A_DEFER_ACCEPT, "--defer-accept",
		  ctl->defer_accept, KELP_DEFER_ACCEPT_MAX);
	put_count(ctl, nlh, KELP_A_FASTOPEN, "--fastopen", ctl->fastopen,
		  KELP_FASTOPEN_MAX);
	nl_call(nlh, NULL, NULL);
	return 0;
}

static int add(struct ctl *ctl)
{
	return change(ctl, KELP_CMD_LISTENER_ADD);
}

static int set(struct ctl *ctl)
{
	return change(ctl, KELP_CMD_LISTENER_SET);
}

static int del(struct ctl *ctl)
{
	nl_call(request(ctl, KELP_CMD_LISTENER_DEL), NULL, NULL);
	return 0;
}

static const char *action_name(uint8_t action)
{
	switch (action) {
	case KELP_RULE_ALLOW:
		return "allow";
	case KELP_RULE_DENY:
		return "deny";
	case KELP_RULE_TRUST:
		return "trust";
	default:
		return "?";
	}
}

static json_t *rule_json(const struct kelp_rule *rule)
{
	char text[ADDR_TEXT_MAX];
	struct addr prefix = {
		.family = rule->family == 4 ? AF_INET : AF_INET6,
		.port = rule->prefix_len,
	};

	memcpy(&prefix.in6, rule->addr, sizeof(rule->addr));
	prefix_format(&prefix, text);
	return json_pack("{s:s, s:s}", "action", action_name(rule->action),
			 "prefix", text);
}

static json_t *rules_json(const struct nlattr *attr)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0, at;
	json_t *rules = need(json_array());
	struct kelp_rule rule;

	for (at = 0; at + sizeof(rule) <= len; at += sizeof(rule)) {
		memcpy(&rule, (const char *)mnl_attr_get_payload(attr) + at,
		       sizeof(rule));
		json_array_append_new(rules, need(rule_json(&rule)));
	}
	return rules;
}

static json_t *entry(const struct nlattr *const *attrs)
{
	uint32_t error = nl_u32(attrs, KELP_A_ERROR);
	char host[ADDR_TEXT_MAX];
	struct addr addr;

	endpoint_get(attrs, KELP_A_ADDR, &addr);
	addr_format_host(&addr, host);
	return json_pack("{s:o, s:o, s:i, s:b, s:o, s:o, s:b, s:b, s:i, s:i, s:o, s:o}",
			 "listen", endpoint_json(attrs, KELP_A_ADDR),
			 "address", json_text(host),
			 "port", (int)addr.port,
			 "proxy_protocol", !!(nl_u32(attrs, KELP_A_FLAGS) &
					      KELP_LISTENER_FLAG_PROXY),
			 "rules", rules_json(attrs[KELP_A_RULES]),
			 "services", json_text(nl_string(attrs, KELP_A_SERVICES)),
			 "secret", !!(nl_u32(attrs, KELP_A_FLAGS) &
				      KELP_LISTENER_FLAG_SECRET),
			 "per_cpu", !!(nl_u32(attrs, KELP_A_FLAGS) &
				       KELP_LISTENER_FLAG_PER_CPU),
			 "defer_accept", (int)nl_u32(attrs, KELP_A_DEFER_ACCEPT),
			 "fastopen", (int)nl_u32(attrs, KELP_A_FASTOPEN),
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

/* As it would be given to `set`. */
static char *rules_text(const json_t *row)
{
	const json_t *rules = json_object_get(row, "rules"), *rule;
	char *text = format("%s", json_is_true(json_object_get(row, "proxy_protocol")) ?
				  " --proxy-protocol" : "");
	size_t i;

	json_array_foreach(rules, i, rule) {
		char *longer = format("%s --%s %s", text,
				      json_string_value(json_object_get(rule, "action")),
				      json_string_value(json_object_get(rule, "prefix")));

		free(text);
		text = longer;
	}
	if (*text)
		memmove(text, text + 1, strlen(text));
	return *text ? text : strcpy(need(realloc(text, 2)), "-");
}

static int show(struct ctl *ctl)
{
	static const struct column columns[] = {
		{ "LISTENER", "listen", false, NULL },
		{ "ACCEPTED", "accepted", true, NULL },
		{ "STATE", NULL, false, state },
		{ "SERVICES", "services", false, NULL },
		{ "RULES", NULL, false, rules_text },
		{},
	};

	print_list(nl_list(KELP_CMD_LISTENER_GET, true, entry), columns,
		   ctl->json);
	return 0;
}

#define RULES (OPT_ALLOW | OPT_DENY | OPT_TRUST | OPT_PROXY_PROTOCOL | \
	       OPT_SERVICES | OPT_SECRET_FILE)
#define RULES_DETAIL							\
	"PREFIX is 10.0.0.0/8, 2001:db8::/32 or one address. The first --allow or\n" \
	"--deny that has the client's address decides; if none has it, the opposite of\n" \
	"the last one holds.\n"						\
	"LIST has full names of services with commas between them. Without --services\n" \
	"all may be called on a loopback address, none on others.\n"

static const struct verb verbs[] = {
	{ "add", "ADDR:PORT", "Accept connections on an address.",
	  "ADDR is a numeric address: 127.0.0.1:8080, [::1]:8080, [fe80::1%eth0]:8080;\n"
	  "0.0.0.0:8080 or :8080 for every IPv4 address, [::]:8080 for every IPv6 address.\n"
	  RULES_DETAIL
	  "With --per-cpu another program of root's can bind the port, too, if it asks to\n"
	  "(SO_REUSEPORT).\n"
	  "With --defer-accept limits of connections do not see those on which nothing\n"
	  "has come, for SECONDS at most.\n"
	  "--fastopen needs a 2 in the sysctl net.ipv4.tcp_fastopen. What came with a SYN\n"
	  "may come twice: not for requests that must not be carried out twice.\n",
	  RULES | OPT_PER_CPU | OPT_DEFER_ACCEPT | OPT_FASTOPEN, 1, 1, add },
	{ "set", "ADDR:PORT", "Replace its rules; the listener stays open.",
	  "Rules that are not given are gone afterwards.\n"
	  RULES_DETAIL,
	  RULES, 1, 1, set },
	{ "del", "ADDR:PORT", "Stop accepting there; open connections stay.",
	  NULL, 0, 1, 1, del },
	{ "show", "", "List the listeners.", NULL, 0, 0, 0, show },
	{},
};

const struct object ctl_listener = {
	"listener", "Addresses on which connections are accepted.", verbs,
};
