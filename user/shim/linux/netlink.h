/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: why something was refused. */
#ifndef KELP_SHIM_NETLINK_H
#define KELP_SHIM_NETLINK_H

struct netlink_ext_ack {
	const char *_msg;
};

#endif /* KELP_SHIM_NETLINK_H */
