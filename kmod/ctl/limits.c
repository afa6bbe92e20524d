// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about limits and time-outs. Process context.
 */
#include "ctl/ctl.h"

#include "net/limits.h"
#include "net/net.h"

static int kelp_ctl_limit_entry(struct kelp_net *kn, struct sk_buff *skb,
				enum kelp_limit id)
{
	const struct kelp_limit_info *limit = kelp_limit_info(id);
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int err;

	err = nla_put_string(skb, KELP_A_NAME, limit->name) ?:
	      nla_put_string(skb, KELP_A_UNIT, limit->unit) ?:
	      kelp_ctl_put_u64(skb, KELP_A_VALUE, kelp_net_limit(kn, id)) ?:
	      kelp_ctl_put_u64(skb, KELP_A_DEFAULT, limit->def) ?:
	      kelp_ctl_put_u64(skb, KELP_A_MIN, limit->min) ?:
	      kelp_ctl_put_u64(skb, KELP_A_MAX, limit->max) ?:
	      nla_put_string(skb, KELP_A_HELP, limit->help);
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_limits_fill(struct kelp_net *kn, struct sk_buff *skb,
				u32 *cursor)
{
	int err;

	for (; *cursor < KELP_LIMIT_COUNT; ++*cursor) {
		err = kelp_ctl_limit_entry(kn, skb, *cursor);
		if (err)
			return err;
	}
	return 0;
}

/**
 * kelp_ctl_limits_get() - KELP_CMD_LIMITS_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_limits_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_limits_fill);
}

/**
 * kelp_ctl_limits_set() - KELP_CMD_LIMITS_SET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_limits_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *value = info->attrs[KELP_A_VALUE];
	struct nlattr *name = info->attrs[KELP_A_NAME];
	int id, err;

	if (!name || !value) {
		GENL_SET_ERR_MSG(info, "a limit's name and a value are needed");
		return -EINVAL;
	}
	id = kelp_limit_find(nla_data(name));
	if (id < 0) {
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "there is no limit of this name");
		return -ENOENT;
	}
	err = kelp_net_limit_set(kelp_ctl_net(info), id, nla_get_u64(value));
	if (err == -ERANGE)
		NL_SET_ERR_MSG_ATTR(info->extack, value,
				    "the value is out of this limit's range");
	return err;
}
