// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for what reads the values of fields: ranges, entity-tags,
 * preconditions, Accept-Encoding. The first byte of the input chooses a
 * representation; the rest is a request head. What a parser accepted is handed
 * on as the rest of kelp hands it on.
 */
#include "fuzz.h"

#include "coding.h"
#include "condition.h"
#include "etag.h"
#include "parse.h"
#include "range.h"

bool shim_expect_warning;

static const u64 sizes[4] = { 0, 1, 1000, U64_MAX };

static void check_ranges(const uint8_t *s, size_t len, u64 size)
{
	struct http_range ranges[HTTP_RANGES_MAX];
	u64 sum = 0;
	int i, n;

	n = http_range_parse(ranges, s, len, size);
	CHECK(n <= HTTP_RANGES_MAX);
	CHECK(n > 0 || n == HTTP_RANGE_IGNORE || n == HTTP_RANGE_NONE);
	for (i = 0; i < n; i++) {
		CHECK(ranges[i].len && ranges[i].first < size);
		CHECK(ranges[i].len <= size - ranges[i].first);
		sum += ranges[i].len;
		CHECK(sum <= size);
	}
}

/* A tag that stands alone is listed, whatever it is. */
static void check_tags(const uint8_t *s, size_t len)
{
	struct http_etag tag;

	if (!http_etag_parse(&tag, s, len))
		return;
	CHECK(tag.len >= 2 && tag.text >= s && tag.text + tag.len == s + len);
	CHECK(http_etag_listed(s, len, &tag, http_etag_weak));
	CHECK(http_etag_listed(s, len, &tag, http_etag_strong) == !tag.weak);
}

static void check_codings(const struct http_req *req, const uint8_t *head)
{
	enum http_coding coding;
	unsigned int there;

	for (there = 0; there < 1U << HTTP_NR_ENCODINGS; there++) {
		coding = http_coding_choose(req, head, there);
		CHECK(coding == HTTP_CODING_IDENTITY || there & 1U << coding);
	}
}

static void check_request(const struct http_req *req, const uint8_t *head,
			  uint8_t choice)
{
	char text[HTTP_ETAG_LEN];
	struct http_validators v = {
		.exists = choice & 4,
		.etag = { .text = (const u8 *)text },
		.mtime = choice & 8 ? 784111777 : 0,
	};
	unsigned int status;

	if (choice & 16)
		v.etag.len = http_etag_format(text, 0x0123456789abcdef, 42, "");
	status = http_condition_status(req, head, &v);
	CHECK(!status || status == 304 || status == 412);
	CHECK(!status || req->seen & HTTP_SEEN_CONDITION);
	CHECK(status != 304 || (v.exists && (req->method == HTTP_GET ||
					     req->method == HTTP_HEAD)));
	CHECK(http_condition_range(req, head, &v, 784111778) ||
	      req->seen & 1U << HTTP_KNOWN_IF_RANGE);
	check_codings(req, head);
	check_ranges(head + req->range.off, req->range.len, sizes[choice & 3]);
	check_tags(head + req->if_range.off, req->if_range.len);
	check_tags(head + req->if_none_match.off, req->if_none_match.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_parse_limits lim = { 8192, 8192, 16384, 100 };
	const uint8_t *head;
	struct http_req req;
	uint8_t choice, *block;

	if (!size || size > FUZZ_MAX)
		return 0;
	choice = *data++;
	size--;
	/* values by themselves: what a value may be, and more */
	block = fuzz_copy(data, size);
	check_ranges(block, size, sizes[choice & 3]);
	check_tags(block, size);
	free(block);
	head = fuzz_guarded(data, size);
	http_req_init(&req);
	if (http_parse(&req, head, size, &lim) > 0)
		check_request(&req, head, choice);
	return 0;
}
