// SPDX-License-Identifier: GPL-2.0-only
// struct genl_info carries the attributes of a dump request (info->info.attrs).
#include <net/genetlink.h>

static struct nlattr **probe(const struct genl_dumpit_info *dump)
{
	return dump->info.attrs;
}
