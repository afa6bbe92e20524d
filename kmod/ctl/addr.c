// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses in messages. An address is three attributes in a row: the binary
 * address, whose length is the family, the port in network order, and the
 * scope of link-local IPv6.
 */
#include "ctl/ctl.h"

#include <linux/build_bug.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <net/ipv6.h>

/**
 * kelp_ctl_get_addr() - the address that a command is about
 * @info: the command
 * @addr: where to store it
 *
 * Whether anybody can connect to it is not judged here, but that it names one
 * address and one port is.
 *
 * Context: any.
 * Return: 0 or -EINVAL, with a reason.
 */
int kelp_ctl_get_addr(struct genl_info *info, struct sockaddr_storage *addr)
{
	struct nlattr *bytes = info->attrs[KELP_A_ADDR];
	struct nlattr *port = info->attrs[KELP_A_PORT];
	struct nlattr *scope = info->attrs[KELP_A_SCOPE];
	struct sockaddr_in6 *in6 = (void *)addr;
	struct sockaddr_in *in = (void *)addr;

	if (!bytes || !port) {
		GENL_SET_ERR_MSG(info, "an address and a port are needed");
		return -EINVAL;
	}
	if (!nla_get_be16(port)) {
		NL_SET_ERR_MSG_ATTR(info->extack, port,
				    "a port is a number from 1 to 65535");
		return -EINVAL;
	}

	memset(addr, 0, sizeof(*addr));
	switch (nla_len(bytes)) {
	case sizeof(in->sin_addr):
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = nla_get_in_addr(bytes);
		in->sin_port = nla_get_be16(port);
		break;
	case sizeof(in6->sin6_addr):
		in6->sin6_family = AF_INET6;
		in6->sin6_addr = nla_get_in6_addr(bytes);
		in6->sin6_port = nla_get_be16(port);
		break;
	default:
		NL_SET_ERR_MSG_ATTR(info->extack, bytes,
				    "an address has 4 bytes or 16");
		return -EINVAL;
	}

	if (!scope)
		return 0;
	if (in6->sin6_family != AF_INET6 ||
	    !(ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL)) {
		NL_SET_ERR_MSG_ATTR(info->extack, scope,
				    "only a link-local IPv6 address has a scope");
		return -EINVAL;
	}
	in6->sin6_scope_id = nla_get_u32(scope);
	return 0;
}

/**
 * kelp_ctl_put_addr() - append an address to a message
 * @skb: the message
 * @addr: IPv4 or IPv6
 * @first: KELP_A_ADDR or KELP_A_PEER_ADDR
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int kelp_ctl_put_addr(struct sk_buff *skb, const struct sockaddr *addr,
		      enum kelp_attr first)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	BUILD_BUG_ON(KELP_A_PORT - KELP_A_ADDR != 1);
	BUILD_BUG_ON(KELP_A_SCOPE - KELP_A_ADDR != 2);
	BUILD_BUG_ON(KELP_A_PEER_PORT - KELP_A_PEER_ADDR != 1);
	BUILD_BUG_ON(KELP_A_PEER_SCOPE - KELP_A_PEER_ADDR != 2);

	if (addr->sa_family == AF_INET)
		return nla_put_in_addr(skb, first, in->sin_addr.s_addr) ?:
		       nla_put_be16(skb, first + 1, in->sin_port);

	return nla_put_in6_addr(skb, first, &in6->sin6_addr) ?:
	       nla_put_be16(skb, first + 1, in6->sin6_port) ?:
	       (in6->sin6_scope_id ?
		nla_put_u32(skb, first + 2, in6->sin6_scope_id) : 0);
}
