// SPDX-License-Identifier: GPL-2.0-only
/* Addresses with a port: what is understood, what is refused, and back. */
#include "harness.h"

#include <string.h>
#include <sys/socket.h>

#include "addr.h"

static const struct {
	const char *in;
	const char *out;	/* NULL: refused */
} cases[] = {
	{ "127.0.0.1:80", "127.0.0.1:80" },
	{ "0.0.0.0:65535", "0.0.0.0:65535" },
	{ ":8080", "0.0.0.0:8080" },
	{ "127.0.0.1:080", "127.0.0.1:80" },
	{ "[::]:1", "[::]:1" },
	{ "[::1]:8080", "[::1]:8080" },
	{ "[0:0:0:0:0:0:0:1]:8080", "[::1]:8080" },
	{ "[::ffff:10.0.0.1]:8080", "[::ffff:10.0.0.1]:8080" },
	{ "[fe80::1%lo]:80", "[fe80::1%lo]:80" },
	{ "[fe80::1%1]:80", "[fe80::1%lo]:80" },
	{ "", NULL },
	{ "8080", NULL },
	{ "127.0.0.1", NULL },
	{ "127.0.0.1:", NULL },
	{ "127.0.0.1:0", NULL },
	{ "127.0.0.1:65536", NULL },
	{ "127.0.0.1:99999999999999999999", NULL },
	{ "127.0.0.1:+80", NULL },
	{ "127.0.0.1: 80", NULL },
	{ "127.0.0.1:80 ", NULL },
	{ "127.0.0.1:http", NULL },
	{ "127.0.0:80", NULL },
	{ "127.0.0.256:80", NULL },
	{ "localhost:80", NULL },
	{ "*:80", NULL },
	{ "::1:80", NULL },
	{ "[::1]", NULL },
	{ "[::1", NULL },
	{ "[:80", NULL },
	{ "[]:80", NULL },
	{ "[::1]x:80", NULL },
	{ "[127.0.0.1]:80", NULL },
	{ "[::1%lo]:80", NULL },
	{ "[fe80::1%]:80", NULL },
	{ "[fe80::1%no-such-interface]:80", NULL },
	{ "[fe80::1%0]:80", NULL },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999]:80", NULL },
	{ "a-host-name-that-is-much-longer-than-any-numeric-address-could-possibly-ever-be:80",
	  NULL },
};

static void addr_parse__cases(void **state)
{
	char text[ADDR_TEXT_MAX];
	const char *wrong;
	struct addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		wrong = addr_parse(cases[i].in, &addr);
		if (wrong && cases[i].out)
			fail_msg("'%s' was refused: %s", cases[i].in, wrong);
		if (!wrong && !cases[i].out)
			fail_msg("'%s' was accepted", cases[i].in);
		if (wrong)
			continue;
		addr_format(&addr, text);
		assert_string_equal(text, cases[i].out);
	}
}

static void addr_format__longest(void **state)
{
	struct addr addr = { .family = AF_INET6, .port = 65535,
			     .scope = 4294967295U };
	char text[ADDR_TEXT_MAX];

	(void)state;
	memset(&addr.in6, 0xff, sizeof(addr.in6));
	addr_format(&addr, text);
	assert_string_equal(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	addr_format_host(&addr, text);
	assert_string_equal(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addr_parse__cases),
		cmocka_unit_test(addr_format__longest),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
