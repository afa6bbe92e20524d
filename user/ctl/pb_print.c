// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages in the text format of Protocol Buffers. pb_text.c reads it.
 */
#include "pb_print.h"

#include "pb_value.h"

/* What the functions hand on; lives during pb_print(). */
struct printer {
	FILE *out;
	const u8 *base;
	struct pb_fault *fault;
};

static bool print_fields(struct printer *p, const struct pb_message *type,
			 struct kelp_pb *pb, int indent);

/* Two readings more of a number that nobody explains. */
static void note_varint(FILE *out, u64 value)
{
	if (value > INT64_MAX)
		fprintf(out, "  # int %lld, sint %lld", (s64)value,
			kelp_pb_unzigzag(value));
	else if (value > 1)
		fprintf(out, "  # sint %lld", kelp_pb_unzigzag(value));
}

static void note_fixed(FILE *out, int type, u64 value)
{
	char text[PB_VALUE_MAX];

	if (type == KELP_PB_FIXED32) {
		pb_float_text(text, pb_float_of(value));
		fprintf(out, "  # %u, ", (u32)value);
		if (value > INT32_MAX)
			fprintf(out, "%d, ", (s32)(u32)value);
	} else {
		pb_double_text(text, pb_double_of(value));
		fprintf(out, "  # %llu, ", value);
		if (value > INT64_MAX)
			fprintf(out, "%lld, ", (s64)value);
	}
	fprintf(out, "%s %s", type == KELP_PB_FIXED32 ? "float" : "double",
		text);
}

/* Either is a message in the text; which it was can be seen. */
static bool print_nested(struct printer *p, const struct pb_message *type,
			 struct kelp_pb *pb, const struct kelp_pb_field *f,
			 int indent)
{
	const u8 *at = f->bytes.data ? f->bytes.data : pb->p;
	struct kelp_pb inner;
	bool good;
	int ret;

	ret = pb_enter(pb, f, &inner);
	if (ret <= 0) {
		pb_fault_find(p->fault, p->base, at, pb->end, ret);
		return false;
	}
	fputs(f->type == KELP_PB_GROUP && !type ? " {  # group\n" : " {\n",
	      p->out);
	good = print_fields(p, type, &inner, indent + 2);
	if (good)
		fprintf(p->out, "%*s}\n", indent, "");
	return good;
}

static bool print_unknown(struct printer *p, struct kelp_pb *pb,
			  const struct kelp_pb_field *f, int indent)
{
	enum pb_guess guess = PB_GUESS_BYTES;

	fprintf(p->out, "%*s%u", indent, "", f->number);
	if (f->type == KELP_PB_BYTES)
		guess = pb_guess(pb, f);
	if (f->type == KELP_PB_GROUP || guess == PB_GUESS_MESSAGE)
		return print_nested(p, NULL, pb, f, indent);
	fputs(": ", p->out);
	switch (f->type) {
	case KELP_PB_VARINT:
		fprintf(p->out, "%llu", f->value);
		note_varint(p->out, f->value);
		break;
	case KELP_PB_FIXED32:
		fprintf(p->out, "0x%08llx", f->value);
		note_fixed(p->out, f->type, f->value);
		break;
	case KELP_PB_FIXED64:
		fprintf(p->out, "0x%016llx", f->value);
		note_fixed(p->out, f->type, f->value);
		break;
	default:
		pb_quote(p->out, f->bytes.data, f->bytes.len,
			 guess == PB_GUESS_TEXT ? PB_QUOTE_TEXT : PB_QUOTE_HEX);
		if (guess == PB_GUESS_BYTES)
			fprintf(p->out, "  # %zu bytes", f->bytes.len);
	}
	putc('\n', p->out);
	return true;
}

static void print_scalar(struct printer *p, const struct pb_field *field,
			 u64 value, int indent)
{
	char text[PB_VALUE_MAX];
	const char *name = NULL;

	if (field->kind == PB_ENUM && field->values)
		name = pb_enum_name(field->values, (s32)(u32)value);
	if (!name) {
		pb_scalar_text(text, field->kind, value);
		name = text;
	}
	fprintf(p->out, "%*s%s: %s\n", indent, "", field->name, name);
}

static bool print_scalars(struct printer *p, const struct pb_field *field,
			  const struct kelp_pb_field *f, int indent)
{
	struct kelp_pb_packed it;
	u64 value;
	int ret;

	kelp_pb_packed_init(&it, f, pb_kind_wire(field->kind));
	while ((ret = kelp_pb_packed_next(&it, &value)) > 0)
		print_scalar(p, field, value, indent);
	if (ret)
		pb_fault_set(p->fault, (size_t)(it.p - p->base),
			     "the last of the packed values in %s is cut off",
			     field->name);
	return !ret;
}

static bool print_field(struct printer *p, const struct pb_field *field,
			struct kelp_pb *pb, const struct kelp_pb_field *f,
			int indent)
{
	switch (field->kind) {
	case PB_STRING:
	case PB_BYTES:
		fprintf(p->out, "%*s%s: ", indent, "", field->name);
		pb_quote(p->out, f->bytes.data, f->bytes.len,
			 field->kind == PB_STRING ? PB_QUOTE_TEXT :
						    PB_QUOTE_BYTES);
		putc('\n', p->out);
		return true;
	case PB_GROUP:
	case PB_MESSAGE:
		if (!field->message)
			return print_unknown(p, pb, f, indent);
		fprintf(p->out, "%*s%s", indent, "",
			field->kind == PB_MESSAGE ? field->name :
				pb_short_name(field->type_name));
		return print_nested(p, field->message, pb, f, indent);
	default:
		return print_scalars(p, field, f, indent);
	}
}

static bool print_fields(struct printer *p, const struct pb_message *type,
			 struct kelp_pb *pb, int indent)
{
	const struct pb_field *field;
	struct kelp_pb_field f;
	const u8 *at = pb->p;
	bool good;
	int ret;

	while ((ret = kelp_pb_next(pb, &f)) > 0) {
		field = type ? pb_message_field(type, f.number) : NULL;
		if (field && pb_field_fits(field, f.type))
			good = print_field(p, field, pb, &f, indent);
		else
			good = print_unknown(p, pb, &f, indent);
		if (!good)
			return false;
		at = pb->p;
	}
	if (ret)
		pb_fault_find(p->fault, p->base, at, pb->end, ret);
	return !ret;
}

bool pb_print(FILE *out, const struct pb_message *type, const u8 *data,
	      size_t len, int indent, struct pb_fault *fault)
{
	struct printer p = { .out = out, .base = data, .fault = fault };
	struct kelp_pb pb;

	kelp_pb_init(&pb, data, len, &pb_no_limits);
	return print_fields(&p, type, &pb, indent);
}
