/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: the real thing, and offsetof, which libc has elsewhere. */
#ifndef KELP_SHIM_STDDEF_H
#define KELP_SHIM_STDDEF_H

#include_next <linux/stddef.h>
#include <stddef.h>

#endif /* KELP_SHIM_STDDEF_H */
