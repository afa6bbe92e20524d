// SPDX-License-Identifier: GPL-2.0-only
/* Where a body ends, and what of it is payload: RFC 9112, 6. */
#include <string.h>

#include "body.h"
#include "harness.h"
#include "parse.h"

struct body_case {
	const char *what;
	u16 flags;
	u64 length;
	const char *in;
	const char *payload;	/* what is taken; NULL: refused */
	size_t rest;		/* bytes behind the body */
	int status;
};

static const struct body_case cases[] = {
	{ "no body", 0, 0, "GET", "", 3, 0 },
	{ "empty", HTTP_F_HAS_LENGTH, 0, "GET", "", 3, 0 },
	{ "a length", HTTP_F_HAS_LENGTH, 5, "helloGET", "hello", 3, 0 },
	{ "to the end", HTTP_F_HAS_LENGTH, 5, "hello", "hello", 0, 0 },
	{ "chunked", HTTP_F_CHUNKED, 0, "5;x\r\nhello\r\n0\r\nA: b\r\n\r\nGET",
	  "hello", 3, 0 },
	{ "two chunks", HTTP_F_CHUNKED, 0, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
	  "abc", 0, 0 },
	{ "up to the limit", HTTP_F_CHUNKED, 0, "8\r\n01234567\r\n0\r\n\r\n",
	  "01234567", 0, 0 },
	{ "bad", HTTP_F_CHUNKED, 0, "1\r\na\r\nx", NULL, 0, 400 },
	{ "above the limit", HTTP_F_CHUNKED, 0, "1\r\na\r\n8\r", NULL, 0, 413 },
	{ "extensions", HTTP_F_CHUNKED, 0, "1;aaaaaaaaaa", NULL, 0, 413 },
	{ "trailers", HTTP_F_CHUNKED, 0, "0\r\na: 3456789012345", NULL, 0, 431 },
};

/* Take what lies in one buffer; how many bytes, or the refusal. */
static ssize_t take_all(struct http_body *body, const char *in, size_t len,
			char *payload)
{
	struct http_chunk_out out;
	size_t pos = 0;
	ssize_t n;

	while (pos < len && !http_body_done(body)) {
		n = http_body_take(body, guarded(in + pos, len - pos),
				   len - pos, 10, 14, &out);
		if (n < 0)
			return n;
		assert_true(n > 0);
		strncat(payload, (const char *)out.data ?: "", out.len);
		pos += n;
	}
	return pos;
}

static void check(const struct body_case *c, size_t cut)
{
	struct http_req req = { .flags = c->flags, .content_length = c->length };
	size_t len = strlen(c->in);
	char payload[64] = "";
	struct http_body body;
	ssize_t first, n;

	http_body_init(&body, &req, 8);
	first = take_all(&body, c->in, cut, payload);
	n = first;
	if (n >= 0 && (size_t)n == cut) {
		n = take_all(&body, c->in + cut, len - cut, payload);
		if (n >= 0)
			n += first;
	}
	if (!c->payload) {
		assert_int_equal(n, -c->status);
		return;
	}
	assert_true(http_body_done(&body));
	assert_int_equal(n, len - c->rest);
	assert_string_equal(payload, c->payload);
}

static void test_cases(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		for (cut = 0; cut <= strlen(cases[i].in); cut++)
			check(&cases[i], cut);
}

static void test_refusal_is_for_good(void **state)
{
	struct http_req req = { .flags = HTTP_F_CHUNKED };
	struct http_chunk_out out;
	struct http_body body;

	(void)state;
	http_body_init(&body, &req, 8);
	assert_int_equal(http_body_take(&body, guarded("x", 1), 1, 0, 0, &out),
			 -400);
	assert_false(http_body_done(&body));
	assert_int_equal(http_body_take(&body, guarded("0", 1), 1, 0, 0, &out),
			 -400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_refusal_is_for_good),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
