/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that grow, and where and why some bytes were refused: what reading and
 * writing Protocol Buffers share.
 */
#ifndef KELPCTL_PB_BUF_H
#define KELPCTL_PB_BUF_H

#include <linux/types.h>

/*
 * Begins as zeroes; @data is the owner's to free. Belongs to whoever fills it.
 */
struct pb_buf {
	u8 *data;	/* NULL while nothing was ever added */
	size_t len;
	size_t room;
};

/* What is wrong with an input: text that fits a sentence, without a dot. */
struct pb_fault {
	size_t offset;	/* from the input's first byte */
	char why[256];
};

/* The place of @len more bytes, which count once added; dies without memory. */
u8 *pb_buf_room(struct pb_buf *buf, size_t len);
void pb_buf_add(struct pb_buf *buf, const void *data, size_t len);
void pb_buf_free(struct pb_buf *buf);

void pb_fault_set(struct pb_fault *fault, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Why kelp_pb_next() refused, with @error, the field that begins at @at in a
 * message that ends at @end. Offsets count from @base.
 */
void pb_fault_find(struct pb_fault *fault, const u8 *base, const u8 *at,
		   const u8 *end, int error);

#endif
