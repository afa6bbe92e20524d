// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request whose head is complete: how its body is framed, who answers, and
 * the answer if it can be given here. Under the socket lock with BH off, in
 * softirq or in the worker; an RCU reader throughout, which is what keeps the
 * routes, sites and objects that it looks at.
 */
#include "http/request.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "hot.h"
#include "http/files/cache.h"
#include "http/deliver.h"
#include "http/handlers/claim.h"
#include "http/handlers/hook.h"
#include "http/http.h"
#include "http/handlers/mount.h"
#include "http/handlers/precondition.h"
#include "http/object.h"
#include "http/syntax/condition.h"
#include "http/syntax/path.h"
#include "http/rate.h"
#include "http/route.h"
#include "http/handlers/rq.h"
#include "http/table.h"
#include "http/files/task.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"

#define HTTP_READS (BIT(HTTP_GET) | BIT(HTTP_HEAD))
#define HTTP_ALLOW_READS "Allow: GET, HEAD, OPTIONS\r\n"
#define HTTP_ALLOW_ANY							\
	"Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"

/**
 * http_refuse() - answer with an error and end the connection
 * @conn: the connection
 * @run: the invocation
 * @status: the status
 *
 * Where the request ends is not known, or what follows is not wanted.
 *
 * Context: socket lock, BH off.
 */
void http_refuse(struct kelp_conn *conn, struct kelp_run *run,
		 unsigned int status)
{
	struct http_conn *h = kelp_conn_priv(conn);

	h->mode.close = true;
	h->mode.head_only = h->req.method == HTTP_HEAD;
	kelp_conn_close_sent(conn, true);
	http_respond_status(run, h->mode, status, NULL);
	kelp_out_done(run);
}

/* Does the method fit? If not, or if OPTIONS asks which do, says so. */
static bool http_method_fits(struct kelp_conn *conn, struct kelp_run *run,
			     u32 methods, const char *allow)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (likely(methods & BIT(h->req.method)))
		return true;
	http_deliver_status(conn, run,
			    h->req.method == HTTP_OPTIONS ? 204 : 405, allow);
	return false;
}

static void http_answer_site(struct kelp_conn *conn, struct kelp_run *run,
			     const u8 *head, struct kelp_site *site,
			     const char *path, size_t len)
{
	struct kelp_object *obj;

	if (!http_method_fits(conn, run, HTTP_READS, HTTP_ALLOW_READS))
		return;
	if (!len) {	/* the prefix itself, without its slash */
		http_deliver_slash(conn, run, head);
		return;
	}
	switch (kelp_cache_find(site, path, len, &obj)) {
	case KELP_CACHE_AGING:
		kelp_cache_revalidate(site, path, len);
		fallthrough;
	case KELP_CACHE_FRESH:
		kelp_stat_inc(conn->stats, KELP_STAT_CACHE_HITS);
		http_deliver_object(conn, run, head, obj);
		return;
	case KELP_CACHE_MISS:
		break;
	}
	kelp_stat_inc(conn->stats, KELP_STAT_CACHE_MISSES);
	if (!http_task_file(conn, head, site, path, len))
		http_deliver_status(conn, run, 503, NULL);
}

static void http_answer_mount(struct kelp_conn *conn, struct kelp_run *run,
			      const struct http_asked *asked)
{
	const struct http_mount *mount = asked->mount;
	struct http_conn *h = kelp_conn_priv(conn);

	if (!http_method_fits(conn, run, mount->methods, mount->allow))
		return;
	if (mount->body != U64_MAX)
		h->body.limit = mount->body;
	if (unlikely(h->body.left > h->body.limit))
		http_refuse(conn, run, 413);
	else if (unlikely(h->req.seen & HTTP_SEEN_CONDITION) &&
		 http_precondition_refuses(&h->req, asked))
		http_deliver_status(conn, run, 412, NULL);
	else
		http_hook_request(conn, run, asked);
}

/* The path in its one form: as sent when that is it, else in a room of ours. */
static int http_request_path(struct kelp_run *run, const struct http_req *req,
			     const u8 *head, const char **path)
{
	const u8 *sent = head + req->target.off;
	size_t len = req->target.len;
	char *room;

	if (likely(req->flags & HTTP_F_NORMAL)) {
		*path = (const char *)sent;
		return len;
	}
	if (len >= KELP_OUT_SCRATCH - 1024)
		return -ENAMETOOLONG;
	/* The answer's own rooms come behind it without a send between. */
	kelp_out_reserve(run, len + 1 + 1024);
	room = kelp_out_alloc(run, len + 1);
	*path = room;
	return http_path_normalize(room, len + 1, sent, len);
}

/*
 * A body above the limit is refused before anything else is looked at, unless
 * it is a route's that has a limit of its own.
 */
static bool http_body_fits(struct kelp_conn *conn, const u8 *head,
			   const char *path, size_t len)
{
	struct http_conn *h = kelp_conn_priv(conn);
	const struct kelp_route *route;

	if (likely(h->body.left <= h->body.limit))
		return true;
	route = kelp_route_find(kelp_http_of(conn->kn), head + h->req.host.off,
				h->req.host.len, path, len);
	return route && !kelp_route_site(route) &&
	       kelp_route_mount(route)->body != U64_MAX;
}

/* Exact object; then the longest prefix among routes and sites; then 404. */
static void http_resolve(struct kelp_conn *conn, struct kelp_run *run,
			 const u8 *head, const char *path, size_t len)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_http *http = kelp_http_of(conn->kn);
	const struct http_req *req = &h->req;
	const struct kelp_route *route;
	struct kelp_object *obj;
	struct http_asked asked;
	unsigned int prefix;

	asked.head = head;
	asked.path = path;
	asked.path_len = len;
	if (http_may_be_claimed(req->method) &&
	    http_claimed(conn, &asked, true)) {
		http_answer_mount(conn, run, &asked);
		return;
	}
	if (unlikely(!http_body_fits(conn, head, path, len))) {
		http_refuse(conn, run, 413);
		return;
	}
	obj = kelp_route_object(http, path, len);
	if (obj) {
		if (http_method_fits(conn, run, HTTP_READS, HTTP_ALLOW_READS))
			http_deliver_object(conn, run, head, obj);
		return;
	}
	route = kelp_route_find(http, head + req->host.off, req->host.len,
				path, len);
	if (http_may_be_claimed(req->method) &&
	    (!route || kelp_route_site(route)) &&
	    http_claimed(conn, &asked, false)) {
		http_answer_mount(conn, run, &asked);
		return;
	}
	if (!route) {
		http_deliver_status(conn, run, 404, NULL);
		return;
	}
	prefix = kelp_route_prefix_len(route);
	path += prefix;
	len -= prefix;
	if (kelp_route_site(route)) {
		http_answer_site(conn, run, head, kelp_route_site(route), path,
				 len);
		return;
	}
	asked.mount = kelp_route_mount(route);
	asked.path = path;
	asked.path_len = len;
	http_answer_mount(conn, run, &asked);
}

static void http_request_mode(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);
	const struct http_req *req = &h->req;
	const u64 *limits = kelp_net_limits(conn->kn);
	u64 most = limits[KELP_LIMIT_REQUESTS];

	if (unlikely(req->flags & (HTTP_F_HAS_LENGTH | HTTP_F_CHUNKED)))
		http_body_init(&h->body, req, limits[KELP_LIMIT_BODY]);
	h->mode.head_only = req->method == HTTP_HEAD;
	h->mode.minor0 = req->flags & HTTP_F_MINOR0;
	h->mode.close = !(req->flags & HTTP_F_KEEPALIVE) ||
			READ_ONCE(conn->kn->draining) ||
			(most && conn->requests + 1 >= most);
}

/* Too many requests; the connection goes on. */
static noinline void http_refuse_rate(struct kelp_conn *conn,
				      struct kelp_run *run,
				      unsigned int seconds)
{
	char field[32];

	scnprintf(field, sizeof(field), "Retry-After: %u\r\n", seconds);
	http_deliver_status(conn, run, 429, field);
}

/**
 * http_request() - answer a request
 * @conn: the connection; its http_conn.req is complete
 * @run: the invocation
 * @head: first byte of the request's head
 *
 * On return the answer is written, or its body follows, or the dispatcher has
 * it: http_conn.state says which.
 *
 * Context: socket lock, BH off, RCU reader.
 */
__kelp_hot
void http_request(struct kelp_conn *conn, struct kelp_run *run, const u8 *head)
{
	struct http_conn *h = kelp_conn_priv(conn);
	const struct http_req *req = &h->req;
	unsigned int seconds;
	const char *path;
	int len;

	http_request_mode(conn);
	seconds = http_rate_check(conn, head);
	if (unlikely(seconds)) {
		http_refuse_rate(conn, run, seconds);
		return;
	}
	if (unlikely(req->method == HTTP_METHOD_UNKNOWN)) {
		http_deliver_status(conn, run, 501, NULL);
		return;
	}
	if (unlikely(req->flags & HTTP_F_ASTERISK)) {
		http_deliver_status(conn, run, 204, HTTP_ALLOW_ANY);
		return;
	}
	len = http_request_path(run, req, head, &path);
	if (likely(len >= 0))
		http_resolve(conn, run, head, path, len);
	else
		http_deliver_status(conn, run,
				    len == -ENAMETOOLONG ? 414 : 400, NULL);
}
