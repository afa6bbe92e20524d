// SPDX-License-Identifier: GPL-2.0-only
/* Preconditions, ranges and codings of whatever the parser accepts. */
#include "content_check.h"

#include <stdlib.h>

#include "coding.h"
#include "condition.h"
#include "range.h"

#define CHECK(cond)	do { if (!(cond)) abort(); } while (0)

static void check_ranges(const struct http_req *req, const uint8_t *head,
			 u64 size)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	u64 sum = 0;
	int nr, i;

	nr = http_range_parse(ranges, head + req->range.off, req->range.len,
			      size);
	CHECK(nr >= HTTP_RANGE_NONE && nr <= HTTP_RANGES_MAX);
	for (i = 0; i < nr; i++) {
		CHECK(ranges[i].len && ranges[i].first < size);
		CHECK(ranges[i].len <= size - ranges[i].first);
		CHECK(ranges[i].len <= size - sum);
		sum += ranges[i].len;
	}
}

void check_content(const struct http_req *req, const uint8_t *head)
{
	const struct http_validators v = {
		.exists = true, .mtime = 784111777,
		.etag = { .text = (const u8 *)"\"b\"", .len = 3 },
	};
	const struct http_validators nothing = { .exists = false };
	unsigned int status = http_condition_status(req, head, &v);
	enum http_coding coding;
	unsigned int there;

	CHECK(!status || req->seen & HTTP_SEEN_CONDITION);
	CHECK(!status || status == 304 || status == 412);
	CHECK(http_condition_status(req, head, &nothing) != 304);
	CHECK(http_condition_range(req, head, &v, 784111778) ||
	      req->seen & 1U << HTTP_KNOWN_IF_RANGE);
	for (there = 0; there < 1U << HTTP_NR_ENCODINGS; there++) {
		coding = http_coding_choose(req, head, there);
		CHECK(coding == HTTP_CODING_IDENTITY || there & 1U << coding);
	}
	check_ranges(req, head, 0);
	check_ranges(req, head, 100);
	check_ranges(req, head, ~0ULL);
}
