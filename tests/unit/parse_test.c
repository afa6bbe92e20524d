// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request parser, case by case: every head whole, cut in two at every
 * place, and byte by byte, with what a correct parser says each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bug.h>

#include "harness.h"
#include "parse_cases.h"

static const struct http_parse_limits usual = { 8192, 8192, 16384, 100 };

/* What follows a head on a connection must not matter. */
static const char next[] = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";

static void check_slice(const uint8_t *in, struct http_slice s,
			const char *want)
{
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(in + s.off, want, s.len);
}

static void check_accepted(const struct parse_case *pc,
			   const struct http_req *r, const uint8_t *in)
{
	assert_int_equal(r->method, pc->method);
	assert_int_equal(r->flags, pc->flags ? pc->flags : F11);
	assert_int_equal(r->content_length, pc->length);
	check_slice(in, r->target, pc->target ? pc->target : "/");
	check_slice(in, r->query, pc->query ? pc->query : "");
	check_slice(in, r->host, pc->host ? pc->host : "a");
}

/* Everything a caller may read has to be the same; parser's own may differ. */
static void check_same(const struct http_req *a, const struct http_req *b)
{
	assert_int_equal(a->method, b->method);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->fields, b->fields);
	assert_int_equal(a->nr_fields, b->nr_fields);
	assert_int_equal(a->head_len, b->head_len);
	assert_int_equal(a->content_length, b->content_length);
	assert_int_equal(a->repeated, b->repeated);
	assert_memory_equal(&a->target, &b->target, sizeof(a->target));
	assert_memory_equal(&a->query, &b->query, sizeof(a->query));
	assert_memory_equal(&a->host, &b->host, sizeof(a->host));
	assert_memory_equal(a->known, b->known, sizeof(a->known));
}

static const struct http_parse_limits *limits(const struct parse_case *pc)
{
	return pc->lim ? pc->lim : &usual;
}

static int want(const struct parse_case *pc)
{
	return pc->status ? -pc->status : (int)pc->len;
}

static void check_whole(const struct parse_case *pc)
{
	struct http_req r, again;
	const uint8_t *in = guarded(pc->in, pc->len);

	http_req_init(&r);
	assert_int_equal(http_parse(&r, in, pc->len, limits(pc)), want(pc));
	if (!pc->status)
		check_accepted(pc, &r, in);
	/* it stays what it is */
	again = r;
	assert_int_equal(http_parse(&again, in, pc->len, limits(pc)),
			 want(pc));
	check_same(&r, &again);
}

static void check_followed(const struct parse_case *pc)
{
	size_t len = pc->len + sizeof(next) - 1;
	char *both = malloc(len);
	struct http_req r;
	const uint8_t *in;

	memcpy(both, pc->in, pc->len);
	memcpy(both + pc->len, next, sizeof(next) - 1);
	in = guarded(both, len);
	http_req_init(&r);
	assert_int_equal(http_parse(&r, in, len, limits(pc)), want(pc));
	if (!pc->status)
		check_accepted(pc, &r, in);
	free(both);
}

static void check_split(const struct parse_case *pc, size_t cut)
{
	struct http_req r, whole;
	const uint8_t *in;

	http_req_init(&r);
	in = guarded(pc->in, cut);
	assert_int_equal(http_parse(&r, in, cut, limits(pc)), 0);
	in = guarded(pc->in, pc->len);
	assert_int_equal(http_parse(&r, in, pc->len, limits(pc)), want(pc));
	http_req_init(&whole);
	http_parse(&whole, in, pc->len, limits(pc));
	check_same(&r, &whole);
}

static void check_bytewise(const struct parse_case *pc)
{
	struct http_req r, whole;
	const uint8_t *in;
	size_t len;

	http_req_init(&r);
	for (len = 0; len < pc->len; len++) {
		in = guarded(pc->in, len);
		assert_int_equal(http_parse(&r, in, len, limits(pc)), 0);
		/* no news: nothing may change */
		assert_int_equal(http_parse(&r, in, len, limits(pc)), 0);
	}
	in = guarded(pc->in, len);
	assert_int_equal(http_parse(&r, in, len, limits(pc)), want(pc));
	http_req_init(&whole);
	http_parse(&whole, in, len, limits(pc));
	check_same(&r, &whole);
}

static void run_case(void **state)
{
	const struct parse_case *pc = *state;
	size_t cut;

	check_whole(pc);
	check_followed(pc);
	for (cut = 0; cut < pc->len; cut++)
		check_split(pc, cut);
	check_bytewise(pc);
}

static int parse(struct http_req *r, const char *in, size_t len)
{
	http_req_init(r);
	return http_parse(r, guarded(in, len), len, &usual);
}

/* What each place may have, from the RFCs, apart from the parser's table. */
static bool may_be(const char *set, int c)
{
	return c && strchr(set, c);
}

static bool is_alnum(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static bool is_tchar(int c)
{
	return is_alnum(c) || may_be("!#$%&'*+-.^_`|~", c);
}

static bool is_reg_name(int c)
{
	return is_alnum(c) || may_be("-._~!$&'()*+,;=", c);
}

static bool is_pchar(int c)
{
	return is_reg_name(c) || may_be(":@", c);
}

/* Status with c put between two strings; 0 = more is needed. */
static int with_byte(const char *before, int c, const char *behind)
{
	char in[128];
	struct http_req r;
	size_t n = strlen(before), m = strlen(behind);

	memcpy(in, before, n);
	in[n] = (char)c;
	memcpy(in + n + 1, behind, m);
	return parse(&r, in, n + 1 + m);
}

static void every_byte__method(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte("GE", c, ""),
				 is_tchar(c) ? 0 : c == ' ' ? 0 : -400);
}

static void every_byte__path(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte("GET /", c, ""),
				 is_pchar(c) || may_be("/?% ", c) ? 0 : -400);
}

static void every_byte__query(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte("GET /?abcdef", c, ""),
				 is_pchar(c) || may_be("/?% ", c) ? 0 : -400);
}

static void every_byte__name(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte(GET "Abc", c, ""),
				 is_tchar(c) || c == ':' ? 0 : -400);
}

static void every_byte__value(void **state)
{
	static const char *const before[] = {
		GET "A:", GET "A: b", GET "A: bcdefg", GET "A: bcdefgh",
		GET "A: \x80\x80\x80\x80", GET "Range: b"
	};
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < ARRAY_LEN(before); i++)
		for (c = 0; c < 256; c++) {
			bool ok = c == '\t' || c == '\r' ||
				  (c >= ' ' && c != 0x7f);

			assert_int_equal(with_byte(before[i], c, ""),
					 ok ? 0 : -400);
			/* in the middle of eight */
			if (c != '\r')
				assert_int_equal(with_byte(before[i], c,
							   "1234567"),
						 ok ? 0 : -400);
		}
}

static void every_byte__host(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal(with_byte(GET "Host: b", c, ""),
				 is_reg_name(c) || may_be(":% \t\r", c) ?
				 0 : -400);
}

static void every_byte__hex(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool ok = may_be("0123456789abcdefABCDEF", c);

		assert_int_equal(with_byte("GET /%", c, ""), ok ? 0 : -400);
		assert_int_equal(with_byte("GET /%0", c, ""), ok ? 0 : -400);
		assert_int_equal(with_byte("GET /?%", c, "0"), ok ? 0 : -400);
		assert_int_equal(with_byte(GET "Host: %", c, "0"),
				 ok ? 0 : -400);
		assert_int_equal(with_byte(GET "Host: %0", c, ""),
				 ok ? 0 : -400);
	}
}

static const char *const known_names[HTTP_NR_KNOWN] = {
	"If-Match", "If-None-Match", "If-Modified-Since",
	"If-Unmodified-Since", "If-Range", "Range", "Accept",
	"Accept-Encoding", "Content-Type", "Cookie", "Authorization",
	"Upgrade", "Origin", "X-Forwarded-For"
};

static void known__each(void **state)
{
	struct http_req r;
	char in[200];
	int i, j, n;

	(void)state;
	for (i = 0; i < HTTP_NR_KNOWN; i++) {
		n = snprintf(in, sizeof(in), GETH "%s: \t the value %d\t \r\n"
			     "\r\n", known_names[i], i);
		assert_int_equal(parse(&r, in, (size_t)n), n);
		for (j = 0; j < HTTP_NR_KNOWN; j++) {
			if (j != i)
				assert_int_equal(r.known[j].len, 0);
		}
		snprintf(in + n, sizeof(in) - (size_t)n, "the value %d", i);
		check_slice((uint8_t *)in, r.known[i], in + n);
		assert_int_equal(r.repeated, 0);
	}
}

static void known__names_without_case(void **state)
{
	struct http_req r;
	char in[200], *p;
	int i, n;

	(void)state;
	for (i = 0; i < 2 * HTTP_NR_KNOWN; i++) {
		n = snprintf(in, sizeof(in), GETH "%s:v\r\n\r\n",
			     known_names[i / 2]);
		for (p = in + strlen(GETH); *p != ':'; p++)
			*p = (char)(i % 2 ? *p | 0x20 :
				    *p >= 'a' && *p <= 'z' ? *p - 0x20 : *p);
		assert_int_equal(parse(&r, in, (size_t)n), n);
		check_slice((uint8_t *)in, r.known[i / 2], "v");
	}
}

/* One byte of the name wrong: it is another field. */
static void known__near_misses(void **state)
{
	struct http_req r;
	char in[200];
	size_t i, at;
	int n;

	(void)state;
	for (i = 0; i < HTTP_NR_KNOWN; i++)
		for (at = 0; at < strlen(known_names[i]); at++) {
			n = snprintf(in, sizeof(in), GETH "%s:v\r\n\r\n",
				     known_names[i]);
			in[strlen(GETH) + at] = '~';
			assert_int_equal(parse(&r, in, (size_t)n), n);
			assert_int_equal(r.known[i].len, 0);
		}
}

static void known__names_of_members(void **state)
{
	static const char in[] = GETH "Range: bytes=0-1\r\n"
		"If-None-Match: \"e\"\r\nAccept-Encoding: br\r\n"
		"If-Modified-Since: x\r\n\r\n";
	struct http_req r;

	(void)state;
	assert_int_equal(parse(&r, in, sizeof(in) - 1), sizeof(in) - 1);
	check_slice((const uint8_t *)in, r.range, "bytes=0-1");
	check_slice((const uint8_t *)in, r.if_none_match, "\"e\"");
	check_slice((const uint8_t *)in, r.accept_encoding, "br");
	check_slice((const uint8_t *)in, r.if_modified_since, "x");
	assert_int_equal(r.nr_fields, 5);
}

static void known__repeated(void **state)
{
	static const char in[] = GETH "Cookie: a=b\r\nRange: x\r\n"
		"cookie: c=d\r\nAccept:\r\nAccept: y\r\n\r\n";
	struct http_req r;

	(void)state;
	assert_int_equal(parse(&r, in, sizeof(in) - 1), sizeof(in) - 1);
	check_slice((const uint8_t *)in, r.cookie, "a=b");
	check_slice((const uint8_t *)in, r.accept, "");
	assert_int_equal(r.repeated,
			 1 << HTTP_KNOWN_COOKIE | 1 << HTTP_KNOWN_ACCEPT);
}

static void limits__of_heads(void **state)
{
	struct http_parse_limits lim = { 8192, 8192, 16384, 100 };

	(void)state;
	assert_true(http_limits_valid(&lim));
	lim.head = HTTP_HEAD_MAX - 8192 - 2;
	assert_true(http_limits_valid(&lim));
	lim.head++;
	assert_false(http_limits_valid(&lim));
	lim.head = UINT32_MAX - 8191;
	assert_false(http_limits_valid(&lim));
	lim.head = 100;
	lim.line = UINT32_MAX;
	assert_false(http_limits_valid(&lim));
	lim.line = 100;
	lim.nr_fields = 65535;
	assert_false(http_limits_valid(&lim));
	lim.nr_fields = 65534;
	lim.field = UINT32_MAX;
	assert_true(http_limits_valid(&lim));
}

/* The largest head of all: offsets must not wrap. */
static void limits__largest_head(void **state)
{
	struct http_parse_limits lim = { 30720, 30718, 30718, 65534 };
	size_t len = 0;
	struct http_req r;
	char *in = malloc(HTTP_HEAD_MAX);

	(void)state;
	assert_true(http_limits_valid(&lim));
	memcpy(in, "\r\nGET /", 7);
	memset(in + 7, 'p', 30720);
	memcpy(in + 2 + 30720 - 11, " HTTP/1.1\r\n", 11);
	len = 2 + 30720;
	memcpy(in + len, HOST "Range:", 15);
	memset(in + len + 15, 'v', 30718 - 15);
	memcpy(in + len + 30718 - 4, "\r\n\r\n", 4);
	len += 30718;
	assert_int_equal(len, HTTP_HEAD_MAX);
	http_req_init(&r);
	assert_int_equal(http_parse(&r, guarded(in, len), len, &lim), len);
	assert_int_equal(r.target.off, 6);
	assert_int_equal(r.target.len, 30720 - 15);
	assert_int_equal(r.range.off, 2 + 30720 + 15);
	assert_int_equal(r.range.len, 30718 - 15 - 4);
	free(in);
}

static void misuse__warns(void **state)
{
	struct http_parse_limits lim = { 60000, 60000, 60000, 100 };
	const uint8_t *in = guarded(GETH EOL, strlen(GETH EOL));
	struct http_req r;

	(void)state;
	http_req_init(&r);
	shim_expect_warning = true;
	assert_int_equal(http_parse(&r, in, 5, &lim), -500);
	assert_false(shim_expect_warning);
	/* fewer bytes than before */
	assert_int_equal(http_parse(&r, in, 5, &usual), 0);
	shim_expect_warning = true;
	assert_int_equal(http_parse(&r, in, 4, &usual), -500);
	assert_false(shim_expect_warning);
}

/* What the answer to a refused request depends on is known early. */
static void refused__keeps_the_method(void **state)
{
	struct http_req r;

	(void)state;
	assert_int_equal(parse(&r, "HEAD /\\", 7), -400);
	assert_int_equal(r.method, HTTP_HEAD);
	assert_int_equal(r.status, 400);
	assert_int_equal(parse(&r, "CONNECT b:1", 11), -501);
	assert_int_equal(r.method, HTTP_CONNECT);
	assert_int_equal(parse(&r, "HE\\", 3), -400);
	assert_int_equal(r.method, HTTP_METHOD_UNKNOWN);
}

static void field_next__walks(void **state)
{
	static const char in[] = "\r\n" GETH "A:\r\nBc: \t d e \t\r\n"
				 "A:f:g\r\n\r\n";
	static const char *const names[] = { "Host", "A", "Bc", "A" };
	static const char *const values[] = { "a", "", "d e", "f:g" };
	struct http_slice name, value;
	struct http_req r;
	u16 pos = 0;
	size_t i;

	(void)state;
	assert_int_equal(parse(&r, in, sizeof(in) - 1), sizeof(in) - 1);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(http_field_next(&r, (const u8 *)in, &pos, &name,
					    &value));
		check_slice((const uint8_t *)in, name, names[i]);
		check_slice((const uint8_t *)in, value, values[i]);
	}
	assert_false(http_field_next(&r, (const u8 *)in, &pos, &name, &value));
	assert_false(http_field_next(&r, (const u8 *)in, &pos, &name, &value));
}

static void field_next__incomplete(void **state)
{
	struct http_slice name, value;
	struct http_req r;
	u16 pos = 0;

	(void)state;
	assert_int_equal(parse(&r, GETH, strlen(GETH)), 0);
	assert_false(http_field_next(&r, (const u8 *)GETH, &pos, &name,
				     &value));
	assert_int_equal(parse(&r, GET10 EOL, strlen(GET10 EOL)),
			 strlen(GET10 EOL));
	assert_false(http_field_next(&r, (const u8 *)GET10 EOL, &pos, &name,
				     &value));
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(every_byte__method),
	cmocka_unit_test(every_byte__path),
	cmocka_unit_test(every_byte__query),
	cmocka_unit_test(every_byte__name),
	cmocka_unit_test(every_byte__value),
	cmocka_unit_test(every_byte__host),
	cmocka_unit_test(every_byte__hex),
	cmocka_unit_test(known__each),
	cmocka_unit_test(known__names_without_case),
	cmocka_unit_test(known__near_misses),
	cmocka_unit_test(known__names_of_members),
	cmocka_unit_test(known__repeated),
	cmocka_unit_test(limits__of_heads),
	cmocka_unit_test(limits__largest_head),
	cmocka_unit_test(misuse__warns),
	cmocka_unit_test(refused__keeps_the_method),
	cmocka_unit_test(field_next__walks),
	cmocka_unit_test(field_next__incomplete),
};

int main(void)
{
	const struct parse_table *tables[] = {
		&request_line_cases, &target_cases, &host_cases, &field_cases,
		&framing_cases, &limit_cases
	};
	static struct CMUnitTest tests[2000];
	size_t i, j, n = 0;

	for (i = 0; i < ARRAY_LEN(tables); i++)
		for (j = 0; j < tables[i]->nr; j++)
			tests[n++] = (struct CMUnitTest){
				.name = tables[i]->cases[j].rule,
				.test_func = run_case,
				.initial_state = (void *)&tables[i]->cases[j],
			};
	for (i = 0; i < ARRAY_LEN(others); i++)
		tests[n++] = others[i];
	return _cmocka_run_group_tests("parse", tests, n, NULL, NULL);
}
