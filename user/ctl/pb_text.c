// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from the text format of Protocol Buffers. pb_print.c writes it.
 */
#include "pb_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "pb_lex.h"
#include "pb_value.h"

/* Room for a tag and any scalar, or a tag and a length. */
#define SCALAR_ROOM	(2 * KELP_PB_VARINT_MAX)

/* What was given for one field. */
struct slot {
	struct pb_buf bytes;	/* with tags, except of a packed field */
	size_t count;
};

static bool parse_fields(struct pb_lex *lex, const struct pb_message *type,
			 char close, int depth, struct pb_buf *out);

__attribute__((format(printf, 2, 3)))
static bool refuse(struct pb_lex *lex, const char *fmt, ...)
{
	char why[sizeof(lex->fault->why)];
	va_list ap;

	if (lex->token.kind == PB_TOKEN_BAD)
		return false;	/* that comes first */
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	pb_fault_set(lex->fault, (size_t)(lex->token.text - lex->start), "%s",
		     why);
	return false;
}

static void add_number(struct slot *slot, const struct pb_field *field,
		       u64 value)
{
	int wire = pb_kind_wire(field->kind);
	struct kelp_pb_w w;

	kelp_pb_w_init(&w, pb_buf_room(&slot->bytes, SCALAR_ROOM), SCALAR_ROOM);
	if (!field->packed)
		kelp_pb_raw_varint(&w, (u64)field->number << 3 | wire);
	if (wire == KELP_PB_VARINT)
		kelp_pb_raw_varint(&w, value);
	else if (wire == KELP_PB_FIXED32)
		kelp_pb_raw_fixed32(&w, (u32)value);
	else
		kelp_pb_raw_fixed64(&w, value);
	slot->bytes.len += w.len;
}

static void add_tag(struct pb_buf *to, u32 number, int wire)
{
	struct kelp_pb_w w;

	kelp_pb_w_init(&w, pb_buf_room(to, SCALAR_ROOM), SCALAR_ROOM);
	kelp_pb_raw_varint(&w, (u64)number << 3 | wire);
	to->len += w.len;
}

static void add_bytes(struct pb_buf *to, u32 number, const struct pb_buf *value)
{
	struct kelp_pb_w w;

	add_tag(to, number, KELP_PB_BYTES);
	kelp_pb_w_init(&w, pb_buf_room(to, SCALAR_ROOM), SCALAR_ROOM);
	kelp_pb_raw_varint(&w, value->len);
	to->len += w.len;
	pb_buf_add(to, value->data, value->len);
}

static bool parse_bool(struct pb_lex *lex, u64 *value)
{
	if (pb_lex_word(lex, "true") || pb_lex_word(lex, "t"))
		*value = 1;
	else if (pb_lex_word(lex, "false") || pb_lex_word(lex, "f"))
		*value = 0;
	else if (pb_lex_integer(lex, false, 0, 1, value))
		return refuse(lex, "true or false is expected");
	return true;
}

static bool parse_floating(struct pb_lex *lex, enum pb_kind kind, bool negative,
			   u64 *value)
{
	const char *wrong = NULL;
	float single;
	double d;
	u32 bits;

	if (pb_lex_word(lex, "inf") || pb_lex_word(lex, "infinity"))
		d = __builtin_inf();
	else if (pb_lex_word(lex, "nan"))
		d = __builtin_nan("");
	else
		wrong = pb_lex_floating(lex, &d);
	if (wrong)
		return refuse(lex, "%s", wrong);
	if (negative)
		d = -d;
	memcpy(value, &d, sizeof(d));
	if (kind == PB_FLOAT) {
		single = (float)d;
		memcpy(&bits, &single, sizeof(bits));
		*value = bits;
	}
	return true;
}

static bool parse_enum(struct pb_lex *lex, const struct pb_field *field,
		       bool negative, u64 *value)
{
	const struct pb_enum_value *named;

	if (lex->token.kind == PB_TOKEN_NAME && !negative) {
		named = field->values ?
			pb_enum_named(field->values, lex->token.text,
				      lex->token.len) : NULL;
		if (!named)
			return refuse(lex, "'%.*s' is no value of %s",
				      (int)lex->token.len, lex->token.text,
				      field->type_name);
		*value = (u64)(s64)named->number;
		return true;
	}
	if (pb_lex_integer(lex, negative, INT32_MIN, INT32_MAX, value))
		return refuse(lex, "a value of %s is expected, or its number",
			      field->type_name);
	return true;
}

static bool parse_integer(struct pb_lex *lex, enum pb_kind kind, bool negative,
			  u64 *value)
{
	const char *wrong;
	u64 most;
	s64 least;

	switch (kind) {
	case PB_INT32:
	case PB_SINT32:
	case PB_SFIXED32:
		least = INT32_MIN;
		most = INT32_MAX;
		break;
	case PB_UINT32:
	case PB_FIXED32:
		least = 0;
		most = UINT32_MAX;
		break;
	case PB_UINT64:
	case PB_FIXED64:
		least = 0;
		most = UINT64_MAX;
		break;
	default:
		least = INT64_MIN;
		most = INT64_MAX;
	}
	wrong = pb_lex_integer(lex, negative, least, most, value);
	if (wrong)
		return refuse(lex, "%s", wrong);
	if (kind == PB_SINT32 || kind == PB_SINT64)
		*value = kelp_pb_zigzag((s64)*value);
	return true;
}

static bool parse_number(struct pb_lex *lex, const struct pb_field *field,
			 struct slot *slot)
{
	bool negative = pb_lex_take(lex, '-'), good;
	u64 value = 0;

	switch (field->kind) {
	case PB_DOUBLE:
	case PB_FLOAT:
		good = parse_floating(lex, field->kind, negative, &value);
		break;
	case PB_BOOL:
		good = negative ? refuse(lex, "true or false is expected") :
				  parse_bool(lex, &value);
		break;
	case PB_ENUM:
		good = parse_enum(lex, field, negative, &value);
		break;
	default:
		good = parse_integer(lex, field->kind, negative, &value);
	}
	if (!good)
		return false;
	pb_lex_next(lex);
	add_number(slot, field, value);
	return true;
}

static bool parse_string(struct pb_lex *lex, const struct pb_field *field,
			 struct slot *slot)
{
	const char *start = lex->token.text;
	struct pb_buf value = {};
	bool good = true;

	if (lex->token.kind != PB_TOKEN_STRING)
		return refuse(lex, "a string in quotes is expected");
	while (good && lex->token.kind == PB_TOKEN_STRING) {
		good = pb_lex_unquote(lex, &value);
		pb_lex_next(lex);
	}
	if (good && field->kind == PB_STRING &&
	    !pb_is_utf8(value.data, value.len)) {
		pb_fault_set(lex->fault, (size_t)(start - lex->start),
			     "%s is a string, which must be UTF-8; bytes may be anything",
			     field->name);
		good = false;
	}
	if (good)
		add_bytes(&slot->bytes, field->number, &value);
	pb_buf_free(&value);
	return good;
}

static bool parse_message(struct pb_lex *lex, const struct pb_field *field,
			  int depth, struct slot *slot)
{
	struct pb_buf value = {};
	char close = '}';
	bool good;

	if (!field->message)
		return refuse(lex, "the type %s is not known", field->type_name);
	if (!depth)
		return refuse(lex, "messages are nested deeper than %d levels",
			      KELP_PB_DEPTH_MAX);
	if (pb_lex_take(lex, '<'))
		close = '>';
	else if (!pb_lex_take(lex, '{'))
		return refuse(lex, "'{' is expected: %s is a message",
			      field->name);
	good = parse_fields(lex, field->message, close, depth - 1, &value);
	if (good && field->kind == PB_MESSAGE) {
		add_bytes(&slot->bytes, field->number, &value);
	} else if (good) {
		add_tag(&slot->bytes, field->number, KELP_PB_GROUP);
		pb_buf_add(&slot->bytes, value.data, value.len);
		add_tag(&slot->bytes, field->number, KELP_PB_GROUP_END);
	}
	pb_buf_free(&value);
	return good;
}

static bool parse_value(struct pb_lex *lex, const struct pb_field *field,
			int depth, struct slot *slot)
{
	slot->count++;
	switch (field->kind) {
	case PB_STRING:
	case PB_BYTES:
		return parse_string(lex, field, slot);
	case PB_MESSAGE:
	case PB_GROUP:
		return parse_message(lex, field, depth, slot);
	default:
		return parse_number(lex, field, slot);
	}
}

static bool parse_list(struct pb_lex *lex, const struct pb_field *field,
		       int depth, struct slot *slot)
{
	if (!field->repeated)
		return refuse(lex, "%s is not repeated: it takes one value",
			      field->name);
	pb_lex_next(lex);
	if (pb_lex_take(lex, ']'))
		return true;
	do {
		if (!parse_value(lex, field, depth, slot))
			return false;
	} while (pb_lex_take(lex, ','));
	return pb_lex_take(lex, ']') || refuse(lex, "',' or ']' is expected");
}

static bool no_such_field(struct pb_lex *lex, const struct pb_message *type)
{
	char names[160] = "";
	size_t used = 0, i;

	for (i = 0; i < type->count && used < sizeof(names) - 1; i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%s", i ? ", " : "",
					 type->fields[i].name);
	if (used >= sizeof(names))
		strcpy(names + sizeof(names) - 5, " ...");
	return refuse(lex, "%s has no field '%.*s'; it has %s", type->name,
		      lex->token.len > 40 ? 40 : (int)lex->token.len,
		      lex->token.text, type->count ? names : "none");
}

/* Only one field of a oneof, and one that is not repeated only once. */
static bool may_follow(struct pb_lex *lex, const struct pb_message *type,
		       const struct pb_field *field, const struct slot *slots)
{
	size_t i;

	if (!field->repeated && slots[field - type->fields].count)
		return refuse(lex, "%s is given twice, and is not repeated",
			      field->name);
	if (field->oneof < 0)
		return true;
	for (i = 0; i < type->count; i++)
		if (slots[i].count && type->fields[i].oneof == field->oneof &&
		    &type->fields[i] != field)
			return refuse(lex, "%s excludes %s, which is given too",
				      field->name, type->fields[i].name);
	return true;
}

static bool parse_field(struct pb_lex *lex, const struct pb_message *type,
			int depth, struct slot *slots)
{
	const struct pb_field *field;
	bool message, colon;
	struct slot *slot;

	if (pb_lex_is(lex, '['))
		return refuse(lex, "extensions are not supported");
	if (lex->token.kind != PB_TOKEN_NAME)
		return refuse(lex, "the name of a field is expected");
	field = pb_message_field_named(type, lex->token.text, lex->token.len);
	if (!field)
		return no_such_field(lex, type);
	if (!may_follow(lex, type, field, slots))
		return false;
	slot = &slots[field - type->fields];
	message = field->kind == PB_MESSAGE || field->kind == PB_GROUP;
	pb_lex_next(lex);
	colon = pb_lex_take(lex, ':');
	if (!colon && !message)
		return refuse(lex, "':' and a value are expected behind %s",
			      field->name);
	if (pb_lex_is(lex, '[')) {
		if (!parse_list(lex, field, depth, slot))
			return false;
	} else if (!parse_value(lex, field, depth, slot)) {
		return false;
	}
	if (!pb_lex_take(lex, ','))
		pb_lex_take(lex, ';');
	return true;
}

static bool complete(struct pb_lex *lex, const struct pb_message *type,
		     const struct slot *slots)
{
	size_t i;

	for (i = 0; i < type->count; i++)
		if (type->fields[i].required && !slots[i].count)
			return refuse(lex, "%s is missing in %s, which requires it",
				      type->fields[i].name, type->name);
	return true;
}

static void write_slot(const struct pb_field *field, const struct slot *slot,
		       struct pb_buf *out)
{
	if (!slot->count)
		return;
	if (field->packed)
		add_bytes(out, field->number, &slot->bytes);
	else
		pb_buf_add(out, slot->bytes.data, slot->bytes.len);
}

/* @close is what ends it, 0 for the end of the text. */
static bool parse_fields(struct pb_lex *lex, const struct pb_message *type,
			 char close, int depth, struct pb_buf *out)
{
	struct slot *slots = need(calloc(type->count + 1, sizeof(*slots)));
	bool good = true;
	size_t i;

	while (good && lex->token.kind != PB_TOKEN_END &&
	       !(close && pb_lex_is(lex, close)))
		good = parse_field(lex, type, depth, slots);
	good = good && complete(lex, type, slots);
	if (good && close && !pb_lex_take(lex, close))
		good = refuse(lex, "'%c' is missing at the end of %s", close,
			      type->name);
	for (i = 0; i < type->count; i++) {
		if (good)
			write_slot(&type->fields[i], &slots[i], out);
		pb_buf_free(&slots[i].bytes);
	}
	free(slots);
	return good;
}

bool pb_text_parse(const struct pb_message *type, const char *text, size_t len,
		   struct pb_buf *out, struct pb_fault *fault)
{
	struct pb_lex lex;

	pb_lex_init(&lex, text, len, fault);
	return parse_fields(&lex, type, 0, KELP_PB_DEPTH_MAX, out);
}
