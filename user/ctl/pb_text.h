/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages from the text format of Protocol Buffers: "a: 1 b { c: "x" }".
 *
 * Taken are: scalars in decimal, hexadecimal (0x) and octal (0); true, false and
 * their first letters; inf and nan; enums by name or number; strings in either
 * quotes, with escapes, several behind each other as one; messages in braces or
 * angle brackets, with or without a colon; repeated fields several times, or as
 * lists in brackets; ',' or ';' behind a field; comments from '#' to the end of
 * the line. Not taken are extensions, and what pb_print.h shows by its number.
 */
#ifndef KELPCTL_PB_TEXT_H
#define KELPCTL_PB_TEXT_H

#include <stdbool.h>

#include "pb_type.h"

/*
 * Add the message's bytes to @out, fields in the order of their numbers. False
 * with @fault set (offsets into the text) when the text is no such message;
 * then nothing was added.
 */
bool pb_text_parse(const struct pb_message *type, const char *text, size_t len,
		   struct pb_buf *out, struct pb_fault *fault);

#endif
