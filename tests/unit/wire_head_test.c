// SPDX-License-Identifier: GPL-2.0-only
/* Heads of frames, and whole frames in pieces of every size. */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include <linux/limits.h>

#include "rpc/wire.h"
#include "rpc_vectors.h"

static const struct kelp_wire_limits usual = { 4 << 20, 65536 };

static int head_of(struct kelp_wire_head *head, const void *data, size_t len)
{
	return kelp_wire_head_parse(guarded(data, len), len, &usual, head);
}

static void head__vectors(void **state)
{
	const struct vector *v;
	struct kelp_wire_head head;
	size_t n;

	(void)state;
	for (v = vectors; v < vectors + NR_VECTORS; v++) {
		for (n = 0; n <= v->len; n++)
			assert_int_equal(head_of(&head, v->bytes, n),
					 n < 12 ? 0 : 12);
		assert_int_equal(head.body, v->len - 12);
		assert_int_equal(head.meta, v->meta);
	}
}

/* Refused at the first wrong byte, whatever follows. */
static void head__magic(void **state)
{
	struct kelp_wire_head head;
	u8 bytes[12];
	unsigned int bit;
	size_t at, n;

	(void)state;
	for (at = 0; at < 4; at++) {
		for (bit = 0; bit < 8; bit++) {
			memcpy(bytes, vectors[0].bytes, 12);
			bytes[at] ^= 1 << bit;
			for (n = 0; n <= 12; n++)
				assert_int_equal(head_of(&head, bytes, n),
						 n > at ? -EPROTO : 0);
		}
	}
	assert_int_equal(head_of(&head, "PRI * HTTP/2", 12), -EPROTO);
	assert_int_equal(head_of(&head, "PROPFIND / H", 3), -EPROTO);
	assert_int_equal(head_of(&head, "STRM", 4), -EPROTO);
}

static void head__lengths(void **state)
{
	static const u32 lengths[] = {
		0, 1, 11, 12, 13, 65535, 65536, 65537, (4 << 20) - 1, 4 << 20,
		(4 << 20) + 1, S32_MAX, 1U << 31, U32_MAX - 12, U32_MAX - 1,
		U32_MAX,
	};
	struct kelp_wire_head head;
	size_t i, j;
	u32 body, meta;
	int want;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lengths); i++) {
		for (j = 0; j < ARRAY_LEN(lengths); j++) {
			body = lengths[i];
			meta = lengths[j];
			u8 bytes[12] = {
				'P', 'R', 'P', 'C',
				body >> 24, body >> 16, body >> 8, body,
				meta >> 24, meta >> 16, meta >> 8, meta,
			};
			want = 12;
			if (body > 4 << 20 || meta > 65536)
				want = -EMSGSIZE;
			if (meta > body)
				want = -EBADMSG;
			assert_int_equal(head_of(&head, bytes, 12), want);
			assert_int_equal(head.body, body);
			assert_int_equal(head.meta, meta);
		}
	}
}

/* One frame out of the bytes of a connection, as a server takes them. */
static size_t take_frame(const u8 *data, size_t len, const struct vector *want)
{
	struct kelp_wire_head head;
	struct kelp_wire_meta meta;
	int ret;

	ret = kelp_wire_head_parse(data, len, &usual, &head);
	assert_true(ret == 0 || ret == 12);
	if (!ret || len - 12 < head.body)
		return 0;
	assert_int_equal(kelp_wire_meta_parse(data + 12, &head, &meta), 0);
	assert_int_equal(meta.correlation_id, 1);
	assert_int_equal(meta.attachment_size, want->attachment);
	assert_int_equal(kelp_wire_payload(&head, &meta),
			 want->rest - want->attachment);
	assert_memory_equal(data + 12 + head.meta, want->bytes + 12 + want->meta,
			    want->rest);
	return 12 + head.body;
}

/* All vectors, one behind the other, arriving in pieces that end at the cuts. */
static void stream(const size_t *cuts, size_t nr)
{
	const struct vector *v = vectors;
	u8 all[1024];
	size_t len = 0, pos = 0, i, n;

	for (i = 0; i < NR_VECTORS; i++) {
		memcpy(all + len, vectors[i].bytes, vectors[i].len);
		len += vectors[i].len;
	}
	for (i = 0; i <= nr; i++) {
		n = i < nr ? cuts[i] : len;
		if (n > len)
			n = len;
		while (pos < n) {
			size_t used = take_frame(guarded(all + pos, n - pos),
						 n - pos, v);

			if (!used)
				break;
			pos += used;
			v++;
		}
	}
	assert_int_equal(pos, len);
	assert_ptr_equal(v, vectors + NR_VECTORS);
}

static void frame__every_split(void **state)
{
	size_t cuts[400], a, b;

	(void)state;
	for (a = 0; a < 400; a++)
		cuts[a] = a;
	stream(cuts, 400);
	for (a = 0; a < 400; a++)
		for (b = a; b < 400; b += 7) {
			cuts[0] = a;
			cuts[1] = b;
			stream(cuts, 2);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(head__vectors),
		cmocka_unit_test(head__magic),
		cmocka_unit_test(head__lengths),
		cmocka_unit_test(frame__every_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
