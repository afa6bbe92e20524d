// SPDX-License-Identifier: GPL-2.0-only
/* Chunked bodies: RFC 9112, 7.1, whole and cut at every place. */
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "harness.h"

/* Refused bodies end with the first byte that cannot be valid. */
struct chunk_case {
	const char *rule;
	const char *in;
	size_t len;
	int status;
	const char *payload;
	const struct http_chunk_limits *lim;
};

static const struct http_chunk_limits usual = { 1 << 20, 4096, 8192 };
static const struct http_chunk_limits small = { 10, 8, 12 };
static const struct http_chunk_limits endless = {
	UINT64_MAX, UINT32_MAX, UINT32_MAX
};

#define OK(rule_, in_, payload_, ...) \
	{ .rule = (rule_), .in = (in_), .len = sizeof(in_) - 1, \
	  .payload = (payload_), __VA_ARGS__ }
#define NO(rule_, status_, in_, ...) \
	{ .rule = (rule_), .in = (in_), .len = sizeof(in_) - 1, \
	  .status = (status_), __VA_ARGS__ }
#define SMALL	.lim = &small

static const struct chunk_case cases[] = {
	OK("7.1 one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"),
	OK("7.1 no chunk", "0\r\n\r\n", ""),
	OK("7.1 several chunks", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n",
	   "abcdef"),
	OK("7.1 hex, small", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
	OK("7.1 hex, capital", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
	OK("7.1 two digits", "10\r\n0123456789abcdef\r\n0\r\n\r\n",
	   "0123456789abcdef"),
	OK("7.1 zeros before", "0005\r\nhello\r\n000\r\n\r\n", "hello"),
	OK("7.1 16 digits", "0000000000000001\r\na\r\n0\r\n\r\n", "a"),
	OK("7.1 payload of any bytes", "6\r\n\r\n0\r\n\r\r\n0\r\n\r\n",
	   "\r\n0\r\n\r"),
	NO("7.1 nothing", 400, "\r"),
	NO("7.1 LF", 400, "\n"),
	NO("7.1 no digit", 400, "g"),
	NO("7.1 minus", 400, "-"),
	NO("7.1 plus", 400, "+"),
	NO("7.1 0x", 400, "0x"),
	NO("7.1 space before", 400, " "),
	NO("7.1 tab before", 400, "\t"),
	NO("7.1 NUL before", 400, "\0"),
	NO("7.1 NUL in the size", 400, "1\0"),
	NO("7.1 extension without a size", 400, ";"),
	NO("7.1 letter behind the size", 400, "5h"),
	NO("7.1 comma", 400, "5,"),
	NO("7.1 fraction", 400, "5."),
	NO("7.1 space behind the size", 400, "5 \r"),
	NO("7.1 spaces behind the size", 400, "5  \r"),
	NO("7.1 digits behind a space", 400, "5 5"),
	NO("7.1 bare LF behind the size", 400, "5\n"),
	NO("7.1 bare CR behind the size", 400, "5\rh"),
	NO("7.1 CR CR", 400, "5\r\r"),
	NO("7.1 17 digits", 400, "00000000000000000"),
	NO("7.1 more than 64 bits", 400, "10000000000000000"),
	NO("7.1 payload longer than the size", 400, "5\r\nhello!"),
	NO("7.1 payload and bare LF", 400, "5\r\nhello\n"),
	NO("7.1 payload and bare CR", 400, "5\r\nhello\r0"),
	NO("7.1 payload and NUL", 400, "5\r\nhello\0"),
	NO("7.1 empty line between chunks", 400, "1\r\na\r\n\r"),
	NO("7.1 second size bad", 400, "1\r\na\r\nx"),

	OK("7.1.1 extension", "1;a=b\r\nx\r\n0;c\r\n\r\n", "x"),
	OK("7.1.1 extensions", "1;a;b=c;d=\"e\"\r\nx\r\n0\r\n\r\n", "x"),
	OK("7.1.1 long names and values", "1;abc=def;ghi\r\nx\r\n0\r\n\r\n",
	   "x"),
	OK("7.1.1 quoted pairs", "1;a=\"\\\"\\\\;\x80 \t\"\r\nx\r\n0\r\n\r\n",
	   "x"),
	OK("7.1.1 empty quoted string", "1;a=\"\"\r\nx\r\n0\r\n\r\n", "x"),
	OK("7.1.1 bad white space", "1 ; a = b\t;\tc\r\nx\r\n0 ;d\r\n\r\n", "x"),
	OK("7.1.1 white space before quotes",
	   "1;a= \"b\" ;c\r\nx\r\n0\r\n\r\n", "x"),
	NO("7.1.1 no name", 400, "1;\r"),
	NO("7.1.1 no name, space", 400, "1; \r"),
	NO("7.1.1 no name, equals", 400, "1;="),
	NO("7.1.1 no name, semicolon", 400, "1;;"),
	NO("7.1.1 no value", 400, "1;a=\r"),
	NO("7.1.1 no value, space", 400, "1;a= \r"),
	NO("7.1.1 no value, semicolon", 400, "1;a=;"),
	NO("7.1.1 space at the end", 400, "1;a \r"),
	NO("7.1.1 space behind a value", 400, "1;a=b \r"),
	NO("7.1.1 space behind quotes", 400, "1;a=\"b\" \r"),
	NO("7.1.1 two names", 400, "1;a b"),
	NO("7.1.1 two values", 400, "1;a=b c"),
	NO("7.1.1 value behind quotes", 400, "1;a=\"b\"c"),
	NO("7.1.1 two equals", 400, "1;a=="),
	NO("7.1.1 quote in a token", 400, "1;a=b\""),
	NO("7.1.1 quotes not closed", 400, "1;a=\"b\r"),
	NO("7.1.1 NUL in quotes", 400, "1;a=\"\0"),
	NO("7.1.1 escaped LF", 400, "1;a=\"\\\n"),
	NO("7.1.1 LF", 400, "1;a\n"),
	NO("7.1.1 LF in a name", 400, "1;\n"),
	NO("7.1.1 CR CR", 400, "1;a\r\r"),
	NO("7.1.1 NUL in a name", 400, "1;a\0"),
	NO("7.1.1 obs-text in a name", 400, "1;\xe4"),

	OK("7.1.2 trailer", "0\r\nA: b\r\n\r\n", ""),
	OK("7.1.2 trailers", "1\r\na\r\n0\r\nA:b\r\nC:\t d \r\nE:\r\n\r\n", "a"),
	NO("7.1.2 no colon", 400, "0\r\nA\r"),
	NO("7.1.2 no name", 400, "0\r\n:"),
	NO("7.1.2 space before the colon", 400, "0\r\nA "),
	NO("7.1.2 obs-fold", 400, "0\r\nA: b\r\n "),
	NO("7.1.2 white space first", 400, "0\r\n\t"),
	NO("7.1.2 NUL", 400, "0\r\nA: \0"),
	NO("7.1.2 bare LF", 400, "0\r\nA: b\n"),
	NO("7.1.2 bare CR", 400, "0\r\nA: b\rc"),
	NO("7.1.2 bare LF at the end", 400, "0\r\n\n"),
	NO("7.1.2 CR CR at the end", 400, "0\r\n\r\r"),
	NO("7.1.2 next request instead", 400, "0\r\nGET "),

	OK("413 payload at the limit", "4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n",
	   "abcdefghij", SMALL),
	NO("413 payload over the limit", 413, "b\r", SMALL),
	NO("413 payload over the limit, extension", 413, "b;", SMALL),
	NO("413 payload over the limit, white space", 413, "b ", SMALL),
	NO("413 payload over the limit, second chunk", 413,
	   "4\r\nabcd\r\n7\r", SMALL),
	NO("413 largest size", 413, "ffffffffffffffff\r", SMALL),
	NO("413 sum over 64 bits", 413, "1\r\na\r\nffffffffffffffff\r",
	   .lim = &endless),
	OK("413 extensions at the limit",
	   "1;a=b\r\na\r\n1;c=d\r\nb\r\n0\r\n\r\n", "ab", SMALL),
	NO("413 extensions over the limit", 413,
	   "1;a=b\r\na\r\n1;c=d\r\nb\r\n0;", SMALL),
	NO("413 one extension over the limit", 413, "1;a=\"bcdef", SMALL),
	NO("413 white space over the limit", 413, "1        ;", SMALL),
	OK("431 trailers at the limit", "0\r\nC: d5678\r\n\r\n", "", SMALL),
	NO("431 trailers over the limit", 431, "0\r\nA: b\r\nC: d\r\n\r",
	   SMALL),
	NO("431 empty line over the limit", 431, "0\r\nA: b56789\r\n\r\n",
	   SMALL),
};

/* What one run over a body came to. */
struct outcome {
	int status;
	bool done;
	size_t consumed, len;
	char payload[256];
};

/* Decode in[consumed..avail); on entry o holds what came before. */
static void feed(struct outcome *o, struct http_chunk *c, const char *in,
		 size_t avail, const struct http_chunk_limits *lim)
{
	size_t len = avail - o->consumed;
	const uint8_t *p = guarded(in + o->consumed, len);
	struct http_chunk_out out;
	ssize_t n;

	for (;;) {
		n = http_chunk_parse(c, p, len, lim, &out);
		if (n <= 0)
			break;
		assert_true((size_t)n <= len);
		if (out.len) {
			assert_true(out.data >= p);
			assert_ptr_equal(out.data + out.len, p + n);
			memcpy(o->payload + o->len, out.data, out.len);
			o->len += out.len;
		} else {
			assert_null(out.data);
		}
		o->consumed += (size_t)n;
		p += n;
		len -= (size_t)n;
	}
	o->status = (int)-n;
	o->done = http_chunk_done(c);
	if (!o->status && !o->done)
		assert_int_equal(len, 0);
}

static void check(const struct chunk_case *cc, const struct outcome *o)
{
	assert_int_equal(o->status, cc->status);
	assert_int_equal(o->done, !cc->status);
	if (cc->status)
		return;
	assert_int_equal(o->consumed, cc->len);
	assert_int_equal(o->len, strlen(cc->payload));
	assert_memory_equal(o->payload, cc->payload, o->len);
}

static void run_case(void **state)
{
	const struct chunk_case *cc = *state;
	const struct http_chunk_limits *lim = cc->lim ? cc->lim : &usual;
	struct http_chunk c;
	struct outcome o;
	char more[256];
	size_t cut;

	/* whole, and cut in two */
	for (cut = 0; cut < cc->len; cut++) {
		memset(&o, 0, sizeof(o));
		http_chunk_init(&c);
		feed(&o, &c, cc->in, cut, lim);
		assert_int_equal(o.status, 0);
		assert_false(o.done);
		feed(&o, &c, cc->in, cc->len, lim);
		check(cc, &o);
		/* it stays what it is */
		feed(&o, &c, cc->in, cc->len, lim);
		check(cc, &o);
	}
	/* byte by byte */
	memset(&o, 0, sizeof(o));
	http_chunk_init(&c);
	for (cut = 0; cut <= cc->len; cut++)
		feed(&o, &c, cc->in, cut, lim);
	check(cc, &o);
	/* with the next request behind it */
	memcpy(more, cc->in, cc->len);
	memcpy(more + cc->len, "GET / HTTP/1.1\r\n", 16);
	memset(&o, 0, sizeof(o));
	http_chunk_init(&c);
	feed(&o, &c, more, cc->len + 16, lim);
	check(cc, &o);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(cases)];
	size_t n;

	for (n = 0; n < ARRAY_LEN(cases); n++)
		tests[n] = (struct CMUnitTest){
			.name = cases[n].rule,
			.test_func = run_case,
			.initial_state = (void *)&cases[n],
		};
	return _cmocka_run_group_tests("chunk", tests, n, NULL, NULL);
}
