// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HTTP/1.x request head parser (RFC 9112, with the URI syntax of RFC 3986):
 * its entry, and the request line.
 *
 * Pure; runs in softirq, in workers and in user space. It must not know about
 * sockets, connections or responses. parse_impl.h tells how it works.
 */
#include "parse.h"
#include "hot.h"
#include "parse_impl.h"
#include "path.h"
#include "scan.h"

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/string.h>

static const struct {
	char name[8];
	u8 len;
} methods[] = {
	[HTTP_GET] = { "GET", 3 },
	[HTTP_HEAD] = { "HEAD", 4 },
	[HTTP_POST] = { "POST", 4 },
	[HTTP_PUT] = { "PUT", 3 },
	[HTTP_DELETE] = { "DELETE", 6 },
	[HTTP_OPTIONS] = { "OPTIONS", 7 },
	[HTTP_PATCH] = { "PATCH", 5 },
	[HTTP_TRACE] = { "TRACE", 5 },
	[HTTP_CONNECT] = { "CONNECT", 7 },
};

static void look_at_path(struct cursor *c)
{
	struct http_req *r = c->r;

	r->flags &= ~HTTP_F_NORMAL;
	if (http_path_is_normal(c->base + r->target.off, r->target.len))
		r->flags |= HTTP_F_NORMAL;
}

static int on_version(struct cursor *c, const u8 *p)
{
	static const char form[] = "HTTP/1.1\r\n";
	struct http_req *r = c->r;

	if (!r->sub && c->stop - p >= 10 && !memcmp(p, form, 10)) {
		p += 10;
		goto done;
	}
	for (; r->sub < 10; r->sub++, p++) {
		if (p == c->stop)
			return pause(c, p, S_VERSION);
		if (r->sub != 5 && r->sub != 7) {
			if (*p != form[r->sub])
				return BAD_REQUEST;
			continue;
		}
		if (!is_digit(*p))
			return BAD_REQUEST;
		if (r->sub == 5)
			continue;
		if (p[-2] != '1')
			return BAD_VERSION;
		if (*p == '0')
			r->flags |= HTTP_F_MINOR0;
	}
done:
	look_at_path(c);
	c->p = p;
	r->fields = offset(c, p);
	return LINE_DONE;
}

static int begin_version(struct cursor *c, const u8 *p)
{
	c->r->sub = 0;
	return on_version(c, p);
}

/*
 * A run of the class and of percent-encodings. r->sub counts the hex digits
 * that are still due.
 *
 * Return: the first byte behind it; c->stop when there may be more of it; NULL
 * when an encoding is not one.
 */
static const u8 *encoded_run(struct cursor *c, const u8 *p, u8 class)
{
	struct http_req *r = c->r;

	for (;;) {
		for (; r->sub && p < c->stop; r->sub--)
			if (!(classes[*p++] & C_HEX))
				return NULL;
		p = skip(p, c->stop, class);
		if (p == c->stop || *p != '%')
			return p;
		p++;
		r->sub = 2;
	}
}

static int on_query(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	p = encoded_run(c, p, C_QUERY);
	if (!p)
		return BAD_REQUEST;
	if (p == c->stop)
		return pause(c, p, S_QUERY);
	if (*p != ' ')
		return BAD_REQUEST;
	r->query.off = r->mark;
	r->query.len = offset(c, p) - r->mark;
	return begin_version(c, p + 1);
}

static int begin_query(struct cursor *c, const u8 *p)
{
	c->r->flags |= HTTP_F_HAS_QUERY;
	c->r->mark = offset(c, p);
	c->r->sub = 0;
	return on_query(c, p);
}

static int on_path(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	p = encoded_run(c, p, C_PATH);
	if (!p)
		return BAD_REQUEST;
	if (p == c->stop)
		return pause(c, p, S_PATH);
	r->target.off = r->mark;
	r->target.len = offset(c, p) - r->mark;
	if (*p == '?')
		return begin_query(c, p + 1);
	return *p == ' ' ? begin_version(c, p + 1) : BAD_REQUEST;
}

static int begin_path(struct cursor *c, const u8 *p)
{
	c->r->mark = offset(c, p);
	c->r->sub = 0;
	return on_path(c, p);
}

static int on_authority(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	p = http_parse_host(c, p);
	if (!p)
		return BAD_REQUEST;
	if (p == c->stop)
		return pause(c, p, S_AUTHORITY);
	r->host.off = r->mark;
	r->host.len = r->host_len;
	if (*p == '/')
		return begin_path(c, p);
	if (*p == '?')
		return begin_query(c, p + 1);
	if (*p != ' ')
		return BAD_REQUEST;
	/* RFC 9112, 3.2.4: what a proxy makes an asterisk of */
	if (r->method == HTTP_OPTIONS)
		r->flags |= HTTP_F_ASTERISK;
	return begin_version(c, p + 1);
}

static int on_scheme(struct cursor *c, const u8 *p)
{
	static const char form[] = "http://";
	struct http_req *r = c->r;
	const u8 *first = c->base + r->mark;

	for (; p < c->stop; p++) {
		size_t i = p - first;
		bool tls = i > 4 && first[4] != ':';

		if (i == 4 && (*p | 0x20) == 's')
			continue;
		if ((i < 4 ? *p | 0x20 : *p) != form[i - tls])
			return BAD_REQUEST;
		if (i - tls < 6)
			continue;
		if (tls)
			return MISDIRECTED;
		/* the path, unless there is another: this slash will do */
		r->target.off = offset(c, p);
		r->target.len = 1;
		r->flags |= HTTP_F_ABSOLUTE;
		r->mark = offset(c, p + 1);
		r->sub = 0;
		return on_authority(c, p + 1);
	}
	return pause(c, p, S_SCHEME);
}

/* The only thing behind an asterisk. */
static int on_asterisk(struct cursor *c, const u8 *p)
{
	if (p == c->stop)
		return pause(c, p, S_ASTERISK);
	return *p == ' ' ? begin_version(c, p + 1) : BAD_REQUEST;
}

static int on_target(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;

	if (p == c->stop)
		return pause(c, p, S_TARGET);
	if (*p == '/')
		return begin_path(c, p);
	r->mark = offset(c, p);
	if ((*p | 0x20) == 'h')
		return on_scheme(c, p);
	if (*p != '*' || r->method != HTTP_OPTIONS)
		return BAD_REQUEST;
	r->target.off = r->mark;
	r->target.len = 1;
	r->flags |= HTTP_F_ASTERISK;
	return on_asterisk(c, p + 1);
}

static u8 look_up_method(const u8 *p, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (len == methods[i].len && !memcmp(p, methods[i].name, len))
			break;
	return i;
}

static int on_method(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *first = c->base + r->line;

	if (p == first && c->stop - p >= 4 && !memcmp(p, "GET ", 4)) {
		r->method = HTTP_GET;
		return on_target(c, p + 4);
	}
	p = skip(p, c->stop, C_TOKEN);
	if (p == c->stop)
		return pause(c, p, S_METHOD);
	if (*p != ' ' || p == first)
		return BAD_REQUEST;
	r->method = look_up_method(first, p - first);
	if (r->method == HTTP_CONNECT)
		return NOT_IMPLEMENTED;
	return on_target(c, p + 1);
}

/* Line feed of the one empty line that is ignored: RFC 9112, 2.2. */
static int on_start_lf(struct cursor *c, const u8 *p)
{
	if (p == c->stop)
		return pause(c, p, S_START_LF);
	if (*p++ != '\n')
		return BAD_REQUEST;
	c->r->line = offset(c, p);
	bound_line(c, p, c->lim->line);
	return on_method(c, p);
}

/*
 * A path as http_path_is_normal() has it: no empty segment, and none that a
 * dot begins. Return: the first byte that it cannot have.
 */
static __always_inline const u8 *normal_path(const u8 *slash, const u8 *stop)
{
	const u8 *p = slash;

	do {
		p = skip(p + 1, stop, C_SEGMENT);
	} while (p < stop && (*p == '/' || *p == '.') && p[-1] != '/');
	return p;
}

/*
 * The usual request line, complete: GET, a path as it should be, no query,
 * HTTP/1.1. For all others, good and bad, returns false: the functions above
 * then look at it from the beginning.
 */
static bool plain_get_line(struct cursor *c, const u8 *p)
{
	struct http_req *r = c->r;
	const u8 *end;

	if (c->stop - p < 16 || memcmp(p, "GET /", 5))
		return false;
	end = normal_path(p + 4, c->stop);
	if (c->stop - end < 11 || memcmp(end, " HTTP/1.1\r\n", 11))
		return false;
	r->method = HTTP_GET;
	r->flags |= HTTP_F_NORMAL;
	r->target.off = offset(c, p + 4);
	r->target.len = end - p - 4;
	c->p = end + 11;
	r->fields = offset(c, c->p);
	return true;
}

static int on_start(struct cursor *c, const u8 *p)
{
	if (plain_get_line(c, p))
		return LINE_DONE;
	if (p == c->stop)
		return pause(c, p, S_START);
	if (*p == '\r')
		return on_start_lf(c, p + 1);
	return on_method(c, p);
}

static int resume_request_line(struct cursor *c, const u8 *p)
{
	bound_line(c, c->base + c->r->line, c->lim->line);
	if (p > c->stop)	/* the limit was lowered meanwhile */
		return URI_TOO_LONG;
	switch (c->r->state) {
	case S_START:
		return on_start(c, p);
	case S_START_LF:
		return on_start_lf(c, p);
	case S_METHOD:
		return on_method(c, p);
	case S_TARGET:
		return on_target(c, p);
	case S_SCHEME:
		return on_scheme(c, p);
	case S_AUTHORITY:
		return on_authority(c, p);
	case S_PATH:
		return on_path(c, p);
	case S_QUERY:
		return on_query(c, p);
	case S_ASTERISK:
		return on_asterisk(c, p);
	default:
		return on_version(c, p);
	}
}

void http_req_init(struct http_req *req)
{
	BUILD_BUG_ON(sizeof(*req) > 128);
	BUILD_BUG_ON(ARRAY_SIZE(methods) != HTTP_METHOD_UNKNOWN);
	memset(req, 0, sizeof(*req));
	req->method = HTTP_METHOD_UNKNOWN;
}

/*
 * In three parts, because for more than a few words the compiler takes a string
 * instruction, which is slow to begin.
 */
__kelp_hot
void http_req_next(struct http_req *req)
{
	const size_t half = offsetof(struct http_req, known) / 2;

	BUILD_BUG_ON(offsetof(struct http_req, known) > 48);
	if (unlikely(req->seen))
		memset(req->known, 0, sizeof(req->known));
	memset(req, 0, half);
	memset((u8 *)req + half, 0, half);
	req->method = HTTP_METHOD_UNKNOWN;
}

__kelp_hot
int http_parse(struct http_req *req, const u8 *buf, size_t len,
	       const struct http_parse_limits *lim)
{
	struct cursor c = {
		.r = req, .base = buf, .end = buf + len, .bound = buf + len,
		.lim = lim
	};
	int ret;

	if (req->state >= S_DONE)
		return req->state == S_DONE ? req->head_len : -req->status;
	if (WARN_ON_ONCE(len < req->pos || !http_limits_valid(lim)))
		return -500;
	if (req->state < S_FIELD) {
		ret = resume_request_line(&c, buf + req->pos);
		if (ret == LINE_DONE)
			ret = http_parse_fields(&c);
	} else {
		ret = http_resume_fields(&c, buf + req->pos);
		/* bytes that came before may lie in pages that a peer shares */
		if (ret == HEAD_DONE)
			look_at_path(&c);
	}
	if (ret == MORE)
		return 0;
	if (ret < 0) {
		req->state = S_REFUSED;
		req->status = -ret;
		return ret;
	}
	req->state = S_DONE;
	req->head_len = offset(&c, c.p);
	return req->head_len;
}
