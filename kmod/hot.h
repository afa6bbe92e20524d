/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Where the functions lie that every request runs through: side by side, in a
 * section of their own. A module's code is mapped in pages of 4 KiB, and spread
 * over all of kelp the path of a small request touches 13 of them; so it
 * touches 5, and what is rarely run does not share its cache lines.
 *
 * For the functions that a cached object, or a call answered in place, runs
 * through; those that they call in other cases stay where they are.
 */
#ifndef KELP_HOT_H
#define KELP_HOT_H

#define __kelp_hot __attribute__((__hot__))

/*
 * For a large thing on the stack, of which nothing is read before it is set.
 * Kernels are built to zero what is on the stack, and the compiler does not see
 * that it is done twice.
 */
#if __has_attribute(__uninitialized__)
#define __kelp_not_zeroed __attribute__((__uninitialized__))
#else
#define __kelp_not_zeroed
#endif

#endif
