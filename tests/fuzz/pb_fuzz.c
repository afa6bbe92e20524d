// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target for the reader of Protocol Buffers. The first byte of the input
 * chooses the limits, the rest is a message. Its fields lie inside it, in their
 * order and without gaps; written again they have the bytes they had, if those
 * were the shortest there are, and read the same.
 */
#include "fuzz.h"

#include <errno.h>

#include <linux/limits.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"

bool shim_expect_warning;

static const struct kelp_pb_limits limits[4] = {
	{ U32_MAX, U32_MAX, U8_MAX },
	{ 64 << 20, 1000, 8 },
	{ 20, 10, 2 },
	{ U32_MAX, U32_MAX, 0 },
};

static bool same_field(const struct kelp_pb_field *a,
		       const struct kelp_pb_field *b)
{
	return a->number == b->number && a->type == b->type &&
	       a->value == b->value && a->bytes.len == b->bytes.len &&
	       (!a->bytes.len ||
		!memcmp(a->bytes.data, b->bytes.data, a->bytes.len));
}

/* A group is written as what it holds between its tags, which has no gaps. */
static void write_field(struct kelp_pb_w *w, const struct kelp_pb_field *f)
{
	u64 tag = (u64)f->number << 3;

	switch (f->type) {
	case KELP_PB_VARINT:
		kelp_pb_put_varint(w, f->number, f->value);
		break;
	case KELP_PB_FIXED32:
		kelp_pb_put_fixed32(w, f->number, f->value);
		break;
	case KELP_PB_FIXED64:
		kelp_pb_put_fixed64(w, f->number, f->value);
		break;
	case KELP_PB_BYTES:
		kelp_pb_put_bytes(w, f->number, f->bytes.data, f->bytes.len);
		break;
	case KELP_PB_GROUP:
		kelp_pb_raw_varint(w, tag | KELP_PB_GROUP);
		kelp_pb_raw(w, f->bytes.data, f->bytes.len);
		kelp_pb_raw_varint(w, tag | KELP_PB_GROUP_END);
		break;
	default:
		CHECK(!"a type that is never handed out");
	}
}

static void check_packed(const struct kelp_pb_field *f)
{
	static const enum kelp_pb_type types[] = {
		KELP_PB_VARINT, KELP_PB_FIXED32, KELP_PB_FIXED64,
	};
	struct kelp_pb_packed it;
	size_t i, nr;
	u64 value;
	int ret;

	for (i = 0; i < 3; i++) {
		kelp_pb_packed_init(&it, f, types[i]);
		for (nr = 0; (ret = kelp_pb_packed_next(&it, &value)) > 0; nr++)
			CHECK(it.p <= it.end);
		CHECK(nr <= f->bytes.len + 1);
		CHECK(ret == 0 || ret == -EBADMSG);
		CHECK(f->type == KELP_PB_BYTES || ret == 0);
		CHECK(f->type == KELP_PB_BYTES || nr == (f->type == types[i]));
		if (f->type != KELP_PB_BYTES || i == 0)
			continue;
		CHECK(nr == f->bytes.len / (4 * i));
		CHECK(!ret == !(f->bytes.len % (4 * i)));
	}
}

/* Between what the group holds and the next field there is nothing else. */
static void check_group_end(const struct kelp_pb_field *f, const uint8_t *end)
{
	const uint8_t *p = f->bytes.data + f->bytes.len;
	unsigned int shift = 0;
	u64 tag = 0;

	CHECK(p < end && end - p <= KELP_PB_VARINT_MAX);
	for (; p < end; p++, shift += 7) {
		CHECK(!(*p & 0x80) == (p + 1 == end));
		tag |= (u64)(*p & 0x7f) << shift;
	}
	CHECK(tag == ((u64)f->number << 3 | KELP_PB_GROUP_END));
}

static void check_inside(const struct kelp_pb *pb, const uint8_t *before,
			 const struct kelp_pb_field *f)
{
	CHECK(f->number >= 1 && f->number <= KELP_PB_NUMBER_MAX);
	CHECK(pb->p > before && pb->p <= pb->end);
	if (f->type != KELP_PB_BYTES && f->type != KELP_PB_GROUP) {
		CHECK(!f->bytes.data && !f->bytes.len);
		return;
	}
	CHECK(!f->value);
	CHECK(f->bytes.data > before && f->bytes.data <= pb->p);
	if (f->type == KELP_PB_BYTES)
		CHECK(f->bytes.data + f->bytes.len == pb->p);
	else
		check_group_end(f, pb->p);
	CHECK(f->bytes.len <= pb->length);
}

/* As a tree, by a path of readers instead of by recursion. */
static void descend(const uint8_t *data, size_t size,
		    const struct kelp_pb_limits *lim)
{
	struct kelp_pb path[KELP_PB_DEPTH_MAX + 1];
	struct kelp_pb_field f;
	unsigned int depth = 0, steps = 0;
	int ret;

	kelp_pb_init(&path[0], data, size, lim);
	/* the same bytes are looked at once at each depth */
	while (++steps <= 100000) {
		ret = kelp_pb_next(&path[depth], &f);
		if (ret > 0)
			ret = kelp_pb_enter(&path[depth], &f, &path[depth + 1]);
		if (ret > 0) {
			depth++;
			CHECK(depth <= lim->depth);
			CHECK(depth <= KELP_PB_DEPTH_MAX);
			CHECK(path[depth].end <= path[depth - 1].end);
		} else if (path[depth].error || path[depth].p ==
			   path[depth].end) {
			if (!depth--)
				return;
		}
	}
}

/* Return: how it ended. rewritten gets the message anew. */
static int walk(const uint8_t *data, size_t size,
		const struct kelp_pb_limits *lim, struct kelp_pb_w *rewritten)
{
	struct kelp_pb_field f;
	const uint8_t *before;
	uint32_t nr = 0;
	struct kelp_pb pb;
	int ret;

	kelp_pb_init(&pb, data, size, lim);
	while (before = pb.p, (ret = kelp_pb_next(&pb, &f)) > 0) {
		check_inside(&pb, before, &f);
		CHECK(++nr <= lim->fields);
		check_packed(&f);
		write_field(rewritten, &f);
	}
	CHECK(ret == 0 || ret == -EBADMSG || ret == -E2BIG);
	CHECK(ret || pb.p == data + size);
	CHECK(kelp_pb_next(&pb, &f) == ret);
	return ret;
}

static void check_rewritten(const uint8_t *data, size_t size,
			    const uint8_t *again, size_t len)
{
	struct kelp_pb_field f, g;
	struct kelp_pb pb, copy;
	int ret;

	kelp_pb_init(&pb, data, size, &limits[0]);
	kelp_pb_init(&copy, again, len, &limits[0]);
	do {
		ret = kelp_pb_next(&pb, &f);
		CHECK(kelp_pb_next(&copy, &g) == ret);
		CHECK(ret <= 0 || same_field(&f, &g));
	} while (ret > 0);
	CHECK(!ret);
	CHECK(len <= size);
	if (len == size)
		CHECK(!size || !memcmp(data, again, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[FUZZ_MAX];
	const struct kelp_pb_limits *lim;
	struct kelp_pb_w w;
	uint8_t *block;
	int ret;

	if (!size || size > FUZZ_MAX)
		return 0;
	lim = &limits[*data++ & 3];
	size--;
	kelp_pb_w_init(&w, again, sizeof(again));
	ret = walk(fuzz_guarded(data, size), size, lim, &w);
	block = fuzz_copy(data, size);
	CHECK(kelp_pb_w_ok(&w));
	if (!ret)
		check_rewritten(block, size, again, w.len);
	descend(block, size, lim);
	free(block);
	return 0;
}
