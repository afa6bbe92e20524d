// SPDX-License-Identifier: GPL-2.0-only
// pre_doit and post_doit of a generic netlink family take genl_split_ops.
#include <net/genetlink.h>

static int probe(const struct genl_split_ops *ops, struct sk_buff *skb,
		 struct genl_info *info)
{
	return 0;
}

static struct genl_family family = { .pre_doit = probe };
