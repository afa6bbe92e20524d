/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ctl/ share: the family, answers, listings, addresses. One
 * file per object holds its commands; netlink.c says what each may be given.
 *
 * Commands run in the context of the process that sends them, inside its
 * send(), several at a time (parallel_ops): whatever they call locks for
 * itself. They hold the namespace (through the netlink socket) and a reference
 * to its kelp_net (pre_doit). No command is a netlink dump, because a dump in
 * progress pins the module: see "Listings" in the UAPI header.
 */
#ifndef KELP_CTL_CTL_H
#define KELP_CTL_CTL_H

#include <linux/socket.h>
#include <linux/types.h>
#include <net/genetlink.h>
#include <uapi/linux/kelp.h>

struct kelp_net;
struct nla_policy;

extern struct genl_family kelp_genl_family;

/* The kelp_net of a command; pre_doit took the reference, post_doit drops it. */
static inline struct kelp_net *kelp_ctl_net(struct genl_info *info)
{
	return info->user_ptr[0];
}

/* reply.c */

/*
 * Writes the entries from *cursor on into the message, each between
 * kelp_ctl_entry_start() and _end(), in the order of ids. 0: that was the last.
 * -EMSGSIZE: no room for the entry whose id is now in *cursor. May sleep.
 */
typedef int (*kelp_ctl_fill_t)(struct kelp_net *kn, struct sk_buff *skb,
			       u32 *cursor);

int kelp_ctl_list(struct genl_info *info, kelp_ctl_fill_t fill);
struct nlattr *kelp_ctl_entry_start(struct sk_buff *skb);
int kelp_ctl_entry_end(struct sk_buff *skb, struct nlattr *entry, int err);
int kelp_ctl_put_u64(struct sk_buff *skb, enum kelp_attr attr, u64 value);

/* addr.c */
int kelp_ctl_get_addr(struct genl_info *info, struct sockaddr_storage *addr);
int kelp_ctl_put_addr(struct sk_buff *skb, const struct sockaddr *addr,
		      enum kelp_attr first);

/* One command each, in the file of its object. */
int kelp_ctl_listener_add(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_listener_set(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_listener_del(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_listener_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_object_put(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_object_del(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_object_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_site_add(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_site_del(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_site_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_route_add(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_route_del(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_route_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_conn_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_stats_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_limits_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_limits_set(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_status_get(struct sk_buff *skb, struct genl_info *info);
int kelp_ctl_drain(struct sk_buff *skb, struct genl_info *info);

#endif
