// SPDX-License-Identifier: GPL-2.0-only
/* Messages as text and as JSON: every kind of field, unknown ones, broken ones. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pb_print.h"
#include "types_kit.h"

static char *printed(const char *type, const char *hex, struct pb_fault *fault)
{
	const struct pb_message *t = type ? kit_type(type) : NULL;
	char *text = NULL;
	const u8 *data;
	size_t len;
	FILE *out;
	bool good;

	out = open_memstream(&text, &len);
	assert_non_null(out);
	data = kit_hex(hex, &len);
	good = pb_print(out, t, data, len, 0, fault);
	fclose(out);
	if (good)
		fault->why[0] = '\0';
	return text;
}

struct text_case {
	const char *type;
	const char *hex;
	const char *text;
};

static const struct text_case known[] = {
	{ "test.Empty", "", "" },
	{ "test.All", "09 000000000000f83f", "f_double: 1.5\n" },
	{ "test.All", "09 9a9999999999b93f", "f_double: 0.1\n" },
	{ "test.All", "09 000000000000f0ff", "f_double: -inf\n" },
	{ "test.All", "15 cdcccc3d", "f_float: 0.1\n" },
	{ "test.All", "15 0000c07f", "f_float: nan\n" },
	{ "test.All", "18 ffffffffffffffffff01", "f_int64: -1\n" },
	{ "test.All", "20 ffffffffffffffffff01",
	  "f_uint64: 18446744073709551615\n" },
	{ "test.All", "28 ffffffffffffffffff01", "f_int32: -1\n" },
	{ "test.All", "31 ffffffffffffffff",
	  "f_fixed64: 18446744073709551615\n" },
	{ "test.All", "3d ffffffff", "f_fixed32: 4294967295\n" },
	{ "test.All", "40 02", "f_bool: true\n" },
	{ "test.All", "40 00", "f_bool: false\n" },
	{ "test.All", "4a 00", "f_string: \"\"\n" },
	{ "test.All", "4a 09 61220a5c c3a9 1b 01 7f",
	  "f_string: \"a\\\"\\n\\\\\xc3\xa9\\033\\001\\177\"\n" },
	/* C1, the direction of text, and what is no UTF-8 at all */
	{ "test.All", "4a 09 c285 e280ae 80 edbf bf",
	  "f_string: \"\\302\\205\\342\\200\\256\\200\\355\\277\\277\"\n" },
	{ "test.All", "5a 04 0805 1200", "f_message {\n  i: 5\n  inner {\n  }\n}\n" },
	{ "test.All", "62 04 61 00 c3a9", "f_bytes: \"a\\000\\303\\251\"\n" },
	{ "test.All", "68 ffffffff0f", "f_uint32: 4294967295\n" },
	{ "test.All", "70 01", "f_enum: RED\n" },
	{ "test.All", "70 f9ffffffffffffffff01", "f_enum: BLUE\n" },
	{ "test.All", "70 05", "f_enum: 5\n" },
	{ "test.All", "7d ffffffff", "f_sfixed32: -1\n" },
	{ "test.All", "8101 ffffffffffffffff", "f_sfixed64: -1\n" },
	{ "test.All", "8801 03", "f_sint32: -2\n" },
	{ "test.All", "9001 ffffffffffffffffff01",
	  "f_sint64: -9223372036854775808\n" },
	/* packed, and not, whatever the file says */
	{ "test.All", "fa01 03 01 ac02", "r_int32: 1\nr_int32: 300\n" },
	{ "test.All", "f801 07 fa01 00", "r_int32: 7\n" },
	{ "test.All", "a002 01 a202 01 02", "r_loose: -1\nr_loose: 1\n" },
	{ "test.All", "ca02 05 0a0161 1005",
	  "m_string {\n  key: \"a\"\n  value: 5\n}\n" },
	{ "test.Old", "0801 2b 0803 2c", "id: 1\nPart {\n  a: 3\n}\n" },
	{ "kelp.AddRequest", "0801 1002", "a: 1\nb: 2\n" },
	/* in the order of the wire, twice */
	{ "kelp.AddRequest", "1002 0801 1003", "b: 2\na: 1\nb: 3\n" },
};

static const struct text_case unknown[] = {
	/* another number, another wire type */
	{ "kelp.AddRequest", "1801 1202 6869", "3: 1\n2: \"hi\"\n" },
	{ NULL, "", "" },
	{ NULL, "0800 0801 0802", "1: 0\n1: 1\n1: 2  # sint 1\n" },
	{ NULL, "08 ffffffffffffffffff01",
	  "1: 18446744073709551615  # int -1, sint -9223372036854775808\n" },
	{ NULL, "0d 0000c0bf",
	  "1: 0xbfc00000  # 3217031168, -1077936128, float -1.5\n" },
	{ NULL, "09 000000000000f83f",
	  "1: 0x3ff8000000000000  # 4609434218613702656, double 1.5\n" },
	{ NULL, "0a00", "1: \"\"\n" },
	{ NULL, "0a05 68656c6c6f", "1: \"hello\"\n" },
	{ NULL, "0a02 0805", "1 {\n  1: 5  # sint -3\n}\n" },
	{ NULL, "0a02 c328", "1: \"\\xc3\\x28\"  # 2 bytes\n" },
	/* what begins with a line end is text only if it is no message */
	{ NULL, "0a04 0a026869", "1 {\n  1: \"hi\"\n}\n" },
	{ NULL, "0a04 0a686921", "1: \"\\nhi!\"\n" },
	{ NULL, "0b 1005 0c", "1 {  # group\n  2: 5  # sint -3\n}\n" },
};

static void check_text(const struct text_case *c)
{
	struct pb_fault fault;
	char *text = printed(c->type, c->hex, &fault);

	if (fault.why[0])
		fail_msg("'%s': %s", c->hex, fault.why);
	assert_string_equal(text, c->text);
	free(text);
}

static void pb_print__known_fields(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(known); i++)
		check_text(&known[i]);
}

static void pb_print__unknown_fields(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(unknown); i++)
		check_text(&unknown[i]);
}

/* type, bytes, what comes before the fault, and where and what it is. */
static const struct {
	const char *type;
	const char *hex;
	const char *text;
	size_t offset;
	const char *why;
} broken[] = {
	{ NULL, "08", "", 0, "the number in field 1 is cut off" },
	{ NULL, "0801 80", "1: 1\n", 2, "a field's tag is cut off" },
	{ NULL, "0801 08 ffffffffffffffffffff01", "1: 1\n", 2,
	  "more than 64 bits" },
	{ NULL, "0001", "", 0, "0 is no field number" },
	{ NULL, "8080808010 01", "", 0, "536870912 is no field number" },
	{ NULL, "0f", "", 0, "wire type 7" },
	{ NULL, "0c", "", 0, "a group 1 ends that was not begun" },
	{ NULL, "0b 0801", "", 0, "group" },
	{ NULL, "0d 010203", "", 0, "needs 4 bytes, but only 3 are left" },
	{ NULL, "09 010203", "", 0, "needs 8 bytes, but only 3 are left" },
	{ NULL, "0a 05 6869", "", 0, "says 5 bytes, but only 2 are left" },
	{ NULL, "0a 80", "", 0, "the length of field 1 is cut off" },
	/* a message by its type, which is none */
	{ "test.All", "0805 5a 02 08ff", "1: 5  # sint -3\nf_message {\n", 4,
	  "number in field 1" },
	{ "test.All", "5a 04 1202 0880", "f_message {\n  inner {\n", 4,
	  "number in field 1" },
	{ "test.All", "fa01 03 01 02 80", "r_int32: 1\nr_int32: 2\n", 5,
	  "packed values in r_int32" },
};

static void pb_print__what_is_wrong(void **state)
{
	struct pb_fault fault;
	const u8 *data;
	json_t *object;
	size_t len, i;
	char *text;

	(void)state;
	for (i = 0; i < ARRAY_LEN(broken); i++) {
		text = printed(broken[i].type, broken[i].hex, &fault);
		assert_string_equal(text, broken[i].text);
		free(text);
		if (!strstr(fault.why, broken[i].why))
			fail_msg("'%s': %s", broken[i].hex, fault.why);
		assert_int_equal(fault.offset, broken[i].offset);

		memset(&fault, 0, sizeof(fault));
		data = kit_hex(broken[i].hex, &len);
		object = pb_json(broken[i].type ? kit_type(broken[i].type) :
						  NULL, data, len, &fault);
		assert_null(object);
		if (!strstr(fault.why, broken[i].why))
			fail_msg("JSON of '%s': %s", broken[i].hex, fault.why);
		assert_int_equal(fault.offset, broken[i].offset);
	}
}

/* @depth messages within one another, each the field 2. */
static size_t nest(u8 *to, int depth)
{
	size_t len = 0;
	int i;

	for (i = 0; i < depth; i++) {
		memmove(to + 2, to, len);
		to[0] = 0x12;
		to[1] = (u8)len;
		len += 2;
	}
	return len;
}

static void pb_print__depth(void **state)
{
	struct pb_fault fault;
	u8 bytes[200];
	FILE *out = fopen("/dev/null", "w");
	size_t len;

	(void)state;
	assert_non_null(out);
	len = nest(bytes, 32);
	assert_true(pb_print(out, kit_type("Inner"), guarded(bytes, len), len,
			     0, &fault));
	len = nest(bytes, 33);
	assert_false(pb_print(out, kit_type("Inner"), guarded(bytes, len), len,
			      0, &fault));
	assert_non_null(strstr(fault.why, "deeper than 32"));
	assert_null(pb_json(kit_type("Inner"), guarded(bytes, len), len,
			    &fault));
	/* nobody said that these are messages */
	assert_true(pb_print(out, NULL, guarded(bytes, len), len, 0, &fault));
	fclose(out);
}

static const struct text_case json[] = {
	{ "test.Empty", "", "{}" },
	{ "test.All", "09 000000000000f83f", "{\"f_double\":1.5}" },
	{ "test.All", "09 000000000000f0ff", "{\"f_double\":\"-Infinity\"}" },
	{ "test.All", "15 cdcccc3d", "{\"f_float\":0.10000000000000001}" },
	{ "test.All", "15 0000c07f", "{\"f_float\":\"NaN\"}" },
	{ "test.All", "18 ffffffffffffffffff01", "{\"f_int64\":\"-1\"}" },
	{ "test.All", "20 ffffffffffffffffff01",
	  "{\"f_uint64\":\"18446744073709551615\"}" },
	{ "test.All", "28 ffffffffffffffffff01", "{\"f_int32\":-1}" },
	{ "test.All", "3d ffffffff", "{\"f_fixed32\":4294967295}" },
	{ "test.All", "40 01", "{\"f_bool\":true}" },
	{ "test.All", "4a 03 6100c2", "{\"f_string\":{\"hex\":\"6100c2\"}}" },
	{ "test.All", "4a 02 6100", "{\"f_string\":\"a\\u0000\"}" },
	{ "test.All", "4a 00", "{\"f_string\":\"\"}" },
	{ "test.All", "62 01 ff", "{\"f_bytes\":\"/w==\"}" },
	{ "test.All", "62 02 fffe", "{\"f_bytes\":\"//4=\"}" },
	{ "test.All", "62 03 000102", "{\"f_bytes\":\"AAEC\"}" },
	{ "test.All", "70 01", "{\"f_enum\":\"RED\"}" },
	{ "test.All", "70 05", "{\"f_enum\":5}" },
	{ "test.All", "8801 03", "{\"f_sint32\":-2}" },
	{ "test.All", "fa01 01 01 f801 02 fa01 01 03",
	  "{\"r_int32\":[1,2,3]}" },
	/* the last counts, messages are merged */
	{ "test.All", "2801 2802", "{\"f_int32\":2}" },
	{ "test.All", "5a02 0805 5a04 1202 0806 5a02 0807",
	  "{\"f_message\":{\"i\":7,\"inner\":{\"i\":6}}}" },
	{ "test.All", "9202 02 0801 9202 00", "{\"r_message\":[{\"i\":1},{}]}" },
	{ "test.All", "ca02 05 0a0161 1005 ca02 03 0a0162 ca02 00",
	  "{\"m_string\":{\"a\":5,\"b\":0,\"\":0}}" },
	{ "test.All", "d202 06 0807 1202 0801", "{\"m_message\":{\"7\":{\"i\":1}}}" },
	{ "test.All", "ca02 06 0a02 6100 1001",
	  "{\"m_string\":{\"\\\"a\\\\u0000\\\"\":1}}" },
	{ "test.Old", "0801 2b 0803 2c 3334 33 0804 34",
	  "{\"id\":1,\"part\":{\"a\":3},\"many\":[{},{\"b\":4}]}" },
	{ "kelp.AddRequest", "1801 1202 6869", "{\"3\":[\"1\"],\"2\":[\"hi\"]}" },
	{ NULL, "0801 0d 0000803f 09 000000000000f83f",
	  "{\"1\":[\"1\",1065353216,\"4609434218613702656\"]}" },
	{ NULL, "0a02 0805 0a02 c328 0b 0801 0c",
	  "{\"1\":[{\"1\":[\"5\"]},{\"hex\":\"c328\"},{\"1\":[\"1\"]}]}" },
};

static void pb_json__cases(void **state)
{
	struct pb_fault fault;
	const u8 *data;
	json_t *object;
	size_t len, i;
	char *text;

	(void)state;
	for (i = 0; i < ARRAY_LEN(json); i++) {
		data = kit_hex(json[i].hex, &len);
		object = pb_json(json[i].type ? kit_type(json[i].type) : NULL,
				 data, len, &fault);
		if (!object)
			fail_msg("'%s': %s", json[i].hex, fault.why);
		text = json_dumps(object, JSON_COMPACT);
		assert_string_equal(text, json[i].text);
		free(text);
		json_decref(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pb_print__known_fields),
		cmocka_unit_test(pb_print__unknown_fields),
		cmocka_unit_test(pb_print__what_is_wrong),
		cmocka_unit_test(pb_print__depth),
		cmocka_unit_test(pb_json__cases),
	};

	return cmocka_run_group_tests_name("pb_print", tests, NULL, NULL);
}
