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
#include "parse_kit.h"
#include "path.h"

/* What follows a head on a connection must not matter. */
static const char next[] = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";

static void check_accepted(const struct parse_case *pc,
			   const struct http_req *r, const uint8_t *in)
{
	assert_int_equal(r->method, pc->method);
	assert_int_equal(r->flags & ~HTTP_F_NORMAL, pc->flags ? pc->flags : F11);
	assert_int_equal(!!(r->flags & HTTP_F_NORMAL),
			 http_path_is_normal(in + r->target.off, r->target.len));
	assert_int_equal(r->content_length, pc->length);
	parse_check_slice(in, r->target, pc->target ? pc->target : "/");
	parse_check_slice(in, r->query, pc->query ? pc->query : "");
	parse_check_slice(in, r->host, pc->host ? pc->host : "a");
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
	return pc->lim ? pc->lim : &parse_usual;
}

static int want(const struct parse_case *pc)
{
	return pc->status ? -pc->status : (int)pc->len;
}

static void check_whole(const struct parse_case *pc)
{
	struct http_req r, again, fresh;
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
	/* and whatever it left behind is gone before the next */
	http_req_next(&r);
	http_req_init(&fresh);
	assert_memory_equal(&r, &fresh, sizeof(r));
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
	assert_int_equal(http_parse(&r, in, 5, &parse_usual), 0);
	shim_expect_warning = true;
	assert_int_equal(http_parse(&r, in, 4, &parse_usual), -500);
	assert_false(shim_expect_warning);
}

/* What the answer to a refused request depends on is known early. */
static void refused__keeps_the_method(void **state)
{
	struct http_req r;

	(void)state;
	assert_int_equal(parse_one(&r, "HEAD /\\", 7), -400);
	assert_int_equal(r.method, HTTP_HEAD);
	assert_int_equal(r.status, 400);
	assert_int_equal(parse_one(&r, "CONNECT b:1", 11), -501);
	assert_int_equal(r.method, HTTP_CONNECT);
	assert_int_equal(parse_one(&r, "HE\\", 3), -400);
	assert_int_equal(r.method, HTTP_METHOD_UNKNOWN);
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(limits__of_heads),
	cmocka_unit_test(limits__largest_head),
	cmocka_unit_test(misuse__warns),
	cmocka_unit_test(refused__keeps_the_method),
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
