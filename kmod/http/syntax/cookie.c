// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs of name and value in a Cookie field or a query. Pure; any context.
 */
#include "cookie.h"

#include <linux/string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *find_byte(const char *from, const char *end, char c)
{
	while (from < end && *from != c)
		from++;
	return from;
}

/* The value of the first pair of that name; pairs end with @separator. */
static const char *find(const char *text, size_t len, char separator,
			const char *name, size_t name_len, const char **value_end)
{
	const char *end = text + len, *pair, *pair_end, *equals;

	for (pair = text; pair < end; pair = pair_end + 1) {
		pair_end = find_byte(pair, end, separator);
		if (separator == ';')
			while (pair < pair_end && is_blank(*pair))
				pair++;
		equals = find_byte(pair, pair_end, '=');
		if ((size_t)(equals - pair) != name_len ||
		    memcmp(pair, name, name_len))
			continue;
		*value_end = pair_end;
		return equals < pair_end ? equals + 1 : pair_end;
	}
	return NULL;
}

const char *http_cookie_find(const char *text, size_t len, const char *name,
			     size_t name_len, size_t *value_len)
{
	const char *end, *value = find(text, len, ';', name, name_len, &end);

	/* a name without '=' is no cookie */
	if (!value || value == text || value[-1] != '=')
		return NULL;
	while (end > value && is_blank(end[-1]))
		end--;
	if (end - value >= 2 && *value == '"' && end[-1] == '"') {
		value++;
		end--;
	}
	*value_len = end - value;
	return value;
}

const char *http_query_find(const char *text, size_t len, const char *name,
			    size_t name_len, size_t *value_len)
{
	const char *end, *value = find(text, len, '&', name, name_len, &end);

	if (value)
		*value_len = end - value;
	return value;
}
