// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about routes, a handler that answers below a prefix. Process
 * context.
 */
#include "ctl/ctl.h"

#include "http/config.h"

/* Where the arguments are in the message; returns how many, or -errno. */
static int kelp_ctl_route_args(struct genl_info *info, const char **args)
{
	struct nlattr *attr;
	int rem, nr = 0;

	if (!info->attrs[KELP_A_ARGS])
		return 0;
	nla_for_each_nested(attr, info->attrs[KELP_A_ARGS], rem) {
		if (nr == KELP_ARGS_MAX) {
			GENL_SET_ERR_MSG(info, "too many arguments");
			return -EINVAL;
		}
		args[nr++] = nla_data(attr);
	}
	return nr;
}

/**
 * kelp_ctl_route_add() - KELP_CMD_ROUTE_ADD
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_route_add(struct sk_buff *skb, struct genl_info *info)
{
	const char *args[KELP_ARGS_MAX];
	struct nlattr *handler = info->attrs[KELP_A_HANDLER];
	struct nlattr *prefix = info->attrs[KELP_A_PREFIX];
	struct nlattr *host = info->attrs[KELP_A_HOST];
	int nr;

	if (!prefix || !handler) {
		GENL_SET_ERR_MSG(info, "a prefix and a handler are needed");
		return -EINVAL;
	}
	nr = kelp_ctl_route_args(info, args);
	if (nr < 0)
		return nr;
	return kelp_http_route_add(kelp_ctl_net(info), nla_data(prefix),
				   host ? nla_data(host) : "",
				   nla_data(handler), args, nr, info->extack);
}

/**
 * kelp_ctl_route_del() - KELP_CMD_ROUTE_DEL
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_route_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *prefix = info->attrs[KELP_A_PREFIX];
	struct nlattr *host = info->attrs[KELP_A_HOST];

	if (!prefix) {
		GENL_SET_ERR_MSG(info, "a prefix is needed");
		return -EINVAL;
	}
	return kelp_http_route_del(kelp_ctl_net(info), nla_data(prefix),
				   host ? nla_data(host) : "", info->extack);
}

static int kelp_ctl_route_put_args(const struct kelp_route_info *route,
				   struct sk_buff *skb)
{
	const char *arg = route->args, *end = route->args + route->args_len;
	struct nlattr *nest;

	if (arg == end)
		return 0;
	nest = nla_nest_start(skb, KELP_A_ARGS);
	if (!nest)
		return -EMSGSIZE;
	for (; arg < end; arg += strlen(arg) + 1)
		if (nla_put_string(skb, KELP_A_ARG, arg))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int kelp_ctl_route_entry(const struct kelp_route_info *route, void *skb)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int err;

	err = nla_put_u32(skb, KELP_A_ID, route->id) ?:
	      nla_put_string(skb, KELP_A_PREFIX, route->prefix) ?:
	      nla_put_string(skb, KELP_A_HOST, route->host) ?:
	      nla_put_string(skb, KELP_A_HANDLER, route->handler) ?:
	      kelp_ctl_route_put_args(route, skb);
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_route_fill(struct kelp_net *kn, struct sk_buff *skb,
			       u32 *cursor)
{
	return kelp_http_route_walk(kn, cursor, kelp_ctl_route_entry, skb);
}

/**
 * kelp_ctl_route_get() - KELP_CMD_ROUTE_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_route_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_route_fill);
}
