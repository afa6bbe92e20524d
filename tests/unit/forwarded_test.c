// SPDX-License-Identifier: GPL-2.0-only
/*
 * X-Forwarded-For: whom a request comes from, as far as can be believed. The
 * proxies are 10.0.0.0/8 and ::1.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/syntax/forwarded.h"

static bool ours(const struct kelp_addr *addr, void *arg)
{
	static const u8 loopback[16] = { [15] = 1 };

	++*(int *)arg;
	return addr->family == 4 ? addr->ip[0] == 10 :
				   !memcmp(addr->ip, loopback, 16);
}

/* The request that has these field lines, seen by proxy 10.0.0.1. */
static void client_of(const char *lines, struct kelp_addr *client, int *asked)
{
	static const struct http_parse_limits lim = {
		.line = 8192, .field = 16384, .head = 32768, .nr_fields = 500,
	};
	static char text[40000];
	struct http_req req;
	const u8 *head;
	size_t len;

	len = snprintf(text, sizeof(text),
		       "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
	head = guarded(text, len);
	http_req_init(&req);
	assert_int_equal(http_parse(&req, head, len, &lim), len);
	*asked = 0;
	assert_true(kelp_addr_parse("10.0.0.1", 8, client));
	http_forwarded_client(&req, head, ours, asked, client);
}

static void is(const char *lines, const char *expected, int port)
{
	struct kelp_addr client, want;
	int asked;

	client_of(lines, &client, &asked);
	assert_true(kelp_addr_parse(expected, strlen(expected), &want));
	if (client.family != want.family || memcmp(client.ip, want.ip, 16) ||
	    client.port != port)
		fail_msg("%s: expected %s port %d", lines, expected, port);
}

#define X "X-Forwarded-For: "

static void client__rightmost(void **state)
{
	(void)state;
	is(X "192.0.2.1\r\n", "192.0.2.1", 0);
	is(X "192.0.2.1, 192.0.2.2\r\n", "192.0.2.2", 0);
	is(X "192.0.2.1,192.0.2.2 ,\t10.9.9.9\r\n", "192.0.2.2", 0);
	is(X "192.0.2.1, 10.1.1.1, ::1\r\n", "192.0.2.1", 0);
	is(X "10.3.3.3, 10.2.2.2\r\n", "10.3.3.3", 0);
	is("", "10.0.0.1", 0);
	is(X "\r\n", "10.0.0.1", 0);
	is(X ", , ,\r\n", "10.0.0.1", 0);
	is(X ",192.0.2.1,,10.1.1.1,\r\n", "192.0.2.1", 0);
}

static void client__forms(void **state)
{
	(void)state;
	is(X "192.0.2.1:80\r\n", "192.0.2.1", 80);
	is(X "2001:db8::1\r\n", "2001:db8::1", 0);
	is(X "[2001:db8::1]\r\n", "2001:db8::1", 0);
	is(X "[2001:db8::1]:65535\r\n", "2001:db8::1", 65535);
	is(X "::ffff:192.0.2.1\r\n", "192.0.2.1", 0);
	is("x-forwarded-FOR: 192.0.2.9\r\n", "192.0.2.9", 0);
}

/* What is no address is not believed, nor anything left of it. */
static void client__garbage(void **state)
{
	static const char *const bad[] = {
		"unknown", "_hidden", "192.0.2", "192.0.2.1:", "192.0.2.1:x",
		"192.0.2.1:65536", "[2001:db8::1", "2001:db8::1]", "[192.0.2.1]",
		"[2001:db8::1]80", "[2001:db8::1]:", "[]", "[::1]:-1",
		"192.0.2.1 192.0.2.2", "\"192.0.2.1\"", "fe80::1%eth0", "[", ":",
	};
	char lines[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(lines, sizeof(lines), X "%s\r\n", bad[i]);
		is(lines, "10.0.0.1", 0);
		snprintf(lines, sizeof(lines), X "192.0.2.7, %s, 10.4.4.4\r\n",
			 bad[i]);
		is(lines, "10.4.4.4", 0);
		snprintf(lines, sizeof(lines), X "%s, 192.0.2.7, 10.4.4.4\r\n",
			 bad[i]);
		is(lines, "192.0.2.7", 0);
	}
}

static void client__several_lines(void **state)
{
	char lines[4096] = "";
	int i;

	(void)state;
	is(X "192.0.2.1\r\n" X "192.0.2.2\r\n", "192.0.2.2", 0);
	is(X "192.0.2.1\r\nX: y\r\n" X "10.1.1.1, 10.2.2.2\r\n", "192.0.2.1",
	   0);
	is(X "192.0.2.1\r\n" X "\r\n", "192.0.2.1", 0);
	is(X "\r\n" X "192.0.2.1\r\n", "192.0.2.1", 0);
	is(X "192.0.2.1\r\n" X "x\r\n", "10.0.0.1", 0);
	/* the last eight are looked at */
	strcat(lines, X "192.0.2.1\r\n");
	for (i = 0; i < 7; i++)
		strcat(lines, X "10.1.1.1\r\n");
	is(lines, "192.0.2.1", 0);
	strcat(lines, X "10.1.1.2\r\n");
	is(lines, "10.1.1.1", 0);
}

/* However long the list, the work is bounded. */
static void client__bounded(void **state)
{
	static char lines[16000];
	struct kelp_addr client;
	int asked, i;

	(void)state;
	strcpy(lines, X "192.0.2.1");
	for (i = 0; i < 1000; i++)
		strcat(lines, ",10.1.1.1");
	strcat(lines, "\r\n");
	client_of(lines, &client, &asked);
	assert_int_equal(client.ip[0], 10);
	assert_true(asked <= 32);
}

static void client__random(void **state)
{
	static const char *const parts[] = {
		"10.0.0.9", "192.0.2.1", "::1", "[::1]", ",", " ", ", ", ":",
		"[", "]", "1", ".", "x", "\t", "\r\n" X, "2001:db8::",
	};
	struct kelp_addr client;
	char lines[2048];
	int i, n, asked;

	(void)state;
	srandom(3);
	for (i = 0; i < 100000; i++) {
		strcpy(lines, X);
		for (n = random() % 24; n; n--)
			strcat(lines, parts[random() % ARRAY_LEN(parts)]);
		strcat(lines, "\r\n");
		client_of(lines, &client, &asked);
		assert_true(client.family == 4 || client.family == 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client__rightmost),
		cmocka_unit_test(client__forms),
		cmocka_unit_test(client__garbage),
		cmocka_unit_test(client__several_lines),
		cmocka_unit_test(client__bounded),
		cmocka_unit_test(client__random),
	};

	return cmocka_run_group_tests_name("forwarded", tests, NULL, NULL);
}
