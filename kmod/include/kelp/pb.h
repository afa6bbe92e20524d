/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Protocol Buffers: a reader that walks over the fields of a message where it
 * lies. pb_write.h has the writer.
 *
 * Pure: no allocation, no recursion, no global state; runs in softirq, in
 * workers and in user space under the unit tests and the fuzzer. It must not
 * know what any message means.
 *
 *	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
 *	while ((ret = kelp_pb_next(&pb, &f)) > 0)
 *		switch (f.number) {
 *		case 1:
 *			kelp_pb_get_bytes(&f, &key);
 *			break;
 *		case 2:
 *			kelp_pb_get_u64(&f, &version);
 *			break;
 *		}
 *	if (ret)
 *		... the message is bad
 *
 * Fields of other numbers are skipped that way, and so are fields of a wire
 * type that is not the expected one: the kelp_pb_get_*() leave the value alone
 * then, as if the field had not been there. Of a field that comes twice the
 * last wins. All this is what Protocol Buffers ask of a reader.
 */
#ifndef KELP_PB_H
#define KELP_PB_H

#include <linux/types.h>

/* The largest field number; the smallest is 1. */
#define KELP_PB_NUMBER_MAX	((1U << 29) - 1)

/* Bytes of the longest varint, of a tag, and of the longest tag. */
#define KELP_PB_VARINT_MAX	10
#define KELP_PB_TAG_MAX		5

/* No reader goes deeper, whatever its limits say. */
#define KELP_PB_DEPTH_MAX	32

/**
 * enum kelp_pb_type - wire types, as a tag has them
 * @KELP_PB_VARINT: int32, int64, uint32, uint64, sint32, sint64, bool, enum
 * @KELP_PB_FIXED64: fixed64, sfixed64, double
 * @KELP_PB_BYTES: string, bytes, messages, packed repeated fields
 * @KELP_PB_GROUP: a group begins
 * @KELP_PB_GROUP_END: it ends; never handed out
 * @KELP_PB_FIXED32: fixed32, sfixed32, float
 */
enum kelp_pb_type {
	KELP_PB_VARINT = 0,
	KELP_PB_FIXED64 = 1,
	KELP_PB_BYTES = 2,
	KELP_PB_GROUP = 3,
	KELP_PB_GROUP_END = 4,
	KELP_PB_FIXED32 = 5,
};

/**
 * struct kelp_pb_span - bytes that belong to somebody else
 * @data: the first; NULL when there never were any
 * @len: how many
 */
struct kelp_pb_span {
	const u8 *data;
	size_t len;
};

/**
 * struct kelp_pb_limits - how much is read before refusing
 * @length: bytes of a length-delimited value or of a group
 * @fields: fields of one message, those in groups included
 * @depth: messages within messages, and groups; KELP_PB_DEPTH_MAX at most
 */
struct kelp_pb_limits {
	u32 length;
	u32 fields;
	u8 depth;
};

/* For whoever has no reason to want others. */
extern const struct kelp_pb_limits kelp_pb_limits_usual;

/**
 * struct kelp_pb - where a reader stands in a message
 * @p: the next byte
 * @end: behind the last one
 * @length: limit of a length-delimited value
 * @fields: how many fields more there may be
 * @depth: how many levels further down there may be
 * @error: what kelp_pb_next() refused the message with, 0 while it did not
 *
 * Belongs to whoever reads; no locking of its own.
 */
struct kelp_pb {
	const u8 *p;
	const u8 *end;
	u32 length;
	u32 fields;
	u8 depth;
	s16 error;
};

/**
 * struct kelp_pb_field - a field
 * @number: 1 to KELP_PB_NUMBER_MAX
 * @type: enum kelp_pb_type
 * @value: of a varint or a fixed one, not sign-extended; 0 for others
 * @bytes: of a length-delimited one; of a group what lies between its two
 *	tags; no bytes for others
 */
struct kelp_pb_field {
	u32 number;
	u8 type;
	u64 value;
	struct kelp_pb_span bytes;
};

/**
 * struct kelp_pb_packed - where a reader stands in a repeated scalar field
 * @p: the next byte
 * @end: behind the last one
 * @value: the value of a field that is not packed
 * @type: enum kelp_pb_type of an element
 * @single: @value was not handed out yet
 */
struct kelp_pb_packed {
	const u8 *p;
	const u8 *end;
	u64 value;
	u8 type;
	bool single;
};

/**
 * kelp_pb_init() - begin to read a message
 * @pb: the reader
 * @data: the message's bytes; they have to stay for as long as it is used
 * @len: how many
 * @limits: how much to read before refusing; copied
 *
 * Context: Any.
 */
static inline void kelp_pb_init(struct kelp_pb *pb, const u8 *data, size_t len,
				const struct kelp_pb_limits *limits)
{
	pb->p = data;
	/* NULL + 0 is not defined */
	pb->end = len ? data + len : data;
	pb->length = limits->length;
	pb->fields = limits->fields;
	pb->depth = limits->depth < KELP_PB_DEPTH_MAX ? limits->depth :
							KELP_PB_DEPTH_MAX;
	pb->error = 0;
}

/*
 * Most fields have a number below 16, and a value, or a length, below 128: two
 * bytes tell all. Return: was this one? In every reader's loop, hence inline.
 */
static inline bool kelp_pb_next_short(struct kelp_pb *pb,
				      struct kelp_pb_field *field)
{
	const u8 *p = pb->p;
	size_t len = 0;

	if (pb->end - p < 2 || p[0] < 8 || (p[0] | p[1]) & 0x80 || !pb->fields)
		return false;
	field->type = p[0] & 7;
	field->value = 0;
	field->bytes.data = NULL;
	if (field->type == KELP_PB_VARINT) {
		field->value = p[1];
	} else if (field->type == KELP_PB_BYTES) {
		len = p[1];
		if (len > pb->length || len > (size_t)(pb->end - p) - 2)
			return false;
		field->bytes.data = p + 2;
	} else {
		return false;
	}
	field->number = p[0] >> 3;
	field->bytes.len = len;
	pb->p = p + 2 + len;
	pb->fields--;
	return true;
}

/* kelp_pb_next() for whatever is not short; the end of the message, too. */
int kelp_pb_next_long(struct kelp_pb *pb, struct kelp_pb_field *field);

/**
 * kelp_pb_next() - read the next field
 * @pb: the reader
 * @field: set to the field when there is one, otherwise undefined
 *
 * A group is one field, with everything in it; its contents are checked.
 *
 * Context: Any. Touches @pb, @field and the bytes only.
 * Return: 1, or 0 at the end of the message; -EBADMSG when these bytes are no
 * message, -E2BIG beyond a limit, then for good.
 */
static inline int kelp_pb_next(struct kelp_pb *pb, struct kelp_pb_field *field)
{
	return kelp_pb_next_short(pb, field) ? 1 : kelp_pb_next_long(pb, field);
}

/**
 * kelp_pb_enter() - begin to read a message within a message
 * @outer: the reader that @field is from
 * @field: the field that holds it
 * @inner: the reader of the inner message; inherits what @outer has left of its
 *	limits
 *
 * Context: Any.
 * Return: 1; 0 when the field is of another type, hence to be skipped; -E2BIG
 * when it lies too deep, then @outer reads no further.
 */
int kelp_pb_enter(struct kelp_pb *outer, const struct kelp_pb_field *field,
		  struct kelp_pb *inner);

/**
 * kelp_pb_packed_init() - begin to read a repeated field of scalars
 * @it: the iterator
 * @field: one occurrence of the field, packed or not; a repeated field is all
 *	its occurrences, in their order
 * @type: KELP_PB_VARINT, KELP_PB_FIXED32 or KELP_PB_FIXED64: of an element
 *
 * A field of another type has no elements.
 *
 * Context: Any.
 */
void kelp_pb_packed_init(struct kelp_pb_packed *it,
			 const struct kelp_pb_field *field,
			 enum kelp_pb_type type);

/**
 * kelp_pb_packed_next() - read the next element
 * @it: the iterator
 * @value: set to the element when there is one
 *
 * The number of elements has no other limit than the bytes they lie in.
 *
 * Context: Any.
 * Return: 1, or 0 behind the last; -EBADMSG when the bytes do not end with an
 * element, then for good.
 */
int kelp_pb_packed_next(struct kelp_pb_packed *it, u64 *value);

/**
 * kelp_pb_get_u64() - take a field as uint64
 * @field: the field
 * @value: set when the field is a varint
 *
 * Context: Any.
 * Return: was it set?
 */
static inline bool kelp_pb_get_u64(const struct kelp_pb_field *field,
				   u64 *value)
{
	if (field->type != KELP_PB_VARINT)
		return false;
	*value = field->value;
	return true;
}

/**
 * kelp_pb_get_s64() - take a field as int64
 * @field: the field
 * @value: set when the field is a varint
 *
 * Context: Any.
 * Return: was it set?
 */
static inline bool kelp_pb_get_s64(const struct kelp_pb_field *field,
				   s64 *value)
{
	if (field->type != KELP_PB_VARINT)
		return false;
	*value = (s64)field->value;
	return true;
}

/**
 * kelp_pb_get_u32() - take a field as uint32
 * @field: the field
 * @value: set when the field is a varint; of a larger number the low 32 bits,
 *	as every implementation does
 *
 * Context: Any.
 * Return: was it set?
 */
static inline bool kelp_pb_get_u32(const struct kelp_pb_field *field,
				   u32 *value)
{
	if (field->type != KELP_PB_VARINT)
		return false;
	*value = (u32)field->value;
	return true;
}

/**
 * kelp_pb_get_s32() - take a field as int32 or as an enum
 * @field: the field
 * @value: set when the field is a varint; of a larger number the low 32 bits.
 *	A negative number has ten bytes on the wire
 *
 * Context: Any.
 * Return: was it set?
 */
static inline bool kelp_pb_get_s32(const struct kelp_pb_field *field,
				   s32 *value)
{
	if (field->type != KELP_PB_VARINT)
		return false;
	*value = (s32)(u32)field->value;
	return true;
}

/**
 * kelp_pb_get_bool() - take a field as bool
 * @field: the field
 * @value: set when the field is a varint
 *
 * Context: Any.
 * Return: was it set?
 */
static inline bool kelp_pb_get_bool(const struct kelp_pb_field *field,
				    bool *value)
{
	if (field->type != KELP_PB_VARINT)
		return false;
	*value = field->value != 0;
	return true;
}

/**
 * kelp_pb_get_bytes() - take a field as bytes or string
 * @field: the field
 * @span: set when the field is length-delimited; points into the message.
 *	Whether a string is UTF-8 is not looked at
 *
 * Context: Any.
 * Return: was it set?
 */
static inline bool kelp_pb_get_bytes(const struct kelp_pb_field *field,
				     struct kelp_pb_span *span)
{
	if (field->type != KELP_PB_BYTES)
		return false;
	*span = field->bytes;
	return true;
}

/**
 * kelp_pb_unzigzag() - decode a sint32 or sint64
 * @v: the varint
 *
 * Context: Any.
 * Return: the number it stands for.
 */
static inline s64 kelp_pb_unzigzag(u64 v)
{
	return (s64)(v >> 1 ^ (v & 1 ? ~0ULL : 0));
}

#endif /* KELP_PB_H */
