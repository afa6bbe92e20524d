// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivering answers: what of an object a request gets, and what becomes of the
 * connection. Under the socket lock with BH off; never sleeps. Knows nothing of
 * where objects come from.
 */
#include "http/deliver.h"

#include "hot.h"
#include "http/choice.h"
#include "http/http.h"
#include "http/object.h"
#include "http/partial.h"
#include "net/conn.h"

/* Apart, so that the plain request does not pay for the room on the stack. */
static noinline void deliver_choice(struct kelp_run *run, struct http_conn *h,
				    const u8 *head, struct kelp_object *obj)
{
	struct http_choice choice;

	http_choose(&choice, &h->req, head, obj);
	http_respond_choice(run, h->mode, &choice);
}

/**
 * http_deliver_object() - answer with an object
 * @conn: the connection
 * @run: the invocation
 * @head: first byte of the request's head
 * @obj: the object; a reference or the invocation's RCU section keeps it
 *
 * Or with what the request's fields let it have of the object: a variant, some
 * ranges, or the news that it need not have it.
 *
 * Context: socket lock, BH off, RCU reader.
 */
__kelp_hot
void http_deliver_object(struct kelp_conn *conn, struct kelp_run *run,
			 const u8 *head, struct kelp_object *obj)
{
	struct http_conn *h = kelp_conn_priv(conn);

	http_will_close(conn);
	if (likely(!(h->req.seen & HTTP_SEEN_CHOICE)))
		http_respond_object(run, h->mode, obj);
	else
		deliver_choice(run, h, head, obj);
	http_answered(conn, run);
}

/**
 * http_deliver_page() - answer with a status that has a page of its own
 * @conn: the connection
 * @run: the invocation
 * @status: status code, an error
 * @obj: the page; a reference or the invocation's RCU section keeps it
 *
 * All of the page, whatever the request's preconditions and ranges say: they
 * are about what was asked for, which is not this.
 *
 * Context: socket lock, BH off, RCU reader.
 */
void http_deliver_page(struct kelp_conn *conn, struct kelp_run *run,
		       unsigned int status, struct kelp_object *obj)
{
	struct http_conn *h = kelp_conn_priv(conn);

	http_will_close(conn);
	http_respond_page(run, h->mode, status, obj);
	http_answered(conn, run);
}

/**
 * http_deliver_status() - answer with a status and a line of text
 * @conn: the connection
 * @run: the invocation
 * @status: status code
 * @extra: further field lines, each with CRLF, or NULL
 *
 * Context: socket lock, BH off.
 */
void http_deliver_status(struct kelp_conn *conn, struct kelp_run *run,
			 unsigned int status, const char *extra)
{
	struct http_conn *h = kelp_conn_priv(conn);

	http_will_close(conn);
	http_respond_status(run, h->mode, status, extra);
	http_answered(conn, run);
}

/**
 * http_deliver_slash() - a directory was named without its slash: say where it is
 * @conn: the connection
 * @run: the invocation
 * @head: first byte of the request's head
 *
 * Context: socket lock, BH off.
 */
void http_deliver_slash(struct kelp_conn *conn, struct kelp_run *run,
			const u8 *head)
{
	struct http_conn *h = kelp_conn_priv(conn);
	const struct http_req *req = &h->req;

	http_will_close(conn);
	http_respond_redirect(run, h->mode, head + req->target.off,
			      req->target.len, head + req->query.off,
			      req->query.len);
	http_answered(conn, run);
}
