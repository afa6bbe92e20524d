/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output: JSON for programs, aligned text for people, both from the same JSON
 * values.
 */
#ifndef KELPCTL_PRINT_H
#define KELPCTL_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* A column of the text form; a list of them ends with a NULL title. */
struct column {
	const char *title;
	const char *field;	/* of the row's object */
	bool right;		/* aligned to the right */
	char *(*text)(const json_t *row);	/* instead of @field; malloc()ed */
};

/* Values for JSON; strings need not be UTF-8. */
json_t *json_text(const char *s);
json_t *json_u64(uint64_t value);

/* In place: what would command a terminal becomes '?'. */
void make_printable(char *s);

/* Print and release @value. */
void print_json(json_t *value);
void print_list(json_t *rows, const struct column *columns, bool json);
/* One object: a line for each column. */
void print_object(json_t *object, const struct column *columns, bool json);

#endif
