// SPDX-License-Identifier: GPL-2.0-only
/* Types from a file that the Makefile has protoc make, and bytes as digits. */
#include "types_kit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

const struct pb_buf *kit_set(void)
{
	static struct pb_buf set;
	FILE *file;

	if (set.data)
		return &set;
	file = fopen(TYPES_SET, "rb");
	assert_non_null(file);
	set.len = fread(pb_buf_room(&set, 100000), 1, 100000, file);
	fclose(file);
	return &set;
}

const struct pb_types *kit_types(void)
{
	static struct pb_types *types;
	struct pb_fault fault;

	if (!types) {
		types = pb_types_new();
		if (!pb_types_add(types, kit_set()->data, kit_set()->len,
				  &fault))
			fail_msg("types: %zu: %s", fault.offset, fault.why);
	}
	return types;
}

const struct pb_message *kit_type(const char *name)
{
	const struct pb_message *type = pb_types_message(kit_types(), name);

	assert_non_null(type);
	return type;
}

const u8 *kit_hex(const char *hex, size_t *len)
{
	static u8 bytes[GUARDED_MAX];
	unsigned int byte;

	*len = 0;
	for (; *hex; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		bytes[(*len)++] = (u8)byte;
		hex++;
	}
	return guarded(bytes, *len);
}

char *kit_unhex(const u8 *data, size_t len)
{
	char *text = malloc(2 * len + 1);
	size_t i;

	assert_non_null(text);
	text[0] = '\0';
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	return text;
}
