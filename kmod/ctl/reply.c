// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of commands: listings, one message at a time. Process context.
 * Knows no object.
 */
#include "ctl/ctl.h"

#include "net/net.h"

/* Tail room of a message; with all headers it fits a 16 KiB allocation. */
#define KELP_CTL_ROOM 15360

/* How often a message is written again because the configuration changed. */
#define KELP_CTL_TRIES 16

/**
 * kelp_ctl_list() - answer a listing command
 * @info: the command; may have KELP_A_NEXT
 * @fill: writes the entries
 *
 * The generation is the same before and after @fill, so that all entries of a
 * message belong to the generation that it names.
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_list(struct genl_info *info, kelp_ctl_fill_t fill)
{
	struct nlattr *from = info->attrs[KELP_A_NEXT];
	u32 start = from ? nla_get_u32(from) : 0;
	struct kelp_net *kn = kelp_ctl_net(info);
	u32 generation, cursor;
	struct nlattr *next;
	struct sk_buff *skb;
	int tries, err;
	void *hdr;

	BUILD_BUG_ON(KELP_CTL_ROOM + NLMSG_HDRLEN + GENL_HDRLEN >
		     KELP_MESSAGE_MAX);
	for (tries = 0; tries < KELP_CTL_TRIES; tries++) {
		skb = genlmsg_new(KELP_CTL_ROOM, GFP_KERNEL);
		if (!skb)
			return -ENOMEM;
		hdr = genlmsg_put_reply(skb, info, &kelp_genl_family, 0,
					info->genlhdr->cmd);
		generation = READ_ONCE(kn->generation);
		next = nla_reserve(skb, KELP_A_NEXT, sizeof(u32));
		if (!hdr || !next ||
		    nla_put_u32(skb, KELP_A_GENERATION, generation)) {
			err = -EMSGSIZE;
			goto err_free;
		}

		cursor = start;
		err = fill(kn, skb, &cursor);
		if (err == -EMSGSIZE && cursor != start)
			err = 0;
		else if (err)
			goto err_free;
		else
			cursor = 0;
		if (READ_ONCE(kn->generation) == generation) {
			memcpy(nla_data(next), &cursor, sizeof(cursor));
			genlmsg_end(skb, hdr);
			return genlmsg_reply(skb, info);
		}
		nlmsg_free(skb);
	}
	GENL_SET_ERR_MSG(info, "the configuration keeps changing; try again");
	return -EAGAIN;

err_free:
	nlmsg_free(skb);
	return err;
}

/**
 * kelp_ctl_entry_start() - begin an entry of a listing
 * @skb: the message
 *
 * Context: any.
 * Return: what kelp_ctl_entry_end() wants; NULL when there is no room.
 */
struct nlattr *kelp_ctl_entry_start(struct sk_buff *skb)
{
	return nla_nest_start(skb, KELP_A_ENTRY);
}

/**
 * kelp_ctl_entry_end() - end an entry of a listing
 * @skb: the message
 * @entry: from kelp_ctl_entry_start(), may be NULL
 * @err: non-zero if an attribute did not fit; the entry is taken back
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int kelp_ctl_entry_end(struct sk_buff *skb, struct nlattr *entry, int err)
{
	if (!entry)
		return -EMSGSIZE;
	if (err) {
		nla_nest_cancel(skb, entry);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, entry);
	return 0;
}

/**
 * kelp_ctl_put_u64() - append a 64-bit attribute, aligned
 * @skb: the message
 * @attr: its type
 * @value: its value
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int kelp_ctl_put_u64(struct sk_buff *skb, enum kelp_attr attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, KELP_A_PAD);
}
