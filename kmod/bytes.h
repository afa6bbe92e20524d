/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing short runs of bytes, as keys of tables are. Pure; runs anywhere.
 */
#ifndef KELP_BYTES_H
#define KELP_BYTES_H

#include <linux/string.h>
#include <linux/types.h>

static inline bool kelp_same_4(const u8 *a, const u8 *b)
{
	u32 x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x == y;
}

static inline bool kelp_same_8(const u8 *a, const u8 *b)
{
	u64 x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x == y;
}

/**
 * kelp_same_bytes() - are two runs of bytes the same?
 * @left: one
 * @right: the other
 * @len: bytes of each
 *
 * The kernel's memcmp() is a call, and goes byte by byte through what is left of
 * a word: most of a short key. Here the last word overlaps the one before it.
 *
 * Context: any.
 */
static inline bool kelp_same_bytes(const void *left, const void *right,
				   size_t len)
{
	const u8 *a = left, *b = right;
	size_t i;

	if (len < 4) {
		for (i = 0; i < len; i++)
			if (a[i] != b[i])
				return false;
		return true;
	}
	if (len < 8)
		return kelp_same_4(a, b) &&
		       kelp_same_4(a + len - 4, b + len - 4);
	for (i = 0; i < len - 8; i += 8)
		if (!kelp_same_8(a + i, b + i))
			return false;
	return kelp_same_8(a + len - 8, b + len - 8);
}

#endif
