// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output. Text may hold whatever a file name holds, so characters that would
 * command the terminal are replaced.
 */
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define REPLACEMENT "\xef\xbf\xbd"	/* U+FFFD */

json_t *json_text(const char *s)
{
	json_t *value = json_string(s);
	char *copy, *to;

	if (value)
		return value;
	/* Not UTF-8: keep what is ASCII. */
	copy = need(malloc(strlen(s) * strlen(REPLACEMENT) + 1));
	for (to = copy; *s; s++) {
		if ((unsigned char)*s < 0x80)
			*to++ = *s;
		else
			to = stpcpy(to, REPLACEMENT);
	}
	*to = '\0';
	value = need(json_string(copy));
	free(copy);
	return value;
}

json_t *json_u64(uint64_t value)
{
	/* JSON integers are signed here; beyond, a number all the same. */
	if (value > INT64_MAX)
		return need(json_real((double)value));
	return need(json_integer((json_int_t)value));
}

void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}

static char *cell(const json_t *row, const struct column *column)
{
	const json_t *value = json_object_get(row, column->field);

	if (column->text)
		return column->text(row);
	if (!value)
		return format("-");
	switch (json_typeof(value)) {
	case JSON_STRING:
		return format("%s", *json_string_value(value) ?
				    json_string_value(value) : "-");
	case JSON_INTEGER:
		return format("%" JSON_INTEGER_FORMAT,
			      json_integer_value(value));
	case JSON_REAL:
		return format("%.0f", json_real_value(value));
	case JSON_TRUE:
		return format("yes");
	case JSON_FALSE:
		return format("no");
	default:
		return format("-");
	}
}

void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* Characters on the screen: bytes that begin one in UTF-8. */
static int width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void put_cell(const char *s, int room, bool right, bool last)
{
	int pad = room - width(s);

	if (right)
		printf("%*s%s", pad, "", s);
	else if (last)
		printf("%s", s);
	else
		printf("%s%*s", s, pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

static int count_columns(const struct column *columns)
{
	int n = 0;

	while (columns[n].title)
		n++;
	return n;
}

void print_list(json_t *rows, const struct column *columns, bool json)
{
	size_t count = json_array_size(rows), i;
	int n = count_columns(columns), c;
	int room[n];
	char **cells;

	if (json) {
		print_json(rows);
		return;
	}
	cells = need(calloc(count * n + 1, sizeof(*cells)));
	for (c = 0; c < n; c++)
		room[c] = width(columns[c].title);
	for (i = 0; i < count; i++) {
		for (c = 0; c < n; c++) {
			char *s = cell(json_array_get(rows, i), &columns[c]);

			make_printable(s);
			cells[i * n + c] = s;
			if (width(s) > room[c])
				room[c] = width(s);
		}
	}
	for (c = 0; c < n; c++)
		put_cell(columns[c].title, room[c], columns[c].right,
			 c == n - 1);
	for (i = 0; i < count * n; i++) {
		c = (int)(i % n);
		put_cell(cells[i], room[c], columns[c].right, c == n - 1);
		free(cells[i]);
	}
	free(cells);
	json_decref(rows);
}

void print_object(json_t *object, const struct column *columns, bool json)
{
	const struct column *column;
	int room = 0;

	if (json) {
		print_json(object);
		return;
	}
	for (column = columns; column->title; column++)
		if (width(column->title) > room)
			room = width(column->title);
	for (column = columns; column->title; column++) {
		char *s = cell(object, column);

		make_printable(s);
		put_cell(column->title, room, false, false);
		printf("%s\n", s);
		free(s);
	}
	json_decref(object);
}
