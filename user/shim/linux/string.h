/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: the C library's. */
#ifndef KELP_SHIM_STRING_H
#define KELP_SHIM_STRING_H

#include <string.h>

#endif /* KELP_SHIM_STRING_H */
