/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of limits as people write them: 10s, 500ms, 2h; 64K, 1M, 2G; 100.
 */
#ifndef KELPCTL_VALUE_H
#define KELPCTL_VALUE_H

#include <stdint.h>

/* "18446744073709551615ms" fits. */
#define VALUE_TEXT_MAX 32

/* @unit is "ms", "bytes" or "". NULL, or what is wrong with @text. */
const char *value_parse(const char *text, const char *unit, uint64_t *value);
void value_format(uint64_t value, const char *unit, char text[VALUE_TEXT_MAX]);

#endif
