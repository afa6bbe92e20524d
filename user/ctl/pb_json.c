// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages in JSON. Of a field that comes twice the last counts, and messages
 * are merged, as Protocol Buffers ask of a reader; the text shows both.
 */
#include "pb_print.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "pb_value.h"

/* What the functions hand on; lives during pb_json(). */
struct maker {
	const u8 *base;
	struct pb_fault *fault;
};

static bool fill(struct maker *m, const struct pb_message *type,
		 struct kelp_pb *pb, json_t *into);

static json_t *wrap(const char *name, json_t *value)
{
	json_t *object = need(json_object());

	json_object_set_new(object, name, value);
	return object;
}

json_t *pb_json_hex(const u8 *data, size_t len)
{
	char *text = need(malloc(2 * len + 1));
	json_t *value;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	value = need(json_string(text));
	free(text);
	return wrap("hex", value);
}

static json_t *json_utf8(const u8 *data, size_t len)
{
	if (!pb_is_utf8(data, len))
		return pb_json_hex(data, len);
	return need(json_stringn_nocheck(len ? (const char *)data : "", len));
}

static json_t *json_base64(const u8 *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = need(malloc((len + 2) / 3 * 4 + 1)), *to = text;
	json_t *value;
	size_t i;

	for (i = 0; i < len; i += 3) {
		u32 bits = (u32)data[i] << 16;

		bits |= i + 1 < len ? data[i + 1] << 8 : 0;
		bits |= i + 2 < len ? data[i + 2] : 0;
		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	*to = '\0';
	value = need(json_string(text));
	free(text);
	return value;
}

/* JSON has no other numbers than finite ones. */
static json_t *json_floating(double value, const char *text)
{
	if (!strcmp(text, "inf"))
		return need(json_string("Infinity"));
	if (!strcmp(text, "-inf"))
		return need(json_string("-Infinity"));
	if (!strcmp(text, "nan"))
		return need(json_string("NaN"));
	return need(json_real(value));
}

static json_t *json_scalar(const struct pb_field *field, u64 value)
{
	char text[PB_VALUE_MAX];
	const char *name;

	pb_scalar_text(text, field->kind, value);
	switch (field->kind) {
	case PB_DOUBLE:
		return json_floating(pb_double_of(value), text);
	case PB_FLOAT:
		/* by its digits: the double next to it has more of them */
		return json_floating(strtod(text, NULL), text);
	case PB_BOOL:
		return need(json_boolean(value != 0));
	case PB_ENUM:
		name = field->values ? pb_enum_name(field->values,
						    (s32)(u32)value) : NULL;
		if (name)
			return need(json_string(name));
		return need(json_integer(pb_signed_of(field->kind, value)));
	case PB_INT32:
	case PB_SINT32:
	case PB_SFIXED32:
		return need(json_integer(pb_signed_of(field->kind, value)));
	case PB_UINT32:
	case PB_FIXED32:
		return need(json_integer((u32)value));
	default:
		return need(json_string(text));
	}
}

/* The array of a member, made when it is the first time. */
static json_t *array_of(json_t *into, const char *name)
{
	json_t *array = json_object_get(into, name);

	if (!json_is_array(array)) {
		array = need(json_array());
		json_object_set_new(into, name, array);
	}
	return array;
}

static void put(json_t *into, const struct pb_field *field, json_t *value)
{
	if (field->repeated)
		json_array_append_new(array_of(into, field->name), value);
	else
		json_object_set_new(into, field->name, value);
}

/* Return: the object that @nested is filled into; NULL with the fault set. */
static json_t *nested(struct maker *m, const struct pb_message *type,
		      struct kelp_pb *pb, const struct kelp_pb_field *f,
		      json_t *object)
{
	struct kelp_pb inner;
	int ret;

	ret = pb_enter(pb, f, &inner);
	if (ret <= 0) {
		pb_fault_find(m->fault, m->base, f->bytes.data, pb->end, ret);
		return NULL;
	}
	return fill(m, type, &inner, object) ? object : NULL;
}

static bool put_unknown(struct maker *m, struct kelp_pb *pb,
			const struct kelp_pb_field *f, json_t *into)
{
	enum pb_guess guess = PB_GUESS_MESSAGE;
	char text[PB_VALUE_MAX], name[16];
	json_t *value = NULL, *array;

	snprintf(name, sizeof(name), "%u", f->number);
	array = array_of(into, name);
	if (f->type == KELP_PB_BYTES)
		guess = pb_guess(pb, f);
	if (f->type == KELP_PB_FIXED32) {
		value = need(json_integer((json_int_t)f->value));
	} else if (f->type == KELP_PB_VARINT || f->type == KELP_PB_FIXED64) {
		snprintf(text, sizeof(text), "%llu", f->value);
		value = need(json_string(text));
	} else if (guess == PB_GUESS_MESSAGE) {
		value = need(json_object());
		if (!nested(m, NULL, pb, f, value)) {
			json_decref(value);
			return false;
		}
	} else if (guess == PB_GUESS_TEXT) {
		value = json_utf8(f->bytes.data, f->bytes.len);
	} else {
		value = pb_json_hex(f->bytes.data, f->bytes.len);
	}
	json_array_append_new(array, value);
	return true;
}

/* What a key or value of a map is that was left out. */
static json_t *absent(const struct pb_field *field)
{
	if (!field || field->kind == PB_STRING || field->kind == PB_BYTES)
		return need(json_string(""));
	if (field->kind == PB_MESSAGE || field->kind == PB_GROUP)
		return need(json_object());
	return json_scalar(field, 0);
}

/* A member's name is text: other keys are written as text. */
static void put_keyed(json_t *map, const json_t *key, json_t *value)
{
	char *text = NULL;

	if (json_is_string(key) &&
	    strlen(json_string_value(key)) == json_string_length(key)) {
		json_object_set_new_nocheck(map, json_string_value(key), value);
		return;
	}
	text = need(json_dumps(key, JSON_ENCODE_ANY | JSON_COMPACT));
	json_object_set_new_nocheck(map, text, value);
	free(text);
}

static bool put_entry(struct maker *m, const struct pb_field *field,
		      struct kelp_pb *pb, const struct kelp_pb_field *f,
		      json_t *into)
{
	const struct pb_field *key = pb_message_field(field->message, 1);
	const struct pb_field *value = pb_message_field(field->message, 2);
	json_t *entry = need(json_object()), *map, *k, *v;
	bool good;

	map = json_object_get(into, field->name);
	if (!json_is_object(map)) {
		map = need(json_object());
		json_object_set_new(into, field->name, map);
	}
	good = nested(m, field->message, pb, f, entry);
	if (good) {
		k = key ? json_object_get(entry, key->name) : NULL;
		v = value ? json_object_get(entry, value->name) : NULL;
		k = k ? json_incref(k) : absent(key);
		v = v ? json_incref(v) : absent(value);
		put_keyed(map, k, v);
		json_decref(k);
	}
	json_decref(entry);
	return good;
}

static bool put_message(struct maker *m, const struct pb_field *field,
			struct kelp_pb *pb, const struct kelp_pb_field *f,
			json_t *into)
{
	json_t *object = NULL;

	if (!field->message)
		return put_unknown(m, pb, f, into);
	if (field->message->map_entry && field->repeated)
		return put_entry(m, field, pb, f, into);
	if (!field->repeated)
		object = json_object_get(into, field->name);
	if (!json_is_object(object)) {
		object = need(json_object());
		put(into, field, object);
	}
	return nested(m, field->message, pb, f, object);
}

static bool put_scalars(struct maker *m, const struct pb_field *field,
			const struct kelp_pb_field *f, json_t *into)
{
	struct kelp_pb_packed it;
	u64 value;
	int ret;

	kelp_pb_packed_init(&it, f, pb_kind_wire(field->kind));
	while ((ret = kelp_pb_packed_next(&it, &value)) > 0)
		put(into, field, json_scalar(field, value));
	if (ret)
		pb_fault_set(m->fault, (size_t)(it.p - m->base),
			     "the last of the packed values in %s is cut off",
			     field->name);
	return !ret;
}

static bool put_field(struct maker *m, const struct pb_field *field,
		      struct kelp_pb *pb, const struct kelp_pb_field *f,
		      json_t *into)
{
	switch (field->kind) {
	case PB_STRING:
		put(into, field, json_utf8(f->bytes.data, f->bytes.len));
		return true;
	case PB_BYTES:
		put(into, field, json_base64(f->bytes.data, f->bytes.len));
		return true;
	case PB_GROUP:
	case PB_MESSAGE:
		return put_message(m, field, pb, f, into);
	default:
		return put_scalars(m, field, f, into);
	}
}

static bool fill(struct maker *m, const struct pb_message *type,
		 struct kelp_pb *pb, json_t *into)
{
	const struct pb_field *field;
	struct kelp_pb_field f;
	const u8 *at = pb->p;
	bool good;
	int ret;

	while ((ret = kelp_pb_next(pb, &f)) > 0) {
		field = type ? pb_message_field(type, f.number) : NULL;
		if (field && pb_field_fits(field, f.type))
			good = put_field(m, field, pb, &f, into);
		else
			good = put_unknown(m, pb, &f, into);
		if (!good)
			return false;
		at = pb->p;
	}
	if (ret)
		pb_fault_find(m->fault, m->base, at, pb->end, ret);
	return !ret;
}

json_t *pb_json(const struct pb_message *type, const u8 *data, size_t len,
		struct pb_fault *fault)
{
	struct maker m = { .base = data, .fault = fault };
	json_t *object = need(json_object());
	struct kelp_pb pb;

	kelp_pb_init(&pb, data, len, &pb_no_limits);
	if (fill(&m, type, &pb, object))
		return object;
	json_decref(object);
	return NULL;
}
