/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single values of Protocol Buffers as text: strings between quotes, floating
 * point, numbers by their kind.
 */
#ifndef KELPCTL_PB_VALUE_H
#define KELPCTL_PB_VALUE_H

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

#include "kelp/pb.h"
#include "pb_type.h"

/* How bytes stand between quotes. */
enum pb_quoting {
	PB_QUOTE_TEXT,	/* UTF-8 as it is, controls and bad bytes escaped */
	PB_QUOTE_BYTES,	/* ASCII as it is, the rest escaped in octal */
	PB_QUOTE_HEX,	/* everything escaped */
};

/* Nothing is written that would command a terminal. */
void pb_quote(FILE *out, const u8 *data, size_t len, enum pb_quoting how);

/* UTF-8 without controls other than tab and line ends? */
bool pb_is_text(const u8 *data, size_t len);

/* UTF-8 of any kind? */
bool pb_is_utf8(const u8 *data, size_t len);

/* Digits enough to read the same number again; "inf", "-inf", "nan". */
#define PB_VALUE_MAX 40
void pb_float_text(char text[PB_VALUE_MAX], float value);
void pb_double_text(char text[PB_VALUE_MAX], double value);

float pb_float_of(u64 value);
double pb_double_of(u64 value);

/* The number on the wire, as the kind of field reads it. */
s64 pb_signed_of(enum pb_kind kind, u64 value);

/* A value of any kind but strings and messages, in the manner of protoc. */
void pb_scalar_text(char text[PB_VALUE_MAX], enum pb_kind kind, u64 value);

/* Reading a message without limits but the depth. */
extern const struct kelp_pb_limits pb_no_limits;

/* Begin to read what a message or a group holds; as kelp_pb_enter(). */
int pb_enter(struct kelp_pb *outer, const struct kelp_pb_field *field,
	     struct kelp_pb *inner);

/* Do these fields end where the message does? Inner messages are not entered. */
bool pb_is_message(const struct kelp_pb *outer, const struct kelp_pb_field *f);

/* What the bytes of a field are likely to be, without a type that tells. */
enum pb_guess {
	PB_GUESS_TEXT,
	PB_GUESS_MESSAGE,
	PB_GUESS_BYTES,
};

enum pb_guess pb_guess(const struct kelp_pb *outer,
		       const struct kelp_pb_field *f);

#endif
