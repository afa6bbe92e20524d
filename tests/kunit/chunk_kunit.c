// SPDX-License-Identifier: GPL-2.0-only
/* The decoder of chunked bodies, whole and byte by byte, under KASAN. */
#include "chunk.h"
#include "suites.h"

#include <linux/slab.h>
#include <linux/string.h>

static const struct http_chunk_limits usual = { 16, 8, 16 };

/* Decode len bytes; their payload is added at the end of a string. */
static int feed(struct kunit *test, struct http_chunk *c, const char *in,
		size_t len, char payload[32])
{
	struct http_chunk_out out;
	size_t pos = 0, used = strlen(payload);
	ssize_t n;
	u8 *block;

	/* an empty block would be no place to read from at all */
	if (!len)
		return 0;
	block = kmemdup(in, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, block);
	for (;;) {
		n = http_chunk_parse(c, block + pos, len - pos, &usual, &out);
		if (n <= 0)
			break;
		pos += n;
		if (!out.len)
			continue;
		memcpy(payload + used, out.data, out.len);
		used += out.len;
		payload[used] = '\0';
	}
	kfree(block);
	return n;
}

static void run_case(struct kunit *test, const char *in, int status,
		     const char *want)
{
	char payload[32] = "";
	struct http_chunk c;
	size_t i;
	int ret;

	http_chunk_init(&c);
	KUNIT_EXPECT_EQ_MSG(test, feed(test, &c, in, strlen(in), payload),
			    -status, "%s", in);
	KUNIT_EXPECT_EQ_MSG(test, http_chunk_done(&c), !status, "%s", in);
	if (!status)
		KUNIT_EXPECT_STREQ(test, payload, want);

	payload[0] = '\0';
	http_chunk_init(&c);
	for (i = 0, ret = 0; i < strlen(in) && !ret; i++)
		ret = feed(test, &c, in + i, 1, payload);
	KUNIT_EXPECT_EQ_MSG(test, ret, -status, "%s", in);
	/* refused by the last byte and no earlier */
	KUNIT_EXPECT_EQ_MSG(test, i, strlen(in), "%s", in);
	KUNIT_EXPECT_EQ_MSG(test, http_chunk_done(&c), !status, "%s", in);
	if (!status)
		KUNIT_EXPECT_STREQ(test, payload, want);
}

static void parse__payload(struct kunit *test)
{
	run_case(test, "0\r\n\r\n", 0, "");
	run_case(test, "5\r\nhello\r\n0\r\n\r\n", 0, "hello");
	run_case(test, "1\r\na\r\n00A\r\n0123456789\r\n0\r\n\r\n", 0,
		 "a0123456789");
}

static void parse__size(struct kunit *test)
{
	run_case(test, "\r", 400, NULL);
	run_case(test, "-", 400, NULL);
	run_case(test, "0x", 400, NULL);
	run_case(test, "5\n", 400, NULL);
	run_case(test, "5\r\r", 400, NULL);
	run_case(test, "5 \r", 400, NULL);
	run_case(test, "00000000000000000", 400, NULL);
	run_case(test, "ffffffffffffffff\r", 413, NULL);
	run_case(test, "10\r\n0123456789abcdef\r\n1\r", 413, NULL);
}

static void parse__extension(struct kunit *test)
{
	run_case(test, "1;a=\"b\"\r\na\r\n0\r\n\r\n", 0, "a");
	run_case(test, "1 ;a\r\na\r\n0;b\r\n\r\n", 0, "a");
	run_case(test, "1;\r", 400, NULL);
	run_case(test, "1;a=\r", 400, NULL);
	run_case(test, "1;a\n", 400, NULL);
	run_case(test, "1;a=\"bcdef", 413, NULL);
}

static void parse__data_end(struct kunit *test)
{
	run_case(test, "1\r\nab", 400, NULL);
	run_case(test, "1\r\na\n", 400, NULL);
	run_case(test, "1\r\na\r0", 400, NULL);
}

static void parse__trailer(struct kunit *test)
{
	run_case(test, "0\r\nA: b\r\nC:d\r\n\r\n", 0, "");
	run_case(test, "0\r\n ", 400, NULL);
	run_case(test, "0\r\nA\r", 400, NULL);
	run_case(test, "0\r\nA: b\n", 400, NULL);
	run_case(test, "0\r\n\r\r", 400, NULL);
	run_case(test, "0\r\nA: 45678901234567", 431, NULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(parse__payload),
	KUNIT_CASE(parse__size),
	KUNIT_CASE(parse__extension),
	KUNIT_CASE(parse__data_end),
	KUNIT_CASE(parse__trailer),
	{}
};

struct kunit_suite kelp_chunk_suite = {
	.name = "kelp_chunk",
	.test_cases = cases,
};
