// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about the server as a whole: its status, and draining. Process
 * context.
 */
#include "ctl/ctl.h"

#include "ctl/event.h"
#include "kelp/version.h"
#include "net/net.h"

static u32 kelp_ctl_count_listeners(struct kelp_net *kn)
{
	unsigned long id;
	void *listener;
	u32 count = 0;

	mutex_lock(&kn->lock);
	xa_for_each(&kn->listeners, id, listener)
		count++;
	mutex_unlock(&kn->lock);
	return count;
}

/**
 * kelp_ctl_status_get() - KELP_CMD_STATUS_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_status_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);
	struct sk_buff *reply;
	void *hdr;

	reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	hdr = genlmsg_put_reply(reply, info, &kelp_genl_family, 0,
				KELP_CMD_STATUS_GET);
	if (!hdr ||
	    nla_put_string(reply, KELP_A_VERSION, KELP_VERSION) ||
	    nla_put_u32(reply, KELP_A_GENERATION, READ_ONCE(kn->generation)) ||
	    nla_put_u8(reply, KELP_A_DRAINING, READ_ONCE(kn->draining)) ||
	    nla_put_u32(reply, KELP_A_CONNECTIONS, atomic_read(&kn->nr_conns)) ||
	    nla_put_u32(reply, KELP_A_LISTENERS, kelp_ctl_count_listeners(kn)) ||
	    kelp_ctl_put_u64(reply, KELP_A_MEMORY,
			     atomic_long_read(&kn->mem))) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/**
 * kelp_ctl_drain() - KELP_CMD_DRAIN
 * @skb: the request
 * @info: the request, parsed
 *
 * Does not wait for the connections to end.
 *
 * Context: process, may sleep.
 * Return: 0.
 */
int kelp_ctl_drain(struct sk_buff *skb, struct genl_info *info)
{
	struct kelp_net *kn = kelp_ctl_net(info);

	kelp_net_drain(kn);
	kelp_event_send(kn, KELP_EVENT_DRAINING);
	return 0;
}
