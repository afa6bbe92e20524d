/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message types and services, as .proto files describe them: read from the
 * descriptor sets that protoc makes, looked up by name. Knows no files and
 * prints nothing.
 *
 * A set of types belongs to one thread. What a look-up returns lives as long as
 * the set, whose owner frees it.
 */
#ifndef KELPCTL_PB_TYPE_H
#define KELPCTL_PB_TYPE_H

#include <stdbool.h>

#include <linux/types.h>

#include "pb_buf.h"

/* The type of a field; the values are descriptor.proto's. */
enum pb_kind {
	PB_DOUBLE = 1,
	PB_FLOAT = 2,
	PB_INT64 = 3,
	PB_UINT64 = 4,
	PB_INT32 = 5,
	PB_FIXED64 = 6,
	PB_FIXED32 = 7,
	PB_BOOL = 8,
	PB_STRING = 9,
	PB_GROUP = 10,
	PB_MESSAGE = 11,
	PB_BYTES = 12,
	PB_UINT32 = 13,
	PB_ENUM = 14,
	PB_SFIXED32 = 15,
	PB_SFIXED64 = 16,
	PB_SINT32 = 17,
	PB_SINT64 = 18,
};

struct pb_field {
	char *name;
	u32 number;
	enum pb_kind kind;
	bool repeated;
	bool required;
	bool packed;		/* is written so; read it is either way */
	int oneof;		/* which one of its message, -1 for none */
	char *type_name;	/* of a message, group or enum; else NULL */
	/* What it names; NULL when it is another kind, or is not known. */
	const struct pb_message *message;
	const struct pb_enum *values;
};

struct pb_message {
	char *name;		/* "kelp.KvMultiGetResponse.Item" */
	bool map_entry;		/* a key and a value of a map field */
	struct pb_field *fields;	/* by their numbers */
	size_t count;
	struct pb_message *next;
};

struct pb_enum_value {
	char *name;
	s32 number;
};

struct pb_enum {
	char *name;
	struct pb_enum_value *values;
	size_t count;
	struct pb_enum *next;
};

struct pb_method {
	char *name;
	char *input_name;	/* of the request's type */
	char *output_name;
	const struct pb_message *input;	/* NULL when it is not known */
	const struct pb_message *output;
};

struct pb_service {
	char *name;		/* "kelp.KV" */
	struct pb_method *methods;
	size_t count;
	struct pb_service *next;
};

/* What was added last comes first, and hides what has the same name. */
struct pb_types {
	struct pb_message *messages;
	struct pb_enum *enums;
	struct pb_service *services;
};

struct pb_types *pb_types_new(void);
void pb_types_free(struct pb_types *types);

/*
 * Add what a descriptor set (FileDescriptorSet) describes. False, with @fault
 * set, when it is none; then the set is good for pb_types_free() only.
 */
bool pb_types_add(struct pb_types *types, const u8 *data, size_t len,
		  struct pb_fault *fault);

/*
 * For pb_types_add(): names of types become pointers, also in what was there
 * before, some of which may be hidden now.
 */
void pb_types_resolve(struct pb_types *types);

/*
 * @name is the full one; without a dot it may also be what is behind the last
 * dot. NULL when there is none.
 */
const struct pb_message *pb_types_message(const struct pb_types *types,
					  const char *name);
const struct pb_service *pb_types_service(const struct pb_types *types,
					  const char *name);
const struct pb_enum *pb_types_enum(const struct pb_types *types,
				    const char *name);
const struct pb_method *pb_service_method(const struct pb_service *service,
					  const char *name);

/* Names need no NUL behind them here: they may lie in a message's text. */
const struct pb_field *pb_message_field(const struct pb_message *message,
					u32 number);
const struct pb_field *pb_message_field_named(const struct pb_message *message,
					      const char *name, size_t len);
/* NULL when no value of the enum has this number, or name. */
const char *pb_enum_name(const struct pb_enum *values, s32 number);
const struct pb_enum_value *pb_enum_named(const struct pb_enum *values,
					  const char *name, size_t len);

/* What is behind the last dot. */
const char *pb_short_name(const char *name);

/* The wire type of one value: enum kelp_pb_type. */
int pb_kind_wire(enum pb_kind kind);

/* Can many values of it lie in one length-delimited field? */
bool pb_kind_packable(enum pb_kind kind);

/* Is a field of this wire type what the .proto file means by its number? */
bool pb_field_fits(const struct pb_field *field, int wire);

/* The types of kelp's own services, and of RpcMeta; to be freed as others. */
struct pb_types *pb_types_builtin(void);

#endif
