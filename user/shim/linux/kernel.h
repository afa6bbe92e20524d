/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: odds and ends. */
#ifndef KELP_SHIM_KERNEL_H
#define KELP_SHIM_KERNEL_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline int hex_to_bin(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif /* KELP_SHIM_KERNEL_H */
