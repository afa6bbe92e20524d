/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: the integer types, beside those for user space. */
#ifndef KELP_SHIM_TYPES_H
#define KELP_SHIM_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
/* the kernel's is long long everywhere; printing wants that */
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

#endif /* KELP_SHIM_TYPES_H */
