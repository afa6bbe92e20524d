/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KELPCTL_COUNT_H
#define KELPCTL_COUNT_H

#include <stdint.h>

struct ctl;

/**
 * count_of() - the whole number that an option was given
 * @ctl: the invocation, for messages
 * @text: what was given, or NULL
 * @option: its name, for messages: "-t"
 * @otherwise: if nothing was given
 * @most: the most that it may be; the least is 1
 *
 * Dies with a usage message when it is none.
 *
 * Return: the number.
 */
uint64_t count_of(const struct ctl *ctl, const char *text, const char *option,
		  uint64_t otherwise, uint64_t most);

#endif
