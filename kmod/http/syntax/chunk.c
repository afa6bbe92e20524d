// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder of chunked bodies (RFC 9112, 7.1).
 *
 * Pure; runs in softirq, in workers and in user space. It must not know about
 * connections, requests or what becomes of the payload.
 *
 * Everything between runs of payload is short and rare, so it goes byte by
 * byte through one step function per part of the grammar; payload is handed
 * out without being looked at.
 */
#include "chunk.h"
#include "scan.h"

#include <linux/kernel.h>
#include <linux/limits.h>

#define BAD_REQUEST		(-400)
#define CONTENT_TOO_LARGE	(-413)
#define FIELDS_TOO_LARGE	(-431)

/* Digits of a size, leading zeros included: what 64 bits can have. */
#define DIGITS_MAX	16

/* Parts in the order of the grammar: the ranges below depend on it. */
enum state {
	S_SIZE,			/* digits */
	/* chunk extensions */
	S_EXT_BWS,		/* white space before ';' */
	S_EXT_BEFORE_NAME,	/* white space behind ';' */
	S_EXT_NAME,
	S_EXT_AFTER_NAME,	/* white space before '=' or ';' */
	S_EXT_BEFORE_VALUE,	/* white space behind '=' */
	S_EXT_VALUE,		/* a token */
	S_EXT_QUOTED,		/* a quoted string */
	S_EXT_ESCAPE,		/* behind its backslash */
	S_EXT_AFTER_VALUE,	/* behind its closing quote */
	S_SIZE_LF,
	/* payload */
	S_DATA,
	S_DATA_CR,
	S_DATA_LF,
	/* trailer section */
	S_LINE,			/* first byte of a line */
	S_NAME,
	S_VALUE,
	S_LINE_LF,
	S_LAST_LF,
	S_DONE
};

static bool in_extension(u8 state)
{
	return state >= S_EXT_BWS && state <= S_EXT_AFTER_VALUE;
}

static bool in_trailer(u8 state)
{
	return state >= S_LINE && state <= S_LAST_LF;
}

/* The size is complete, with its extensions or without. */
static int end_size(struct http_chunk *c, const struct http_chunk_limits *lim)
{
	if (c->left > lim->body - c->total)
		return CONTENT_TOO_LARGE;
	c->total += c->left;
	return 0;
}

static int step_size(struct http_chunk *c, u8 byte,
		     const struct http_chunk_limits *lim)
{
	int digit = hex_to_bin(byte), ret;

	if (digit >= 0) {
		if (c->digits++ == DIGITS_MAX)
			return BAD_REQUEST;
		c->left = c->left << 4 | digit;
		return 0;
	}
	if (!c->digits || (byte != '\r' && byte != ';' && !is_ows(byte)))
		return BAD_REQUEST;
	ret = end_size(c, lim);
	if (byte == '\r')
		c->state = S_SIZE_LF;
	else if (byte == ';')
		c->state = S_EXT_BEFORE_NAME;
	else
		c->state = S_EXT_BWS;
	return ret;
}

/* What may follow a complete extension, or none: white space was optional. */
static int after_extension(struct http_chunk *c, u8 byte)
{
	if (byte == ';')
		c->state = S_EXT_BEFORE_NAME;
	else if (byte == '\r' && c->state != S_EXT_BWS)
		c->state = S_SIZE_LF;
	else if (is_ows(byte))
		/* another extension has to follow: only ';' ends this */
		c->state = S_EXT_BWS;
	else
		return BAD_REQUEST;
	return 0;
}

static int step_extension_name(struct http_chunk *c, u8 byte)
{
	bool token = classes[byte] & C_TOKEN;

	if (c->state == S_EXT_BEFORE_NAME) {
		if (token)
			c->state = S_EXT_NAME;
		return token || is_ows(byte) ? 0 : BAD_REQUEST;
	}
	if (c->state == S_EXT_NAME && token)
		return 0;
	if (byte == '=') {
		c->state = S_EXT_BEFORE_VALUE;
		return 0;
	}
	if (is_ows(byte)) {
		c->state = S_EXT_AFTER_NAME;
		return 0;
	}
	if (c->state == S_EXT_AFTER_NAME && byte == '\r')
		return BAD_REQUEST;
	return after_extension(c, byte);
}

static int step_extension_value(struct http_chunk *c, u8 byte)
{
	switch (c->state) {
	case S_EXT_BEFORE_VALUE:
		if (is_ows(byte))
			return 0;
		if (byte == '"')
			c->state = S_EXT_QUOTED;
		else if (classes[byte] & C_TOKEN)
			c->state = S_EXT_VALUE;
		else
			return BAD_REQUEST;
		return 0;
	case S_EXT_QUOTED:
		if (byte == '"')
			c->state = S_EXT_AFTER_VALUE;
		else if (byte == '\\')
			c->state = S_EXT_ESCAPE;
		return classes[byte] & C_VALUE ? 0 : BAD_REQUEST;
	case S_EXT_ESCAPE:
		c->state = S_EXT_QUOTED;
		return classes[byte] & C_VALUE ? 0 : BAD_REQUEST;
	case S_EXT_VALUE:
		if (classes[byte] & C_TOKEN)
			return 0;
		fallthrough;
	default:
		return after_extension(c, byte);
	}
}

static int step_extension(struct http_chunk *c, u8 byte,
			  const struct http_chunk_limits *lim)
{
	/* a CR ends the extensions; it is not one of their bytes */
	if (byte != '\r' && ++c->ext > lim->ext)
		return CONTENT_TOO_LARGE;
	switch (c->state) {
	case S_EXT_BWS:
		return after_extension(c, byte);
	case S_EXT_BEFORE_NAME:
	case S_EXT_NAME:
	case S_EXT_AFTER_NAME:
		return step_extension_name(c, byte);
	default:
		return step_extension_value(c, byte);
	}
}

static int step_trailer(struct http_chunk *c, u8 byte,
			const struct http_chunk_limits *lim)
{
	if (++c->trailer > lim->trailer)
		return FIELDS_TOO_LARGE;
	switch (c->state) {
	case S_LINE:
		if (byte == '\r') {
			c->state = S_LAST_LF;
			return 0;
		}
		c->state = S_NAME;
		return classes[byte] & C_TOKEN ? 0 : BAD_REQUEST;
	case S_NAME:
		if (byte == ':')
			c->state = S_VALUE;
		else if (!(classes[byte] & C_TOKEN))
			return BAD_REQUEST;
		return 0;
	case S_VALUE:
		if (byte == '\r')
			c->state = S_LINE_LF;
		else if (!(classes[byte] & C_VALUE))
			return BAD_REQUEST;
		return 0;
	default:
		if (byte != '\n')
			return BAD_REQUEST;
		c->state = c->state == S_LAST_LF ? S_DONE : S_LINE;
		return 0;
	}
}

/* One byte that is not payload. Return: 0 or the refusal. */
static int step(struct http_chunk *c, u8 byte,
		const struct http_chunk_limits *lim)
{
	if (in_extension(c->state))
		return step_extension(c, byte, lim);
	if (in_trailer(c->state))
		return step_trailer(c, byte, lim);
	switch (c->state) {
	case S_SIZE:
		if (byte == ';' || is_ows(byte))
			c->ext++;
		if (c->ext > lim->ext)
			return CONTENT_TOO_LARGE;
		return step_size(c, byte, lim);
	case S_SIZE_LF:
		c->state = c->left ? S_DATA : S_LINE;
		return byte == '\n' ? 0 : BAD_REQUEST;
	case S_DATA_CR:
		c->state = S_DATA_LF;
		return byte == '\r' ? 0 : BAD_REQUEST;
	default:
		c->state = S_SIZE;
		c->digits = 0;
		return byte == '\n' ? 0 : BAD_REQUEST;
	}
}

void http_chunk_init(struct http_chunk *c)
{
	*c = (struct http_chunk){ .state = S_SIZE };
}

ssize_t http_chunk_parse(struct http_chunk *c, const u8 *buf, size_t len,
			 const struct http_chunk_limits *lim,
			 struct http_chunk_out *out)
{
	size_t pos = 0;
	int ret;

	out->data = NULL;
	out->len = 0;
	if (c->status)
		return -c->status;
	while (pos < len && c->state != S_DONE) {
		if (c->state == S_DATA) {
			out->data = buf + pos;
			out->len = min_t(u64, c->left, len - pos);
			c->left -= out->len;
			if (!c->left)
				c->state = S_DATA_CR;
			return pos + out->len;
		}
		ret = step(c, buf[pos++], lim);
		if (ret) {
			c->status = -ret;
			return ret;
		}
	}
	return pos;
}

bool http_chunk_done(const struct http_chunk *c)
{
	return c->state == S_DONE;
}
