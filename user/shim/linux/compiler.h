/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: attributes and branch hints. */
#ifndef KELP_SHIM_COMPILER_H
#define KELP_SHIM_COMPILER_H

/* the C library knows __always_inline, too */
#include <sys/cdefs.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#ifndef __force
#define __force
#endif
#define fallthrough	__attribute__((__fallthrough__))

#endif /* KELP_SHIM_COMPILER_H */
