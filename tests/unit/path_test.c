// SPDX-License-Identifier: GPL-2.0-only
/* Paths: decoding, dot segments, what is refused, hidden names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "path.h"

struct path_case {
	const char *rule;
	const char *in;
	const char *out;	/* NULL: refused */
	bool normal;
};

/* Normal: recognised as such, and unchanged. */
#define SAME(rule, in)		{ rule, in, in, true }
/* Changed, or unchanged but not worth a fast way. */
#define MADE(rule, in, out)	{ rule, in, out, false }
#define BAD(rule, in)		{ rule, in, NULL, false }

static const struct path_case cases[] = {
	SAME("3986 3.3 root", "/"),
	SAME("3986 3.3 name", "/index.html"),
	SAME("3986 3.3 segments", "/a/b/c.d"),
	SAME("3986 3.3 slash at the end", "/a/b/"),
	SAME("3986 3.3 dots inside and behind", "/a.b/c./d.../e.."),
	SAME("3986 3.3 other bytes", "/~a!$&'()*+,;=:@-_Z9"),
	SAME("backslash is an ordinary byte", "/a\\..\\b"),
	SAME("bytes from 0x80", "/\xc3\xa4/\xff"),
	MADE("3986 2.1 decoded once", "/%61%2d%7E", "/a-~"),
	MADE("3986 2.4 not decoded twice", "/%2561", "/%61"),
	MADE("3986 2.4 encoded percent of a slash", "/%252f", "/%2f"),
	MADE("3986 2.4 encoded percent of dots", "/%252e%252e/a", "/%2e%2e/a"),
	MADE("3986 2.1 space", "/a%20b", "/a b"),
	MADE("3986 2.1 question mark and hash", "/a%3Fb%23", "/a?b#"),
	MADE("3986 2.1 UTF-8", "/%C3%a4", "/\xc3\xa4"),
	MADE("encoded backslash", "/a%5cb", "/a\\b"),
	MADE("3986 5.2.4 .", "/.", "/"),
	MADE("3986 5.2.4 ./", "/./", "/"),
	MADE("3986 5.2.4 . inside", "/a/./b", "/a/b"),
	MADE("3986 5.2.4 . at the end", "/a/.", "/a/"),
	MADE("3986 5.2.4 .. inside", "/a/../b", "/b"),
	MADE("3986 5.2.4 .. at the end", "/a/b/..", "/a/"),
	MADE("3986 5.2.4 ../ at the end", "/a/b/../", "/a/"),
	MADE("3986 5.2.4 .. to the root", "/a/..", "/"),
	MADE("3986 5.2.4 .. twice", "/a/b/../../c", "/c"),
	MADE("3986 5.2.4 the RFC's example", "/a/b/c/./../../g", "/a/g"),
	MADE("3986 5.2.4 three dots are a name", "/.../a", "/.../a"),
	MADE("3986 5.2.4 dots and more are a name", "/..a/.b", "/..a/.b"),
	MADE("3986 6.2.2.3 encoded dot", "/a/%2e/b", "/a/b"),
	MADE("3986 6.2.2.3 encoded dots", "/a/%2e%2E/b", "/b"),
	MADE("3986 6.2.2.3 one dot encoded", "/a/.%2e/b", "/b"),
	MADE("3986 6.2.2.3 the other dot encoded", "/a/%2e./b", "/b"),
	MADE("slashes become one", "//a///b//", "/a/b/"),
	MADE("slashes only", "////", "/"),
	MADE("slashes are one for ..", "/a//../b", "/b"),
	MADE("slashes before ..", "/a/b//../c", "/a/c"),
	MADE("slash and . and slash", "/a/.//b", "/a/b"),
	MADE("dotfile", "/a/.b", "/a/.b"),
	BAD("3986 5.2.4 .. above the root", "/.."),
	BAD("3986 5.2.4 .. above the root, more", "/../etc/passwd"),
	BAD("3986 5.2.4 .. above the root, later", "/a/../../b"),
	BAD("3986 5.2.4 .. above the root, last", "/a/../.."),
	BAD("3986 5.2.4 .. above the root, slashes", "//..//"),
	BAD("3986 5.2.4 .. above the root, dot", "/./.."),
	BAD("encoded .. above the root", "/%2e%2e/"),
	BAD("encoded .. above the root, half", "/.%2E"),
	BAD("encoded slash", "/a%2fb"),
	BAD("encoded slash, capital", "/a%2Fb"),
	BAD("encoded slash in ..", "/a/..%2f..%2fb"),
	BAD("NUL", "/a%00b"),
	BAD("NUL at the end", "/a.html%00"),
	BAD("LF", "/a%0ab"),
	BAD("CR", "/a%0D"),
	BAD("escape", "/%1b"),
	BAD("DEL", "/%7f"),
	BAD("control byte as it is", "/a\x01"),
	BAD("DEL as it is", "/a\x7f"),
	BAD("3986 2.1 percent", "/%"),
	BAD("3986 2.1 percent and one digit", "/%4"),
	BAD("3986 2.1 no hex digit", "/%4g"),
	BAD("3986 2.1 no hex digit first", "/%g4"),
	BAD("3986 2.1 %u", "/%u0041"),
	BAD("3986 2.1 sign", "/%-1"),
	BAD("3986 2.1 two percents", "/%%41"),
	BAD("no slash first", "a"),
	BAD("dots first", "../a"),
	BAD("asterisk", "*"),
	BAD("nothing", ""),
	BAD("encoded slash first", "%2fa"),
};

/* Normalize into exactly cap bytes of heap, which ASan watches. */
static int normalize(const char *in, size_t cap, const char *want)
{
	size_t len = strlen(in);
	char *dst = malloc(cap ? cap : 1);
	int ret = http_path_normalize(dst, cap, guarded(in, len), len);

	if (ret >= 0) {
		assert_string_equal(dst, want);
		assert_int_equal(strlen(dst), ret);
	}
	free(dst);
	return ret;
}

static void run_case(void **state)
{
	const struct path_case *pc = *state;
	size_t len = strlen(pc->in), cap;
	int want = pc->out ? (int)strlen(pc->out) : -EINVAL, ret;

	assert_int_equal(http_path_is_normal(guarded(pc->in, len), len),
			 pc->normal);
	assert_int_equal(normalize(pc->in, len + 1, pc->out), want);
	/* however little room there is: right, or no room */
	for (cap = 0; cap <= len; cap++) {
		ret = normalize(pc->in, cap, pc->out);
		assert_true(ret == want || ret == -ENAMETOOLONG);
		if (want >= (int)cap)
			assert_int_equal(ret, -ENAMETOOLONG);
	}
	/* what was normalized is normalized */
	if (pc->out && !strchr(pc->out, '%'))
		assert_int_equal(normalize(pc->out, len + 1, pc->out), want);
}

static void is_normal__agrees(void **state)
{
	static const char bytes[] = "/.%a2\x1f\x7f\x80";
	char in[8] = "/", out[8];
	int i, j, n, v;

	(void)state;
	/* all paths of up to five more of these bytes */
	for (i = 0; i < 32768 * 8; i++) {
		n = 1 + i % 5;
		for (j = 1, v = i / 5; j <= n; j++, v /= 8)
			in[j] = bytes[v % 8];
		in[j] = '\0';
		if (!http_path_is_normal((const u8 *)in, (size_t)j))
			continue;
		assert_int_equal(http_path_normalize(out, sizeof(out),
						     (const u8 *)in,
						     (size_t)j), j);
		assert_string_equal(in, out);
	}
}

static void hidden__cases(void **state)
{
	(void)state;
	assert_false(http_path_hidden("/"));
	assert_false(http_path_hidden("/a.b/c."));
	assert_false(http_path_hidden("/a/b.."));
	assert_true(http_path_hidden("/.a"));
	assert_true(http_path_hidden("/a/.git/b"));
	assert_true(http_path_hidden("/a/b/.c"));
	assert_true(http_path_hidden("/..."));
	assert_true(http_path_hidden(".a"));
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(cases) + 2];
	size_t n;

	for (n = 0; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){
			.name = cases[n].rule,
			.test_func = run_case,
			.initial_state = (void *)&cases[n],
		};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(is_normal__agrees);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(hidden__cases);
	return _cmocka_run_group_tests("path", tests, n, NULL, NULL);
}
