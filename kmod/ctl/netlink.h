/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control plane as main.c sees it.
 */
#ifndef KELP_CTL_NETLINK_H
#define KELP_CTL_NETLINK_H

#include <linux/types.h>

/*
 * Module parameter "userns": also serve network namespaces that a user
 * namespace other than the initial one owns. Defined by main.c, set once.
 */
extern bool kelp_allow_userns;

int kelp_ctl_init(void);
void kelp_ctl_exit(void);

#endif
