// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests as handlers see them: their life, and look-ups in what was asked.
 * Made under the socket lock; looked at by whoever calls the handler.
 */
#include "http/handlers/rq.h"

#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/syntax/cookie.h"
#include "http/http.h"
#include "http/handlers/mount.h"
#include "net/conn.h"
#include "net/net.h"
#include "stats/census.h"

/**
 * http_rq_init() - make a request for one callback
 * @rq: to be initialised
 * @conn: the connection; its http_conn.req is the request
 * @asked: what was asked; referred to, not copied
 *
 * Context: socket lock, BH off, RCU reader.
 */
void http_rq_init(struct kelp_http_rq *rq, struct kelp_conn *conn,
		  const struct http_asked *asked)
{
	struct http_conn *h = kelp_conn_priv(conn);

	/* all but the room, which nobody reads before it is written */
	memset(rq, 0, offsetof(struct kelp_http_rq, room));
	rq->mount = asked->mount;
	rq->conn = conn;
	rq->req = &h->req;
	rq->head = asked->head;
	rq->path = asked->path;
	rq->path_len = asked->path_len;
	rq->status = 200;
	rq->length = -1;
	rq->head_only = h->mode.head_only;
	rq->minor0 = h->mode.minor0;
}

/**
 * http_rq_create() - make a request that outlives its first callback
 * @conn: the connection; its http_conn.req is the request
 * @asked: what was asked; head and path are copied, the mount gets a holder
 * @size: bytes to allocate, zeroed; the request is the first member
 *
 * Context: socket lock, BH off, RCU reader.
 * Return: the request, to be given to http_rq_free(); NULL without memory, or
 * when the mount is going away.
 */
struct kelp_http_rq *http_rq_create(struct kelp_conn *conn,
				    const struct http_asked *asked, size_t size)
{
	const struct http_conn *h = kelp_conn_priv(conn);
	size_t all = size + h->req.head_len + asked->path_len;
	struct kelp_http_rq *rq;

	if (!kelp_conn_mem_charge(conn, all))
		return NULL;
	rq = kzalloc(all, GFP_ATOMIC | __GFP_NOWARN);
	if (!rq) {
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		goto err_uncharge;
	}
	if (!http_mount_tryget(asked->mount))
		goto err_free;
	http_rq_init(rq, conn, asked);
	rq->kept = true;
	rq->charged = all;
	rq->head = memcpy((u8 *)rq + size, asked->head, h->req.head_len);
	rq->path = memcpy((u8 *)rq + size + h->req.head_len, asked->path,
			  asked->path_len);
	http_mount_enter(rq->mount, rq);
	kelp_census_add(KELP_CENSUS_CALL);
	return rq;

err_free:
	kfree(rq);
err_uncharge:
	kelp_conn_mem_uncharge(conn, all);
	return NULL;
}

/**
 * http_rq_exit() - the request is over
 * @rq: from http_rq_init(), or about to be freed
 *
 * Context: any; no callback runs or will run.
 */
void http_rq_exit(struct kelp_http_rq *rq)
{
	if (rq->mount->handler->release)
		rq->mount->handler->release(rq);
	if (rq->fields.text != rq->room)
		kfree(rq->fields.text);
	kfree(rq->trailers.text);
}

/**
 * http_rq_free() - the request is over
 * @rq: from http_rq_create(); not to be touched afterwards
 *
 * Context: any; no callback runs or will run. The connection is still there.
 */
void http_rq_free(struct kelp_http_rq *rq)
{
	struct http_mount *mount = rq->mount;

	http_mount_leave(mount, rq);
	http_rq_exit(rq);
	kelp_net_mem_uncharge(rq->conn->kn, rq->body_charged);
	kelp_conn_mem_uncharge(rq->conn, rq->charged);
	kfree(rq);
	kelp_census_sub(KELP_CENSUS_CALL);
	http_mount_put(mount);
}

/**
 * kelp_http_method() - the request's method
 * @rq: the request
 *
 * Context: any callback.
 * Return: KELP_HTTP_GET, …; 0 for a method without a name of its own.
 */
u32 kelp_http_method(const struct kelp_http_rq *rq)
{
	BUILD_BUG_ON(BIT(HTTP_GET) != KELP_HTTP_GET ||
		     BIT(HTTP_HEAD) != KELP_HTTP_HEAD ||
		     BIT(HTTP_POST) != KELP_HTTP_POST ||
		     BIT(HTTP_PUT) != KELP_HTTP_PUT ||
		     BIT(HTTP_DELETE) != KELP_HTTP_DELETE ||
		     BIT(HTTP_OPTIONS) != KELP_HTTP_OPTIONS ||
		     BIT(HTTP_PATCH) != KELP_HTTP_PATCH);
	return rq->req->method <= HTTP_PATCH ? BIT(rq->req->method) : 0;
}
EXPORT_SYMBOL_GPL(kelp_http_method);

/**
 * kelp_http_path() - the path behind the route's prefix
 * @rq: the request
 * @len: set to its length in bytes
 *
 * Decoded and without dot segments.
 *
 * Context: any callback.
 * Return: "" or "/…", not terminated.
 */
const char *kelp_http_path(const struct kelp_http_rq *rq, size_t *len)
{
	*len = rq->path_len;
	return rq->path;
}
EXPORT_SYMBOL_GPL(kelp_http_path);

/**
 * kelp_http_query() - the query as it came
 * @rq: the request
 * @len: set to its length in bytes
 *
 * Context: any callback.
 * Return: what stands behind '?', not terminated; NULL when there is none.
 */
const char *kelp_http_query(const struct kelp_http_rq *rq, size_t *len)
{
	*len = rq->req->query.len;
	if (!(rq->req->flags & HTTP_F_HAS_QUERY))
		return NULL;
	return rq->head + rq->req->query.off;
}
EXPORT_SYMBOL_GPL(kelp_http_query);

/**
 * kelp_http_query_arg() - a parameter of the query
 * @rq: the request
 * @name: its name
 * @len: set to the length of its value in bytes
 *
 * Context: any callback.
 * Return: the value as it came, not decoded and not terminated; NULL when the
 * parameter is not there.
 */
const char *kelp_http_query_arg(const struct kelp_http_rq *rq,
				const char *name, size_t *len)
{
	size_t query_len;
	const char *query = kelp_http_query(rq, &query_len);

	return query ? http_query_find(query, query_len, name, strlen(name),
				       len) : NULL;
}
EXPORT_SYMBOL_GPL(kelp_http_query_arg);

/**
 * kelp_http_field_next() - walk over the header fields
 * @rq: the request
 * @field: iterator and result; all zero before the first call
 *
 * Context: any callback.
 * Return: true when there was another field.
 */
bool kelp_http_field_next(const struct kelp_http_rq *rq,
			  struct kelp_http_field *field)
{
	struct http_slice name, value;

	if (!http_field_next(rq->req, rq->head, &field->pos, &name, &value))
		return false;
	field->name = rq->head + name.off;
	field->name_len = name.len;
	field->value = rq->head + value.off;
	field->value_len = value.len;
	return true;
}
EXPORT_SYMBOL_GPL(kelp_http_field_next);

static bool field_is(const struct kelp_http_field *field, const char *name,
		     size_t len)
{
	return field->name_len == len && !strncasecmp(field->name, name, len);
}

/**
 * kelp_http_field() - a header field by its name
 * @rq: the request
 * @name: its name, in any case
 * @len: set to the length of its value in bytes
 *
 * Context: any callback.
 * Return: the value of the first field of that name, not terminated; NULL when
 * there is none.
 */
const char *kelp_http_field(const struct kelp_http_rq *rq, const char *name,
			    size_t *len)
{
	struct kelp_http_field field = {};
	size_t name_len = strlen(name);

	while (kelp_http_field_next(rq, &field)) {
		if (!field_is(&field, name, name_len))
			continue;
		*len = field.value_len;
		return field.value;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(kelp_http_field);

/**
 * kelp_http_cookie() - a cookie by its name
 * @rq: the request
 * @name: its name
 * @len: set to the length of its value in bytes
 *
 * Context: any callback.
 * Return: the value of the first cookie of that name, without quotes, not
 * terminated; NULL when there is none.
 */
const char *kelp_http_cookie(const struct kelp_http_rq *rq, const char *name,
			     size_t *len)
{
	struct kelp_http_field field = {};
	const char *value;

	while (kelp_http_field_next(rq, &field)) {
		if (!field_is(&field, "Cookie", 6))
			continue;
		value = http_cookie_find(field.value, field.value_len, name,
					 strlen(name), len);
		if (value)
			return value;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(kelp_http_cookie);

/**
 * kelp_http_body_length() - how long the body is
 * @rq: the request
 *
 * Context: any callback.
 * Return: bytes, 0 when there is no body, -1 when only its end will tell.
 */
s64 kelp_http_body_length(const struct kelp_http_rq *rq)
{
	if (rq->req->flags & HTTP_F_CHUNKED)
		return -1;
	return rq->req->flags & HTTP_F_HAS_LENGTH ? rq->req->content_length : 0;
}
EXPORT_SYMBOL_GPL(kelp_http_body_length);

/**
 * kelp_http_net() - the server that was asked
 * @rq: the request
 *
 * Context: any callback.
 * Return: the server; there until release().
 */
struct kelp_net *kelp_http_net(const struct kelp_http_rq *rq)
{
	return rq->conn->kn;
}
EXPORT_SYMBOL_GPL(kelp_http_net);

/**
 * kelp_http_state() - the route's state
 * @rq: the request
 *
 * Context: any callback.
 * Return: what create() made; there until release().
 */
void *kelp_http_state(const struct kelp_http_rq *rq)
{
	return rq->mount->state;
}
EXPORT_SYMBOL_GPL(kelp_http_state);

/**
 * kelp_http_priv() - the handler's own bytes
 * @rq: the request
 *
 * Context: any callback.
 * Return: KELP_HTTP_PRIV bytes, all zero in the first callback; those that
 * on_request() wrote before it handed the request to serve() are lost.
 */
void *kelp_http_priv(struct kelp_http_rq *rq)
{
	return rq->priv;
}
EXPORT_SYMBOL_GPL(kelp_http_priv);
