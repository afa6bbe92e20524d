// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of bytes: what a Range field asks for.
 *
 * Pure; runs anywhere, softirq included. It must not know what the bytes are.
 */
#include "range.h"

#include "scan.h"

#include <linux/kernel.h>
#include <linux/limits.h>

/* What one range-spec comes to; what http_range_parse() returns in the end. */
enum { SPEC_BAD, SPEC_NONE, SPEC_GOOD };

/* Digits as a number, U64_MAX if it is larger; false without any. */
static bool get_number(const u8 **s, const u8 *end, u64 *n)
{
	const u8 *p = *s;

	for (*n = 0; p < end && is_digit(*p); p++) {
		unsigned int digit = *p - '0';

		/* 1844674407370955161 is U64_MAX / 10, its last digit 5 */
		if (*n > 1844674407370955161ULL ||
		    (*n == 1844674407370955161ULL && digit > 5))
			*n = U64_MAX;
		else
			*n = *n * 10 + digit;
	}
	if (p == *s)
		return false;
	*s = p;
	return true;
}

/* "-N": the last N bytes. */
static int get_suffix(struct http_range *r, const u8 **s, const u8 *end,
		      u64 size)
{
	u64 n;

	if (!get_number(s, end, &n))
		return SPEC_BAD;
	if (!n)
		return SPEC_NONE;
	/* Of nothing it is satisfiable, but no Content-Range can say so. */
	if (!size)
		return SPEC_BAD;
	r->len = min(n, size);
	r->first = size - r->len;
	return SPEC_GOOD;
}

/* "A-" or "A-B". */
static int get_spec(struct http_range *r, const u8 **s, const u8 *end, u64 size)
{
	u64 first, last = U64_MAX;

	if (**s == '-') {
		++*s;
		return get_suffix(r, s, end, size);
	}
	if (!get_number(s, end, &first) || *s == end || **s != '-')
		return SPEC_BAD;
	++*s;
	if (*s < end && is_digit(**s) && !get_number(s, end, &last))
		return SPEC_BAD;
	if (last < first)
		return SPEC_BAD;
	if (first >= size)
		return SPEC_NONE;
	r->first = first;
	r->len = min(last, size - 1) - first + 1;
	return SPEC_GOOD;
}

static bool overlap(const struct http_range *a, const struct http_range *b)
{
	return a->first < b->first + b->len && b->first < a->first + a->len;
}

/* Does somebody ask for much more work than the representation is worth? */
static bool abusive(const struct http_range *ranges, int nr, u64 size)
{
	int i, j, overlaps = 0;
	u64 left = size;

	for (i = 0; i < nr; i++) {
		if (ranges[i].len > left)
			return true;
		left -= ranges[i].len;
		for (j = 0; j < i; j++)
			overlaps += overlap(&ranges[i], &ranges[j]);
	}
	return overlaps > 1;
}

int http_range_parse(struct http_range ranges[HTTP_RANGES_MAX], const u8 *s,
		     size_t len, u64 size)
{
	const u8 *end = s + len;
	int specs = 0, nr = 0;

	if (len < 6 || !token_is(s, 5, "bytes", 5) || s[5] != '=')
		return HTTP_RANGE_IGNORE;
	for (s += 6; s < end;) {
		struct http_range r;
		int got;

		if (is_ows(*s) || *s == ',') {
			s++;
			continue;
		}
		got = get_spec(&r, &s, end, size);
		if (got == SPEC_BAD || ++specs > HTTP_RANGES_MAX)
			return HTTP_RANGE_IGNORE;
		if (got == SPEC_GOOD)
			ranges[nr++] = r;
		while (s < end && is_ows(*s))
			s++;
		if (s < end && *s != ',')
			return HTTP_RANGE_IGNORE;
	}
	if (!nr)
		return specs ? HTTP_RANGE_NONE : HTTP_RANGE_IGNORE;
	return nr > 1 && abusive(ranges, nr, size) ? HTTP_RANGE_IGNORE : nr;
}
