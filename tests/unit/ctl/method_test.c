// SPDX-License-Identifier: GPL-2.0-only
/* SERVICE/METHOD: what is taken apart, and what is none. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "method.h"

static const struct {
	const char *text;
	const char *service;	/* NULL: refused */
	const char *name;
} cases[] = {
	{ "kelp.Echo/Echo", "kelp.Echo", "Echo" },
	{ "Echo/Echo", "Echo", "Echo" },
	{ "a.b.c.D/e", "a.b.c.D", "e" },
	{ "a b/\xc3\xa9", "a b", "\xc3\xa9" },
	{ "", NULL, NULL },
	{ "/", NULL, NULL },
	{ "kelp.Echo", NULL, NULL },
	{ "kelp.Echo/", NULL, NULL },
	{ "/Echo", NULL, NULL },
	{ "/kelp.Echo/Echo", NULL, NULL },
	{ "kelp.Echo/Echo/", NULL, NULL },
	{ "kelp/Echo/Echo", NULL, NULL },
	{ "kelp.Echo//Echo", NULL, NULL },
};

static void method_parse__cases(void **state)
{
	struct method method;
	const char *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		wrong = method_parse(cases[i].text, &method);
		if (!cases[i].service) {
			if (!wrong)
				fail_msg("'%s' was taken", cases[i].text);
			continue;
		}
		if (wrong)
			fail_msg("'%s': %s", cases[i].text, wrong);
		assert_string_equal(method.service, cases[i].service);
		assert_string_equal(method.name, cases[i].name);
		method_free(&method);
	}
}

/* @service and @name bytes, with a slash between. */
static const char *parse_long(size_t service, size_t name,
			      struct method *method)
{
	char *text = malloc(service + name + 2);
	const char *wrong;

	assert_non_null(text);
	memset(text, 'x', service + name + 1);
	text[service] = '/';
	text[service + name + 1] = '\0';
	wrong = method_parse(text, method);
	free(text);
	return wrong;
}

static void method_parse__long_names(void **state)
{
	struct method method;

	(void)state;
	assert_null(parse_long(1024, 1024, &method));
	assert_int_equal(strlen(method.service), 1024);
	assert_int_equal(strlen(method.name), 1024);
	method_free(&method);
	assert_non_null(parse_long(1025, 1, &method));
	assert_non_null(parse_long(1, 1025, &method));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_parse__cases),
		cmocka_unit_test(method_parse__long_names),
	};

	return cmocka_run_group_tests_name("method", tests, NULL, NULL);
}
