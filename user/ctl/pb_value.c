// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single values of Protocol Buffers as text, and guessing at those that no type
 * describes.
 */
#include "pb_value.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <linux/limits.h>

const struct kelp_pb_limits pb_no_limits = {
	.length = U32_MAX,
	.fields = U32_MAX,
	.depth = KELP_PB_DEPTH_MAX,
};

/* Bytes of the UTF-8 character that begins here, its number; 0 if none does. */
static size_t character(const u8 *p, size_t left, u32 *code)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80 ? 1 : *p >= 0xf8 ? 0 : *p >= 0xf0 ? 4 :
		     *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 0;
	size_t i;

	if (!len || len > left)
		return 0;
	*code = len == 1 ? *p : *p & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

/* Controls, and what turns the direction of the text around it. */
static bool is_control(u32 code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static void escape(FILE *out, u8 byte, enum pb_quoting how)
{
	static const char with[] = "\n\r\t\"'\\", letters[] = "nrt\"'\\";
	const char *at = byte ? strchr(with, byte) : NULL;

	if (how == PB_QUOTE_HEX)
		fprintf(out, "\\x%02x", byte);
	else if (at)
		fprintf(out, "\\%c", letters[at - with]);
	else if (byte >= 0x20 && byte < 0x7f)
		putc(byte, out);
	else
		fprintf(out, "\\%03o", byte);
}

void pb_quote(FILE *out, const u8 *data, size_t len, enum pb_quoting how)
{
	size_t i, n;
	u32 code;

	putc('"', out);
	for (i = 0; i < len; i++) {
		n = 0;
		if (how == PB_QUOTE_TEXT && data[i] >= 0x80)
			n = character(data + i, len - i, &code);
		if (n && !is_control(code)) {
			fwrite(data + i, 1, n, out);
			i += n - 1;
		} else {
			escape(out, data[i], how);
		}
	}
	putc('"', out);
}

bool pb_is_utf8(const u8 *data, size_t len)
{
	size_t i, n;
	u32 code;

	for (i = 0; i < len; i += n) {
		n = character(data + i, len - i, &code);
		if (!n)
			return false;
	}
	return true;
}

bool pb_is_text(const u8 *data, size_t len)
{
	size_t i, n;
	u32 code;

	for (i = 0; i < len; i += n) {
		n = character(data + i, len - i, &code);
		if (!n || (is_control(code) && code != '\n' && code != '\r' &&
			   code != '\t'))
			return false;
	}
	return true;
}

float pb_float_of(u64 value)
{
	u32 bits = (u32)value;
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

double pb_double_of(u64 value)
{
	double d;

	memcpy(&d, &value, sizeof(d));
	return d;
}

static bool not_finite(char *text, double value)
{
	if (isnan(value))
		strcpy(text, "nan");
	else if (isinf(value))
		strcpy(text, value < 0 ? "-inf" : "inf");
	else
		return false;
	return true;
}

/* The fewer digits if they do, as protoc decides. */
void pb_float_text(char text[PB_VALUE_MAX], float value)
{
	if (not_finite(text, (double)value))
		return;
	snprintf(text, PB_VALUE_MAX, "%.*g", FLT_DIG, (double)value);
	if (strtof(text, NULL) != value)
		snprintf(text, PB_VALUE_MAX, "%.*g", FLT_DIG + 3,
			 (double)value);
}

void pb_double_text(char text[PB_VALUE_MAX], double value)
{
	if (not_finite(text, value))
		return;
	snprintf(text, PB_VALUE_MAX, "%.*g", DBL_DIG, value);
	if (strtod(text, NULL) != value)
		snprintf(text, PB_VALUE_MAX, "%.*g", DBL_DIG + 2, value);
}

s64 pb_signed_of(enum pb_kind kind, u64 value)
{
	switch (kind) {
	case PB_SINT32:
		return (s32)kelp_pb_unzigzag((u32)value);
	case PB_SINT64:
		return kelp_pb_unzigzag(value);
	case PB_INT32:
	case PB_SFIXED32:
	case PB_ENUM:
		return (s32)(u32)value;
	default:
		return (s64)value;
	}
}

void pb_scalar_text(char text[PB_VALUE_MAX], enum pb_kind kind, u64 value)
{
	switch (kind) {
	case PB_DOUBLE:
		pb_double_text(text, pb_double_of(value));
		break;
	case PB_FLOAT:
		pb_float_text(text, pb_float_of(value));
		break;
	case PB_BOOL:
		strcpy(text, value ? "true" : "false");
		break;
	case PB_UINT64:
	case PB_FIXED64:
		snprintf(text, PB_VALUE_MAX, "%llu", value);
		break;
	case PB_UINT32:
	case PB_FIXED32:
		snprintf(text, PB_VALUE_MAX, "%u", (u32)value);
		break;
	default:
		snprintf(text, PB_VALUE_MAX, "%lld",
			 pb_signed_of(kind, value));
	}
}

/* Of a group there are the bytes too, only not as those of a message. */
int pb_enter(struct kelp_pb *outer, const struct kelp_pb_field *field,
	     struct kelp_pb *inner)
{
	struct kelp_pb_field message = *field;

	message.type = KELP_PB_BYTES;
	return kelp_pb_enter(outer, &message, inner);
}

bool pb_is_message(const struct kelp_pb *outer, const struct kelp_pb_field *f)
{
	struct kelp_pb copy = *outer, pb;
	struct kelp_pb_field inner;
	int ret;

	if (kelp_pb_enter(&copy, f, &pb) <= 0)
		return false;
	while ((ret = kelp_pb_next(&pb, &inner)) > 0)
		;
	return !ret;
}

/*
 * Tab and line ends are also what a message's first tag may look like, if its
 * field has the number 1; text seldom begins with them.
 */
enum pb_guess pb_guess(const struct kelp_pb *outer,
		       const struct kelp_pb_field *f)
{
	bool text = pb_is_text(f->bytes.data, f->bytes.len);

	if (text && (!f->bytes.len || f->bytes.data[0] >= 0x20))
		return PB_GUESS_TEXT;
	if (pb_is_message(outer, f))
		return PB_GUESS_MESSAGE;
	return text ? PB_GUESS_TEXT : PB_GUESS_BYTES;
}
