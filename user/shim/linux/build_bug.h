/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: assertions at compile time. */
#ifndef KELP_SHIM_BUILD_BUG_H
#define KELP_SHIM_BUILD_BUG_H

#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)
#define static_assert(cond)	_Static_assert(cond, #cond)

#endif /* KELP_SHIM_BUILD_BUG_H */
