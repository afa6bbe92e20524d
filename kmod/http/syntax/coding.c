// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content codings: names, and what Accept-Encoding says about them.
 *
 * Pure; runs anywhere, softirq included. It must not know which files have
 * encoded forms.
 */
#include "coding.h"

#include "scan.h"

#include <linux/kernel.h>
#include <linux/string.h>

static const struct {
	const char *name;
	const char *suffix;
} codings[HTTP_NR_CODINGS] = {
	[HTTP_CODING_BR] = { "br", "br" },
	[HTTP_CODING_ZSTD] = { "zstd", "zst" },
	[HTTP_CODING_GZIP] = { "gzip", "gz" },
	[HTTP_CODING_IDENTITY] = { "identity", "" },
};

/* Thousandths; a weight not given. */
#define WEIGHT_UNSET	(-1)

/* The place of "*" in weights. */
#define ANY		HTTP_NR_CODINGS
#define NR_WEIGHTS	(HTTP_NR_CODINGS + 1)

const char *http_coding_name(enum http_coding coding)
{
	return codings[coding].name;
}

const char *http_coding_suffix(enum http_coding coding)
{
	return codings[coding].suffix;
}

/* Index in weights, or -1 for a coding that we never have. */
static int find_coding(const u8 *s, size_t len)
{
	int i;

	if (len == 1 && *s == '*')
		return ANY;
	for (i = 0; i < HTTP_NR_CODINGS; i++)
		if (token_is(s, len, codings[i].name, strlen(codings[i].name)))
			return i;
	/* RFC 9110, 8.4.1.3 */
	return token_is(s, len, "x-gzip", 6) ? HTTP_CODING_GZIP : -1;
}

/* qvalue in thousandths, or -1. */
static int get_qvalue(const u8 *s, size_t len)
{
	unsigned int at;
	int q;

	if (!len || len > 5 || (*s != '0' && *s != '1') ||
	    (len > 1 && s[1] != '.'))
		return -1;
	q = *s - '0';
	for (at = 2; at < 5; at++) {
		u8 c = at < len ? s[at] : '0';

		if (!is_digit(c))
			return -1;
		q = q * 10 + c - '0';
	}
	return q <= 1000 ? q : -1;
}

static const u8 *skip_ows(const u8 *s, const u8 *end)
{
	while (s < end && is_ows(*s))
		s++;
	return s;
}

/* One element of the list, s to end, nothing around it. */
static void read_element(int weights[NR_WEIGHTS], const u8 *s, const u8 *end)
{
	const u8 *name_end = skip(s, end, C_TOKEN);
	int which = find_coding(s, name_end - s);
	int q = 1000;

	if (which < 0)
		return;
	s = skip_ows(name_end, end);
	if (s < end) {
		if (*s != ';')
			return;
		s = skip_ows(s + 1, end);
		if (end - s < 2 || (*s | 0x20) != 'q' || s[1] != '=')
			return;
		q = get_qvalue(s + 2, end - s - 2);
		if (q < 0)
			return;
	}
	if (weights[which] == WEIGHT_UNSET || q < weights[which])
		weights[which] = q;
}

static void read_line(int weights[NR_WEIGHTS], const u8 *s, size_t len)
{
	const u8 *end = s + len;
	const u8 *comma, *last;

	for (; s < end; s = comma + 1) {
		s = skip_ows(s, end);
		comma = memchr(s, ',', end - s) ?: end;
		for (last = comma; last > s && is_ows(last[-1]); last--)
			;
		if (last > s)
			read_element(weights, s, last);
	}
}

static void read_lines(int weights[NR_WEIGHTS], const struct http_req *req,
		       const u8 *head)
{
	const struct http_slice *one = &req->accept_encoding;
	struct http_slice name, value;
	u16 pos = 0;

	if (!(req->repeated & 1U << HTTP_KNOWN_ACCEPT_ENCODING)) {
		read_line(weights, head + one->off, one->len);
		return;
	}
	while (http_field_next(req, head, &pos, &name, &value))
		if (token_is(head + name.off, name.len, "accept-encoding", 15))
			read_line(weights, head + value.off, value.len);
}

enum http_coding http_coding_choose(const struct http_req *req, const u8 *head,
				    unsigned int there)
{
	enum http_coding best = HTTP_CODING_IDENTITY;
	int weights[NR_WEIGHTS];
	int i, most;

	if (!there || !(req->seen & 1U << HTTP_KNOWN_ACCEPT_ENCODING))
		return HTTP_CODING_IDENTITY;
	for (i = 0; i < NR_WEIGHTS; i++)
		weights[i] = WEIGHT_UNSET;
	read_lines(weights, req, head);
	for (i = 0; i < HTTP_NR_CODINGS; i++)
		if (weights[i] == WEIGHT_UNSET)
			weights[i] = weights[ANY];

	/* Not mentioned at all it is acceptable, but less than what is. */
	most = max(weights[HTTP_CODING_IDENTITY], 0);
	for (i = HTTP_NR_ENCODINGS - 1; i >= 0; i--) {
		if (!(there & 1U << i) || weights[i] <= 0 || weights[i] < most)
			continue;
		most = weights[i];
		best = i;
	}
	return best;
}
