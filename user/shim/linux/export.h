/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: nothing is exported. */
#ifndef KELP_SHIM_EXPORT_H
#define KELP_SHIM_EXPORT_H

/* A declaration, because a semicolon follows. */
#define EXPORT_SYMBOL_GPL(symbol) _Static_assert(1, "not exported")

#endif /* KELP_SHIM_EXPORT_H */
