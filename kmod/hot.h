/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the functions lie that every request runs through: side by side, in a
 * section of their own. A module's code is mapped in pages of 4 KiB, and spread
 * over all of kelp the path of a small request touches 13 of them; so it
 * touches 3, and what is rarely run does not share its cache lines.
 *
 * For functions of the path of a cached object only; those that they call in
 * other cases stay where they are.
 */
#ifndef KELP_HOT_H
#define KELP_HOT_H

#define __kelp_hot __attribute__((__hot__))

#endif
