/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the request head parser share: parse.c (request line),
 * fields.c (field lines) and host.c (host and port). For those files only.
 *
 * One function per element of the grammar. Each takes the place it reads from,
 * keeps it in a register, and calls the function for the next element when its
 * own is complete. Nothing is stored for a later call until the bytes run out:
 * then pause() records element and place, and http_parse() goes on there. An
 * element that must refuse bytes before its end keeps its own progress in
 * http_req.sub. The chain of calls ends with each line, so its depth is bound.
 */
#ifndef KELP_HTTP_PARSE_IMPL_H
#define KELP_HTTP_PARSE_IMPL_H

#include <linux/minmax.h>
#include <linux/types.h>

#include "parse.h"

/* Statuses of refusals. */
#define BAD_REQUEST		(-400)
#define URI_TOO_LONG		(-414)
#define EXPECTATION_FAILED	(-417)
#define MISDIRECTED		(-421)
#define FIELDS_TOO_LARGE	(-431)
#define NOT_IMPLEMENTED		(-501)
#define BAD_VERSION		(-505)

/* What else the functions for elements return. */
#define MORE		0	/* the bytes ran out */
#define LINE_DONE	1	/* cursor.p is at the next line */
#define HEAD_DONE	2	/* cursor.p is behind the head */

/* Bytes of a host: RFC 3986, 3.2.2. */
#define HOST_MAX	255

/* Where http_parse() goes on. Elements of the request line come first. */
enum state {
	S_START, S_START_LF, S_METHOD, S_TARGET, S_SCHEME, S_AUTHORITY, S_PATH,
	S_QUERY, S_ASTERISK, S_VERSION,
	S_FIELD, S_NAME, S_OWS, S_HOST, S_LENGTH, S_LIST, S_TAIL, S_VALUE,
	S_LINE_LF, S_HEAD_LF,
	S_DONE, S_REFUSED
};

/**
 * struct cursor - one call of http_parse()
 * @r: the request
 * @base: first byte of the head
 * @end: behind the last byte there is
 * @bound: behind the last byte the current part of the head may use: @end, or
 *	in the field lines the limit on them all if that comes first
 * @stop: behind the last byte the current line may use; at most @bound
 * @p: next byte to examine, valid between lines only
 * @lim: limits
 */
struct cursor {
	struct http_req *r;
	const u8 *base;
	const u8 *end;
	const u8 *bound;
	const u8 *stop;
	const u8 *p;
	const struct http_parse_limits *lim;
};

static inline u16 offset(const struct cursor *c, const u8 *p)
{
	return p - c->base;
}

/* Out of bytes, or out of what the line may use of them. */
static inline int pause(struct cursor *c, const u8 *p, enum state state)
{
	c->r->state = state;
	c->r->pos = offset(c, p);
	if (p == c->end)
		return MORE;
	return state < S_FIELD ? URI_TOO_LONG : FIELDS_TOO_LARGE;
}

/* The line that begins at p: how far may it reach? */
static inline void bound_line(struct cursor *c, const u8 *p, size_t room)
{
	c->stop = c->bound - p <= (ptrdiff_t)room ? c->bound : p + room;
}

/**
 * http_parse_host() - read host [ ":" port ], for target and Host field alike
 * @c: cursor; r->mark is where the host began, r->sub 0 when it begins now
 * @p: next byte to examine
 *
 * Sets r->host_len and r->port.
 *
 * Return: the first byte behind it; c->stop when there may be more of it; NULL
 * when it is refused with 400.
 */
const u8 *http_parse_host(struct cursor *c, const u8 *p);

/**
 * http_parse_fields() - read field lines from the first one on
 * @c: cursor; r->fields is where they begin
 *
 * Return: MORE, HEAD_DONE or a refusal.
 */
int http_parse_fields(struct cursor *c);

/**
 * http_resume_fields() - go on in the field lines
 * @c: cursor; r->state tells the element, S_FIELD or behind it
 * @p: next byte to examine
 *
 * Return: MORE, HEAD_DONE or a refusal.
 */
int http_resume_fields(struct cursor *c, const u8 *p);

#endif /* KELP_HTTP_PARSE_IMPL_H */
