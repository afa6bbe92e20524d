/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes of bytes, and loops over runs of them: what the request parser and
 * the chunk decoder share. For those two files only.
 *
 * Pure; runs anywhere, softirq included. It must not know the grammar beyond
 * single bytes and tokens.
 */
#ifndef KELP_HTTP_SCAN_H
#define KELP_HTTP_SCAN_H

#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* Classes of bytes. */
#define C_TOKEN	0x01	/* tchar */
#define C_PATH	0x02	/* pchar and '/', without '%' */
#define C_QUERY	0x04	/* C_PATH and '?' */
#define C_HOST	0x08	/* reg-name without '%' */
#define C_HEX	0x10
#define C_VALUE	0x20	/* what a field value may have, white space included */
#define C_SEGMENT 0x40	/* C_PATH without '/' and '.' */

#define DELIM	(C_PATH | C_QUERY | C_VALUE)	/* '/' and '.' delimit segments */
#define URI	(DELIM | C_SEGMENT)
#define NAME	(C_TOKEN | C_HOST | URI)

static const u8 classes[256] = {
	['\t'] = C_VALUE, [' '] = C_VALUE,
	['!'] = NAME, ['"'] = C_VALUE, ['#'] = C_TOKEN | C_VALUE,
	['$'] = NAME, ['%'] = C_TOKEN | C_VALUE, ['&' ... '\''] = NAME,
	['(' ... ')'] = C_HOST | URI, ['*' ... '+'] = NAME,
	[','] = C_HOST | URI, ['-'] = NAME,
	['.'] = C_TOKEN | C_HOST | DELIM, ['/'] = DELIM,
	['0' ... '9'] = NAME | C_HEX, [':'] = URI, [';'] = C_HOST | URI,
	['<'] = C_VALUE, ['='] = C_HOST | URI, ['>'] = C_VALUE,
	['?'] = C_QUERY | C_VALUE, ['@'] = URI,
	['A' ... 'F'] = NAME | C_HEX, ['G' ... 'Z'] = NAME,
	['[' ... ']'] = C_VALUE, ['^'] = C_TOKEN | C_VALUE, ['_'] = NAME,
	['`'] = C_TOKEN | C_VALUE,
	['a' ... 'f'] = NAME | C_HEX, ['g' ... 'z'] = NAME,
	['{'] = C_VALUE, ['|'] = C_TOKEN | C_VALUE, ['}'] = C_VALUE,
	['~'] = NAME, [0x80 ... 0xff] = C_VALUE,
};

static inline bool is_ows(u8 c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

/* Skip bytes of a class. Four at a time: the bound is a third of the cost. */
static __always_inline const u8 *skip(const u8 *p, const u8 *stop, u8 class)
{
	if (stop - p >= 4) {
		const u8 *last = stop - 4;

		do {
			if (!(classes[p[0]] & class))
				return p;
			if (!(classes[p[1]] & class))
				return p + 1;
			if (!(classes[p[2]] & class))
				return p + 2;
			if (!(classes[p[3]] & class))
				return p + 3;
			p += 4;
		} while (p <= last);
	}
	while (p < stop && classes[*p] & class)
		p++;
	return p;
}

#define EACH_BYTE(x)	(0x0101010101010101ULL * (x))

/* Is each byte of v from 0x20 to 0x7e? May deny it, wrongly, beside others. */
static __always_inline bool all_ascii(u64 v)
{
	return !((v | (v - EACH_BYTE(0x20)) | (v + EACH_BYTE(1))) &
		 EACH_BYTE(0x80));
}

/*
 * The high bit of each byte of v that is below 0x20 or 0x7f. A borrow may mark
 * an innocent byte, too, but only above a guilty one: none, and the lowest one,
 * are exact.
 */
static __always_inline u64 control_bytes(u64 v)
{
	u64 del = v ^ EACH_BYTE(0x7f);

	return (((v - EACH_BYTE(0x20)) & ~v) |
		((del - EACH_BYTE(1)) & ~del)) & EACH_BYTE(0x80);
}

/* Skip the bytes of a field value, eight at a time while there are eight. */
static __always_inline const u8 *skip_value(const u8 *p, const u8 *stop)
{
	const u8 *last;
	u64 v, mask;

	if (stop - p < 8)
		return skip(p, stop, C_VALUE);
	last = stop - 8;
	do {
		memcpy(&v, p, sizeof(v));
		if (likely(all_ascii(v))) {
			p += 8;
			continue;
		}
		mask = control_bytes(__le64_to_cpu((__force __le64)v));
		if (!mask) {
			p += 8;
			continue;
		}
		p += __builtin_ctzll(mask) / 8;
		if (*p != '\t')
			return p;
		p++;
	} while (p <= last);
	return skip(p, stop, C_VALUE);
}

/*
 * Is the token p[0..len) this one, in any case? lower has n small letters,
 * digits and '-' only. Setting bit 5 makes a token's byte equal to one of those
 * only when it is that byte or its capital.
 */
static inline bool token_is(const u8 *p, size_t len, const char *lower,
			    size_t n)
{
	u32 a, b;

	if (len != n)
		return false;
	for (; n >= 4; n -= 4, p += 4, lower += 4) {
		memcpy(&a, p, 4);
		memcpy(&b, lower, 4);
		if ((a | 0x20202020) != b)
			return false;
	}
	while (n--)
		if ((*p++ | 0x20) != (u8)*lower++)
			return false;
	return true;
}

#endif /* KELP_HTTP_SCAN_H */
