// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header and trailer fields that handlers add to their answers: checked,
 * so that nothing a client sent becomes a field of its own. Any callback.
 */
#include "http/handlers/rq.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/syntax/scan.h"

static gfp_t answer_gfp(const struct kelp_http_rq *rq)
{
	return rq->call ? GFP_KERNEL : GFP_ATOMIC | __GFP_NOWARN;
}

/* Fields that kelp writes itself: a second one would be a contradiction. */
static bool is_reserved(const char *name)
{
	static const char *const names[] = {
		"Content-Length", "Transfer-Encoding", "Connection",
		"Date", "Server", "Keep-Alive", "Upgrade", "Trailer",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

static bool is_name(const char *name)
{
	const u8 *p = (const u8 *)name;

	if (!*p)
		return false;
	while (*p && classes[*p] & C_TOKEN)
		p++;
	return !*p;
}

static bool is_value(const char *value, size_t len)
{
	while (len--)
		if (!(classes[(u8)*value++] & C_VALUE))
			return false;
	return true;
}

/* Room for @more bytes behind what @text has. */
static int text_grow(struct kelp_http_rq *rq, struct http_text *text,
		     size_t more)
{
	size_t need = text->len + more;
	char *room;

	if (need > KELP_HTTP_FIELDS)
		return -E2BIG;
	if (need <= text->cap)
		return 0;
	need = need > HTTP_RQ_ROOM ? KELP_HTTP_FIELDS : HTTP_RQ_ROOM;
	room = kmalloc(need, answer_gfp(rq));
	if (!room)
		return -ENOMEM;
	if (text->len)
		memcpy(room, text->text, text->len);
	if (text->text != rq->room)
		kfree(text->text);
	text->text = room;
	text->cap = need;
	return 0;
}

static int text_add(struct kelp_http_rq *rq, struct http_text *text,
		    const char *name, const char *value, size_t len)
{
	size_t name_len = strlen(name);
	char *p;
	int err;

	if (!is_name(name) || is_reserved(name) || !is_value(value, len))
		return -EINVAL;
	err = text_grow(rq, text, name_len + len + 4);
	if (err)
		return err;
	p = text->text + text->len;
	memcpy(p, name, name_len);
	memcpy(p + name_len, ": ", 2);
	memcpy(p + name_len + 2, value, len);
	memcpy(p + name_len + 2 + len, "\r\n", 2);
	text->len += name_len + len + 4;
	return 0;
}

/* Its length, CRLF included: every line has them. */
static size_t line_len(const char *line, const char *end)
{
	const char *last = memchr(line, '\n', end - line);

	return last + 1 - line;
}

static bool line_is(const char *line, const char *name, size_t len)
{
	return !strncasecmp(line, name, len) && line[len] == ':';
}

/**
 * http_text_find() - look a field up that was added
 * @text: the fields
 * @name: its name, in any case
 * @len: set to the length of its value in bytes
 *
 * Context: any.
 * Return: the value of the first field of that name, not terminated, good until
 * the next one is added or dropped; NULL when there is none.
 */
const char *http_text_find(const struct http_text *text, const char *name,
			   size_t *len)
{
	const char *line = text->text, *end = line + text->len;
	size_t n, name_len = strlen(name);

	for (; line < end; line += n) {
		n = line_len(line, end);
		if (!line_is(line, name, name_len))
			continue;
		*len = n - name_len - 4;
		return line + name_len + 2;
	}
	return NULL;
}

/**
 * http_text_drop() - take fields out again
 * @text: the fields
 * @name: the name of those to go, in any case
 *
 * Context: any.
 */
void http_text_drop(struct http_text *text, const char *name)
{
	char *line = text->text, *end = line + text->len;
	size_t n, name_len = strlen(name);

	while (line < end) {
		n = line_len(line, end);
		if (!line_is(line, name, name_len)) {
			line += n;
			continue;
		}
		memmove(line, line + n, end - line - n);
		end -= n;
	}
	text->len = end - text->text;
}

/**
 * kelp_http_add_bytes() - add a header field
 * @rq: the request
 * @name: its name; neither what kelp writes itself (Date, Server, Connection)
 *	nor framing (Content-Length, Transfer-Encoding, Trailer)
 * @value: its value, need not be terminated
 * @len: its length in bytes
 *
 * Context: any callback.
 * Return: 0; -EINVAL for a name that is none or reserved, for a control
 * character in the value, or when the answer has begun; -E2BIG beyond
 * KELP_HTTP_FIELDS; -ENOMEM. Nothing is added then.
 */
int kelp_http_add_bytes(struct kelp_http_rq *rq, const char *name,
			const char *value, size_t len)
{
	if (rq->begun)
		return -EINVAL;
	if (!rq->fields.text) {
		rq->fields.text = rq->room;
		rq->fields.cap = sizeof(rq->room);
	}
	return text_add(rq, &rq->fields, name, value, len);
}
EXPORT_SYMBOL_GPL(kelp_http_add_bytes);

/**
 * kelp_http_add() - add a header field
 * @rq: the request
 * @name: its name
 * @value: its value, NUL terminated
 *
 * Context, Return: as kelp_http_add_bytes().
 */
int kelp_http_add(struct kelp_http_rq *rq, const char *name, const char *value)
{
	return kelp_http_add_bytes(rq, name, value, strlen(value));
}
EXPORT_SYMBOL_GPL(kelp_http_add);

/* RFC 6265, 4.1.1: what a cookie's value may be made of. */
static bool is_cookie_value(const char *value)
{
	for (; *value; value++)
		if (*value <= ' ' || *value >= 0x7f || *value == '"' ||
		    *value == ',' || *value == ';' || *value == '\\')
			return false;
	return true;
}

/**
 * kelp_http_add_cookie() - have the client keep a cookie
 * @rq: the request
 * @name: its name
 * @value: its value: printable ASCII without space, quote, comma, semicolon
 *	and backslash
 * @attributes: what follows it, as in "Path=/; HttpOnly", or NULL
 *
 * Context: any callback.
 * Return: as kelp_http_add_bytes().
 */
int kelp_http_add_cookie(struct kelp_http_rq *rq, const char *name,
			 const char *value, const char *attributes)
{
	char *text;
	int err;

	if (!is_name(name) || !is_cookie_value(value))
		return -EINVAL;
	text = kasprintf(answer_gfp(rq), "%s=%s%s%s", name, value,
			 attributes ? "; " : "", attributes ?: "");
	if (!text)
		return -ENOMEM;
	err = kelp_http_add(rq, "Set-Cookie", text);
	kfree(text);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_http_add_cookie);

/**
 * kelp_http_trailer() - add a field behind the body
 * @rq: the request
 * @name: its name
 * @value: its value, NUL terminated
 *
 * Sent when the answer goes out in chunks, dropped otherwise.
 *
 * Context: any callback, until the answer is finished.
 * Return: as kelp_http_add_bytes().
 */
int kelp_http_trailer(struct kelp_http_rq *rq, const char *name,
		      const char *value)
{
	if (rq->finished)
		return -EINVAL;
	return text_add(rq, &rq->trailers, name, value, strlen(value));
}
EXPORT_SYMBOL_GPL(kelp_http_trailer);
