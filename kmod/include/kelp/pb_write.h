/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Protocol Buffers: a writer into a buffer of the caller's.
 *
 * Pure: no allocation, no recursion, no global state; runs in softirq, in
 * workers and in user space under the unit tests and the fuzzer. It must not
 * know what any message means.
 *
 *	kelp_pb_w_init(&w, buf, room);
 *	kelp_pb_put_bytes(&w, 1, value, len);
 *	kelp_pb_put_varint(&w, 2, version);
 *	if (!kelp_pb_w_ok(&w))
 *		... w.len bytes would have been needed
 *
 * A writer without room writes nothing and tells the size of the message.
 */
#ifndef KELP_PB_WRITE_H
#define KELP_PB_WRITE_H

#include <linux/types.h>

/**
 * struct kelp_pb_w - a message in the making
 * @buf: where it begins
 * @room: bytes that may be written there
 * @len: bytes of the message so far; when it exceeds @room the rest was not
 *	written, and it is only counted what would be
 *
 * Belongs to whoever writes; no locking of its own.
 */
struct kelp_pb_w {
	u8 *buf;
	size_t room;
	size_t len;
};

/**
 * kelp_pb_zigzag() - encode a sint32 or sint64
 * @v: the number
 *
 * Context: Any.
 * Return: what stands for it as a varint.
 */
static inline u64 kelp_pb_zigzag(s64 v)
{
	return (u64)v << 1 ^ (v < 0 ? ~0ULL : 0);
}

/**
 * kelp_pb_size_varint() - how long is a varint?
 * @v: the number
 *
 * Context: Any.
 * Return: bytes, 1 to KELP_PB_VARINT_MAX.
 */
static inline size_t kelp_pb_size_varint(u64 v)
{
	size_t n = 1;

	while (v >>= 7)
		n++;
	return n;
}

/**
 * kelp_pb_size_bytes() - how long is a field of bytes, string or message?
 * @number: of the field
 * @len: bytes of its value
 *
 * Context: Any.
 * Return: bytes, tag and length included.
 */
static inline size_t kelp_pb_size_bytes(u32 number, size_t len)
{
	return kelp_pb_size_varint((u64)number << 3) +
	       kelp_pb_size_varint(len) + len;
}

/**
 * kelp_pb_w_init() - begin to write a message
 * @w: the writer
 * @buf: where to; may be NULL when @room is 0
 * @room: bytes that may be written there; 0 only counts
 *
 * Context: Any.
 */
void kelp_pb_w_init(struct kelp_pb_w *w, u8 *buf, size_t room);

/**
 * kelp_pb_w_ok() - was there room for everything?
 * @w: the writer
 *
 * Context: Any.
 * Return: true when @w->len bytes of message lie in the buffer.
 */
static inline bool kelp_pb_w_ok(const struct kelp_pb_w *w)
{
	return w->len <= w->room;
}

/**
 * kelp_pb_raw() - write bytes as they are, without a tag
 * @w: the writer
 * @data: the bytes; not within the writer's buffer
 * @len: how many
 *
 * Context: Any.
 */
void kelp_pb_raw(struct kelp_pb_w *w, const void *data, size_t len);

/**
 * kelp_pb_raw_varint() - write a varint without a tag, an element of a packed
 * field
 * @w: the writer
 * @v: the number
 *
 * Context: Any.
 */
void kelp_pb_raw_varint(struct kelp_pb_w *w, u64 v);

/**
 * kelp_pb_raw_fixed32() - write four bytes without a tag, an element of a
 * packed field
 * @w: the writer
 * @v: the number
 *
 * Context: Any.
 */
void kelp_pb_raw_fixed32(struct kelp_pb_w *w, u32 v);

/**
 * kelp_pb_raw_fixed64() - write eight bytes without a tag, an element of a
 * packed field
 * @w: the writer
 * @v: the number
 *
 * Context: Any.
 */
void kelp_pb_raw_fixed64(struct kelp_pb_w *w, u64 v);

/**
 * kelp_pb_put_varint() - write a uint32, uint64 or bool field
 * @w: the writer
 * @number: of the field
 * @v: its value
 *
 * Context: Any.
 */
void kelp_pb_put_varint(struct kelp_pb_w *w, u32 number, u64 v);

/**
 * kelp_pb_put_int() - write an int32, int64 or enum field
 * @w: the writer
 * @number: of the field
 * @v: its value; a negative one takes ten bytes
 *
 * Context: Any.
 */
static inline void kelp_pb_put_int(struct kelp_pb_w *w, u32 number, s64 v)
{
	kelp_pb_put_varint(w, number, (u64)v);
}

/**
 * kelp_pb_put_sint() - write a sint32 or sint64 field
 * @w: the writer
 * @number: of the field
 * @v: its value
 *
 * Context: Any.
 */
static inline void kelp_pb_put_sint(struct kelp_pb_w *w, u32 number, s64 v)
{
	kelp_pb_put_varint(w, number, kelp_pb_zigzag(v));
}

/**
 * kelp_pb_put_fixed32() - write a fixed32, sfixed32 or float field
 * @w: the writer
 * @number: of the field
 * @v: its bits
 *
 * Context: Any.
 */
void kelp_pb_put_fixed32(struct kelp_pb_w *w, u32 number, u32 v);

/**
 * kelp_pb_put_fixed64() - write a fixed64, sfixed64 or double field
 * @w: the writer
 * @number: of the field
 * @v: its bits
 *
 * Context: Any.
 */
void kelp_pb_put_fixed64(struct kelp_pb_w *w, u32 number, u64 v);

/**
 * kelp_pb_put_bytes() - write a field of bytes, or a message that is there
 * @w: the writer
 * @number: of the field
 * @data: the bytes; not within the writer's buffer
 * @len: how many
 *
 * Context: Any.
 */
void kelp_pb_put_bytes(struct kelp_pb_w *w, u32 number, const void *data,
		       size_t len);

/**
 * kelp_pb_put_string() - write a string field
 * @w: the writer
 * @number: of the field
 * @s: NUL terminated
 *
 * Context: Any.
 */
void kelp_pb_put_string(struct kelp_pb_w *w, u32 number, const char *s);

/**
 * kelp_pb_begin() - begin a message within the message, or a packed field
 * @w: the writer
 * @number: of the field
 *
 * What is written up to kelp_pb_end() is its value. If that has 128 bytes or
 * more it is moved then, to make room for its length.
 *
 * Context: Any.
 * Return: what kelp_pb_end() wants to know.
 */
size_t kelp_pb_begin(struct kelp_pb_w *w, u32 number);

/**
 * kelp_pb_end() - end a message within the message
 * @w: the writer
 * @mark: from the kelp_pb_begin() that is open and the last one
 *
 * Context: Any.
 */
void kelp_pb_end(struct kelp_pb_w *w, size_t mark);

#endif /* KELP_PB_WRITE_H */
