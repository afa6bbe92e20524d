/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: seconds. */
#ifndef KELP_SHIM_TIME64_H
#define KELP_SHIM_TIME64_H

#define time64_t	long long

#endif /* KELP_SHIM_TIME64_H */
