// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics command: the counters of stats/, then gauges. Process
 * context.
 */
#include "ctl/ctl.h"

#include <linux/atomic.h>

#include "http/config.h"
#include "net/net.h"
#include "stats/stats.h"

static u64 kelp_ctl_connections(struct kelp_net *kn)
{
	return atomic_read(&kn->nr_conns);
}

static u64 kelp_ctl_memory(struct kelp_net *kn)
{
	return atomic_long_read(&kn->mem);
}

static int kelp_ctl_add_objects(const struct kelp_site_info *site, void *sum)
{
	*(u64 *)sum += site->cached_objects;
	return 0;
}

static int kelp_ctl_add_bytes(const struct kelp_site_info *site, void *sum)
{
	*(u64 *)sum += site->cached_bytes;
	return 0;
}

static u64 kelp_ctl_cache_objects(struct kelp_net *kn)
{
	u32 cursor = 0;
	u64 sum = 0;

	kelp_http_site_walk(kn, &cursor, kelp_ctl_add_objects, &sum);
	return sum;
}

static u64 kelp_ctl_cache_bytes(struct kelp_net *kn)
{
	u32 cursor = 0;
	u64 sum = 0;

	kelp_http_site_walk(kn, &cursor, kelp_ctl_add_bytes, &sum);
	return sum;
}

/* Append only, as the counters. */
static const struct {
	const char *name;
	const char *help;
	u64 (*read)(struct kelp_net *kn);
} kelp_ctl_gauges[] = {
	{ "connections", "open connections", kelp_ctl_connections },
	{ "memory_bytes", "buffers and queues of all connections",
	  kelp_ctl_memory },
	{ "cache_objects", "cached files", kelp_ctl_cache_objects },
	{ "cache_bytes", "bodies of all cached files", kelp_ctl_cache_bytes },
};

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
	for (; *cursor - KELP_STAT_COUNT < ARRAY_SIZE(kelp_ctl_gauges);
	     ++*cursor) {
		gauge = *cursor - KELP_STAT_COUNT;
		err = kelp_ctl_stat_entry(skb, kelp_ctl_gauges[gauge].name,
					  kelp_ctl_gauges[gauge].help,
					  kelp_ctl_gauges[gauge].read(kn),
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
