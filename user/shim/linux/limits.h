/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: the real thing, which libc includes too, and ranges of types. */
#ifndef KELP_SHIM_LIMITS_H
#define KELP_SHIM_LIMITS_H

#include_next <linux/limits.h>

#define U8_MAX	0xff
#define U16_MAX	0xffff
#define U32_MAX	0xffffffffU
#define S32_MAX	0x7fffffff
#define S32_MIN	(-S32_MAX - 1)
#define U64_MAX	0xffffffffffffffffULL
#define S64_MAX	0x7fffffffffffffffLL

#endif /* KELP_SHIM_LIMITS_H */
