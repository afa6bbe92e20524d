// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Protocol Buffers: writing.
 *
 * Pure; runs in softirq, in workers and in user space. It must not know what
 * any message means.
 */
#include "kelp/pb_write.h"

#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "hot.h"
#include "kelp/pb.h"

__kelp_hot
void kelp_pb_w_init(struct kelp_pb_w *w, u8 *buf, size_t room)
{
	w->buf = buf;
	/* what is only counted may exceed the room by anything, and must */
	w->room = min_t(size_t, room, SIZE_MAX / 2);
	w->len = 0;
}
EXPORT_SYMBOL_GPL(kelp_pb_w_init);

/* The place of the next len bytes, which are counted; NULL without room. */
static inline u8 *take(struct kelp_pb_w *w, size_t len)
{
	size_t at = w->len;

	if (likely(at <= w->room && len <= w->room - at)) {
		w->len = at + len;
		return w->buf + at;
	}
	w->len = len > SIZE_MAX - at ? SIZE_MAX : at + len;
	return NULL;
}

void kelp_pb_raw(struct kelp_pb_w *w, const void *data, size_t len)
{
	u8 *p = take(w, len);

	if (p && len)
		memcpy(p, data, len);
}
EXPORT_SYMBOL_GPL(kelp_pb_raw);

static void store_varint(u8 *p, u64 v)
{
	for (; v > 0x7f; v >>= 7)
		*p++ = v | 0x80;
	*p = v;
}

__kelp_hot
void kelp_pb_raw_varint(struct kelp_pb_w *w, u64 v)
{
	u8 *p = take(w, kelp_pb_size_varint(v));

	if (p)
		store_varint(p, v);
}
EXPORT_SYMBOL_GPL(kelp_pb_raw_varint);

void kelp_pb_raw_fixed32(struct kelp_pb_w *w, u32 v)
{
	u8 bytes[4] = { v, v >> 8, v >> 16, v >> 24 };

	kelp_pb_raw(w, bytes, sizeof(bytes));
}
EXPORT_SYMBOL_GPL(kelp_pb_raw_fixed32);

void kelp_pb_raw_fixed64(struct kelp_pb_w *w, u64 v)
{
	u8 bytes[8] = {
		v, v >> 8, v >> 16, v >> 24, v >> 32, v >> 40, v >> 48, v >> 56,
	};

	kelp_pb_raw(w, bytes, sizeof(bytes));
}
EXPORT_SYMBOL_GPL(kelp_pb_raw_fixed64);

/* Do tag and value, or length, take one byte each? Those of most fields do. */
static inline bool is_short(u32 number, u64 v)
{
	return number < 16 && v < 0x80;
}

static inline void put_tag(struct kelp_pb_w *w, u32 number,
			   enum kelp_pb_type type)
{
	kelp_pb_raw_varint(w, (u64)number << 3 | type);
}

__kelp_hot
void kelp_pb_put_varint(struct kelp_pb_w *w, u32 number, u64 v)
{
	u8 *p;

	if (likely(is_short(number, v))) {
		p = take(w, 2);
		if (p) {
			p[0] = number << 3 | KELP_PB_VARINT;
			p[1] = v;
		}
		return;
	}
	put_tag(w, number, KELP_PB_VARINT);
	kelp_pb_raw_varint(w, v);
}
EXPORT_SYMBOL_GPL(kelp_pb_put_varint);

void kelp_pb_put_fixed32(struct kelp_pb_w *w, u32 number, u32 v)
{
	put_tag(w, number, KELP_PB_FIXED32);
	kelp_pb_raw_fixed32(w, v);
}
EXPORT_SYMBOL_GPL(kelp_pb_put_fixed32);

void kelp_pb_put_fixed64(struct kelp_pb_w *w, u32 number, u64 v)
{
	put_tag(w, number, KELP_PB_FIXED64);
	kelp_pb_raw_fixed64(w, v);
}
EXPORT_SYMBOL_GPL(kelp_pb_put_fixed64);

__kelp_hot
void kelp_pb_put_bytes(struct kelp_pb_w *w, u32 number, const void *data,
		       size_t len)
{
	u8 *p;

	if (likely(is_short(number, len))) {
		p = take(w, 2 + len);
		if (p) {
			p[0] = number << 3 | KELP_PB_BYTES;
			p[1] = len;
			if (len)
				memcpy(p + 2, data, len);
		}
		return;
	}
	put_tag(w, number, KELP_PB_BYTES);
	kelp_pb_raw_varint(w, len);
	kelp_pb_raw(w, data, len);
}
EXPORT_SYMBOL_GPL(kelp_pb_put_bytes);

void kelp_pb_put_string(struct kelp_pb_w *w, u32 number, const char *s)
{
	kelp_pb_put_bytes(w, number, s, strlen(s));
}
EXPORT_SYMBOL_GPL(kelp_pb_put_string);

size_t kelp_pb_begin(struct kelp_pb_w *w, u32 number)
{
	put_tag(w, number, KELP_PB_BYTES);
	/* most are short: the place of a length of one byte */
	take(w, 1);
	return w->len;
}
EXPORT_SYMBOL_GPL(kelp_pb_begin);

void kelp_pb_end(struct kelp_pb_w *w, size_t mark)
{
	size_t len = w->len - mark;
	size_t more = kelp_pb_size_varint(len) - 1;

	take(w, more);
	if (!kelp_pb_w_ok(w))
		return;
	if (more)
		memmove(w->buf + mark + more, w->buf + mark, len);
	store_varint(w->buf + mark - 1, len);
}
EXPORT_SYMBOL_GPL(kelp_pb_end);
