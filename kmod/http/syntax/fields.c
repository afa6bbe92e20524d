// SPDX-License-Identifier: GPL-2.0-only
/*
 * The field lines of a request head: their syntax, and the meaning of those
 * that frame the message or concern the connection.
 *
 * Pure; runs in softirq, in workers and in user space. It must not know about
 * sockets, connections or responses. parse_impl.h tells how it works.
 */
#include "hot.h"
#include "parse_impl.h"
#include "scan.h"

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/string.h>

/* Bytes of a body; files and positions in them have no more. */
#define LENGTH_MAX	((u64)S64_MAX)

/* http_req.field: a slot of http_req.known, or one of these. */
enum field {
	FIELD_HOST = HTTP_NR_KNOWN, FIELD_LENGTH, FIELD_CODING,
	FIELD_CONNECTION, FIELD_EXPECT, FIELD_OTHER
};

/* http_req.sub in S_LIST. */
enum { L_BETWEEN, L_TOKEN, L_AFTER };

/* Field names in lower case, by length: the look-up starts at the length. */
#define NAME_MAX_LEN	19

static const struct {
	char name[NAME_MAX_LEN];
	u8 field;
} names[] = {
	{ "host", FIELD_HOST },				/* 4 */
	{ "range", HTTP_KNOWN_RANGE },			/* 5 */
	{ "accept", HTTP_KNOWN_ACCEPT },		/* 6 */
	{ "cookie", HTTP_KNOWN_COOKIE },
	{ "expect", FIELD_EXPECT },
	{ "origin", HTTP_KNOWN_ORIGIN },
	{ "upgrade", HTTP_KNOWN_UPGRADE },		/* 7 */
	{ "if-match", HTTP_KNOWN_IF_MATCH },		/* 8 */
	{ "if-range", HTTP_KNOWN_IF_RANGE },
	{ "connection", FIELD_CONNECTION },		/* 10 */
	{ "content-type", HTTP_KNOWN_CONTENT_TYPE },	/* 12 */
	{ "authorization", HTTP_KNOWN_AUTHORIZATION },	/* 13 */
	{ "if-none-match", HTTP_KNOWN_IF_NONE_MATCH },
	{ "content-length", FIELD_LENGTH },		/* 14 */
	{ "accept-encoding", HTTP_KNOWN_ACCEPT_ENCODING }, /* 15 */
	{ "x-forwarded-for", HTTP_KNOWN_X_FORWARDED_FOR },
	{ "transfer-encoding", FIELD_CODING },		/* 17 */
	{ "if-modified-since", HTTP_KNOWN_IF_MODIFIED_SINCE },
	{ "if-unmodified-since", HTTP_KNOWN_IF_UNMODIFIED_SINCE }, /* 19 */
};

/* Index of the first name that is at least this long. */
static const u8 first_name[NAME_MAX_LEN + 2] = {
	0, 0, 0, 0, 0, 1, 2, 6, 7, 9, 9, 10, 10, 11, 13, 14, 16, 16, 18, 18, 19
};

/* Line feed of an ordinary field line. */
static inline int on_line_lf(struct cursor *c, const u8 *p)
{
	if (p == c->stop)
		return pause(c, p, S_LINE_LF);
	if (*p != '\n')
		return BAD_REQUEST;
	c->p = p + 1;
	return LINE_DONE;
}

/* Line feed of the empty line, and what only a whole head can tell. */
__kelp_hot
static int on_head_lf(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	if (p == c->stop)
		return pause(c, p, S_HEAD_LF);
	if (*p != '\n')
		return BAD_REQUEST;
	if (!(r->flags & (HTTP_F_HAS_HOST | HTTP_F_MINOR0)))
		return BAD_REQUEST;
	if (!(r->flags & HTTP_F_CLOSE) &&
	    (!(r->flags & HTTP_F_MINOR0) || r->flags & HTTP_F_CONN_KEEPALIVE))
		r->flags |= HTTP_F_KEEPALIVE;
	c->p = p + 1;
	return HEAD_DONE;
}

/* A field value whose bytes only have to be such as a value may have. */
static int on_value(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *first, *last;

	p = skip_value(p, c->stop);
	if (p == c->stop)
		return pause(c, p, S_VALUE);
	if (*p != '\r')
		return BAD_REQUEST;
	if (r->field == FIELD_OTHER)
		return on_line_lf(c, p + 1);
	if (r->seen & BIT(r->field)) {
		r->repeated |= BIT(r->field);
		return on_line_lf(c, p + 1);
	}
	r->seen |= BIT(r->field);
	first = c->base + r->mark;
	for (last = p; last > first && is_ows(last[-1]); last--)
		;
	while (first < last && is_ows(*first))
		first++;
	r->known[r->field].off = offset(c, first);
	r->known[r->field].len = last - first;
	return on_line_lf(c, p + 1);
}

/* What may follow a value that was parsed to its end: white space. */
static inline int on_tail(struct cursor *c, const u8 *p)
{
	while (p < c->stop && is_ows(*p))
		p++;
	if (p == c->stop)
		return pause(c, p, S_TAIL);
	if (*p != '\r')
		return BAD_REQUEST;
	return on_line_lf(c, p + 1);
}

/* One token of a list field is complete. Return: 0 or the refusal. */
static int list_token(struct http_req *r, const u8 *p, size_t len)
{
	switch (r->field) {
	case FIELD_CONNECTION:
		if (token_is(p, len, "close", 5))
			r->flags |= HTTP_F_CLOSE;
		else if (token_is(p, len, "keep-alive", 10))
			r->flags |= HTTP_F_CONN_KEEPALIVE;
		return 0;
	case FIELD_CODING:
		if (!token_is(p, len, "chunked", 7))
			return NOT_IMPLEMENTED;
		r->flags |= HTTP_F_CHUNKED;
		return 0;
	default:
		if (!token_is(p, len, "100-continue", 12))
			return EXPECTATION_FAILED;
		/* RFC 9110, 10.1.1: a 1.0 client does not know what it says */
		if (!(r->flags & HTTP_F_MINOR0))
			r->flags |= HTTP_F_EXPECT_CONTINUE;
		return 0;
	}
}

/* A byte that a list field cannot have at this place. */
static int list_refusal(const struct http_req *r, u8 byte)
{
	/* an expectation may have a value, none that is known here does */
	if (r->field == FIELD_EXPECT && classes[byte] & C_VALUE)
		return EXPECTATION_FAILED;
	return BAD_REQUEST;
}

/* Tokens between commas, empty members ignored: RFC 9110, 5.6.1.2. */
static int on_list(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	int ret;

	while (p < c->stop) {
		if (r->sub == L_TOKEN) {
			p = skip(p, c->stop, C_TOKEN);
			if (p == c->stop)
				break;
			ret = list_token(r, c->base + r->mark,
					 offset(c, p) - r->mark);
			if (ret)
				return ret;
			r->sub = L_AFTER;
		}
		if (*p == ',') {
			r->sub = L_BETWEEN;
		} else if (*p == '\r') {
			/* a list of codings without one frames nothing */
			if (r->field == FIELD_CODING &&
			    !(r->flags & HTTP_F_CHUNKED))
				return BAD_REQUEST;
			return on_line_lf(c, p + 1);
		} else if (!is_ows(*p)) {
			if (r->sub == L_AFTER || !(classes[*p] & C_TOKEN))
				return list_refusal(r, *p);
			/* nothing may follow chunked: RFC 9112, 6.1 */
			if (r->field == FIELD_CODING &&
			    r->flags & HTTP_F_CHUNKED)
				return BAD_REQUEST;
			r->sub = L_TOKEN;
			r->mark = offset(c, p);
		}
		p++;
	}
	return pause(c, p, S_LIST);
}

/* Digits, and nothing that could be read in another way: RFC 9112, 6.3. */
static int on_length(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	for (; p < c->stop && is_digit(*p); p++) {
		unsigned int digit = *p - '0';

		if (r->content_length > LENGTH_MAX / 10 ||
		    r->content_length * 10 > LENGTH_MAX - digit)
			return BAD_REQUEST;
		r->content_length = r->content_length * 10 + digit;
		r->sub = 1;
	}
	if (p == c->stop)
		return pause(c, p, S_LENGTH);
	return r->sub ? on_tail(c, p) : BAD_REQUEST;
}

static int on_host(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	p = http_parse_host(c, p);
	if (!p)
		return BAD_REQUEST;
	if (p == c->stop)
		return pause(c, p, S_HOST);
	if (!(r->flags & HTTP_F_ABSOLUTE)) {
		r->host.off = r->mark;
		r->host.len = r->host_len;
	}
	return on_tail(c, p);
}

/* White space before a value that is parsed. */
static int on_ows(struct cursor *c, const u8 *p)
{
	while (p < c->stop && is_ows(*p))
		p++;
	if (p == c->stop)
		return pause(c, p, S_OWS);
	c->r->sub = 0;
	c->r->mark = offset(c, p);
	switch (c->r->field) {
	case FIELD_HOST:
		return on_host(c, p);
	case FIELD_LENGTH:
		return on_length(c, p);
	default:
		return on_list(c, p);
	}
}

/* May this field be here at all? Those that frame the message and Host. */
static int check_field(struct http_req *r)
{
	switch (r->field) {
	case FIELD_HOST:
		if (r->flags & HTTP_F_HAS_HOST)
			return BAD_REQUEST;
		r->flags |= HTTP_F_HAS_HOST;
		return 0;
	case FIELD_LENGTH:
		if (r->flags & (HTTP_F_HAS_LENGTH | HTTP_F_CHUNKED))
			return BAD_REQUEST;
		r->flags |= HTTP_F_HAS_LENGTH;
		return 0;
	case FIELD_CODING:
		if (r->flags & (HTTP_F_HAS_LENGTH | HTTP_F_MINOR0))
			return BAD_REQUEST;
		return 0;
	default:
		return 0;
	}
}

static u8 look_up_name(const u8 *p, size_t len)
{
	unsigned int i;

	if (len > NAME_MAX_LEN)
		return FIELD_OTHER;
	for (i = first_name[len]; i < first_name[len + 1]; i++)
		if (token_is(p, len, names[i].name, len))
			return names[i].field;
	return FIELD_OTHER;
}

static int on_name(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *name = c->base + r->line;
	int ret;

	p = skip(p, c->stop, C_TOKEN);
	if (p == c->stop)
		return pause(c, p, S_NAME);
	if (*p != ':' || p == name)
		return BAD_REQUEST;
	r->field = look_up_name(name, p - name);
	p++;
	if (r->field < HTTP_NR_KNOWN || r->field == FIELD_OTHER) {
		r->mark = offset(c, p);
		return on_value(c, p);
	}
	ret = check_field(r);
	return ret ? ret : on_ows(c, p);
}

/*
 * The one field that every request has, in its usual form and complete: a name
 * or an IPv4 address, and at most four digits of port. Small heads consist of
 * little else. For all other forms, good and bad, returns NULL: on_name() then
 * looks at it from the beginning.
 */
static const u8 *plain_host_line(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *stop = c->stop, *host, *end;

	if (stop - p < 8 || !token_is(p, 4, "host", 4) || p[4] != ':' ||
	    p[5] != ' ' || r->flags & HTTP_F_HAS_HOST)
		return NULL;
	host = p + 6;
	end = skip(host, stop, C_HOST);
	if (end == host || end - host > HOST_MAX)
		return NULL;
	p = end;
	if (p < stop && *p == ':')
		do
			p++;
		while (p < stop && is_digit(*p));
	if (p - end > 5 || stop - p < 2 || p[0] != '\r' || p[1] != '\n')
		return NULL;
	r->flags |= HTTP_F_HAS_HOST;
	if (!(r->flags & HTTP_F_ABSOLUTE)) {
		r->host.off = offset(c, host);
		r->host.len = end - host;
	}
	return p + 2;
}

/* First byte of a field line, or of the empty line. */
__kelp_hot
static int on_field(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *line_end;

	if (p == c->stop)
		return pause(c, p, S_FIELD);
	if (*p == '\r')
		return on_head_lf(c, p + 1);
	if (r->nr_fields >= c->lim->nr_fields)
		return FIELDS_TOO_LARGE;
	r->nr_fields++;
	line_end = plain_host_line(c, p);
	if (!line_end)
		return on_name(c, p);
	c->p = line_end;
	return LINE_DONE;
}

static int resume_line(struct cursor *c, const u8 *p)
{
	switch (c->r->state) {
	case S_FIELD:
		return on_field(c, p);
	case S_NAME:
		return on_name(c, p);
	case S_OWS:
		return on_ows(c, p);
	case S_HOST:
		return on_host(c, p);
	case S_LENGTH:
		return on_length(c, p);
	case S_LIST:
		return on_list(c, p);
	case S_TAIL:
		return on_tail(c, p);
	case S_VALUE:
		return on_value(c, p);
	case S_LINE_LF:
		return on_line_lf(c, p);
	default:
		return on_head_lf(c, p);
	}
}

static void bound_fields(struct cursor *c)
{
	const u8 *fields = c->base + c->r->fields;

	if (c->bound - fields > c->lim->head)
		c->bound = fields + c->lim->head;
}

/* All lines from c->p on. */
static int field_lines(struct cursor *c)
{
	int ret;

	do {
		c->r->line = offset(c, c->p);
		bound_line(c, c->p, c->lim->field);
		ret = on_field(c, c->p);
	} while (ret == LINE_DONE);
	return ret;
}

__kelp_hot
int http_parse_fields(struct cursor *c)
{
	bound_fields(c);
	return field_lines(c);
}

int http_resume_fields(struct cursor *c, const u8 *p)
{
	int ret;

	bound_fields(c);
	bound_line(c, c->base + c->r->line, c->lim->field);
	if (p > c->stop)	/* a limit was lowered meanwhile */
		return FIELDS_TOO_LARGE;
	ret = resume_line(c, p);
	return ret == LINE_DONE ? field_lines(c) : ret;
}

bool http_field_next(const struct http_req *req, const u8 *buf, u16 *pos,
		     struct http_slice *name, struct http_slice *value)
{
	u16 p = *pos ? *pos : req->fields;
	u16 first, last;

	if (!req->head_len || buf[p] == '\r')
		return false;
	name->off = p;
	while (buf[p] != ':')
		p++;
	name->len = p++ - name->off;
	for (first = p; is_ows(buf[first]); first++)
		;
	for (p = first; buf[p] != '\r'; p++)
		;
	for (last = p; last > first && is_ows(buf[last - 1]); last--)
		;
	value->off = first;
	value->len = last - first;
	*pos = p + 2;
	return true;
}
