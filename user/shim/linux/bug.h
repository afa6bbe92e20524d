/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* User-space stand-in: a kernel WARNING ends the test program, unless it waits for one. */
#ifndef KELP_SHIM_BUG_H
#define KELP_SHIM_BUG_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/build_bug.h>
#include <linux/compiler.h>

/* A test that provokes a WARNING sets it, and finds it cleared. */
extern bool shim_expect_warning;

#define WARN_ON_ONCE(cond) ({						\
	bool warn_ = !!(cond);						\
									\
	if (warn_ && !shim_expect_warning) {				\
		fprintf(stderr, "%s:%d: WARNING: %s\n", __FILE__,	\
			__LINE__, #cond);				\
		abort();						\
	}								\
	if (warn_)							\
		shim_expect_warning = false;				\
	warn_;								\
})

#endif /* KELP_SHIM_BUG_H */
