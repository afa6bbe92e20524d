// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request parser in the kernel it runs in: the tables of tests/unit, each
 * head whole and byte by byte, from blocks of exactly the right size so that
 * KASAN sees a byte too far. The finer properties are tested in user space.
 */
#include "parse.h"
#include "parse_cases.h"
#include "path.h"
#include "suites.h"

#include <linux/slab.h>
#include <linux/string.h>

static const struct http_parse_limits usual = { 8192, 8192, 16384, 100 };

static int parse(struct kunit *test, struct http_req *r, const char *in,
		 size_t len, const struct http_parse_limits *lim)
{
	u8 *block = kmemdup(in, len, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, block);
	ret = http_parse(r, block, len, lim);
	kfree(block);
	return ret;
}

static bool slice_is(const char *in, struct http_slice s, const char *want)
{
	return s.len == strlen(want) && !memcmp(in + s.off, want, s.len);
}

static bool as_expected(const struct parse_case *pc, const struct http_req *r)
{
	unsigned int flags = pc->flags ? pc->flags : F11;

	if (pc->status)
		return r->status == pc->status;
	if (http_path_is_normal((const u8 *)pc->in + r->target.off,
				r->target.len))
		flags |= HTTP_F_NORMAL;
	return r->method == pc->method && r->flags == flags &&
	       r->content_length == pc->length &&
	       slice_is(pc->in, r->target, pc->target ? pc->target : "/") &&
	       slice_is(pc->in, r->query, pc->query ? pc->query : "") &&
	       slice_is(pc->in, r->host, pc->host ? pc->host : "a");
}

static void run_case(struct kunit *test, const struct parse_case *pc)
{
	const struct http_parse_limits *lim = pc->lim ? pc->lim : &usual;
	int want = pc->status ? -pc->status : (int)pc->len;
	struct http_req r;
	size_t n;

	http_req_init(&r);
	KUNIT_EXPECT_EQ_MSG(test, parse(test, &r, pc->in, pc->len, lim), want,
			    "%s", pc->rule);
	KUNIT_EXPECT_TRUE_MSG(test, as_expected(pc, &r), "%s", pc->rule);
	http_req_init(&r);
	for (n = 0; n < pc->len; n++)
		KUNIT_EXPECT_EQ_MSG(test, parse(test, &r, pc->in, n, lim), 0,
				    "%s, byte %zu", pc->rule, n);
	KUNIT_EXPECT_EQ_MSG(test, parse(test, &r, pc->in, n, lim), want, "%s",
			    pc->rule);
	KUNIT_EXPECT_TRUE_MSG(test, as_expected(pc, &r), "%s", pc->rule);
}

static void run_table(struct kunit *test, const struct parse_table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		run_case(test, &table->cases[i]);
}

static void limits_valid__bounds(struct kunit *test)
{
	struct http_parse_limits lim = usual;

	KUNIT_EXPECT_TRUE(test, http_limits_valid(&lim));
	lim.head = HTTP_HEAD_MAX - lim.line - 2;
	KUNIT_EXPECT_TRUE(test, http_limits_valid(&lim));
	lim.head++;
	KUNIT_EXPECT_FALSE(test, http_limits_valid(&lim));
	lim.head = U32_MAX - lim.line;
	KUNIT_EXPECT_FALSE(test, http_limits_valid(&lim));
}

static void req_init__clears(struct kunit *test)
{
	struct http_req r;

	memset(&r, 0xff, sizeof(r));
	http_req_init(&r);
	KUNIT_EXPECT_EQ(test, (int)r.method, (int)HTTP_METHOD_UNKNOWN);
	KUNIT_EXPECT_EQ(test, (int)r.status, 0);
	KUNIT_EXPECT_EQ(test, (int)r.head_len, 0);
	KUNIT_EXPECT_EQ(test, (int)r.known[HTTP_NR_KNOWN - 1].len, 0);
}

static void parse__request_line(struct kunit *test)
{
	run_table(test, &request_line_cases);
}

static void parse__target(struct kunit *test)
{
	run_table(test, &target_cases);
}

static void parse__host(struct kunit *test)
{
	run_table(test, &host_cases);
}

static void parse__fields(struct kunit *test)
{
	run_table(test, &field_cases);
}

static void parse__framing(struct kunit *test)
{
	run_table(test, &framing_cases);
}

static void parse__limits(struct kunit *test)
{
	run_table(test, &limit_cases);
}

static void parse__known_fields(struct kunit *test)
{
	static const char in[] = GETH "Range: bytes=0-1 \r\nCookie: a\r\n"
		"if-none-match:\"e\"\r\ncookie: b\r\n\r\n";
	struct http_req r;

	http_req_init(&r);
	KUNIT_EXPECT_EQ(test, parse(test, &r, in, sizeof(in) - 1, &usual),
			(int)sizeof(in) - 1);
	KUNIT_EXPECT_TRUE(test, slice_is(in, r.range, "bytes=0-1"));
	KUNIT_EXPECT_TRUE(test, slice_is(in, r.if_none_match, "\"e\""));
	KUNIT_EXPECT_TRUE(test, slice_is(in, r.cookie, "a"));
	KUNIT_EXPECT_TRUE(test, slice_is(in, r.accept, ""));
	KUNIT_EXPECT_EQ(test, (int)r.repeated, 1 << HTTP_KNOWN_COOKIE);
}

static void field_next__walks(struct kunit *test)
{
	static const char in[] = GETH "B: \t c \r\nD:\r\n\r\n";
	struct http_slice name, value;
	const u8 *head = (const u8 *)in;
	struct http_req r;
	u16 pos = 0;

	http_req_init(&r);
	KUNIT_ASSERT_GT(test, parse(test, &r, in, sizeof(in) - 1, &usual), 0);
	KUNIT_EXPECT_TRUE(test, http_field_next(&r, head, &pos, &name, &value));
	KUNIT_EXPECT_TRUE(test, slice_is(in, name, "Host"));
	KUNIT_EXPECT_TRUE(test, slice_is(in, value, "a"));
	KUNIT_EXPECT_TRUE(test, http_field_next(&r, head, &pos, &name, &value));
	KUNIT_EXPECT_TRUE(test, slice_is(in, name, "B"));
	KUNIT_EXPECT_TRUE(test, slice_is(in, value, "c"));
	KUNIT_EXPECT_TRUE(test, http_field_next(&r, head, &pos, &name, &value));
	KUNIT_EXPECT_TRUE(test, slice_is(in, value, ""));
	KUNIT_EXPECT_FALSE(test,
			   http_field_next(&r, head, &pos, &name, &value));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(limits_valid__bounds),
	KUNIT_CASE(req_init__clears),
	KUNIT_CASE(parse__request_line),
	KUNIT_CASE(parse__target),
	KUNIT_CASE(parse__host),
	KUNIT_CASE(parse__fields),
	KUNIT_CASE(parse__framing),
	KUNIT_CASE(parse__limits),
	KUNIT_CASE(parse__known_fields),
	KUNIT_CASE(field_next__walks),
	{}
};

struct kunit_suite kelp_parse_suite = {
	.name = "kelp_parse",
	.test_cases = cases,
};
