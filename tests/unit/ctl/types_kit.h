/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of messages share: the types of proto/ and of kelp's services,
 * and bytes written in hexadecimal.
 */
#ifndef KELP_TEST_TYPES_KIT_H
#define KELP_TEST_TYPES_KIT_H

#include "pb_type.h"

/* All types, loaded once. */
const struct pb_types *kit_types(void);
/* One of them, which is there. */
const struct pb_message *kit_type(const char *name);

/* The descriptor set they come from. */
const struct pb_buf *kit_set(void);

/*
 * Bytes from pairs of digits, with blanks anywhere between; before a page that
 * nobody may touch, good until the next call but one.
 */
const u8 *kit_hex(const char *hex, size_t *len);

/* The same bytes as digits, to be freed. */
char *kit_unhex(const u8 *data, size_t len);

#endif
