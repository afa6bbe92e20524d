/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: single bits. */
#ifndef KELP_SHIM_BITS_H
#define KELP_SHIM_BITS_H

#define BIT(n)	(1UL << (n))

#endif /* KELP_SHIM_BITS_H */
