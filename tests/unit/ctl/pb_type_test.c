// SPDX-License-Identifier: GPL-2.0-only
/* Types and services: what a descriptor set says, and sets that are none. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "kelp/pb.h"
#include "types_kit.h"

static void pb_types_message__by_full_and_short_name(void **state)
{
	const struct pb_types *t = kit_types();

	(void)state;
	assert_string_equal(pb_types_message(t, "test.All")->name, "test.All");
	assert_string_equal(pb_types_message(t, "All")->name, "test.All");
	assert_string_equal(pb_types_message(t, "Nested")->name,
			    "test.Outer.Nested");
	assert_string_equal(pb_types_message(t, "kelp.rpc.RpcMeta")->name,
			    "kelp.rpc.RpcMeta");
	assert_null(pb_types_message(t, "Outer.Nested"));
	assert_null(pb_types_message(t, "test.Al"));
	assert_null(pb_types_message(t, ""));
	assert_string_equal(pb_types_enum(t, "test.Outer.Nested.Inside")->name,
			    "test.Outer.Nested.Inside");
}

static void pb_types_service__methods(void **state)
{
	const struct pb_service *kv = pb_types_service(kit_types(), "KV");
	const struct pb_method *say;

	(void)state;
	assert_string_equal(kv->name, "kelp.KV");
	assert_int_equal(kv->count, 6);
	assert_string_equal(pb_service_method(kv, "Get")->input->name,
			    "kelp.KvGetRequest");
	assert_string_equal(pb_service_method(kv, "Get")->output->name,
			    "kelp.KvGetResponse");
	assert_null(pb_service_method(kv, "get"));
	say = pb_service_method(pb_types_service(kit_types(), "test.Tests"),
				"Say");
	assert_string_equal(say->output->name, "test.Outer.Nested");
	assert_null(pb_types_service(kit_types(), "kelp.Nothing"));
}

static const struct pb_field *field(const char *type, u32 number)
{
	const struct pb_field *f = pb_message_field(kit_type(type), number);

	assert_non_null(f);
	assert_int_equal(f->number, number);
	return f;
}

static void pb_message_field__what_the_file_says(void **state)
{
	(void)state;
	assert_int_equal(field("test.All", 18)->kind, PB_SINT64);
	assert_string_equal(field("test.All", 18)->name, "f_sint64");
	assert_false(field("test.All", 18)->repeated);
	assert_null(pb_message_field(kit_type("test.All"), 10));
	assert_null(pb_message_field(kit_type("test.All"), 1000));
	assert_null(pb_message_field(kit_type("test.Empty"), 1));

	assert_true(field("test.All", 31)->packed);
	assert_true(field("test.All", 35)->packed);
	assert_false(field("test.All", 33)->packed);
	assert_false(field("test.All", 36)->packed);
	assert_false(field("test.Old", 3)->packed);
	assert_true(field("test.Old", 4)->packed);
	assert_true(field("test.Old", 1)->required);
	assert_false(field("test.Old", 2)->required);
	assert_int_equal(field("test.All", 1)->oneof, -1);
	assert_int_equal(field("test.All", 51)->oneof,
			 field("test.All", 52)->oneof);

	assert_ptr_equal(field("test.All", 62)->message, kit_type("test.Old"));
	assert_true(field("test.All", 41)->message->map_entry);
	assert_false(field("test.All", 11)->message->map_entry);
	assert_string_equal(field("test.All", 14)->values->name, "test.Colour");
	assert_string_equal(pb_enum_name(field("test.All", 14)->values, -7),
			    "BLUE");
	assert_null(pb_enum_name(field("test.All", 14)->values, 7));
}

static void pb_message_field_named__exactly(void **state)
{
	const struct pb_message *all = kit_type("test.All");

	(void)state;
	assert_int_equal(pb_message_field_named(all, "old!", 3)->number, 62);
	assert_null(pb_message_field_named(all, "old", 2));
	assert_null(pb_message_field_named(all, "f_double ", 9));
	/* a group by its type */
	assert_non_null(pb_message_field_named(kit_type("Old"), "Part", 4));
	assert_null(pb_message_field_named(kit_type("Old"), "part", 4));
}

static void pb_field_fits__packed_or_not(void **state)
{
	(void)state;
	assert_true(pb_field_fits(field("test.All", 31), KELP_PB_VARINT));
	assert_true(pb_field_fits(field("test.All", 36), KELP_PB_BYTES));
	assert_false(pb_field_fits(field("test.All", 31), KELP_PB_FIXED32));
	assert_false(pb_field_fits(field("test.All", 5), KELP_PB_BYTES));
	assert_false(pb_field_fits(field("test.All", 9), KELP_PB_VARINT));
	assert_true(pb_field_fits(field("test.Old", 5), KELP_PB_GROUP));
}

/* A later set hides what an earlier one has, also where it was used. */
static void pb_types_add__the_last_wins(void **state)
{
	/* file { package: "test" message { name: "Inner" } } */
	static const char hex[] = "0a0f 1204 74657374 2207 0a05 496e6e6572";
	struct pb_types *types = pb_types_new();
	const struct pb_message *inner;
	struct pb_fault fault;
	const u8 *data;
	size_t len;

	(void)state;
	assert_true(pb_types_add(types, kit_set()->data, kit_set()->len,
				 &fault));
	assert_int_equal(pb_types_message(types, "test.Inner")->count, 2);
	data = kit_hex(hex, &len);
	assert_true(pb_types_add(types, data, len, &fault));
	inner = pb_types_message(types, "test.Inner");
	assert_int_equal(inner->count, 0);
	assert_ptr_equal(pb_message_field(pb_types_message(types, "test.All"),
					  11)->message, inner);
	pb_types_free(types);
}

/* What a field's type is called has to be exactly that. */
static void pb_types_add__an_unknown_type_stays_unknown(void **state)
{
	/* file { message { name: "M" field { name: "f" number: 1 label: 1
	 * type: 11 type_name: ".Inner" } } }, beside test.Inner
	 */
	static const char hex[] =
		"0a18 2216 0a014d 1211 0a0166 1801 2001 280b 3206 2e496e6e6572";
	struct pb_types *types = pb_types_new();
	struct pb_fault fault;
	const u8 *data;
	size_t len;

	(void)state;
	assert_true(pb_types_add(types, kit_set()->data, kit_set()->len,
				 &fault));
	data = kit_hex(hex, &len);
	if (!pb_types_add(types, data, len, &fault))
		fail_msg("%zu: %s", fault.offset, fault.why);
	assert_null(pb_types_message(types, "M")->fields[0].message);
	pb_types_free(types);
}

static const struct {
	const char *hex;
	const char *why;
} bad[] = {
	{ "0a05 2203", "only 2 are left" },
	{ "0a04 2202 0a00", "name" },
	{ "0a05 2203 0a0120", "name" },
	{ "0a05 2203 0a0137", "name" },
	{ "0a02 2200", "name" },
	{ "0a06 1204 61ff6263", "package" },
	{ "08", "cut off" },
	{ "0a02 2001", "no message" },
	/* a field without a type, a number, or its type's name */
	{ "0a0e 220c 0a014d 1207 0a0166 1801 2001", "type" },
	{ "0a0e 220c 0a014d 1207 0a0166 2001 2801", "number" },
	{ "0a10 220e 0a014d 1209 0a0166 1801 2001 280b", "name its type" },
	{ "0a10 220e 0a014d 1209 0a0166 1801 2001 2813", "type" },
	/* two of one number */
	{ "0a19 2217 0a014d 1207 0a0166 1801 2805 1209 0a0167 1801 2001 2805",
	  "one number" },
	{ "0a0f 220d 0a014d 1207 0a0166 1801 2805 0f", "wire type" },
	/* a method without its types */
	{ "0a0a 3208 0a0153 1203 0a016d", "name" },
};

static void pb_types_add__no_descriptor_set(void **state)
{
	struct pb_types *types;
	struct pb_fault fault;
	const u8 *data;
	size_t len, i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		types = pb_types_new();
		data = kit_hex(bad[i].hex, &len);
		if (pb_types_add(types, data, len, &fault))
			fail_msg("'%s' was taken", bad[i].hex);
		if (!strstr(fault.why, bad[i].why))
			fail_msg("'%s': %s", bad[i].hex, fault.why);
		assert_true(fault.offset <= len);
		pb_types_free(types);
	}
}

/* Cut anywhere, it is refused or has less in it; nothing is read behind it. */
static void pb_types_add__cut_anywhere(void **state)
{
	const struct pb_buf *set = kit_set();
	struct pb_types *types;
	struct pb_fault fault;
	size_t len, taken = 0;

	(void)state;
	for (len = 0; len <= set->len; len++) {
		types = pb_types_new();
		if (pb_types_add(types, guarded(set->data, len), len, &fault))
			taken++;
		else
			assert_true(fault.offset <= len);
		pb_types_free(types);
	}
	/* only between files: none, and each of them */
	assert_int_equal(taken, 1 + TYPES_FILES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pb_types_message__by_full_and_short_name),
		cmocka_unit_test(pb_types_service__methods),
		cmocka_unit_test(pb_message_field__what_the_file_says),
		cmocka_unit_test(pb_message_field_named__exactly),
		cmocka_unit_test(pb_field_fits__packed_or_not),
		cmocka_unit_test(pb_types_add__the_last_wins),
		cmocka_unit_test(pb_types_add__an_unknown_type_stays_unknown),
		cmocka_unit_test(pb_types_add__no_descriptor_set),
		cmocka_unit_test(pb_types_add__cut_anywhere),
	};

	return cmocka_run_group_tests_name("pb_type", tests, NULL, NULL);
}
