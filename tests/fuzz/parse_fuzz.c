// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for the request parser. The first byte of the input chooses the
 * limits and seeds the places where the rest is cut; the rest is the head. It
 * is parsed whole, byte by byte, and cut in two at every place or, when long,
 * into pieces. All must agree, and what was accepted must have the properties
 * that the rest of kelp relies on.
 */
#include "fuzz.h"

#include <linux/bug.h>

#include "parse.h"
#include "path.h"

/* Bytes of a head that is cut at every place. */
#define SPLITS_MAX	64

bool shim_expect_warning;

static const struct http_parse_limits limits[4] = {
	{ 8192, 8192, 16384, 100 },
	{ 64, 64, 128, 4 },
	{ 24, 1000, 200, 100 },
	{ 8192, 24, 1000, 2 },
};

static int parse(struct http_req *r, const uint8_t *data, size_t len,
		 const struct http_parse_limits *lim)
{
	uint8_t *block = fuzz_copy(data, len);
	int ret;

	ret = http_parse(r, block, len, lim);
	free(block);
	return ret;
}

static void check_same(const struct http_req *a, const struct http_req *b)
{
	CHECK(a->method == b->method);
	CHECK(a->flags == b->flags);
	CHECK(a->status == b->status);
	CHECK(a->fields == b->fields);
	CHECK(a->nr_fields == b->nr_fields);
	CHECK(a->head_len == b->head_len);
	CHECK(a->content_length == b->content_length);
	CHECK(a->repeated == b->repeated);
	CHECK(!memcmp(&a->target, &b->target, sizeof(a->target)));
	CHECK(!memcmp(&a->query, &b->query, sizeof(a->query)));
	CHECK(!memcmp(&a->host, &b->host, sizeof(a->host)));
	CHECK(!memcmp(a->known, b->known, sizeof(a->known)));
}

static void check_slice(const uint8_t *data, struct http_slice s, size_t first,
			size_t end)
{
	size_t i;

	if (!s.len)
		return;
	CHECK(s.off >= first && (size_t)s.off + s.len <= end);
	for (i = s.off; i < (size_t)s.off + s.len; i++)
		CHECK(data[i] == '\t' || (data[i] >= ' ' && data[i] != 0x7f));
	CHECK(data[s.off] != ' ' && data[s.off] != '\t');
	CHECK(data[s.off + s.len - 1] != ' ' &&
	      data[s.off + s.len - 1] != '\t');
}

static void check_framing(const struct http_req *r)
{
	bool has_length = r->flags & HTTP_F_HAS_LENGTH;
	bool chunked = r->flags & HTTP_F_CHUNKED;
	bool minor0 = r->flags & HTTP_F_MINOR0;

	CHECK(!(has_length && chunked));
	CHECK(!(minor0 && chunked));
	CHECK(has_length || !r->content_length);
	CHECK(r->content_length <= INT64_MAX);
	CHECK(minor0 || r->flags & HTTP_F_HAS_HOST);
	CHECK(!(r->flags & HTTP_F_KEEPALIVE && r->flags & HTTP_F_CLOSE));
	CHECK(!(minor0 && r->flags & HTTP_F_EXPECT_CONTINUE));
}

static void check_fields(const struct http_req *r, const uint8_t *data)
{
	struct http_slice name, value;
	unsigned int n = 0;
	u16 pos = 0;
	size_t i;

	while (http_field_next(r, data, &pos, &name, &value)) {
		CHECK(name.len);
		check_slice(data, name, r->fields, r->head_len);
		check_slice(data, value, r->fields, r->head_len);
		CHECK(data[name.off + name.len] == ':');
		n++;
	}
	CHECK(n == r->nr_fields);
	for (i = 0; i < HTTP_NR_KNOWN; i++)
		check_slice(data, r->known[i], r->fields, r->head_len);
}

static void check_accepted(const struct http_req *r, const uint8_t *data,
			   const struct http_parse_limits *lim)
{
	size_t len = r->head_len, i;

	CHECK(r->method <= HTTP_METHOD_UNKNOWN && r->method != HTTP_CONNECT);
	CHECK(!memcmp(data + len - 4, "\r\n\r\n", 4));
	CHECK(r->fields <= lim->line + 2 && len - r->fields <= lim->head);
	CHECK(r->nr_fields <= lim->nr_fields);
	/* the target: all of it was there */
	CHECK(r->target.len);
	check_slice(data, r->target, 0, r->fields);
	check_slice(data, r->query, 0, r->fields);
	if (data[r->target.off] == '*')
		CHECK(r->target.len == 1 && r->flags & HTTP_F_ASTERISK);
	else
		CHECK(data[r->target.off] == '/');
	CHECK(!r->query.len || r->flags & HTTP_F_HAS_QUERY);
	CHECK(!!(r->flags & HTTP_F_NORMAL) ==
	      http_path_is_normal(data + r->target.off, r->target.len));
	/* the host: in the target or in the field */
	if (r->flags & HTTP_F_ABSOLUTE)
		check_slice(data, r->host, 0, r->fields);
	else
		check_slice(data, r->host, r->fields, len);
	if (r->flags & (HTTP_F_ABSOLUTE | HTTP_F_HAS_HOST))
		CHECK(r->host.len && r->host.len <= 255);
	/* every CR has its LF and every LF its CR */
	for (i = 0; i < len; i++) {
		CHECK(data[i] != '\r' || data[i + 1] == '\n');
		CHECK(data[i] != '\n' || (i && data[i - 1] == '\r'));
	}
	check_framing(r);
	check_fields(r, data);
}

static void check_refused(int ret)
{
	switch (-ret) {
	case 400: case 414: case 417: case 421: case 431: case 501: case 505:
		return;
	}
	CHECK(!"known status");
}

/* Byte by byte. Return: bytes after which the outcome was known. */
static size_t parse_bytewise(struct http_req *r, const uint8_t *data,
			     size_t len, const struct http_parse_limits *lim)
{
	size_t n;

	http_req_init(r);
	for (n = 0; n <= len; n++)
		if (parse(r, data, n, lim))
			return n;
	return len;
}

static int parse_cut(struct http_req *r, const uint8_t *data, size_t len,
		     const struct http_parse_limits *lim, uint32_t seed)
{
	size_t n = 0;
	int ret;

	http_req_init(r);
	do {
		ret = parse(r, data, n, lim);
		if (ret)
			return ret;
		n += fuzz_step(&seed, 24);
	} while (n < len);
	return parse(r, data, len, lim);
}

/* In two, at every place. */
static void parse_every_split(const struct http_req *whole, int ret,
			      const uint8_t *data, size_t len,
			      const struct http_parse_limits *lim)
{
	struct http_req r;
	size_t n;

	for (n = 1; n < len; n++) {
		http_req_init(&r);
		if (!parse(&r, data, n, lim))
			CHECK(parse(&r, data, len, lim) == ret);
		check_same(whole, &r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct http_parse_limits *lim;
	struct http_req whole, r;
	uint8_t seed;
	size_t n;
	int ret;

	if (!size || size > FUZZ_MAX)
		return 0;
	seed = *data++;
	size--;
	lim = &limits[seed & 3];
	http_req_init(&whole);
	ret = http_parse(&whole, fuzz_guarded(data, size), size, lim);
	CHECK(ret <= (int)size);
	if (ret > 0)
		check_accepted(&whole, data, lim);
	else if (ret < 0)
		check_refused(ret);
	n = parse_bytewise(&r, data, size, lim);
	check_same(&whole, &r);
	/* no byte behind the one that decided has been waited for */
	if (ret > 0)
		CHECK(n == (size_t)ret);
	CHECK(parse_cut(&r, data, size, lim, seed) == ret);
	check_same(&whole, &r);
	if (size <= SPLITS_MAX)
		parse_every_split(&whole, ret, data, size, lim);
	return 0;
}
