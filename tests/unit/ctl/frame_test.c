// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: whose call it is, checksums, compression, and inputs that are none.
 * The frames are written by kelp's own writer, some by hand.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <linux/crc32.h>

#include "frame.h"
#include "frame_print.h"
#include "types_kit.h"

static struct kelp_pb_span span(const char *text)
{
	return (struct kelp_pb_span){ (const u8 *)text, strlen(text) };
}

static void add(struct pb_buf *to, struct kelp_wire_meta *meta,
		const char *payload, const char *attachment)
{
	size_t rest = strlen(payload) / 2 + strlen(attachment), len;
	const u8 *bytes;
	ssize_t n;

	if (*attachment) {
		meta->has |= KELP_WIRE_ATTACHMENT_SIZE;
		meta->attachment_size = (s32)strlen(attachment);
	}
	n = kelp_wire_write(pb_buf_room(to, 1000), 1000, meta, rest);
	assert_true(n > 0);
	to->len += (size_t)n;
	bytes = kit_hex(payload, &len);
	pb_buf_add(to, bytes, len);
	pb_buf_add(to, attachment, strlen(attachment));
}

static void add_request(struct pb_buf *to, const char *service,
			const char *method, s64 id, const char *payload)
{
	struct kelp_pb_span s = span(service), m = span(method);
	struct kelp_wire_meta meta;

	kelp_wire_request_init(&meta, &s, &m, id);
	add(to, &meta, payload, "");
}

static void add_response(struct pb_buf *to, s64 id, s32 error,
			 const char *payload)
{
	struct kelp_wire_meta meta;

	kelp_wire_response_init(&meta, id, error);
	add(to, &meta, payload, "");
}

static const char *type_name(const struct frame *frame)
{
	return frame->type ? frame->type->name : "";
}

/* Responses out of order, a number used twice at a time, and one unasked. */
static void frames_next__finds_the_call(void **state)
{
	static const char *const want[] = {
		"kelp.AddRequest", "kelp.KvGetRequest", "kelp.EchoRequest",
		"kelp.KvGetResponse", "kelp.AddResponse", "kelp.EchoResponse",
		"", "", "",
	};
	struct frame frame = {};
	struct pb_buf in = {};
	struct frames frames;
	size_t i;

	(void)state;
	add_request(&in, "kelp.Calc", "Add", 7, "08011002");
	add_request(&in, "KV", "Get", -1, "0a0161");
	add_request(&in, "kelp.Echo", "Echo", 7, "0a0161");
	add_response(&in, -1, 0, "0a0162");
	add_response(&in, 7, 0, "0803");
	add_response(&in, 7, 0, "0a0161");
	add_response(&in, 7, 0, "0a0161");
	add_request(&in, "kelp.Calc", "Sub", 8, "0801");
	add_request(&in, "kelp.Cal", "Add", 9, "0801");
	frames_init(&frames, kit_types(), guarded(in.data, in.len), in.len);
	for (i = 0; i < ARRAY_LEN(want); i++) {
		assert_int_equal(frames_next(&frames, &frame), 1);
		assert_string_equal(type_name(&frame), want[i]);
		assert_string_equal(frame.fault.why, "");
	}
	assert_string_equal(frame.service, "kelp.Cal");
	assert_int_equal(frames_next(&frames, &frame), 0);
	frames_free(&frames, &frame);
	pb_buf_free(&in);
}

/* Many calls: the list of those that wait grows and shrinks. */
static void frames_next__many_calls(void **state)
{
	enum { MANY = 200 };
	struct frame frame = {};
	struct pb_buf in = {};
	struct frames frames;
	int i;

	(void)state;
	for (i = 0; i < MANY; i++)
		add_request(&in, "kelp.Calc", "Add", i, "");
	for (i = MANY - 1; i >= 0; i--)
		add_response(&in, i, 0, "");
	frames_init(&frames, kit_types(), in.data, in.len);
	for (i = 0; i < 2 * MANY; i++) {
		assert_int_equal(frames_next(&frames, &frame), 1);
		assert_string_equal(type_name(&frame), i < MANY ?
				    "kelp.AddRequest" : "kelp.AddResponse");
	}
	assert_int_equal(frames_next(&frames, &frame), 0);
	frames_free(&frames, &frame);
	pb_buf_free(&in);
}

static enum frame_checksum checksum(struct kelp_wire_meta *meta)
{
	struct frame frame = {};
	struct pb_buf in = {};
	struct frames frames;
	enum frame_checksum found;

	add(&in, meta, "08011002", "tail");
	frames_init(&frames, kit_types(), guarded(in.data, in.len), in.len);
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_int_equal(frame.attachment.len, 4);
	found = frame.checksum;
	frames_free(&frames, &frame);
	pb_buf_free(&in);
	return found;
}

static void frames_next__checksum(void **state)
{
	static const u8 bytes[] = { 8, 1, 16, 2, 't', 'a', 'i', 'l' };
	u32 crc = ~__crc32c_le(~0U, bytes, 4);
	u32 both = ~__crc32c_le(~0U, bytes, 8);
	struct kelp_wire_meta meta;
	u8 room[KELP_RPC_CHECKSUM_SIZE];

	(void)state;
	kelp_wire_response_init(&meta, 1, 0);
	assert_int_equal(checksum(&meta), FRAME_CHECKSUM_NONE);
	kelp_wire_checksum_set(&meta, room, crc);
	assert_int_equal(checksum(&meta), FRAME_CHECKSUM_RIGHT);
	meta.has |= KELP_WIRE_CHECKSUM_ATTACHMENT;
	meta.checksum_with_attachment = true;
	assert_int_equal(checksum(&meta), FRAME_CHECKSUM_WRONG);
	kelp_wire_checksum_set(&meta, room, both);
	assert_int_equal(checksum(&meta), FRAME_CHECKSUM_RIGHT);
	meta.checksum_value.len = 3;
	assert_int_equal(checksum(&meta), FRAME_CHECKSUM_UNKNOWN);
	meta.checksum_type = 9;
	assert_int_equal(checksum(&meta), FRAME_CHECKSUM_UNKNOWN);
}

/* @window as zlib takes it: 31 makes gzip. */
static void add_packed(struct pb_buf *in, s32 type, int window, const u8 *data,
		       size_t len)
{
	z_stream stream = { .next_in = (u8 *)data, .avail_in = (uInt)len };
	struct kelp_pb_span s = span("kelp.Echo"), m = span("Echo");
	struct kelp_wire_meta meta;
	u8 packed[1000];

	kelp_wire_request_init(&meta, &s, &m, 1);
	meta.compress_type = type;
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window, 9, 0),
			 Z_OK);
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	in->len += (size_t)kelp_wire_write(pb_buf_room(in, 1000), 1000, &meta,
					   stream.total_out);
	pb_buf_add(in, packed, stream.total_out);
}

static void frames_next__decompresses(void **state)
{
	static const u8 message[] = { 0x0a, 3, 'a', 'b', 'c' };
	static u8 large[100000] = { 0x0a, 0x9c, 0x8d, 6 };
	struct frame frame = {};
	struct pb_buf in = {};
	struct frames frames;

	(void)state;
	add_packed(&in, KELP_RPC_COMPRESS_GZIP, 31, message, sizeof(message));
	add_packed(&in, KELP_RPC_COMPRESS_ZLIB, 15, message, sizeof(message));
	add_packed(&in, KELP_RPC_COMPRESS_ZLIB, 15, large, sizeof(large));
	frames_init(&frames, kit_types(), in.data, in.len);
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_int_equal(frame.message.len, sizeof(message));
	assert_memory_equal(frame.message.data, message, sizeof(message));
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_memory_equal(frame.message.data, message, sizeof(message));
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_int_equal(frame.message.len, sizeof(large));
	assert_memory_equal(frame.message.data, large, sizeof(large));
	frames_free(&frames, &frame);
	pb_buf_free(&in);
}

static void frames_next__does_not_decompress(void **state)
{
	struct kelp_wire_meta meta;
	struct frame frame = {};
	struct pb_buf in = {};
	struct frames frames;

	(void)state;
	kelp_wire_response_init(&meta, 1, 0);
	meta.compress_type = KELP_RPC_COMPRESS_ZLIB;
	add(&in, &meta, "78da00", "");
	meta.compress_type = KELP_RPC_COMPRESS_SNAPPY;
	add(&in, &meta, "0100", "");
	/* nothing was compressed */
	meta.compress_type = KELP_RPC_COMPRESS_GZIP;
	add(&in, &meta, "", "");
	frames_init(&frames, kit_types(), in.data, in.len);
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_true(frame.packed);
	assert_non_null(strstr(frame.fault.why, "decompress"));
	assert_int_equal(frame.fault.offset, frame.payload.data - in.data);
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_true(frame.packed);
	assert_string_equal(frame.fault.why, "");
	assert_int_equal(frames_next(&frames, &frame), 1);
	assert_false(frame.packed);
	assert_string_equal(frame.fault.why, "");
	frames_free(&frames, &frame);
	pb_buf_free(&in);
}

#define REQUEST	"0a06 0a0161 120162"

/* Frames, and what is said of the first fault. @last: nothing more is read. */
static const struct {
	const char *hex;
	bool last;
	size_t offset;
	const char *why;
} faults[] = {
	{ "50", true, 0, "a frame's head has 12 bytes, but only 1 are left" },
	{ "505250 44", true, 0, "no frame begins here" },
	{ "47455420", true, 0, "no frame begins here" },
	{ "50525043 00000000 00000001", true, 0, "1 bytes, the whole body only 0" },
	{ "50525043 ffffffff 00000000", true, 0,
	  "4294967295 bytes, but only 0 are left" },
	{ "50525043 00000002 00000002 08", true, 0,
	  "2 bytes, but only 1 are left" },
	{ "50525043 00000001 00000001 08", false, 12, "cut off" },
	{ "50525043 00000002 00000002 0a00", false, 12, "required field" },
	{ "50525043 00000003 00000003 0a0108", false, 12, "broken" },
	{ "50525043 0000000a 0000000a " REQUEST "2801", false, 12,
	  "attachment of 1 bytes, but the body has 0" },
	{ "50525043 00000009 00000008 " REQUEST "08", false, 20,
	  "number in field 1 is cut off" },
};

static void frames_print__what_is_wrong(void **state)
{
	struct pb_fault first;
	size_t len, i, found;
	char *text, why[300];
	const u8 *data;
	json_t *list;
	FILE *out;

	(void)state;
	for (i = 0; i < ARRAY_LEN(faults); i++) {
		data = kit_hex(faults[i].hex, &len);
		out = open_memstream(&text, &(size_t){ 0 });
		assert_non_null(out);
		assert_int_equal(frames_print(out, kit_types(), data, len,
					      &first), 1);
		fclose(out);
		if (!strstr(first.why, faults[i].why))
			fail_msg("'%s': %s", faults[i].hex, first.why);
		assert_int_equal(first.offset, faults[i].offset);
		snprintf(why, sizeof(why), "  # offset %zu: %s\n}\n",
			 first.offset, first.why);
		assert_int_equal(!strstr(text, why), faults[i].last);
		free(text);

		list = frames_json(kit_types(), data, len, &first, &found);
		assert_int_equal(found, 1);
		assert_int_equal(json_array_size(list), !faults[i].last);
		if (!faults[i].last)
			assert_non_null(json_object_get(json_array_get(list, 0),
							"error"));
		json_decref(list);
	}
}

static const char expected[] =
	"frame {  # request: kelp.Calc/Add\n"
	"  offset: 0\n  body_size: 37\n  meta_size: 30\n"
	"  meta {\n"
	"    request {\n"
	"      service_name: \"kelp.Calc\"\n"
	"      method_name: \"Add\"\n"
	"    }\n"
	"    compress_type: 0\n    correlation_id: 5\n    attachment_size: 3\n"
	"    content_type: 0\n    checksum_type: 0\n    checksum_value: \"\"\n"
	"  }\n"
	"  checksum: none\n"
	"  payload {  # kelp.AddRequest, 4 bytes\n"
	"    a: 1\n    b: 2\n"
	"  }\n"
	"  attachment {  # 3 bytes\n"
	"    # 000000  61 00 ff                                         a..\n"
	"  }\n"
	"}\n";

static void frames_print__whole(void **state)
{
	static const char hex[] =
		"50525043 00000025 0000001e 0a10 0a09 6b656c702e43616c63 "
		"1203416464 1800 2005 2803 5000 5800 6200 08011002 6100ff";
	struct pb_fault first;
	const u8 *data;
	char *text;
	size_t len, size;
	FILE *out;

	(void)state;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	data = kit_hex(hex, &len);
	assert_int_equal(frames_print(out, kit_types(), data, len, &first), 0);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static const char calls_json[] =
	"[{\"offset\":0,\"body_size\":32,\"meta_size\":28,"
	"\"kind\":\"request\",\"service\":\"kelp.Calc\","
	"\"method\":\"Add\",\"checksum\":\"none\",\"payload_size\":4,"
	"\"payload_type\":\"kelp.AddRequest\","
	"\"payload\":{\"a\":\"1\",\"b\":\"2\"},\"attachment_size\":0},"
	"{\"offset\":44,\"body_size\":15,\"meta_size\":15,"
	"\"kind\":\"response\",\"service\":\"kelp.Calc\","
	"\"method\":\"Add\",\"error_name\":\"EREQUEST\","
	"\"checksum\":\"none\",\"payload_size\":0,"
	"\"payload_type\":\"kelp.AddResponse\",\"payload\":null,"
	"\"attachment_size\":0}]";

static void frames_json__whole(void **state)
{
	struct pb_fault first;
	struct pb_buf in = {};
	json_t *list;
	size_t found;
	char *text;

	(void)state;
	add_request(&in, "kelp.Calc", "Add", 5, "08011002");
	add_response(&in, 5, KELP_RPC_EREQUEST, "");
	list = frames_json(kit_types(), in.data, in.len, &first, &found);
	assert_int_equal(found, 0);
	json_object_del(json_array_get(list, 0), "meta");
	json_object_del(json_array_get(list, 1), "meta");
	text = json_dumps(list, JSON_COMPACT);
	assert_string_equal(text, calls_json);
	free(text);
	json_decref(list);
	pb_buf_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_next__finds_the_call),
		cmocka_unit_test(frames_next__many_calls),
		cmocka_unit_test(frames_next__checksum),
		cmocka_unit_test(frames_next__decompresses),
		cmocka_unit_test(frames_next__does_not_decompress),
		cmocka_unit_test(frames_print__what_is_wrong),
		cmocka_unit_test(frames_print__whole),
		cmocka_unit_test(frames_json__whole),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
