/* SPDX-License-Identifier: MIT */
/* Noticing that the process has forked. Any thread. */
#ifndef LIBKELP_FORK_H
#define LIBKELP_FORK_H

/*
 * How often this process, and those it comes from, have forked since the first
 * call of this function.
 */
unsigned int fork_generation(void);

#endif
