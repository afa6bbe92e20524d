// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message types and services: from a descriptor set, which is itself a message
 * of Protocol Buffers (FileDescriptorSet in descriptor.proto, which comes with
 * protoc). Any bytes may come: nothing is believed that was not looked at.
 */
#include "pb_type.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/limits.h>

#include "ctl.h"
#include "kelp/pb.h"

/* Field numbers of descriptor.proto. */
enum {
	SET_FILE = 1,

	FILE_PACKAGE = 2,
	FILE_MESSAGE = 4,
	FILE_ENUM = 5,
	FILE_SERVICE = 6,
	FILE_SYNTAX = 12,

	/* of everything that has a name */
	NAME = 1,

	MESSAGE_FIELD = 2,
	MESSAGE_NESTED = 3,
	MESSAGE_ENUM = 4,
	MESSAGE_OPTIONS = 7,
	MESSAGE_OPTIONS_MAP_ENTRY = 7,

	FIELD_NUMBER = 3,
	FIELD_LABEL = 4,
	FIELD_TYPE = 5,
	FIELD_TYPE_NAME = 6,
	FIELD_OPTIONS = 8,
	FIELD_ONEOF = 9,
	FIELD_OPTIONS_PACKED = 2,
	LABEL_REQUIRED = 2,
	LABEL_REPEATED = 3,

	ENUM_VALUE = 2,
	ENUM_VALUE_NUMBER = 2,

	SERVICE_METHOD = 2,
	METHOD_INPUT = 2,
	METHOD_OUTPUT = 3,
};

static const struct kelp_pb_limits limits = {
	.length = U32_MAX,
	.fields = U32_MAX,
	.depth = KELP_PB_DEPTH_MAX,
};

/* What the readers of the parts hand on; lives during pb_types_add(). */
struct loader {
	struct pb_types *types;
	const u8 *base;
	struct pb_fault *fault;
	bool proto3;		/* of the file in work */
};

static bool refuse(struct loader *l, const struct kelp_pb *pb, const char *why)
{
	/* of a reader that failed the position is lost, the end is not */
	const u8 *at = pb->p ? pb->p : pb->end;

	pb_fault_set(l->fault, (size_t)(at - l->base), "%s", why);
	return false;
}

/* Read the next field; -1 with the fault set. */
static int next(struct loader *l, struct kelp_pb *pb, struct kelp_pb_field *f)
{
	const u8 *at = pb->p;
	int ret = kelp_pb_next(pb, f);

	if (ret < 0)
		pb_fault_find(l->fault, l->base, at, pb->end, ret);
	return ret < 0 ? -1 : ret;
}

static bool enter(struct loader *l, struct kelp_pb *pb,
		  const struct kelp_pb_field *f, struct kelp_pb *inner)
{
	if (kelp_pb_enter(pb, f, inner) > 0)
		return true;
	return refuse(l, pb, "a part of the descriptor is no message, or nested too deep");
}

/*
 * A name is letters, digits, '_', and '.' between, and does not begin with a
 * digit; a type's may begin with '.', which is left out. NULL for anything else:
 * names are printed as they are, and stand beside numbers.
 */
static char *name_from(const struct kelp_pb_span *span)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
	const char *s = (const char *)span->data;
	size_t len = span->len, i;

	if (len && *s == '.') {
		s++;
		len--;
	}
	if (len && *s >= '0' && *s <= '9')
		return NULL;
	for (i = 0; i < len; i++)
		if (!s[i] || !strchr(letters, s[i]))
			return NULL;
	return len && len < 1024 ? need(strndup(s, len)) : NULL;
}

/* The bytes of a field, looked for ahead: a copy of the reader goes on. */
static bool look_ahead(struct kelp_pb pb, u32 number, struct kelp_pb_span *span)
{
	struct kelp_pb_field f;
	bool found = false;

	while (kelp_pb_next(&pb, &f) > 0)
		if (f.number == number)
			found |= kelp_pb_get_bytes(&f, span);
	return found;
}

static char *name_ahead(struct loader *l, const struct kelp_pb *pb, u32 number)
{
	struct kelp_pb_span span;
	char *name = NULL;

	if (look_ahead(*pb, number, &span))
		name = name_from(&span);
	if (!name)
		refuse(l, pb, "a name is missing, or is none");
	return name;
}

/* The full name of what is about to be read. */
static char *full_name(struct loader *l, const struct kelp_pb *pb,
		       const char *scope)
{
	char *name = name_ahead(l, pb, NAME), *full;

	if (!name || !*scope)
		return name;
	full = format("%s.%s", scope, name);
	free(name);
	return full;
}

/* Options say little that matters: one bool. */
static bool option(struct kelp_pb *pb, const struct kelp_pb_field *f, u32 number,
		   bool *value)
{
	struct kelp_pb_field inner;
	struct kelp_pb options;

	if (kelp_pb_enter(pb, f, &options) <= 0)
		return false;
	while (kelp_pb_next(&options, &inner) > 0)
		if (inner.number == number)
			kelp_pb_get_bool(&inner, value);
	return !options.error;
}

static bool read_field(struct loader *l, struct kelp_pb *pb,
		       struct pb_field *field, u32 *label)
{
	struct kelp_pb_field f;
	u32 kind = 0;
	int ret;

	while ((ret = next(l, pb, &f)) > 0) {
		switch (f.number) {
		case FIELD_NUMBER:
			kelp_pb_get_u32(&f, &field->number);
			break;
		case FIELD_LABEL:
			kelp_pb_get_u32(&f, label);
			break;
		case FIELD_TYPE:
			kelp_pb_get_u32(&f, &kind);
			break;
		case FIELD_TYPE_NAME:
			free(field->type_name);
			field->type_name = name_from(&f.bytes);
			break;
		case FIELD_ONEOF:
			kelp_pb_get_s32(&f, &field->oneof);
			break;
		case FIELD_OPTIONS:
			if (!option(pb, &f, FIELD_OPTIONS_PACKED,
				    &field->packed))
				return refuse(l, pb, "options are no message");
			break;
		}
	}
	if (ret)
		return false;
	if (kind < PB_DOUBLE || kind > PB_SINT64)
		return refuse(l, pb, "a field has a type that does not exist");
	field->kind = kind;
	return true;
}

static bool load_field(struct loader *l, struct kelp_pb *outer,
		       const struct kelp_pb_field *f, struct pb_message *message)
{
	size_t size = (message->count + 1) * sizeof(struct pb_field);
	struct pb_field *field;
	struct kelp_pb pb;
	u32 label = 0;

	if (!enter(l, outer, f, &pb))
		return false;
	message->fields = need(realloc(message->fields, size));
	field = &message->fields[message->count];
	memset(field, 0, sizeof(*field));
	field->oneof = -1;
	field->packed = l->proto3;
	field->name = name_ahead(l, &pb, NAME);
	if (!field->name)
		return false;
	message->count++;
	if (!read_field(l, &pb, field, &label))
		return false;
	if (!field->number || field->number > KELP_PB_NUMBER_MAX)
		return refuse(l, &pb, "a field has a number that cannot be");
	if (!field->type_name && (field->kind == PB_GROUP ||
				  field->kind == PB_MESSAGE ||
				  field->kind == PB_ENUM))
		return refuse(l, &pb, "a field does not name its type");
	field->required = label == LABEL_REQUIRED;
	field->repeated = label == LABEL_REPEATED;
	field->packed &= field->repeated && pb_kind_packable(field->kind);
	return true;
}

static bool load_enum_value(struct loader *l, struct kelp_pb *outer,
			    const struct kelp_pb_field *f,
			    struct pb_enum *values)
{
	size_t size = (values->count + 1) * sizeof(struct pb_enum_value);
	struct pb_enum_value *value;
	struct kelp_pb_field inner;
	struct kelp_pb pb;
	int ret;

	if (!enter(l, outer, f, &pb))
		return false;
	values->values = need(realloc(values->values, size));
	value = &values->values[values->count];
	value->number = 0;
	value->name = name_ahead(l, &pb, NAME);
	if (!value->name)
		return false;
	values->count++;
	while ((ret = next(l, &pb, &inner)) > 0)
		if (inner.number == ENUM_VALUE_NUMBER)
			kelp_pb_get_s32(&inner, &value->number);
	return !ret;
}

static bool load_enum(struct loader *l, struct kelp_pb *outer,
		      const struct kelp_pb_field *f, const char *scope)
{
	struct kelp_pb_field inner;
	struct pb_enum *values;
	struct kelp_pb pb;
	char *name;
	int ret;

	if (!enter(l, outer, f, &pb))
		return false;
	name = full_name(l, &pb, scope);
	if (!name)
		return false;
	values = need(calloc(1, sizeof(*values)));
	values->name = name;
	values->next = l->types->enums;
	l->types->enums = values;
	while ((ret = next(l, &pb, &inner)) > 0)
		if (inner.number == ENUM_VALUE &&
		    !load_enum_value(l, &pb, &inner, values))
			return false;
	return !ret;
}

static int by_number(const void *a, const void *b)
{
	const struct pb_field *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static bool sort_fields(struct loader *l, const struct kelp_pb *pb,
			struct pb_message *message)
{
	size_t i;

	if (message->count)
		qsort(message->fields, message->count,
		      sizeof(*message->fields), by_number);
	for (i = 1; i < message->count; i++)
		if (message->fields[i].number == message->fields[i - 1].number)
			return refuse(l, pb, "two fields have one number");
	return true;
}

/* Messages lie within messages, as deep as the reader goes. */
static bool load_message(struct loader *l, struct kelp_pb *outer,
			 const struct kelp_pb_field *f, const char *scope)
{
	struct pb_message *message;
	struct kelp_pb_field inner;
	struct kelp_pb pb;
	bool good = true;
	char *name;
	int ret = 0;

	if (!enter(l, outer, f, &pb))
		return false;
	name = full_name(l, &pb, scope);
	if (!name)
		return false;
	message = need(calloc(1, sizeof(*message)));
	message->name = name;
	message->next = l->types->messages;
	l->types->messages = message;
	while (good && (ret = next(l, &pb, &inner)) > 0) {
		switch (inner.number) {
		case MESSAGE_FIELD:
			good = load_field(l, &pb, &inner, message);
			break;
		case MESSAGE_NESTED:
			good = load_message(l, &pb, &inner, name);
			break;
		case MESSAGE_ENUM:
			good = load_enum(l, &pb, &inner, name);
			break;
		case MESSAGE_OPTIONS:
			good = option(&pb, &inner, MESSAGE_OPTIONS_MAP_ENTRY,
				      &message->map_entry) ||
			       refuse(l, &pb, "options are no message");
			break;
		}
	}
	return good && !ret && sort_fields(l, &pb, message);
}

static bool load_method(struct loader *l, struct kelp_pb *outer,
			const struct kelp_pb_field *f,
			struct pb_service *service)
{
	size_t size = (service->count + 1) * sizeof(struct pb_method);
	struct pb_method *method;
	struct kelp_pb pb;

	if (!enter(l, outer, f, &pb))
		return false;
	service->methods = need(realloc(service->methods, size));
	method = &service->methods[service->count++];
	memset(method, 0, sizeof(*method));
	method->name = name_ahead(l, &pb, NAME);
	method->input_name = name_ahead(l, &pb, METHOD_INPUT);
	method->output_name = name_ahead(l, &pb, METHOD_OUTPUT);
	return method->name && method->input_name && method->output_name;
}

static bool load_service(struct loader *l, struct kelp_pb *outer,
			 const struct kelp_pb_field *f, const char *scope)
{
	struct pb_service *service;
	struct kelp_pb_field inner;
	struct kelp_pb pb;
	char *name;
	int ret;

	if (!enter(l, outer, f, &pb))
		return false;
	name = full_name(l, &pb, scope);
	if (!name)
		return false;
	service = need(calloc(1, sizeof(*service)));
	service->name = name;
	service->next = l->types->services;
	l->types->services = service;
	while ((ret = next(l, &pb, &inner)) > 0)
		if (inner.number == SERVICE_METHOD &&
		    !load_method(l, &pb, &inner, service))
			return false;
	return !ret;
}

static bool load_parts(struct loader *l, struct kelp_pb *pb, const char *package)
{
	struct kelp_pb_field f;
	bool good = true;
	int ret = 0;

	while (good && (ret = next(l, pb, &f)) > 0) {
		switch (f.number) {
		case FILE_MESSAGE:
			good = load_message(l, pb, &f, package);
			break;
		case FILE_ENUM:
			good = load_enum(l, pb, &f, package);
			break;
		case FILE_SERVICE:
			good = load_service(l, pb, &f, package);
			break;
		}
	}
	return good && !ret;
}

static bool load_file(struct loader *l, struct kelp_pb *outer,
		      const struct kelp_pb_field *f)
{
	struct kelp_pb_span span;
	char *package = NULL;
	struct kelp_pb pb;
	bool good;

	if (!enter(l, outer, f, &pb))
		return false;
	l->proto3 = look_ahead(pb, FILE_SYNTAX, &span) && span.len == 6 &&
		    !memcmp(span.data, "proto3", 6);
	if (look_ahead(pb, FILE_PACKAGE, &span) && span.len) {
		package = name_from(&span);
		if (!package)
			return refuse(l, &pb, "a package's name is none");
	}
	good = load_parts(l, &pb, package ? package : "");
	free(package);
	return good;
}

bool pb_types_add(struct pb_types *types, const u8 *data, size_t len,
		  struct pb_fault *fault)
{
	struct loader l = { .types = types, .base = data, .fault = fault };
	struct kelp_pb_field f;
	struct kelp_pb pb;
	int ret;

	kelp_pb_init(&pb, data, len, &limits);
	while ((ret = next(&l, &pb, &f)) > 0)
		if (f.number == SET_FILE && !load_file(&l, &pb, &f))
			return false;
	if (ret)
		return false;
	pb_types_resolve(types);
	return true;
}
