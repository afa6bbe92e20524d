// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames in text and in JSON.
 */
#include "frame_print.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pb_print.h"
#include "pb_value.h"

/* Bytes of one line, and at most, of what nobody interprets. */
#define DUMP_LINE	16
#define DUMP_MAX	512

#define META_TYPE	"kelp.rpc.RpcMeta"

static const char *const checksums[] = {
	[FRAME_CHECKSUM_NONE] = "none",
	[FRAME_CHECKSUM_RIGHT] = "verified",
	[FRAME_CHECKSUM_WRONG] = "wrong",
	[FRAME_CHECKSUM_UNKNOWN] = "unknown",
};

static const char *const packers[] = {
	[KELP_RPC_COMPRESS_SNAPPY] = "snappy",
	[KELP_RPC_COMPRESS_GZIP] = "gzip",
	[KELP_RPC_COMPRESS_ZLIB] = "zlib",
	[KELP_RPC_COMPRESS_LZ4] = "lz4",
};

static const char *packer(const struct frame *frame)
{
	int type = frame->meta.compress_type;

	if (type > 0 && type < (int)(sizeof(packers) / sizeof(packers[0])))
		return packers[type];
	return "something unknown";
}

/* Is the payload a message in bytes? */
static bool is_message(const struct frame *frame)
{
	return !frame->packed &&
	       frame->meta.content_type == KELP_RPC_CONTENT_PB;
}

static bool failed(const struct frame *frame)
{
	return frame->meta.has & KELP_WIRE_RESPONSE && frame->meta.error_code;
}

/* Offsets in what was decompressed are not those of the input. */
static void payload_fault(const struct frames *frames, struct frame *frame,
			  const struct pb_fault *inner)
{
	bool same = frame->message.data == frame->payload.data;
	size_t at = (size_t)(frame->payload.data - frames->data);

	pb_fault_set(&frame->fault, at + (same ? inner->offset : 0), "%s%.200s",
		     same ? "" : "in the decompressed payload, ", inner->why);
}

static void dump_line(FILE *out, const u8 *data, size_t at, size_t len)
{
	size_t i;

	fprintf(out, "    # %06zx ", at);
	for (i = 0; i < DUMP_LINE; i++)
		if (i < len)
			fprintf(out, " %02x", data[at + i]);
		else
			fputs("   ", out);
	fputs("  ", out);
	for (i = 0; i < len; i++)
		putc(data[at + i] >= 0x20 && data[at + i] < 0x7f ?
		     data[at + i] : '.', out);
	putc('\n', out);
}

static void dump(FILE *out, const u8 *data, size_t len)
{
	size_t most = len < DUMP_MAX ? len : DUMP_MAX, at;

	for (at = 0; at < most; at += DUMP_LINE)
		dump_line(out, data, at,
			  most - at < DUMP_LINE ? most - at : DUMP_LINE);
	if (most < len)
		fprintf(out, "    # and %zu bytes more\n", len - most);
}

/* A name as it was sent, which may be anything. */
static void print_name(FILE *out, const char *name)
{
	char *quoted = NULL;
	size_t len;
	FILE *file = need(open_memstream(&quoted, &len));

	pb_quote(file, (const u8 *)name, strlen(name), PB_QUOTE_TEXT);
	fclose(file);
	/* without its quotes */
	fwrite(quoted + 1, 1, len - 2, out);
	free(quoted);
}

static void print_title(FILE *out, const struct frame *frame)
{
	const char *error;

	fputs("frame {  # ", out);
	if (frame->bad_meta)
		fputs("with a bad meta", out);
	else if (frame->meta.has & KELP_WIRE_REQUEST)
		fputs("request: ", out);
	else if (frame->meta.has & KELP_WIRE_RESPONSE)
		fputs(frame->service ? "response: " :
				       "response to a request not seen", out);
	else
		fputs("neither request nor response", out);
	if (frame->service) {
		print_name(out, frame->service);
		putc('/', out);
		print_name(out, frame->method);
	}
	if (failed(frame)) {
		error = kelp_rpc_error_name(frame->meta.error_code);
		fprintf(out, ", error %s", error ? error : "of its own");
	}
	putc('\n', out);
}

static void print_meta(FILE *out, const struct frames *frames,
		       const struct frame *frame)
{
	const struct pb_message *type;
	struct pb_fault fault;

	type = pb_types_message(frames->types, META_TYPE);
	fprintf(out, "  offset: %zu\n  body_size: %u\n  meta_size: %u\n",
		frame->offset, frame->head.body, frame->head.meta);
	fputs("  meta {\n", out);
	/* what is wrong with it is known already, or none of our business */
	if (!pb_print(out, type, frame->body, frame->head.meta, 4, &fault))
		dump(out, frame->body, frame->head.meta);
	fputs("  }\n", out);
	if (frame->bad_meta)
		return;
	fprintf(out, "  checksum: %s", checksums[frame->checksum]);
	if (frame->checksum == FRAME_CHECKSUM_WRONG)
		fprintf(out, "  # would be %08x", frame->crc);
	putc('\n', out);
}

static void title_payload(FILE *out, const struct frame *frame)
{
	fputs("  payload {  # ", out);
	if (frame->type && is_message(frame))
		fprintf(out, "%s, ", frame->type->name);
	else if (is_message(frame))
		fputs("of a type not known, ", out);
	fprintf(out, "%zu bytes", frame->payload.len);
	if (frame->meta.compress_type && frame->payload.len)
		fprintf(out, " of %s", packer(frame));
	if (frame->message.data != frame->payload.data)
		fprintf(out, ", decompressed %zu", frame->message.len);
	putc('\n', out);
}

static void print_payload(FILE *out, const struct frames *frames,
			  struct frame *frame)
{
	struct pb_fault fault;

	if (!frame->payload.len && (!frame->type || failed(frame)))
		return;
	title_payload(out, frame);
	if (!is_message(frame)) {
		dump(out, frame->message.data, frame->message.len);
	} else if (!pb_print(out, frame->type, frame->message.data,
			     frame->message.len, 4, &fault)) {
		payload_fault(frames, frame, &fault);
		dump(out, frame->message.data, frame->message.len);
	}
	fputs("  }\n", out);
}

static void print_frame(FILE *out, const struct frames *frames,
			struct frame *frame)
{
	print_title(out, frame);
	print_meta(out, frames, frame);
	if (!frame->bad_meta)
		print_payload(out, frames, frame);
	if (frame->attachment.len) {
		fprintf(out, "  attachment {  # %zu bytes\n",
			frame->attachment.len);
		dump(out, frame->attachment.data, frame->attachment.len);
		fputs("  }\n", out);
	}
	if (*frame->fault.why)
		fprintf(out, "  # offset %zu: %s\n", frame->fault.offset,
			frame->fault.why);
	fputs("}\n", out);
}

/* Count a fault if there is one; keep the first. */
static void note(const struct frame *frame, struct pb_fault *first,
		 size_t *faults)
{
	if (!*frame->fault.why)
		return;
	if (!(*faults)++)
		*first = frame->fault;
}

size_t frames_print(FILE *out, const struct pb_types *types, const u8 *data,
		    size_t len, struct pb_fault *first)
{
	struct frame frame = {};
	struct frames frames;
	size_t faults = 0;
	int ret;

	frames_init(&frames, types, data, len);
	while ((ret = frames_next(&frames, &frame)) > 0) {
		print_frame(out, &frames, &frame);
		note(&frame, first, &faults);
	}
	if (ret)
		note(&frame, first, &faults);
	frames_free(&frames, &frame);
	return faults;
}

/* A name that is not UTF-8 is shown as the text shows it. */
static json_t *json_name(const char *name)
{
	json_t *value = json_string(name);
	char *text = NULL;
	size_t len;
	FILE *file;

	if (value)
		return value;
	file = need(open_memstream(&text, &len));
	print_name(file, name);
	fclose(file);
	value = need(json_string(text));
	free(text);
	return value;
}

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, need(value));
}

static void put_bytes(json_t *object, const char *name,
		      const struct kelp_pb_span *span)
{
	put(object, name, pb_json_hex(span->data, span->len));
}

static void put_call(json_t *object, const struct frame *frame)
{
	const char *error;

	put(object, "kind", frame->meta.has & KELP_WIRE_REQUEST ?
		json_string("request") :
		frame->meta.has & KELP_WIRE_RESPONSE ?
		json_string("response") : json_null());
	put(object, "service", frame->service ? json_name(frame->service) :
						json_null());
	put(object, "method", frame->method ? json_name(frame->method) :
					      json_null());
	if (frame->meta.has & KELP_WIRE_RESPONSE) {
		error = kelp_rpc_error_name(frame->meta.error_code);
		put(object, "error_name", error ? json_string(error) :
						  json_null());
	}
	put(object, "checksum", json_string(checksums[frame->checksum]));
}

static void put_payload(json_t *object, const struct frames *frames,
			struct frame *frame)
{
	struct pb_fault fault;
	json_t *message;

	put(object, "payload_size", json_integer((json_int_t)frame->payload.len));
	put(object, "payload_type", frame->type ?
		json_string(frame->type->name) : json_null());
	if (!is_message(frame)) {
		put_bytes(object, "payload", &frame->message);
	} else if (failed(frame) && !frame->payload.len) {
		put(object, "payload", json_null());
	} else {
		message = pb_json(frame->type, frame->message.data,
				  frame->message.len, &fault);
		if (!message) {
			payload_fault(frames, frame, &fault);
			message = pb_json_hex(frame->message.data,
					      frame->message.len);
		}
		put(object, "payload", message);
	}
	put(object, "attachment_size",
	    json_integer((json_int_t)frame->attachment.len));
	if (frame->attachment.len)
		put_bytes(object, "attachment", &frame->attachment);
}

static json_t *frame_object(const struct frames *frames, struct frame *frame)
{
	json_t *object = need(json_object()), *meta;
	const struct pb_message *type;
	struct pb_fault fault;
	char *text;

	type = pb_types_message(frames->types, META_TYPE);
	put(object, "offset", json_integer((json_int_t)frame->offset));
	put(object, "body_size", json_integer(frame->head.body));
	put(object, "meta_size", json_integer(frame->head.meta));
	meta = pb_json(type, frame->body, frame->head.meta, &fault);
	put(object, "meta", meta ? meta :
		pb_json_hex(frame->body, frame->head.meta));
	if (!frame->bad_meta) {
		put_call(object, frame);
		put_payload(object, frames, frame);
	}
	if (*frame->fault.why) {
		text = format("offset %zu: %s", frame->fault.offset,
			      frame->fault.why);
		put(object, "error", json_name(text));
		free(text);
	}
	return object;
}

json_t *frames_json(const struct pb_types *types, const u8 *data, size_t len,
		    struct pb_fault *first, size_t *faults)
{
	json_t *list = need(json_array());
	struct frame frame = {};
	struct frames frames;
	int ret;

	*faults = 0;
	frames_init(&frames, types, data, len);
	while ((ret = frames_next(&frames, &frame)) > 0) {
		json_array_append_new(list, frame_object(&frames, &frame));
		note(&frame, first, faults);
	}
	if (ret)
		note(&frame, first, faults);
	frames_free(&frames, &frame);
	return list;
}
