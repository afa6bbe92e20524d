/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What callers of services have to know. It comes from a file, so that it does
 * not appear on command lines.
 */
#ifndef KELPCTL_SECRET_H
#define KELPCTL_SECRET_H

#include <stddef.h>

#include <linux/kelp.h>

/* Bytes for a secret, and the NUL behind it. */
#define SECRET_ROOM (KELP_SECRET_MAX + 2)

/*
 * The first line of a file, with a NUL behind it; returns its length, at least
 * 1. Dies when there is none, or one that is too long. The caller wipes it.
 */
size_t secret_read(const char *name, char secret[SECRET_ROOM]);

#endif
