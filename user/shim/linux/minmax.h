/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: min, max and clamp, each argument evaluated once. */
#ifndef KELP_SHIM_MINMAX_H
#define KELP_SHIM_MINMAX_H

#define min_t(type, a, b) ({			\
	type min_a_ = (a);			\
	type min_b_ = (b);			\
	min_a_ < min_b_ ? min_a_ : min_b_;	\
})
#define max_t(type, a, b) ({			\
	type max_a_ = (a);			\
	type max_b_ = (b);			\
	max_a_ > max_b_ ? max_a_ : max_b_;	\
})
#define min(a, b)	min_t(__typeof__(a), a, b)
#define max(a, b)	max_t(__typeof__(a), a, b)
#define clamp_t(type, v, low, high) \
	min_t(type, max_t(type, v, low), high)

#endif /* KELP_SHIM_MINMAX_H */
