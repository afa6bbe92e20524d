// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for what kelpctl reads: the first byte of the input says what the
 * rest is taken for - a message of a type or of none, frames, a descriptor set,
 * or a message as text. Whatever is printed of a known message and read again
 * is the same, and text and JSON agree about what is broken.
 */
#include "fuzz.h"

#include <jansson.h>

#include "frame_print.h"
#include "pb_print.h"
#include "pb_text.h"
#include "pb_type.h"

static struct pb_types *types;
static FILE *nowhere;

static void load_types(void)
{
	struct pb_buf set = { 0 };
	struct pb_fault fault;
	FILE *file = fopen(TYPES_SET, "rb");

	CHECK(file);
	set.len = fread(pb_buf_room(&set, 100000), 1, 100000, file);
	fclose(file);
	types = pb_types_new();
	CHECK(pb_types_add(types, set.data, set.len, &fault));
	pb_buf_free(&set);
	nowhere = fopen("/dev/null", "w");
	CHECK(nowhere);
}

static void check_fault(const struct pb_fault *fault, size_t size)
{
	CHECK(fault->offset <= size);
	CHECK(*fault->why);
	CHECK(memchr(fault->why, 0, sizeof(fault->why)));
}

/* What was read from text is printed, and read, without a difference. */
static void there_and_back(const struct pb_message *type,
			   const struct pb_buf *message)
{
	struct pb_buf again = { 0 };
	struct pb_fault fault;
	char *text;
	size_t len;
	FILE *out;

	out = open_memstream(&text, &len);
	CHECK(out);
	CHECK(pb_print(out, type, message->data, message->len, 0, &fault));
	fclose(out);
	CHECK(pb_text_parse(type, text, len, &again, &fault));
	CHECK(again.len == message->len);
	CHECK(!again.len || !memcmp(again.data, message->data, again.len));
	pb_buf_free(&again);
	free(text);
}

static void take_message(const char *name, const u8 *data, size_t size)
{
	const struct pb_message *type;
	struct pb_fault text = { 0 }, json = { 0 };
	json_t *object;
	bool good;

	type = name ? pb_types_message(types, name) : NULL;
	good = pb_print(nowhere, type, data, size, 0, &text);
	object = pb_json(type, data, size, &json);
	CHECK(good == !!object);
	if (!good) {
		check_fault(&text, size);
		CHECK(text.offset == json.offset);
		CHECK(!strcmp(text.why, json.why));
		return;
	}
	CHECK(!json_dumpf(object, nowhere, 0));
	json_decref(object);
}

static void take_text(const char *name, const u8 *data, size_t size)
{
	const struct pb_message *type = pb_types_message(types, name);
	struct pb_buf message = { 0 };
	struct pb_fault fault = { 0 };

	if (pb_text_parse(type, (const char *)data, size, &message, &fault)) {
		there_and_back(type, &message);
	} else {
		check_fault(&fault, size);
		CHECK(!message.len);
	}
	pb_buf_free(&message);
}

static void take_frames(const u8 *data, size_t size)
{
	struct pb_fault text = { 0 }, json = { 0 };
	size_t faults, same;
	json_t *list;

	faults = frames_print(nowhere, types, data, size, &text);
	list = frames_json(types, data, size, &json, &same);
	CHECK(faults == same);
	if (faults) {
		check_fault(&text, size);
		CHECK(text.offset == json.offset);
	}
	CHECK(!json_dumpf(list, nowhere, 0));
	json_decref(list);
}

/* A set that was taken is used, with itself as the message. */
static void take_set(const u8 *data, size_t size)
{
	struct pb_types *own = pb_types_new();
	const struct pb_message *type;
	struct pb_buf out = { 0 };
	struct pb_fault fault = { 0 };
	json_t *object;

	if (!pb_types_add(own, data, size, &fault))
		check_fault(&fault, size);
	else
		for (type = own->messages; type; type = type->next) {
			pb_print(nowhere, type, data, size, 0, &fault);
			object = pb_json(type, data, size, &fault);
			if (object)
				json_decref(object);
			pb_text_parse(type, (const char *)data, size, &out,
				      &fault);
			pb_buf_free(&out);
		}
	pb_types_free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *rest;

	if (!types)
		load_types();
	if (!size || size > 4096)
		return 0;
	rest = fuzz_guarded(data + 1, size - 1);
	switch (*data & 7) {
	case 0:
		take_message(NULL, rest, size - 1);
		break;
	case 1:
		take_message("test.All", rest, size - 1);
		break;
	case 2:
		take_message("kelp.rpc.RpcMeta", rest, size - 1);
		break;
	case 3:
		take_frames(rest, size - 1);
		break;
	case 4:
		take_set(rest, size - 1);
		break;
	case 5:
		take_message("test.Old", rest, size - 1);
		break;
	case 6:
		take_text("test.All", rest, size - 1);
		break;
	case 7:
		take_text("test.Old", rest, size - 1);
		break;
	}
	return 0;
}
