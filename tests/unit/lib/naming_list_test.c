// SPDX-License-Identifier: GPL-2.0-only
/* HOST:PORT as people write it, and what addresses come of it. */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail_alloc.h"
#include "names_kit.h"
#include "naming_list.h"

#define TEN "0123456789"
#define LABEL TEN TEN TEN TEN TEN TEN

static int add(struct naming_list *list, const char *text, const char *weight)
{
	char copy[400];

	snprintf(copy, sizeof(copy), "%s", text);
	return naming_list_add(list, copy, weight);
}

static void resolve(const struct naming_list *list, bool all, const char *text)
{
	struct address *got;
	size_t count;

	assert_int_equal(naming_list_resolve(list, all, &got, &count), 0);
	names_expect(got, count, text);
}

static void naming_list_add__numeric(void **state)
{
	static const struct {
		const char *text, *weight, *out;
	} cases[] = {
		{ "127.0.0.1:80", NULL, "127.0.0.1:80*1" },
		{ "0.0.0.0:65535", "1", "0.0.0.0:65535*1" },
		{ "255.255.255.255:1", "1000", "255.255.255.255:1*1000" },
		{ "127.0.0.1:00080", "007", "127.0.0.1:80*7" },
		{ "[::1]:8080", NULL, "[::1]:8080*1" },
		{ "[::]:1", "2", "[::]:1*2" },
		{ "[2001:DB8::0001]:80", NULL, "[2001:db8::1]:80*1" },
		{ "[::ffff:10.0.0.1]:80", NULL, "[::ffff:10.0.0.1]:80*1" },
		{ "[fe80::1%1]:80", NULL, "[fe80::1%1]:80*1" },
		{ "[fe80::1%lo]:80", NULL, "[fe80::1%1]:80*1" },
	};
	struct naming_list list = { 0 };
	size_t i;

	(void)state;
	names_know(NULL);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		if (add(&list, cases[i].text, cases[i].weight))
			fail_msg("'%s' was refused", cases[i].text);
		assert_null(list.at[0].name);
		resolve(&list, false, cases[i].out);
		naming_list_exit(&list);
	}
	assert_int_equal(names_asked, 0);
}

static void naming_list_add__names(void **state)
{
	static const char *const names[] = {
		"localhost", "a", "a.example", "a.example.", "A-b_c.1x", "1a",
		"10.0.0.1.example", "xn--nxasmq6b", "127.0.0.1.",
		LABEL "." LABEL "." LABEL "." LABEL ".012345678a",
	};
	struct naming_list list = { 0 };
	char text[300];
	size_t i;

	(void)state;
	names_know(NULL);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(text, sizeof(text), "%s:80", names[i]);
		if (add(&list, text, NULL))
			fail_msg("'%s' was refused", text);
		assert_string_equal(list.at[0].name, names[i]);
		assert_int_equal(list.at[0].port, 80);
		naming_list_exit(&list);
	}
	assert_int_equal(names_asked, 0);
}

static void naming_list_add__refuses(void **state)
{
	static const char *const texts[] = {
		"", ":", ":80", "80", "a", "a:", "a:0", "a:65536", "a:-1",
		"a:+1", "a: 80", "a:80 ", " a:80", "a b:80", "a:http",
		"a:99999999999999999999", "a:80:80", "::1:80", "fe80::1:80",
		"a/b:80", "x://a:80", "a*:80", "a@b:80", "a,b:80", "\xc3\xa4:80",
		"10.0.0.256:80", "10.0.0:80", "10:80", "127.1:80",
		"010.0.0.1:80", "1.2.3.4.5:80", "a.1:80",
		"[", "[]", "[:80", "[]:80", "[::1]", "[::1:80", "[::1]80",
		"[::1]x:80", "x[::1]:80", "[::1]:", "[::1]:0", "[[::1]]:80",
		"[127.0.0.1]:80", "[a]:80", "[localhost]:80", "[1:2]:80",
		"[1:2:3:4:5:6:7:8:9]:80", "[fe80::1%]:80",
		"[fe80::1%no-such-interface]:80",
		LABEL "." LABEL "." LABEL "." LABEL "." TEN "a:80",
	};
	static const char *const weights[] = {
		"", "0", "1001", "-1", "+1", "1 ", " 1", "1.5", "x",
		"4294967297",
	};
	struct naming_list list = { 0 };
	size_t i;

	(void)state;
	names_know(NULL);
	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (add(&list, texts[i], NULL) != -EINVAL)
			fail_msg("'%s' was accepted", texts[i]);
	for (i = 0; i < ARRAY_LEN(weights); i++)
		if (add(&list, "a:80", weights[i]) != -EINVAL)
			fail_msg("weight '%s' was accepted", weights[i]);
	assert_int_equal(list.count, 0);
	assert_int_equal(names_asked, 0);
	naming_list_exit(&list);
}

static void naming_list_add__no_memory(void **state)
{
	struct naming_list list = { 0 };
	size_t n;
	int err;

	(void)state;
	for (n = 0;; n++) {
		fail_alloc_at(n);
		err = add(&list, "a.example:80", NULL);
		if (!fail_alloc_off())
			break;
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(list.count, 0);
		/* the next time, room for it is to be made as well */
		naming_list_exit(&list);
	}
	assert_int_equal(err, 0);
	assert_int_equal(n, 2);
	naming_list_exit(&list);
}

static void naming_list_exit__empty(void **state)
{
	struct naming_list list = { 0 };

	(void)state;
	naming_list_exit(&list);
	assert_int_equal(add(&list, "a.example:80", NULL), 0);
	naming_list_exit(&list);
	assert_null(list.at);
	assert_int_equal(list.count, 0);
	naming_list_exit(&list);
}

static const struct names_answer names[] = {
	{ .name = "four.example", .address = { "10.0.0.9" } },
	{ .name = "six.example", .address = { "2001:db8::9", "2001:db8::8" } },
	{ .name = "both.example",
	  .address = { "2001:db8::2", "10.0.0.2", "2001:db8::1", "10.0.0.1" } },
	{ .name = "twice.example", .address = { "10.0.0.9", "10.0.0.9" } },
	{ .name = "local.example", .address = { "fe80::1%lo" } },
	{ .name = NULL },
};

static void naming_list_resolve__one(void **state)
{
	static const char *const cases[][2] = {
		{ "four.example:1", "10.0.0.9:1*3" },
		{ "six.example:2", "[2001:db8::9]:2*3" },
		{ "both.example:3", "10.0.0.2:3*3" },
		{ "twice.example:4", "10.0.0.9:4*3" },
		{ "local.example:5", "[fe80::1%1]:5*3" },
	};
	struct naming_list list = { 0 };
	size_t i;

	(void)state;
	names_know(names);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(add(&list, cases[i][0], "3"), 0);
		resolve(&list, false, cases[i][1]);
		naming_list_exit(&list);
	}
	assert_int_equal(names_asked, ARRAY_LEN(cases));
}

static void naming_list_resolve__all(void **state)
{
	struct naming_list list = { 0 };

	(void)state;
	names_know(names);
	assert_int_equal(add(&list, "both.example:80", NULL), 0);
	resolve(&list, true, "10.0.0.1:80*1 10.0.0.2:80*1 "
		"[2001:db8::1]:80*1 [2001:db8::2]:80*1");
	/* each time anew */
	resolve(&list, true, "10.0.0.1:80*1 10.0.0.2:80*1 "
		"[2001:db8::1]:80*1 [2001:db8::2]:80*1");
	assert_int_equal(names_asked, 2);
	naming_list_exit(&list);
	assert_int_equal(add(&list, "twice.example:80", "2"), 0);
	resolve(&list, true, "10.0.0.9:80*4");
	naming_list_exit(&list);
}

static void naming_list_resolve__none(void **state)
{
	const struct naming_list list = { 0 };
	struct address *got = (void *)1;
	size_t count = 1;

	(void)state;
	assert_int_equal(naming_list_resolve(&list, true, &got, &count), 0);
	assert_null(got);
	assert_int_equal(count, 0);
}

static void naming_list_resolve__equal_ones(void **state)
{
	static const char *const texts[][2] = {
		{ "10.0.0.2:80", "5" }, { "[::1]:80", "1" },
		{ "10.0.0.1:80", "700" }, { "10.0.0.2:81", "6" },
		{ "10.0.0.2:80", "7" }, { "10.0.0.1:80", "700" },
		{ "[::1]:080", "2" }, { "[fe80::1%1]:80", "3" },
		{ "[fe80::1]:80", "4" }, { "four.example:80", "8" },
		{ "10.0.0.9:80", "9" }, { "10.0.0.1:80", "700" },
	};
	struct naming_list list = { 0 };
	size_t i;

	(void)state;
	names_know(names);
	for (i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(add(&list, texts[i][0], texts[i][1]), 0);
	resolve(&list, false, "10.0.0.1:80*1000 10.0.0.2:80*12 10.0.0.9:80*17 "
		"10.0.0.2:81*6 [::1]:80*3 [fe80::1]:80*4 [fe80::1%1]:80*3");
	naming_list_exit(&list);
}

/* The same servers, written down the other way round, are the same bytes. */
static void naming_list_resolve__order(void **state)
{
	struct naming_list list = { 0 }, other = { 0 };
	struct address *a, *b;
	size_t i, count;
	char text[40];

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.0.%zu:80", i);
		assert_int_equal(add(&list, text, NULL), 0);
		snprintf(text, sizeof(text), "10.0.0.%zu:80", 99 - i);
		assert_int_equal(add(&other, text, NULL), 0);
	}
	assert_int_equal(naming_list_resolve(&list, false, &a, &count), 0);
	assert_int_equal(count, 100);
	assert_int_equal(naming_list_resolve(&other, false, &b, &count), 0);
	assert_int_equal(count, 100);
	assert_memory_equal(a, b, count * sizeof(*a));
	free(a);
	free(b);
	naming_list_exit(&list);
	naming_list_exit(&other);
}

static void naming_list_resolve__failures(void **state)
{
	static const struct {
		int err, sys, result;
	} cases[] = {
		{ EAI_NONAME, 0, -EHOSTUNREACH },
		{ EAI_NODATA, 0, -EHOSTUNREACH },
		{ EAI_ADDRFAMILY, 0, -EHOSTUNREACH },
		{ EAI_AGAIN, 0, -EAGAIN },
		{ EAI_FAIL, 0, -EAGAIN },
		{ EAI_MEMORY, 0, -ENOMEM },
		{ EAI_SYSTEM, ENOMEM, -ENOMEM },
		{ EAI_SYSTEM, EMFILE, -EMFILE },
		{ EAI_SYSTEM, ENFILE, -ENFILE },
		{ EAI_SYSTEM, ECONNREFUSED, -EAGAIN },
		{ EAI_SYSTEM, 0, -EAGAIN },
	};
	struct names_answer answer[2] = { { .name = "bad.example" } };
	struct address *got = (void *)1;
	struct naming_list list = { 0 };
	size_t i, count = 7;

	(void)state;
	assert_int_equal(add(&list, "10.0.0.1:80", NULL), 0);
	assert_int_equal(add(&list, "bad.example:80", NULL), 0);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		answer[0].err = cases[i].err;
		answer[0].sys = cases[i].sys;
		names_know(answer);
		assert_int_equal(naming_list_resolve(&list, false, &got,
						     &count),
				 cases[i].result);
	}
	assert_ptr_equal(got, (void *)1);
	assert_int_equal(count, 7);
	naming_list_exit(&list);
}

static void naming_list_resolve__no_memory(void **state)
{
	struct naming_list list = { 0 };
	struct address *got;
	size_t n, count;
	int err;

	(void)state;
	names_know(names);
	assert_int_equal(add(&list, "10.0.0.8:80", NULL), 0);
	assert_int_equal(add(&list, "10.0.0.9:80", NULL), 0);
	assert_int_equal(add(&list, "both.example:80", NULL), 0);
	for (n = 0;; n++) {
		fail_alloc_at(n);
		err = naming_list_resolve(&list, true, &got, &count);
		if (!fail_alloc_off())
			break;
		assert_int_equal(err, -ENOMEM);
	}
	assert_int_equal(err, 0);
	/* the second time in the midst of a name's addresses */
	assert_int_equal(n, 2);
	assert_int_equal(count, 6);
	free(got);
	naming_list_exit(&list);
}

static void address_print__cuts(void **state)
{
	struct address address = { .len = sizeof(struct sockaddr_in6) };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.addr;
	char text[ADDRESS_TEXT];

	(void)state;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(65535);
	in6->sin6_scope_id = UINT32_MAX;
	memset(&in6->sin6_addr, 0xff, sizeof(in6->sin6_addr));
	address_print(&address, text, sizeof(text));
	assert_string_equal(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
	address_print(&address, text, 6);
	assert_string_equal(text, "[ffff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naming_list_add__numeric),
		cmocka_unit_test(naming_list_add__names),
		cmocka_unit_test(naming_list_add__refuses),
		cmocka_unit_test(naming_list_add__no_memory),
		cmocka_unit_test(naming_list_exit__empty),
		cmocka_unit_test(naming_list_resolve__one),
		cmocka_unit_test(naming_list_resolve__all),
		cmocka_unit_test(naming_list_resolve__none),
		cmocka_unit_test(naming_list_resolve__equal_ones),
		cmocka_unit_test(naming_list_resolve__order),
		cmocka_unit_test(naming_list_resolve__failures),
		cmocka_unit_test(naming_list_resolve__no_memory),
		cmocka_unit_test(address_print__cuts),
	};

	return cmocka_run_group_tests_name("naming_list", tests, NULL, NULL);
}
