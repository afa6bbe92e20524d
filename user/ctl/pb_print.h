/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for people, in the text format of Protocol Buffers, and for programs,
 * in JSON. Fields stand in the order of the wire, all of them: what the type
 * does not have, or has as another wire type, is shown by its number.
 */
#ifndef KELPCTL_PB_PRINT_H
#define KELPCTL_PB_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "pb_type.h"

/*
 * Print the @len bytes as a message of this type, NULL when there is none that
 * is known; each line begins with @indent spaces. False, with @fault set, when
 * they are no message; what comes before the fault was printed.
 */
bool pb_print(FILE *out, const struct pb_message *type, const u8 *data,
	      size_t len, int indent, struct pb_fault *fault);

/*
 * The same as an object, to be released; NULL with @fault set. Values are those
 * of Protocol Buffers' mapping to JSON (64-bit numbers are strings, bytes are
 * base64, enums names, maps objects), names those of the .proto file. Strings
 * that are not UTF-8 are {"hex": …}. Without a type a member is the number of a
 * field, and an array of: varints and 64-bit values as strings of digits, 32-bit
 * values as numbers, and of length-delimited fields whatever they seem to be:
 * strings, objects, or {"hex": …}.
 */
json_t *pb_json(const struct pb_message *type, const u8 *data, size_t len,
		struct pb_fault *fault);

/* Bytes as {"hex": …}. */
json_t *pb_json_hex(const u8 *data, size_t len);

#endif
