/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the text format: names, numbers, strings, and single characters.
 */
#ifndef KELPCTL_PB_LEX_H
#define KELPCTL_PB_LEX_H

#include <stdbool.h>

#include "pb_buf.h"

enum pb_token_kind {
	PB_TOKEN_END,
	PB_TOKEN_NAME,
	PB_TOKEN_NUMBER,	/* digits, and what may be in a number */
	PB_TOKEN_STRING,	/* with its quotes */
	PB_TOKEN_CHAR,		/* anything else */
	PB_TOKEN_BAD,		/* a string without end; the fault is set */
};

struct pb_token {
	enum pb_token_kind kind;
	const char *text;	/* in the text that is read */
	size_t len;
};

/* Belongs to whoever reads; the text has to stay for as long as it is used. */
struct pb_lex {
	const char *start;
	const char *p;
	const char *end;
	struct pb_token token;	/* the one to look at */
	struct pb_fault *fault;	/* the reader's */
};

/* Begin; the first token is there then. */
void pb_lex_init(struct pb_lex *lex, const char *text, size_t len,
		 struct pb_fault *fault);
void pb_lex_next(struct pb_lex *lex);

/* Is it this character? */
bool pb_lex_is(const struct pb_lex *lex, char c);
/* The same, and then it is passed. */
bool pb_lex_take(struct pb_lex *lex, char c);
/* The name is this word, in any case? */
bool pb_lex_word(const struct pb_lex *lex, const char *word);

/* Add what stands between the quotes of the present token, which is a string. */
bool pb_lex_unquote(struct pb_lex *lex, struct pb_buf *to);

/*
 * The present token as a number; what is wrong with it otherwise. @negative:
 * there was a '-' before it.
 */
const char *pb_lex_integer(const struct pb_lex *lex, bool negative, s64 least,
			   u64 most, u64 *value);
const char *pb_lex_floating(const struct pb_lex *lex, double *value);

#endif
