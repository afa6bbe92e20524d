/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: the real thing; libc includes it too. */
#ifndef KELP_SHIM_ERRNO_H
#define KELP_SHIM_ERRNO_H

#include_next <linux/errno.h>

#endif /* KELP_SHIM_ERRNO_H */
