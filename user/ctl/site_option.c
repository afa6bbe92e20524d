// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of a site. Knows nothing of what they do; the kernel checks them.
 */
#include "site_option.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

static void put_option(struct nlmsghdr *nlh, enum kelp_attr attr,
		       const char *what, const char *value)
{
	if (strlen(value) > KELP_OPTION_MAX)
		die("%s is longer than %d bytes", what, KELP_OPTION_MAX);
	/* All of them stand between the ends of one attribute. */
	if (!mnl_attr_put_strz_check(nlh, KELP_MESSAGE_MAX, attr, value))
		die("%s: all options together are too long", what);
}

/* A comma separates names; none has one. */
static void put_index(struct nlmsghdr *nlh, const char *names)
{
	char *copy = format("%s", names), *rest = copy, *name;

	while ((name = strsep(&rest, ",")))
		put_option(nlh, KELP_A_INDEX, "--index", name);
	free(copy);
}

void site_put_options(const struct ctl *ctl, struct nlmsghdr *nlh)
{
	struct nlattr *nest;
	size_t i;

	if (!ctl->given_count)
		return;
	nest = mnl_attr_nest_start(nlh, KELP_A_OPTIONS);
	for (i = 0; i < ctl->given_count; i++) {
		const char *value = ctl->given[i].value;

		switch (ctl->given[i].option) {
		case OPT_CACHE_CONTROL:
			put_option(nlh, KELP_A_CACHE_CONTROL, "--cache-control",
				   value);
			break;
		case OPT_HEADER:
			put_option(nlh, KELP_A_HEADER, "--header", value);
			break;
		case OPT_INDEX:
			put_index(nlh, value);
			break;
		case OPT_ERROR:
			put_option(nlh, KELP_A_ERROR_PAGE, "--error", value);
			break;
		case OPT_MIME:
			put_option(nlh, KELP_A_MIME, "--mime", value);
			break;
		default:
			break;
		}
	}
	mnl_attr_nest_end(nlh, nest);
}

static void append(json_t *object, const char *field, json_t *value)
{
	json_t *array = json_object_get(object, field);

	if (json_array_append_new(array, value))
		die("out of memory");
}

/* "EXT=TYPE" and "STATUS=/PATH" become fields of an object. */
static void append_pair(json_t *object, const char *field, const char *pair)
{
	const char *value = strchr(pair, '=');
	char *key;

	if (!value)
		return;
	key = format("%.*s", (int)(value - pair), pair);
	if (json_object_set_new_nocheck(json_object_get(object, field), key,
					json_text(value + 1)))
		die("out of memory");
	free(key);
}

static void add_option(json_t *object, const struct nlattr *attr)
{
	const char *text = mnl_attr_get_str(attr);

	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return;
	switch (mnl_attr_get_type(attr)) {
	case KELP_A_CACHE_CONTROL:
		json_object_set_new(object, "cache_control", json_text(text));
		break;
	case KELP_A_HEADER:
		append(object, "headers", json_text(text));
		break;
	case KELP_A_INDEX:
		append(object, "index", json_text(text));
		break;
	case KELP_A_ERROR_PAGE:
		append_pair(object, "errors", text);
		break;
	case KELP_A_MIME:
		append_pair(object, "mime", text);
		break;
	}
}

void site_add_options(json_t *object, const struct nlattr *nest)
{
	const struct nlattr *attr;

	json_object_set_new(object, "cache_control", json_null());
	json_object_set_new(object, "headers", json_array());
	json_object_set_new(object, "index", json_array());
	json_object_set_new(object, "errors", json_object());
	json_object_set_new(object, "mime", json_object());
	if (nest)
		mnl_attr_for_each_nested(attr, nest)
			add_option(object, attr);
	if (!json_array_size(json_object_get(object, "index")))
		append(object, "index", json_string("index.html"));
}

/* Quoted for a shell unless that changes nothing. */
static void print_word(FILE *out, const char *word)
{
	static const char marks[] = "-_=,./:+@%";
	const char *c = word;

	while (isalnum((unsigned char)*c) || (*c && strchr(marks, *c)))
		c++;
	if (*word && !*c) {
		fputs(word, out);
		return;
	}
	putc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\'", out);
		putc(*word, out);
	}
	putc('\'', out);
}

static void print_option(FILE *out, const char *option, const char *value)
{
	fprintf(out, "%s%s", ftell(out) ? " " : "", option);
	if (value) {
		putc(' ', out);
		print_word(out, value);
	}
}

static void print_flags(FILE *out, const json_t *row)
{
	if (json_is_true(json_object_get(row, "dotfiles")))
		print_option(out, "--dotfiles", NULL);
	if (json_is_true(json_object_get(row, "listing")))
		print_option(out, "--listing", NULL);
	if (json_is_false(json_object_get(row, "variants")))
		print_option(out, "--no-variants", NULL);
}

static void print_list_of(FILE *out, const json_t *row, const char *field,
			  const char *option)
{
	const json_t *array = json_object_get(row, field), *value;
	size_t i;

	for (i = 0; (value = json_array_get(array, i)); i++)
		print_option(out, option, json_string_value(value));
}

static void print_pairs(FILE *out, const json_t *row, const char *field,
			const char *option)
{
	json_t *object = json_object_get(row, field), *value;
	const char *key;

	json_object_foreach(object, key, value) {
		char *pair = format("%s=%s", key, json_string_value(value));

		print_option(out, option, pair);
		free(pair);
	}
}

static void print_index(FILE *out, const json_t *row)
{
	const json_t *index = json_object_get(row, "index");

	if (json_array_size(index) != 1 ||
	    strcmp(json_string_value(json_array_get(index, 0)), "index.html"))
		print_list_of(out, row, "index", "--index");
}

char *site_options_text(const json_t *row)
{
	const json_t *control = json_object_get(row, "cache_control");
	char *text = NULL;
	size_t size;
	FILE *out = need(open_memstream(&text, &size));

	print_flags(out, row);
	if (json_is_string(control))
		print_option(out, "--cache-control",
			     json_string_value(control));
	print_list_of(out, row, "headers", "--header");
	print_index(out, row);
	print_pairs(out, row, "errors", "--error");
	print_pairs(out, row, "mime", "--mime");
	if (!ftell(out))
		putc('-', out);
	if (fclose(out))
		die("out of memory");
	return text;
}
