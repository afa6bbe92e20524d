// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about routes, a handler that answers below a prefix. Process
 * context.
 */
#include "ctl/ctl.h"

#include "http/config.h"

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
	struct nlattr *handler = info->attrs[KELP_A_HANDLER];
	struct nlattr *prefix = info->attrs[KELP_A_PREFIX];
	struct nlattr *host = info->attrs[KELP_A_HOST];

	if (!prefix || !handler) {
		GENL_SET_ERR_MSG(info, "a prefix and a handler are needed");
		return -EINVAL;
	}
	return kelp_http_route_add(kelp_ctl_net(info), nla_data(prefix),
				   host ? nla_data(host) : "",
				   nla_data(handler), info->extack);
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

static int kelp_ctl_route_entry(const struct kelp_route_info *route, void *skb)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int err;

	err = nla_put_u32(skb, KELP_A_ID, route->id) ?:
	      nla_put_string(skb, KELP_A_PREFIX, route->prefix) ?:
	      nla_put_string(skb, KELP_A_HOST, route->host) ?:
	      nla_put_string(skb, KELP_A_HANDLER, route->handler);
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
