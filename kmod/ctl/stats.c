// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics command: the counters of stats/, then gauges. Process
 * context.
 */
#include "ctl/ctl.h"

#include "http/gauge.h"
#include "net/net.h"
#include "stats/stats.h"

static int kelp_ctl_stat_entry(struct sk_buff *skb, const char *name,
			       const char *help, u64 value, u32 flags)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int err;

	err = nla_put_string(skb, KELP_A_NAME, name) ?:
	      kelp_ctl_put_u64(skb, KELP_A_VALUE, value) ?:
	      nla_put_string(skb, KELP_A_HELP, help) ?:
	      nla_put_u32(skb, KELP_A_FLAGS, flags);
	return kelp_ctl_entry_end(skb, entry, err);
}

/* The cursor counts counters first, gauges from KELP_STAT_COUNT on. */
static int kelp_ctl_stats_fill(struct kelp_net *kn, struct sk_buff *skb,
			       u32 *cursor)
{
	u32 gauge;
	int err;

	for (; *cursor < KELP_STAT_COUNT; ++*cursor) {
		err = kelp_ctl_stat_entry(skb, kelp_stat_name(*cursor),
					  kelp_stat_help(*cursor),
					  kelp_stat_sum(kn->stats, *cursor), 0);
		if (err)
			return err;
	}
	for (; *cursor - KELP_STAT_COUNT < KELP_GAUGE_COUNT; ++*cursor) {
		gauge = *cursor - KELP_STAT_COUNT;
		err = kelp_ctl_stat_entry(skb, kelp_gauge_name(gauge),
					  kelp_gauge_help(gauge),
					  kelp_gauge_read(kn, gauge),
					  KELP_STAT_FLAG_GAUGE);
		if (err)
			return err;
	}
	return 0;
}

/**
 * kelp_ctl_stats_get() - KELP_CMD_STATS_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_stats_fill);
}
