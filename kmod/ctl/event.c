// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: messages to the multicast group. Process context. An event that
 * cannot be sent is lost: receivers are told so by their socket (ENOBUFS) or,
 * without memory for the message, not at all. Nothing depends on them.
 */
#include "ctl/event.h"

#include "ctl/ctl.h"
#include "net/net.h"

static void kelp_event_multicast(struct kelp_net *kn, enum kelp_event event,
				 const struct sockaddr_storage *addr, int error)
{
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&kelp_genl_family, kn->net,
				KELP_MCGRP_EVENTS_ID))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return;

	hdr = genlmsg_put(skb, 0, 0, &kelp_genl_family, 0, KELP_CMD_EVENT);
	if (!hdr ||
	    nla_put_u32(skb, KELP_A_EVENT, event) ||
	    nla_put_u32(skb, KELP_A_GENERATION, READ_ONCE(kn->generation)) ||
	    (addr && kelp_ctl_put_addr(skb, (const void *)addr,
				       KELP_A_ADDR)) ||
	    (error && nla_put_u32(skb, KELP_A_ERROR, -error))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&kelp_genl_family, kn->net, skb, 0,
				KELP_MCGRP_EVENTS_ID, GFP_KERNEL);
}

/**
 * kelp_event_send() - tell that something happened
 * @kn: where; its namespace must not be past pre_exit
 * @event: what
 *
 * Context: process, may sleep, between kelp_ctl_init() and kelp_ctl_exit().
 */
void kelp_event_send(struct kelp_net *kn, enum kelp_event event)
{
	kelp_event_multicast(kn, event, NULL, 0);
}

/**
 * kelp_event_listener() - tell that something happened to a listener
 * @kn: where; its namespace must not be past pre_exit
 * @event: what
 * @addr: the listener's address
 * @error: -errno, or 0
 *
 * Context: process, may sleep, between kelp_ctl_init() and kelp_ctl_exit().
 */
void kelp_event_listener(struct kelp_net *kn, enum kelp_event event,
			 const struct sockaddr_storage *addr, int error)
{
	kelp_event_multicast(kn, event, addr, error);
}
