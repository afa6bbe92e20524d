// SPDX-License-Identifier: GPL-2.0-only
/* Messages from text: every kind of field, all spellings, what is refused. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pb_print.h"
#include "pb_text.h"
#include "types_kit.h"

static const struct {
	const char *type;
	const char *text;
	const char *hex;
} taken[] = {
	{ "kelp.AddRequest", "", "" },
	{ "kelp.AddRequest", "a: 1 b: 2", "08011002" },
	{ "kelp.AddRequest", "b:2,a:1;", "08011002" },
	{ "kelp.AddRequest", " # none\n a:1 # one\n\t b : 2\n# more", "08011002" },
	{ "kelp.AddRequest", "a: -1", "08ffffffffffffffffff01" },
	{ "kelp.AddRequest", "a: - 1", "08ffffffffffffffffff01" },
	{ "kelp.AddRequest", "a: -9223372036854775808",
	  "0880808080808080808001" },
	{ "kelp.AddRequest", "a: 9223372036854775807", "08ffffffffffffffff7f" },
	{ "kelp.AddRequest", "a: 0x10 b: 010", "08101008" },
	{ "kelp.AddRequest", "a: -0", "0800" },

	{ "test.All", "f_double: 1.5", "09000000000000f83f" },
	{ "test.All", "f_double: -.5e+1", "0900000000000014c0" },
	{ "test.All", "f_double: 1e400", "09000000000000f07f" },
	{ "test.All", "f_double: -inf", "09000000000000f0ff" },
	{ "test.All", "f_double: Infinity", "09000000000000f07f" },
	{ "test.All", "f_float: 1.5f", "150000c03f" },
	{ "test.All", "f_float: 3", "1500004040" },
	{ "test.All", "f_float: nan", "150000c07f" },
	{ "test.All", "f_uint64: 18446744073709551615",
	  "20ffffffffffffffffff01" },
	{ "test.All", "f_int32: -2147483648", "2880808080f8ffffffff01" },
	{ "test.All", "f_fixed64: 1", "310100000000000000" },
	{ "test.All", "f_fixed32: 4294967295", "3dffffffff" },
	{ "test.All", "f_bool: true", "4001" },
	{ "test.All", "f_bool: f", "4000" },
	{ "test.All", "f_bool: 1", "4001" },
	{ "test.All", "f_bool: True", "4001" },
	{ "test.All", "f_uint32: 4294967295", "68ffffffff0f" },
	{ "test.All", "f_enum: BLUE", "70f9ffffffffffffffff01" },
	{ "test.All", "f_enum: 5", "7005" },
	{ "test.All", "f_enum: -7", "70f9ffffffffffffffff01" },
	{ "test.All", "f_sfixed32: -2", "7dfeffffff" },
	{ "test.All", "f_sfixed64: -2", "8101feffffffffffffff" },
	{ "test.All", "f_sint32: -2", "880103" },
	{ "test.All", "f_sint64: -9223372036854775808",
	  "9001ffffffffffffffffff01" },

	{ "test.All", "f_string: \"a\" 'b\"' \"\"\n\"c\"", "4a0461622263" },
	{ "test.All", "f_string: ''", "4a00" },
	{ "test.All", "f_string: \"\\u00e9\\U0001F600\xc3\xa9\"",
	  "4a08c3a9f09f9880c3a9" },
	{ "test.All", "f_bytes: \"\\n\\r\\t\\\\\\\"\\'\\a\\b\\f\\v\\?\"",
	  "620b0a0d095c222707080c0b3f" },
	{ "test.All", "f_bytes: '\\0\\12\\1234\\xf\\xff0'", "6207000a5334 0fff30" },

	{ "test.All", "f_message { i: 5 }", "5a020805" },
	{ "test.All", "f_message: { i: 5 }", "5a020805" },
	{ "test.All", "f_message < i: 5 >", "5a020805" },
	{ "test.All", "f_message{inner{inner{}}}", "5a0412021200" },
	{ "test.All", "r_int32: 1 r_int32: 300", "fa010301ac02" },
	{ "test.All", "r_int32: [1, 300] r_int32: [] r_int32: 2",
	  "fa010401ac0202" },
	{ "test.All", "r_double: [0, 1]",
	  "8202100000000000000000000000000000f03f" },
	{ "test.All", "r_string: ['a', 'b' 'c'] r_string: 'd'",
	  "8a0201618a020262638a020164" },
	{ "test.All", "r_message { i: 1 } r_message [{}, {i: 2}]",
	  "9202020801920200920202 0802" },
	{ "test.All", "r_enum: [RED, 0]", "9a02020100" },
	{ "test.All", "r_loose: [-1, 1]", "a00201a00202" },
	{ "test.All", "m_string { key: 'a' value: 5 }", "ca02050a01611005" },
	{ "test.All", "o_string: 'x'", "a2030178" },
	{ "test.All", "nested { inside: ZERO }", "ea03020800" },
	{ "test.Old", "id: 1 loose: [1, 2] tight: [1, 2]",
	  "08011801180222020102" },
	{ "test.Old", "Part { a: 3 } id: 1 Many {} Many { b: 1 }",
	  "08012b08032c3334330801 34" },
};

static void pb_text_parse__taken(void **state)
{
	struct pb_fault fault;
	struct pb_buf out;
	const char *text;
	char *hex, *want;
	const u8 *data;
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_LEN(taken); i++) {
		memset(&out, 0, sizeof(out));
		text = (const char *)guarded(taken[i].text,
					     strlen(taken[i].text));
		if (!pb_text_parse(kit_type(taken[i].type), text,
				   strlen(taken[i].text), &out, &fault))
			fail_msg("'%s': %zu: %s", taken[i].text, fault.offset,
				 fault.why);
		hex = kit_unhex(out.data, out.len);
		data = kit_hex(taken[i].hex, &len);
		want = kit_unhex(data, len);
		assert_string_equal(hex, want);
		free(hex);
		free(want);
		pb_buf_free(&out);
	}
}

static const struct {
	const char *type;
	const char *text;
	size_t offset;
	const char *why;
} refused[] = {
	{ "kelp.AddRequest", "c: 1", 0, "no field 'c'; it has a, b" },
	{ "test.Empty", "c: 1", 0, "it has none" },
	{ "kelp.AddRequest", "a 1", 2, "':'" },
	{ "kelp.AddRequest", "a:", 2, "whole number" },
	{ "kelp.AddRequest", "a: x", 3, "whole number" },
	{ "kelp.AddRequest", "a: 1.5", 3, "whole number" },
	{ "kelp.AddRequest", "a: 08", 3, "whole number" },
	{ "kelp.AddRequest", "a: 1 a: 2", 5, "given twice" },
	{ "kelp.AddRequest", "a: 9223372036854775808", 3, "does not fit" },
	{ "kelp.AddRequest", "a: -9223372036854775809", 4, "does not fit" },
	{ "kelp.AddRequest", "a: 99999999999999999999999", 3, "does not fit" },
	{ "kelp.AddRequest", "a: [1]", 3, "one value" },
	{ "kelp.AddRequest", "a: 1 }", 5, "name of a field" },
	{ "kelp.AddRequest", "a: 1,, b: 2", 5, "name of a field" },
	{ "kelp.AddRequest", "1: 1", 0, "name of a field" },
	{ "kelp.AddRequest", "[a.b]: 1", 0, "extensions" },
	{ "test.All", "f_int32: 2147483648", 9, "does not fit" },
	{ "test.All", "f_uint32: -1", 11, "does not fit" },
	{ "test.All", "f_bool: 2", 8, "true or false" },
	{ "test.All", "f_bool: -1", 9, "true or false" },
	{ "test.All", "f_bool: yes", 8, "true or false" },
	{ "test.All", "f_enum: GREEN", 8, "'GREEN' is no value of test.Colour" },
	{ "test.All", "f_enum: 4294967296", 8, "test.Colour" },
	{ "test.All", "f_float: 0x1", 9, "a number" },
	{ "test.All", "f_float: 1ff", 9, "a number" },
	{ "test.All", "f_float: one", 9, "a number" },
	{ "test.All", "f_string: 5", 10, "quotes" },
	{ "test.All", "f_string: \"abc", 10, "no closing quote" },
	{ "test.All", "f_string: \"abc\n\"", 10, "no closing quote" },
	{ "test.All", "f_string: \"abc\\", 10, "no closing quote" },
	{ "test.All", "f_string: \"abc\\\"", 10, "no closing quote" },
	{ "test.All", "f_string: \"a\\q\"", 12, "escape" },
	{ "test.All", "f_string: \"\\xg\"", 11, "escape" },
	{ "test.All", "f_string: \"\\400\"", 11, "escape" },
	{ "test.All", "f_string: \"\\u12\"", 11, "escape" },
	{ "test.All", "f_string: \"\\ud800\"", 11, "escape" },
	{ "test.All", "f_string: \"\\U00110000\"", 11, "escape" },
	{ "test.All", "f_string: 'a' \"\\xff\"", 10, "UTF-8" },
	{ "test.All", "f_message 5", 10, "'{'" },
	{ "test.All", "f_message { i: 1", 16, "'}' is missing" },
	{ "test.All", "f_message { i: 1 >", 17, "name of a field" },
	{ "test.All", "f_message { x: 1 }", 12, "i, inner" },
	{ "test.All", "r_int32: [1 2]", 12, "',' or ']'" },
	{ "test.All", "r_int32: [1,]", 12, "whole number" },
	{ "test.All", "o_int32: 1 o_string: 'x'", 11, "excludes o_int32" },
	{ "test.Old", "name: 'x'", 9, "id is missing in test.Old" },
	{ "test.All", "old { }", 6, "id is missing in test.Old" },
	{ "test.Old", "id: 1 part { }", 6, "no field 'part'" },
};

static void pb_text_parse__refused(void **state)
{
	struct pb_buf out = {};
	struct pb_fault fault;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(refused); i++) {
		text = (const char *)guarded(refused[i].text,
					     strlen(refused[i].text));
		if (pb_text_parse(kit_type(refused[i].type), text,
				  strlen(refused[i].text), &out, &fault))
			fail_msg("'%s' was taken", refused[i].text);
		if (!strstr(fault.why, refused[i].why) ||
		    fault.offset != refused[i].offset)
			fail_msg("'%s': %zu: %s", refused[i].text, fault.offset,
				 fault.why);
		assert_int_equal(out.len, 0);
	}
	pb_buf_free(&out);
}

static void pb_text_parse__depth(void **state)
{
	struct pb_fault fault;
	struct pb_buf out = {};
	char text[400];
	int depth, i;

	(void)state;
	for (depth = 32; depth <= 33; depth++) {
		text[0] = '\0';
		for (i = 0; i < depth; i++)
			strcat(text, "inner{");
		for (i = 0; i < depth; i++)
			strcat(text, "}");
		assert_int_equal(pb_text_parse(kit_type("test.Inner"), text,
					       strlen(text), &out, &fault),
				 depth == 32);
	}
	assert_non_null(strstr(fault.why, "deeper than 32"));
	assert_int_equal(out.len, 64);
	pb_buf_free(&out);
}

/* What is printed can be read again, and is the same then. */
static void pb_text_parse__back_and_forth(void **state)
{
	struct pb_buf out;
	struct pb_fault fault;
	char *text;
	size_t i, len, text_len;
	FILE *file;

	(void)state;
	for (i = 0; i < ARRAY_LEN(taken); i++) {
		const struct pb_message *type = kit_type(taken[i].type);
		const u8 *data = kit_hex(taken[i].hex, &len);

		file = open_memstream(&text, &text_len);
		assert_non_null(file);
		assert_true(pb_print(file, type, data, len, 0, &fault));
		fclose(file);
		memset(&out, 0, sizeof(out));
		if (!pb_text_parse(type, text, text_len, &out, &fault))
			fail_msg("'%s': %s", text, fault.why);
		assert_int_equal(out.len, len);
		if (len)
			assert_memory_equal(out.data, data, len);
		pb_buf_free(&out);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pb_text_parse__taken),
		cmocka_unit_test(pb_text_parse__refused),
		cmocka_unit_test(pb_text_parse__depth),
		cmocka_unit_test(pb_text_parse__back_and_forth),
	};

	return cmocka_run_group_tests_name("pb_text", tests, NULL, NULL);
}
