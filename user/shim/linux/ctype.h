/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: the C library's, in the C locale. */
#ifndef KELP_SHIM_CTYPE_H
#define KELP_SHIM_CTYPE_H

#include <ctype.h>

#endif /* KELP_SHIM_CTYPE_H */
