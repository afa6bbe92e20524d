// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for the decoder of chunked bodies. The first byte of the input
 * chooses the limits and where the rest is cut; the rest is the body. Decoded
 * whole, byte by byte and cut, the payload and the outcome must be the same.
 */
#include "fuzz.h"

#include "chunk.h"

bool shim_expect_warning;

struct result {
	ssize_t status;
	size_t used;
	size_t payload;
	uint8_t data[FUZZ_MAX];
	bool done;
};

static const struct http_chunk_limits limits[4] = {
	{ 1 << 20, 4096, 8192 },
	{ 16, 8, 16 },
	{ 0, 0, 2 },
	{ UINT64_MAX, UINT32_MAX, UINT32_MAX },
};

/* What is there now: all that is decoded. Return: bytes, or the refusal. */
static ssize_t decode(struct http_chunk *c, const uint8_t *buf, size_t len,
		      const struct http_chunk_limits *lim, struct result *r)
{
	struct http_chunk_out out;
	size_t pos = 0;
	ssize_t n;

	for (;;) {
		n = http_chunk_parse(c, buf + pos, len - pos, lim, &out);
		if (n <= 0)
			return n ? n : (ssize_t)pos;
		CHECK((size_t)n <= len - pos);
		if (out.len) {
			CHECK(out.data >= buf + pos &&
			      out.data + out.len == buf + pos + n);
			memcpy(r->data + r->payload, out.data, out.len);
			r->payload += out.len;
		} else {
			CHECK(!out.data);
		}
		pos += n;
	}
}

/* Pieces of up to most bytes. */
static void run(struct result *r, const uint8_t *data, size_t len,
		const struct http_chunk_limits *lim, size_t most, uint32_t seed)
{
	struct http_chunk c;
	uint8_t *block;
	size_t n;

	memset(r, 0, offsetof(struct result, data));
	http_chunk_init(&c);
	do {
		n = most < 2 ? 1 : fuzz_step(&seed, most);
		if (n > len - r->used)
			n = len - r->used;
		block = fuzz_copy(data + r->used, n);
		r->status = decode(&c, block, n, lim, r);
		free(block);
		if (r->status < 0)
			break;
		CHECK((size_t)r->status == n || http_chunk_done(&c));
		r->used += r->status;
	} while (r->used < len && !http_chunk_done(&c));
	r->done = http_chunk_done(&c);
	if (r->status > 0)
		r->status = 0;
	CHECK(r->payload <= lim->body);
}

static void check_same(const struct result *a, const struct result *b)
{
	CHECK(a->status == b->status);
	CHECK(a->done == b->done);
	CHECK(a->status || a->used == b->used);
	CHECK(a->payload == b->payload);
	CHECK(!memcmp(a->data, b->data, a->payload));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result whole, other;
	const struct http_chunk_limits *lim;
	struct http_chunk c;
	uint8_t seed;

	if (!size || size > FUZZ_MAX)
		return 0;
	seed = *data++;
	size--;
	lim = &limits[seed & 3];
	memset(&whole, 0, offsetof(struct result, data));
	http_chunk_init(&c);
	whole.status = decode(&c, fuzz_guarded(data, size), size, lim, &whole);
	whole.used = whole.status > 0 ? whole.status : 0;
	if (whole.status > 0)
		whole.status = 0;
	whole.done = http_chunk_done(&c);
	CHECK(!whole.status || whole.status == -400 || whole.status == -413 ||
	      whole.status == -431);
	CHECK(!(whole.status && whole.done));
	/* "0", two empty lines */
	CHECK(!whole.done || whole.used >= 5);
	run(&other, data, size, lim, 1, 0);
	check_same(&whole, &other);
	run(&other, data, size, lim, 24, seed);
	check_same(&whole, &other);
	return 0;
}
