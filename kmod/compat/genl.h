/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generic netlink's differences: pre_doit and post_doit are given the command
 * as a structure of another name.
 */
#ifndef KELP_COMPAT_GENL_H
#define KELP_COMPAT_GENL_H

#include <net/genetlink.h>

#include "compat/probed.h"

#ifdef KELP_HAVE_GENL_SPLIT_OPS
#define kelp_genl_ops genl_split_ops
#else
#define kelp_genl_ops genl_ops
#endif

#endif
