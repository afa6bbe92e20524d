// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the text format of Protocol Buffers.
 */
#include "pb_lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The longest number that makes sense, and some. */
#define NUMBER_MAX 128

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void skip_space(struct pb_lex *lex)
{
	while (lex->p != lex->end) {
		if (*lex->p == '#')
			while (lex->p != lex->end && *lex->p != '\n')
				lex->p++;
		else if (isspace((unsigned char)*lex->p))
			lex->p++;
		else
			break;
	}
}

/* A sign belongs to the number behind the e of an exponent only. */
static void scan_number(struct pb_lex *lex)
{
	bool hex = lex->end - lex->p > 1 && *lex->p == '0' &&
		   (lex->p[1] | 0x20) == 'x';
	char before = 0;

	while (lex->p != lex->end) {
		if (!is_name(*lex->p) && *lex->p != '.' &&
		    !((*lex->p == '+' || *lex->p == '-') && !hex &&
		      (before | 0x20) == 'e'))
			break;
		before = *lex->p++;
	}
}

static bool scan_string(struct pb_lex *lex)
{
	char quote = *lex->p++;

	while (lex->p != lex->end && *lex->p != quote && *lex->p != '\n') {
		if (*lex->p == '\\' && lex->end - lex->p > 1)
			lex->p++;
		lex->p++;
	}
	if (lex->p == lex->end || *lex->p != quote)
		return false;
	lex->p++;
	return true;
}

void pb_lex_next(struct pb_lex *lex)
{
	struct pb_token *token = &lex->token;

	skip_space(lex);
	token->text = lex->p;
	if (lex->p == lex->end) {
		token->kind = PB_TOKEN_END;
	} else if (isdigit((unsigned char)*lex->p) ||
		   (*lex->p == '.' && lex->end - lex->p > 1 &&
		    isdigit((unsigned char)lex->p[1]))) {
		token->kind = PB_TOKEN_NUMBER;
		scan_number(lex);
	} else if (is_name(*lex->p)) {
		token->kind = PB_TOKEN_NAME;
		while (lex->p != lex->end && is_name(*lex->p))
			lex->p++;
	} else if (*lex->p == '"' || *lex->p == '\'') {
		token->kind = PB_TOKEN_STRING;
		if (!scan_string(lex)) {
			token->kind = PB_TOKEN_BAD;
			pb_fault_set(lex->fault,
				     (size_t)(token->text - lex->start),
				     "a string has no closing quote on its line");
		}
	} else {
		token->kind = PB_TOKEN_CHAR;
		lex->p++;
	}
	token->len = (size_t)(lex->p - token->text);
}

void pb_lex_init(struct pb_lex *lex, const char *text, size_t len,
		 struct pb_fault *fault)
{
	lex->start = text;
	lex->p = text;
	lex->end = len ? text + len : text;
	lex->fault = fault;
	pb_lex_next(lex);
}

bool pb_lex_is(const struct pb_lex *lex, char c)
{
	return lex->token.kind == PB_TOKEN_CHAR && *lex->token.text == c;
}

bool pb_lex_take(struct pb_lex *lex, char c)
{
	if (!pb_lex_is(lex, c))
		return false;
	pb_lex_next(lex);
	return true;
}

bool pb_lex_word(const struct pb_lex *lex, const char *word)
{
	return lex->token.kind == PB_TOKEN_NAME &&
	       lex->token.len == strlen(word) &&
	       !strncasecmp(lex->token.text, word, lex->token.len);
}

/* The number of up to @most digits in this base; how many there were. */
static int digits(const char *p, const char *end, int base, int most, u32 *value)
{
	int n = 0, digit;

	*value = 0;
	for (; n < most && p != end; n++, p++) {
		digit = isdigit((unsigned char)*p) ? *p - '0' :
			isxdigit((unsigned char)*p) ? (*p | 0x20) - 'a' + 10 : 99;
		if (digit >= base)
			break;
		*value = *value * base + digit;
	}
	return n;
}

static void add_utf8(struct pb_buf *to, u32 code)
{
	u8 bytes[4];
	size_t len;

	if (code < 0x80) {
		bytes[0] = code;
		len = 1;
	} else if (code < 0x800) {
		bytes[0] = 0xc0 | code >> 6;
		len = 2;
	} else if (code < 0x10000) {
		bytes[0] = 0xe0 | code >> 12;
		len = 3;
	} else {
		bytes[0] = 0xf0 | code >> 18;
		len = 4;
	}
	for (size_t i = 1; i < len; i++)
		bytes[i] = 0x80 | (code >> 6 * (len - 1 - i) & 0x3f);
	pb_buf_add(to, bytes, len);
}

static const char *add_unicode(const char *p, const char *end, char letter,
			       struct pb_buf *to)
{
	int want = letter == 'u' ? 4 : 8;
	u32 code;

	if (digits(p, end, 16, want, &code) != want || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return NULL;
	add_utf8(to, code);
	return p + want;
}

/* What follows the escape behind a backslash; NULL when it is none. */
static const char *unescape(const char *p, const char *end, struct pb_buf *to)
{
	static const char letters[] = "abfnrtv?\\'\"";
	static const char with[] = "\a\b\f\n\r\t\v?\\'\"";
	const char *at;
	u32 value;
	u8 byte;
	int n;

	n = digits(p, end, 8, 3, &value);
	if (n) {
		if (value > 0xff)
			return NULL;
		byte = value;
		pb_buf_add(to, &byte, 1);
		return p + n;
	}
	if (*p == 'x' || *p == 'X') {
		n = digits(p + 1, end, 16, 2, &value);
		byte = value;
		if (n)
			pb_buf_add(to, &byte, 1);
		return n ? p + 1 + n : NULL;
	}
	if (*p == 'u' || *p == 'U')
		return add_unicode(p + 1, end, *p, to);
	at = *p ? strchr(letters, *p) : NULL;
	if (!at)
		return NULL;
	pb_buf_add(to, &with[at - letters], 1);
	return p + 1;
}

bool pb_lex_unquote(struct pb_lex *lex, struct pb_buf *to)
{
	const char *p = lex->token.text + 1, *here;
	const char *end = lex->token.text + lex->token.len - 1;

	while (p != end) {
		here = p;
		if (*p != '\\') {
			pb_buf_add(to, p++, 1);
			continue;
		}
		p = unescape(p + 1, end, to);
		if (!p) {
			pb_fault_set(lex->fault, (size_t)(here - lex->start),
				     "an escape is none; there are \\n \\r \\t \\\\ \\\" \\' \\a \\b \\f \\v \\?, \\NNN in octal, \\xNN, \\uNNNN and \\UNNNNNNNN");
			return false;
		}
	}
	return true;
}

static bool copy_number(const struct pb_lex *lex, char text[NUMBER_MAX])
{
	if (lex->token.kind != PB_TOKEN_NUMBER || lex->token.len >= NUMBER_MAX)
		return false;
	memcpy(text, lex->token.text, lex->token.len);
	text[lex->token.len] = '\0';
	return true;
}

const char *pb_lex_integer(const struct pb_lex *lex, bool negative, s64 least,
			   u64 most, u64 *value)
{
	u64 limit = negative ? 0 - (u64)least : most, v;
	char text[NUMBER_MAX], *end;

	if (!copy_number(lex, text))
		return "a whole number is expected";
	errno = 0;
	v = strtoull(text, &end, 0);
	if (*end)
		return "a whole number is expected";
	if (errno || v > limit)
		return "the number does not fit its field";
	*value = negative ? 0 - v : v;
	return NULL;
}

/* Decimal only; an f behind it changes nothing. */
const char *pb_lex_floating(const struct pb_lex *lex, double *value)
{
	char text[NUMBER_MAX], *end;

	if (!copy_number(lex, text) ||
	    (text[0] == '0' && (text[1] | 0x20) == 'x'))
		return "a number is expected";
	*value = strtod(text, &end);
	if ((*end | 0x20) == 'f')
		end++;
	return *end ? "a number is expected" : NULL;
}
