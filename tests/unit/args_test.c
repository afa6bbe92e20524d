// SPDX-License-Identifier: GPL-2.0-only
/* Arguments of routes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/limits.h>
#include <linux/netlink.h>

#include "harness.h"
#include "http/handlers/args.h"
#include "kelp/http.h"

static struct netlink_ext_ack ack;
static const char *list[HTTP_ARGS_MAX + 1];
static struct kelp_http_args args;

/* The arguments of the next test, separated by '|'. */
static struct kelp_http_args *given(const char *text)
{
	static char copy[HTTP_ARGS_BYTES + 64];
	char *at;

	memset(&args, 0, sizeof(args));
	args.arg = list;
	args.body = U64_MAX;
	args.extack = &ack;
	ack._msg = NULL;
	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	for (at = strtok(copy, "|"); at; at = strtok(NULL, "|")) {
		assert_true(args.nr < ARRAY_LEN(list));
		list[args.nr++] = at;
	}
	return &args;
}

static void is_refused(int err, const char *why)
{
	assert_int_equal(err, -EINVAL);
	assert_non_null(ack._msg);
	if (!strstr(ack._msg, why))
		fail_msg("'%s' does not say '%s'", ack._msg, why);
	ack._msg = NULL;
}

static void check__accepts(void **state)
{
	static const char *const good[] = {
		"", "a=", "a=b", "a=b=c", "a=1|b=1", "a=|aa=|aaa=", "A=|a=",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(http_args_check(given(good[i])), 0);
		assert_null(ack._msg);
	}
}

static void check__refuses(void **state)
{
	(void)state;
	is_refused(http_args_check(given("a")), "KEY=VALUE");
	is_refused(http_args_check(given("a=1|b")), "KEY=VALUE");
	is_refused(http_args_check(given("=1")), "KEY=VALUE");
	is_refused(http_args_check(given("a=1|a=2")), "twice");
	is_refused(http_args_check(given("a=1|b=1|c=|b=")), "twice");
	/* without anybody to tell */
	given("a")->extack = NULL;
	assert_int_equal(http_args_check(&args), -EINVAL);
}

static void check__counts(void **state)
{
	char text[4 * HTTP_ARGS_MAX + 8] = "";
	int i;

	(void)state;
	for (i = 0; i < HTTP_ARGS_MAX; i++)
		sprintf(text + strlen(text), "%c=|", 'a' + i);
	assert_int_equal(http_args_check(given(text)), 0);
	strcat(text, "z=");
	is_refused(http_args_check(given(text)), "too many");
}

static void check__bounds_the_bytes(void **state)
{
	char text[HTTP_ARGS_BYTES + 2];

	(void)state;
	memset(text, 'v', sizeof(text));
	memcpy(text, "a=1|b=", 6);
	/* each with its NUL: "a=1" is four bytes */
	text[HTTP_ARGS_BYTES - 1] = '\0';
	assert_int_equal(http_args_check(given(text)), 0);
	text[HTTP_ARGS_BYTES - 1] = 'v';
	text[HTTP_ARGS_BYTES] = '\0';
	is_refused(http_args_check(given(text)), "too long");
}

static void unused__each_has_to_be_asked_for(void **state)
{
	(void)state;
	assert_int_equal(http_args_unused(given("")), 0);
	given("a=1|b=2");
	is_refused(http_args_unused(&args), "no argument of that name");
	assert_string_equal(kelp_http_arg(&args, "b"), "2");
	is_refused(http_args_unused(&args), "no argument of that name");
	assert_string_equal(kelp_http_arg(&args, "a"), "1");
	assert_int_equal(http_args_unused(&args), 0);
}

static void arg__by_its_whole_name(void **state)
{
	(void)state;
	given("ab=1|a=2|abc=|b=x=y");
	assert_string_equal(kelp_http_arg(&args, "a"), "2");
	assert_string_equal(kelp_http_arg(&args, "ab"), "1");
	assert_string_equal(kelp_http_arg(&args, "abc"), "");
	assert_string_equal(kelp_http_arg(&args, "b"), "x=y");
	assert_null(kelp_http_arg(&args, "c"));
	assert_null(kelp_http_arg(&args, "A"));
	assert_null(kelp_http_arg(&args, ""));
}

static int size_of(const char *text, u64 least, u64 most, u64 *value)
{
	char arg[80];

	snprintf(arg, sizeof(arg), "size=%s", text);
	*value = 4711;
	return kelp_http_arg_size(given(arg), "size", least, most, value);
}

static void arg_size__reads(void **state)
{
	static const struct {
		const char *text;
		u64 value;
	} good[] = {
		{ "0", 0 }, { "00", 0 }, { "1", 1 }, { "007", 7 },
		{ "1K", 1024 }, { "1k", 1024 }, { "3M", 3 << 20 },
		{ "3m", 3 << 20 }, { "2G", 2ULL << 30 }, { "2g", 2ULL << 30 },
		{ "18446744073709551615", U64_MAX },
		{ "17179869183G", 17179869183ULL << 30 },
		{ "0G", 0 },
	};
	u64 value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(size_of(good[i].text, 0, U64_MAX, &value), 0);
		assert_int_equal(value, good[i].value);
	}
	assert_int_equal(args.used, 1);
}

static void arg_size__refuses(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "no number" }, { "x", "no number" }, { "-1", "no number" },
		{ "+1", "no number" }, { " 1", "no number" },
		{ "K", "no number" }, { "18446744073709551616", "no number" },
		{ "99999999999999999999999", "no number" },
		{ "1 ", "K, M or G" }, { "1T", "K, M or G" },
		{ "1KB", "K, M or G" }, { "1.5K", "K, M or G" },
		{ "0x10", "K, M or G" }, { "\xb2", "no number" },
		{ "17179869184G", "range" }, { "18014398509481984K", "range" },
	};
	u64 value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		is_refused(size_of(bad[i].text, 0, U64_MAX, &value),
			   bad[i].why);
		assert_int_equal(value, 4711);
	}
}

static void arg_size__range(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(size_of("2", 2, 2048, &value), 0);
	assert_int_equal(size_of("2K", 2, 2048, &value), 0);
	assert_int_equal(value, 2048);
	is_refused(size_of("1", 2, 2048, &value), "range");
	is_refused(size_of("2049", 2, 2048, &value), "range");
	is_refused(size_of("3K", 2, 2048, &value), "range");
}

static void arg_size__default(void **state)
{
	u64 value = 4711;

	(void)state;
	/* which need not be in the range */
	assert_int_equal(kelp_http_arg_size(given("a=1"), "size", 1, 2, &value),
			 0);
	assert_int_equal(value, 4711);
	assert_int_equal(args.used, 0);
}

static const struct {
	const char *text;
	u64 ms;
} good_times[] = {
	{ "0", 0 }, { "1", 1000 }, { "1s", 1000 }, { "1500ms", 1500 },
	{ "2m", 120000 }, { "3h", 10800000 }, { "1d", 86400000 },
	{ "18446744073709551615ms", U64_MAX },
	{ "18446744073709551", 18446744073709551000ULL },
	{ "0000000000000000000d", 0 },
};

static const char *const bad_times[] = {
	"", "s", "x", "-1", "1.5s", "1 s", " 1", "1S", "1w", "1sm", "1mss",
	"18446744073709551616ms", "18446744073709552", "213503982335d",
	/* as long as the room for it, and longer */
	"000000000000000000000001", "00000000000000000000000000000001",
};

static void time_parse__reads(void **state)
{
	size_t i, len;
	char *text;
	u64 ms;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good_times); i++) {
		/* not terminated: whoever reads on meets the guard */
		len = strlen(good_times[i].text);
		text = (char *)guarded(good_times[i].text, len);
		assert_int_equal(http_time_parse(text, len, &ms), 0);
		assert_int_equal(ms, good_times[i].ms);
	}
}

static void time_parse__refuses(void **state)
{
	size_t i, len;
	u64 ms;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad_times); i++) {
		len = strlen(bad_times[i]);
		assert_int_equal(http_time_parse((char *)guarded(bad_times[i],
								 len),
						 len, &ms), -EINVAL);
	}
	assert_int_equal(http_time_parse("1\0s", 3, &ms), -EINVAL);
	assert_int_equal(http_time_parse("1\0", 2, &ms), -EINVAL);
}

static void arg_time__range_and_default(void **state)
{
	u64 ms = 4711;

	(void)state;
	assert_int_equal(kelp_http_arg_time(given("ttl=2m"), "ttl", 120000,
					    &ms), 0);
	assert_int_equal(ms, 120000);
	is_refused(kelp_http_arg_time(given("ttl=121"), "ttl", 120000, &ms),
		   "range");
	is_refused(kelp_http_arg_time(given("ttl=x"), "ttl", 120000, &ms),
		   "no time");
	assert_int_equal(ms, 120000);
	assert_int_equal(kelp_http_arg_time(given("a=1"), "ttl", 1, &ms), 0);
	assert_int_equal(ms, 120000);
}

static void refuse__says_why(void **state)
{
	(void)state;
	is_refused(kelp_http_arg_refuse(given(""), "because"), "because");
}

static void body__the_argument_wins(void **state)
{
	(void)state;
	kelp_http_arg_body(given(""), 100);
	assert_int_equal(args.body, 100);
	kelp_http_arg_body(&args, 200);
	assert_int_equal(args.body, 100);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(check__accepts),
	cmocka_unit_test(check__refuses),
	cmocka_unit_test(check__counts),
	cmocka_unit_test(check__bounds_the_bytes),
	cmocka_unit_test(unused__each_has_to_be_asked_for),
	cmocka_unit_test(arg__by_its_whole_name),
	cmocka_unit_test(arg_size__reads),
	cmocka_unit_test(arg_size__refuses),
	cmocka_unit_test(arg_size__range),
	cmocka_unit_test(arg_size__default),
	cmocka_unit_test(time_parse__reads),
	cmocka_unit_test(time_parse__refuses),
	cmocka_unit_test(arg_time__range_and_default),
	cmocka_unit_test(refuse__says_why),
	cmocka_unit_test(body__the_argument_wins),
};

int main(void)
{
	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
