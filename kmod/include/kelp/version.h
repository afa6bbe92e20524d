/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of kelp: of the module and of everything that is built with it.
 * Nothing else in the tree spells it.
 */
#ifndef KELP_VERSION_H
#define KELP_VERSION_H

#define KELP_VERSION "0.1.0"

#endif
