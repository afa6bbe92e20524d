// SPDX-License-Identifier: GPL-2.0-only
/* Digits to bytes, where the first wrong one is, and back. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "hex.h"

static const struct {
	const char *in;
	const char *out;	/* NULL: refused */
	size_t offset;		/* of what is wrong */
} cases[] = {
	{ "", "", 0 },
	{ " \n\t:", "", 0 },
	{ "00", "00", 0 },
	{ "0aFf", "0aff", 0 },
	{ "08:01\n 10 02\n", "08011002", 0 },
	{ "0", NULL, 1 },
	{ "001", NULL, 3 },
	{ "00 1", NULL, 4 },
	{ "0 0", NULL, 1 },
	{ "0:0", NULL, 1 },
	{ "x0", NULL, 0 },
	{ "000g", NULL, 3 },
	{ "0x00", NULL, 1 },
};

static void fill(struct pb_buf *buf, const void *data, size_t len)
{
	memset(buf, 0, sizeof(*buf));
	pb_buf_add(buf, data, len);
}

static void hex_parse__cases(void **state)
{
	struct pb_fault fault;
	struct pb_buf buf;
	char *back;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		fill(&buf, cases[i].in, strlen(cases[i].in));
		if (!cases[i].out) {
			if (hex_parse(&buf, &fault))
				fail_msg("'%s' was taken", cases[i].in);
			assert_int_equal(fault.offset, cases[i].offset);
			pb_buf_free(&buf);
			continue;
		}
		if (!hex_parse(&buf, &fault))
			fail_msg("'%s': %zu: %s", cases[i].in, fault.offset,
				 fault.why);
		back = hex_text(buf.data, buf.len);
		assert_string_equal(back, cases[i].out);
		free(back);
		pb_buf_free(&buf);
	}
}

/* A NUL is no end, and bytes above 127 are no digits either. */
static void hex_parse__any_byte(void **state)
{
	char text[2] = { '0', 0 };
	struct pb_fault fault;
	struct pb_buf buf;
	int byte, taken = 0;

	(void)state;
	for (byte = 0; byte < 256; byte++) {
		text[1] = (char)byte;
		fill(&buf, text, sizeof(text));
		if (hex_parse(&buf, &fault))
			taken++;
		else
			assert_int_equal(fault.offset, 1);
		pb_buf_free(&buf);
	}
	assert_int_equal(taken, 22);
}

static void hex_text__all_bytes(void **state)
{
	struct pb_fault fault;
	struct pb_buf buf;
	u8 bytes[256];
	char *text;
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		bytes[i] = (u8)i;
	text = hex_text(guarded(bytes, 256), 256);
	assert_int_equal(strlen(text), 512);
	fill(&buf, text, 512);
	assert_true(hex_parse(&buf, &fault));
	assert_int_equal(buf.len, 256);
	assert_memory_equal(buf.data, bytes, 256);
	pb_buf_free(&buf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_parse__cases),
		cmocka_unit_test(hex_parse__any_byte),
		cmocka_unit_test(hex_text__all_bytes),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
