// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about listeners. Process context.
 */
#include "ctl/ctl.h"

#include <linux/capability.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <net/addrconf.h>
#include <net/ip.h>

#include "ctl/event.h"
#include "net/listener.h"
#include "net/net.h"

/* bind() takes these addresses for TCP too, but nobody can connect to them. */
static bool kelp_ctl_addr_is_group(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	if (addr->ss_family == AF_INET)
		return ipv4_is_multicast(in->sin_addr.s_addr) ||
		       ipv4_is_lbcast(in->sin_addr.s_addr);
	return ipv6_addr_is_multicast(&in6->sin6_addr);
}

/* The socket is the module's own, so bind() would let every port pass. */
static bool kelp_ctl_may_bind(struct sk_buff *skb, struct net *net,
			      const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *in = (const void *)addr;

	BUILD_BUG_ON(offsetof(struct sockaddr_in, sin_port) !=
		     offsetof(struct sockaddr_in6, sin6_port));
	return !inet_port_requires_bind_service(net, ntohs(in->sin_port)) ||
	       netlink_ns_capable(skb, net->user_ns, CAP_NET_BIND_SERVICE);
}

/**
 * kelp_ctl_listener_add() - KELP_CMD_LISTENER_ADD
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_listener_add(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);
	struct sockaddr_storage addr;
	int err;

	err = kelp_ctl_get_addr(info, &addr);
	if (err)
		return err;
	if (kelp_ctl_addr_is_group(&addr)) {
		GENL_SET_ERR_MSG(info, "nobody can connect to a multicast or broadcast address");
		return -EADDRNOTAVAIL;
	}
	if (!kelp_ctl_may_bind(skb, genl_info_net(info), &addr)) {
		GENL_SET_ERR_MSG(info, "a port this low needs CAP_NET_BIND_SERVICE");
		return -EACCES;
	}

	err = kelp_listener_add(kn, &addr, info->extack);
	if (!err)
		kelp_event_listener(kn, KELP_EVENT_LISTENER_ADDED, &addr, 0);
	return err;
}

/**
 * kelp_ctl_listener_del() - KELP_CMD_LISTENER_DEL
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno, with a reason.
 */
int kelp_ctl_listener_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);
	struct sockaddr_storage addr;
	int err;

	err = kelp_ctl_get_addr(info, &addr);
	if (err)
		return err;
	err = kelp_listener_del(kn, &addr, info->extack);
	if (!err)
		kelp_event_listener(kn, KELP_EVENT_LISTENER_DELETED, &addr, 0);
	return err;
}

static int kelp_ctl_listener_entry(struct sk_buff *skb,
				   const struct kelp_listener *listener)
{
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	int error = READ_ONCE(listener->error);
	int err;

	err = nla_put_u32(skb, KELP_A_ID, listener->id) ?:
	      kelp_ctl_put_addr(skb, &listener->addr, KELP_A_ADDR) ?:
	      kelp_ctl_put_u64(skb, KELP_A_ACCEPTED,
			       READ_ONCE(listener->accepted)) ?:
	      (error ? nla_put_u32(skb, KELP_A_ERROR, -error) : 0);
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_listener_fill(struct kelp_net *kn, struct sk_buff *skb,
				  u32 *cursor)
{
	struct kelp_listener *listener;
	unsigned long id;
	int err = 0;

	mutex_lock(&kn->lock);
	xa_for_each_start(&kn->listeners, id, listener, *cursor) {
		err = kelp_ctl_listener_entry(skb, listener);
		if (err) {
			*cursor = id;
			break;
		}
	}
	mutex_unlock(&kn->lock);
	return err;
}

/**
 * kelp_ctl_listener_get() - KELP_CMD_LISTENER_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_listener_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_listener_fill);
}
