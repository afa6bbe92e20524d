// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message types and services: looking them up, and freeing them. pb_load.c
 * makes them.
 */
#include "pb_type.h"

#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "kelp/pb.h"

const char *pb_short_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* Is @word, which has no dot, the end of @name? */
static bool ends_name(const char *word, const char *name)
{
	return !strchr(word, '.') && !strcmp(word, pb_short_name(name));
}

/* A full name goes before the end of another. */
#define LOOK_UP(kind, first, word) ({					\
	struct kind const *it_, *found_ = NULL;				\
									\
	for (it_ = (first); it_; it_ = it_->next) {			\
		if (!strcmp((word), it_->name)) {			\
			found_ = it_;					\
			break;						\
		}							\
		if (!found_ && ends_name((word), it_->name))		\
			found_ = it_;					\
	}								\
	found_;								\
})

/* The full name only: protoc has resolved what the .proto file shortens. */
#define FIND(kind, first, word) ({					\
	struct kind const *it_ = (first);				\
									\
	while (it_ && strcmp(it_->name, (word)))			\
		it_ = it_->next;					\
	it_;								\
})

const struct pb_message *pb_types_message(const struct pb_types *types,
					  const char *name)
{
	return LOOK_UP(pb_message, types->messages, name);
}

const struct pb_service *pb_types_service(const struct pb_types *types,
					  const char *name)
{
	return LOOK_UP(pb_service, types->services, name);
}

const struct pb_enum *pb_types_enum(const struct pb_types *types,
				    const char *name)
{
	return LOOK_UP(pb_enum, types->enums, name);
}

const struct pb_method *pb_service_method(const struct pb_service *service,
					  const char *name)
{
	size_t i;

	for (i = 0; i < service->count; i++)
		if (!strcmp(service->methods[i].name, name))
			return &service->methods[i];
	return NULL;
}

const struct pb_field *pb_message_field(const struct pb_message *message,
					u32 number)
{
	size_t low = 0, high = message->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (message->fields[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < message->count && message->fields[low].number == number)
		return &message->fields[low];
	return NULL;
}

static bool same(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && !memcmp(name, word, len);
}

/* A group is called by its type: its field's name is that in lower case. */
const struct pb_field *pb_message_field_named(const struct pb_message *message,
					      const char *name, size_t len)
{
	const struct pb_field *f;
	size_t i;

	for (i = 0; i < message->count; i++) {
		f = &message->fields[i];
		if (same(f->kind == PB_GROUP ? pb_short_name(f->type_name) :
					       f->name, name, len))
			return f;
	}
	return NULL;
}

const char *pb_enum_name(const struct pb_enum *values, s32 number)
{
	size_t i;

	for (i = 0; i < values->count; i++)
		if (values->values[i].number == number)
			return values->values[i].name;
	return NULL;
}

const struct pb_enum_value *pb_enum_named(const struct pb_enum *values,
					  const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < values->count; i++)
		if (same(values->values[i].name, name, len))
			return &values->values[i];
	return NULL;
}

int pb_kind_wire(enum pb_kind kind)
{
	switch (kind) {
	case PB_DOUBLE:
	case PB_FIXED64:
	case PB_SFIXED64:
		return KELP_PB_FIXED64;
	case PB_FLOAT:
	case PB_FIXED32:
	case PB_SFIXED32:
		return KELP_PB_FIXED32;
	case PB_STRING:
	case PB_BYTES:
	case PB_MESSAGE:
		return KELP_PB_BYTES;
	case PB_GROUP:
		return KELP_PB_GROUP;
	default:
		return KELP_PB_VARINT;
	}
}

bool pb_kind_packable(enum pb_kind kind)
{
	int wire = pb_kind_wire(kind);

	return wire != KELP_PB_BYTES && wire != KELP_PB_GROUP;
}

bool pb_field_fits(const struct pb_field *field, int wire)
{
	if (wire == pb_kind_wire(field->kind))
		return true;
	return wire == KELP_PB_BYTES && field->repeated &&
	       pb_kind_packable(field->kind);
}

void pb_types_resolve(struct pb_types *types)
{
	struct pb_service *service;
	struct pb_message *message;
	size_t i;

	for (message = types->messages; message; message = message->next) {
		for (i = 0; i < message->count; i++) {
			struct pb_field *f = &message->fields[i];

			f->message = NULL;
			f->values = NULL;
			if (f->kind == PB_ENUM)
				f->values = FIND(pb_enum, types->enums, f->type_name);
			else if (f->kind == PB_MESSAGE || f->kind == PB_GROUP)
				f->message = FIND(pb_message, types->messages,
						  f->type_name);
		}
	}
	for (service = types->services; service; service = service->next) {
		for (i = 0; i < service->count; i++) {
			struct pb_method *m = &service->methods[i];

			m->input = FIND(pb_message, types->messages, m->input_name);
			m->output = FIND(pb_message, types->messages, m->output_name);
		}
	}
}

struct pb_types *pb_types_new(void)
{
	return need(calloc(1, sizeof(struct pb_types)));
}

static void free_message(struct pb_message *message)
{
	size_t i;

	for (i = 0; i < message->count; i++) {
		free(message->fields[i].name);
		free(message->fields[i].type_name);
	}
	free(message->fields);
	free(message->name);
	free(message);
}

static void free_enum(struct pb_enum *values)
{
	size_t i;

	for (i = 0; i < values->count; i++)
		free(values->values[i].name);
	free(values->values);
	free(values->name);
	free(values);
}

static void free_service(struct pb_service *service)
{
	size_t i;

	for (i = 0; i < service->count; i++) {
		free(service->methods[i].name);
		free(service->methods[i].input_name);
		free(service->methods[i].output_name);
	}
	free(service->methods);
	free(service->name);
	free(service);
}

void pb_types_free(struct pb_types *types)
{
	struct pb_service *service;
	struct pb_message *message;
	struct pb_enum *values;

	if (!types)
		return;
	while ((message = types->messages)) {
		types->messages = message->next;
		free_message(message);
	}
	while ((values = types->enums)) {
		types->enums = values->next;
		free_enum(values);
	}
	while ((service = types->services)) {
		types->services = service->next;
		free_service(service);
	}
	free(types);
}
