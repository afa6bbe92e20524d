// SPDX-License-Identifier: GPL-2.0-only
/* Targets: which forms there are, and what each of them means. */
#include "harness.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail_alloc.h"
#include "names_kit.h"
#include "naming.h"

static const struct names_answer names[] = {
	{ .name = "a.example",
	  .address = { "2001:db8::1", "10.0.0.2", "10.0.0.1" } },
	{ .name = "b.example", .address = { "10.0.0.9" } },
	{ .name = "none.example", .err = EAI_NONAME },
	{ .name = "dead.example", .err = EAI_AGAIN },
	{ .name = NULL },
};

static struct naming *create(const char *target)
{
	struct naming *naming;

	if (naming_create(&naming, target))
		fail_msg("'%s' was refused", target);
	return naming;
}

/* What comes of @target: @text, or @err. */
static void expect(const char *target, const char *text, int err)
{
	struct naming *naming = create(target);
	struct address *list = NULL;
	size_t count = 0;

	assert_int_equal(naming_resolve(naming, &list, &count), err);
	names_expect(list, count, text);
	naming_destroy(naming);
}

static void naming_create__refuses(void **state)
{
	static const char *const targets[] = {
		"", "a.example", "a.example:", "a.example:0", ":80",
		"a.example:80*2", "a.example:80,b.example:80", "::1:80",
		"10.0.0.256:80",
		"list://", "list://,", "list://a.example:80,",
		"list://,a.example:80", "list://a.example:80,,b.example:80",
		"list://a.example:80*", "list://a.example:80*0",
		"list://a.example:80*1001", "list://a.example:80*2*3",
		"list://a.example:80, b.example:80", "list://a.example",
		"list://a.example:80 2", "list:a.example:80",
		"file://", "file:", "file:/servers",
		"dns://", "dns://a.example", "dns://a.example:80*2",
		"dns://a.example:80,b.example:80", "dns://a.example:65536",
		"LIST://a.example:80", "http://a.example:80", "://a.example:80",
	};
	struct naming *naming = (void *)1;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(targets); i++)
		if (naming_create(&naming, targets[i]) != -EINVAL)
			fail_msg("'%s' was accepted", targets[i]);
	assert_ptr_equal(naming, (void *)1);
}

/* Nothing is looked up, and no file has to be there. */
static void naming_create__only_parses(void **state)
{
	static const char *const targets[] = {
		"no.example:80", "list://no.example:80,no.example:81*3",
		"file:///no/such/file", "file://no/such/file",
		"dns://no.example:80",
	};
	size_t i;

	(void)state;
	names_know(NULL);
	for (i = 0; i < ARRAY_LEN(targets); i++)
		naming_destroy(create(targets[i]));
	assert_int_equal(names_asked, 0);
}

static void naming_create__copies(void **state)
{
	char target[] = "list://a.example:80,b.example:80";
	struct naming *naming = create(target);
	struct address *list;
	size_t count;

	(void)state;
	names_know(names);
	assert_string_equal(target, "list://a.example:80,b.example:80");
	memset(target, 'x', sizeof(target));
	assert_int_equal(naming_resolve(naming, &list, &count), 0);
	names_expect(list, count, "10.0.0.2:80*1 10.0.0.9:80*1");
	naming_destroy(naming);
}

static void naming_create__no_memory(void **state)
{
	static const struct {
		const char *target;
		size_t allocations;
	} cases[] = {
		{ "10.0.0.1:80", 3 },
		{ "a.example:80", 4 },
		{ "list://a.example:80,b.example:80", 5 },
		{ "file:///servers", 2 },
		{ "dns://a.example:80", 4 },
	};
	struct naming *naming;
	size_t i, n;
	int err;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		for (n = 0;; n++) {
			fail_alloc_at(n);
			err = naming_create(&naming, cases[i].target);
			if (!fail_alloc_off())
				break;
			assert_int_equal(err, -ENOMEM);
		}
		assert_int_equal(err, 0);
		assert_int_equal(n, cases[i].allocations);
		naming_destroy(naming);
	}
}

static void naming_destroy__none(void **state)
{
	(void)state;
	naming_destroy(NULL);
}

static void naming_resolve__one(void **state)
{
	(void)state;
	names_know(names);
	expect("10.0.0.1:80", "10.0.0.1:80*1", 0);
	expect("[::1]:80", "[::1]:80*1", 0);
	assert_int_equal(names_asked, 0);
	expect("a.example:80", "10.0.0.2:80*1", 0);
	expect("none.example:80", "", -EHOSTUNREACH);
	expect("dead.example:80", "", -EAGAIN);
}

static void naming_resolve__list(void **state)
{
	(void)state;
	names_know(names);
	expect("list://10.0.0.1:80", "10.0.0.1:80*1", 0);
	expect("list://[::1]:80*2,10.0.0.1:80,a.example:81*1000",
	       "10.0.0.1:80*1 10.0.0.2:81*1000 [::1]:80*2", 0);
	expect("list://10.0.0.2:80*3,a.example:80*4", "10.0.0.2:80*7", 0);
	expect("list://10.0.0.2:80,none.example:80", "", -EHOSTUNREACH);
}

static void naming_resolve__dns(void **state)
{
	(void)state;
	names_know(names);
	expect("dns://a.example:80",
	       "10.0.0.1:80*1 10.0.0.2:80*1 [2001:db8::1]:80*1", 0);
	assert_int_equal(names_asked, 1);
	expect("dns://10.0.0.1:80", "10.0.0.1:80*1", 0);
	expect("dns://none.example:80", "", -EHOSTUNREACH);
	expect("dns://dead.example:80", "", -EAGAIN);
}

static void naming_resolve__file(void **state)
{
	char path[] = "/tmp/naming_test.XXXXXX";
	char target[sizeof(path) + sizeof("file://")];
	static const char text[] = "a.example:80 5 # one\n10.0.0.1:80\n";
	int fd = mkstemp(path);

	(void)state;
	names_know(names);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	snprintf(target, sizeof(target), "file://%s", path);
	expect(target, "10.0.0.1:80*1 10.0.0.2:80*5", 0);
	assert_int_equal(unlink(path), 0);
	expect(target, "", -ENOENT);
}

/* Changes, unchanged, and how often to look again. */
static void check_changes(const char *target, bool changes, bool unchanged,
			  int refresh_ms)
{
	struct naming *naming = create(target);
	struct address *list;
	size_t count;

	assert_int_equal(naming_changes(naming), changes);
	if (!naming_resolve(naming, &list, &count))
		free(list);
	assert_int_equal(naming_unchanged(naming), unchanged);
	assert_int_equal(naming_refresh_ms(naming), refresh_ms);
	naming_destroy(naming);
}

static void naming_changes__by_form(void **state)
{
	(void)state;
	names_know(names);
	check_changes("a.example:80", false, true, 0);
	check_changes("list://a.example:80,b.example:80", false, true, 0);
	check_changes("dns://a.example:80", true, false, 5000);
	check_changes("file:///no/such/file", true, true, 200);
}

static void naming_unchanged__never_looked(void **state)
{
	struct naming *naming = create("file:///no/such/file");

	(void)state;
	assert_false(naming_unchanged(naming));
	naming_destroy(naming);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(naming_create__refuses),
		cmocka_unit_test(naming_create__only_parses),
		cmocka_unit_test(naming_create__copies),
		cmocka_unit_test(naming_create__no_memory),
		cmocka_unit_test(naming_destroy__none),
		cmocka_unit_test(naming_resolve__one),
		cmocka_unit_test(naming_resolve__list),
		cmocka_unit_test(naming_resolve__dns),
		cmocka_unit_test(naming_resolve__file),
		cmocka_unit_test(naming_changes__by_form),
		cmocka_unit_test(naming_unchanged__never_looked),
	};

	return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
