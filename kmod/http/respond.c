// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing answers. Knows the format of a response and nothing of requests,
 * routes or files. Under the socket lock, BH off.
 */
#include "http/respond.h"

#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/ktime.h>

#include "hot.h"
#include "http/syntax/date.h"
#include "http/object.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"

#define HTTP_STATUS_LINE "HTTP/1.1 200 OK\r\n"
#define HTTP_PREAMBLE HTTP_STATUS_LINE "Server: kelp\r\nDate: "

/* Room for a status line with Server and Date; for a short answer. */
#define HTTP_LINE_ROOM 192
#define HTTP_TEXT_ROOM 512

/**
 * struct http_preamble - the beginning of every answer
 * @second: when @text was made
 * @text: status line 200, Server, Date
 *
 * One per CPU, used with BH off: made anew by whoever first needs it in a
 * second, so no timer and no shared line.
 */
struct http_preamble {
	time64_t second;
	char text[sizeof(HTTP_PREAMBLE) - 1 + HTTP_DATE_LEN + 2];
};

static DEFINE_PER_CPU(struct http_preamble, http_preamble);

static const struct http_preamble *http_preamble_now(void)
{
	struct http_preamble *pre = this_cpu_ptr(&http_preamble);
	time64_t now = ktime_get_real_seconds();
	size_t at = sizeof(HTTP_PREAMBLE) - 1;

	if (likely(pre->second == now))
		return pre;
	memcpy(pre->text, HTTP_PREAMBLE, at);
	http_date_format(pre->text + at, now);
	memcpy(pre->text + at + HTTP_DATE_LEN, "\r\n", 2);
	pre->second = now;
	return pre;
}

/**
 * http_reason() - the reason phrase of a status
 * @status: the status
 *
 * Context: any.
 * Return: constant text.
 */
const char *http_reason(unsigned int status)
{
	static const struct {
		u16 status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 206, "Partial Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 416, "Range Not Satisfiable" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

static void http_respond_count(struct kelp_run *run, unsigned int status)
{
	static const enum kelp_stat by_class[] = {
		KELP_STAT_HTTP_2XX, KELP_STAT_HTTP_3XX,
		KELP_STAT_HTTP_4XX, KELP_STAT_HTTP_5XX,
	};

	kelp_stat_inc(run->conn->stats,
		      by_class[clamp(status / 100, 2u, 5u) - 2]);
}

/**
 * http_respond_head() - write status line and header fields
 * @run: the invocation
 * @mode: how
 * @status: status code
 * @fields: the other header fields and the empty line, and perhaps the body
 *	behind it; must stay until the invocation ends
 * @len: bytes of @fields
 *
 * Context: socket lock, BH off.
 */
__kelp_hot
void http_respond_head(struct kelp_run *run, struct http_mode mode,
		       unsigned int status, const void *fields, size_t len)
{
	const struct http_preamble *pre = http_preamble_now();
	const size_t line = sizeof(HTTP_STATUS_LINE) - 1;
	char *room;
	int n;

	if (likely(status == 200)) {
		kelp_out_ref(run, pre->text, sizeof(pre->text));
	} else {
		room = kelp_out_alloc(run, HTTP_LINE_ROOM);
		n = scnprintf(room, HTTP_LINE_ROOM, "HTTP/1.1 %u %s\r\n", status,
			      http_reason(status));
		memcpy(room + n, pre->text + line, sizeof(pre->text) - line);
		kelp_out_ref(run, room, n + sizeof(pre->text) - line);
	}
	if (unlikely(mode.close))
		kelp_out_ref(run, "Connection: close\r\n", 19);
	else if (unlikely(mode.minor0))
		kelp_out_ref(run, "Connection: keep-alive\r\n", 24);
	kelp_out_ref(run, fields, len);
	if (likely(status == 200))
		kelp_stat_inc(run->conn->stats, KELP_STAT_HTTP_2XX);
	else
		http_respond_count(run, status);
}

/* Bytes of @obj->data that the answer has. */
static size_t respond_inside(struct http_mode mode,
			     const struct kelp_object *obj)
{
	/* The head of a streamed file has no body here: see http/files/task.c. */
	return obj->head_len +
	       (obj->blob || mode.head_only ? 0 : obj->body_len);
}

/*
 * The object keeps its blob until a grace period after its own end, and this
 * invocation is a reader: the blob's reference is valid here.
 */
static void respond_blob(struct kelp_run *run, struct http_mode mode,
			 struct kelp_object *obj)
{
	if (obj->blob && !mode.head_only)
		kelp_out_blob(run, obj->blob, 0, obj->body_len);
}

/**
 * http_respond_page() - answer with an object, but another status
 * @run: the invocation
 * @mode: how
 * @status: status code, an error
 * @obj: the object; a reference or the invocation's RCU section keeps it
 *
 * Without its validators: they are not those of what was asked for.
 *
 * Context: socket lock, BH off.
 */
void http_respond_page(struct kelp_run *run, struct http_mode mode,
		       unsigned int status, struct kelp_object *obj)
{
	http_respond_head(run, mode, status, obj->data, obj->part_len);
	kelp_out_ref(run, obj->data + obj->vary_off,
		     respond_inside(mode, obj) - obj->vary_off);
	respond_blob(run, mode, obj);
}

/**
 * http_respond_object() - answer with an object
 * @run: the invocation
 * @mode: how
 * @obj: the object; a reference or the invocation's RCU section keeps it
 *
 * Context: socket lock, BH off.
 */
__kelp_hot
void http_respond_object(struct kelp_run *run, struct http_mode mode,
			 struct kelp_object *obj)
{
	http_respond_head(run, mode, obj->status, obj->data,
			  respond_inside(mode, obj));
	respond_blob(run, mode, obj);
}

/**
 * http_respond_status() - answer with a status and a line of text
 * @run: the invocation
 * @mode: how
 * @status: status code; 204 and 304 get no body
 * @extra: further field lines, each with CRLF, or NULL
 *
 * Context: socket lock, BH off.
 */
void http_respond_status(struct kelp_run *run, struct http_mode mode,
			 unsigned int status, const char *extra)
{
	const char *reason = http_reason(status);
	char *room;
	int n;

	kelp_out_reserve(run, HTTP_TEXT_ROOM + HTTP_LINE_ROOM);
	room = kelp_out_alloc(run, HTTP_TEXT_ROOM);
	if (status == 204 || status == 304)
		n = scnprintf(room, HTTP_TEXT_ROOM, "%s\r\n", extra ?: "");
	else
		n = scnprintf(room, HTTP_TEXT_ROOM,
			      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n%s\r\n",
			      strlen(reason) + 5, extra ?: "");
	if (status != 204 && status != 304 && !mode.head_only)
		n += scnprintf(room + n, HTTP_TEXT_ROOM - n, "%u %s\n", status, reason);
	http_respond_head(run, mode, status, room, n);
}

/**
 * http_respond_redirect() - answer 301 to a directory named without its slash
 * @run: the invocation
 * @mode: how
 * @path: the path as the client sent it
 * @len: its length
 * @query: the query as the client sent it, without '?'
 * @query_len: its length, 0 for none
 *
 * Context: socket lock, BH off.
 */
void http_respond_redirect(struct kelp_run *run, struct http_mode mode,
			   const char *path, size_t len,
			   const char *query, size_t query_len)
{
	static const char text[] = "301 Moved Permanently\n";
	size_t cap = len + query_len + 192;
	char *room;
	int n;

	/* Browsers would take "//host" for another server. */
	while (len > 1 && path[0] == '/' && path[1] == '/') {
		path++;
		len--;
	}
	if (cap + HTTP_LINE_ROOM > KELP_OUT_SCRATCH) {
		http_respond_status(run, mode, 414, NULL);
		return;
	}
	kelp_out_reserve(run, cap + HTTP_LINE_ROOM);
	room = kelp_out_alloc(run, cap);
	n = scnprintf(room, cap,
		      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\nLocation: %.*s/%s%.*s\r\n\r\n%s",
		      sizeof(text) - 1, (int)len, path, query_len ? "?" : "",
		      (int)query_len, query, mode.head_only ? "" : text);
	http_respond_head(run, mode, 301, room, n);
}

/**
 * http_respond_continue() - tell the client to send the body
 * @run: the invocation
 *
 * Context: socket lock, BH off.
 */
void http_respond_continue(struct kelp_run *run)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	kelp_out_ref(run, text, sizeof(text) - 1);
}
