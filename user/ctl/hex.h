/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as hexadecimal digits, for those who write or read them by hand.
 */
#ifndef KELPCTL_HEX_H
#define KELPCTL_HEX_H

#include <stdbool.h>

#include "pb_buf.h"

/*
 * In place: two digits become a byte. White space and ':' may stand between
 * bytes. False with @fault set when there is anything else; then @buf is spoilt.
 */
bool hex_parse(struct pb_buf *buf, struct pb_fault *fault);

/* The digits of @len bytes, to be freed. */
char *hex_text(const u8 *data, size_t len);

#endif
