/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request that is answered in the dispatcher: a cold file, a file that is
 * sent in chunks, or a handler that may sleep.
 */
#ifndef KELP_HTTP_TASK_H
#define KELP_HTTP_TASK_H

#include <linux/types.h>

struct http_task;
struct kelp_conn;
struct kelp_http_handler;
struct kelp_run;
struct kelp_site;

/**
 * struct http_where - what a request asks for
 * @path: path behind the route's prefix, normalised, not terminated
 * @target: the whole path as the client sent it
 * @query: the query as the client sent it
 * @len: length of @path
 * @target_len: length of @target
 * @query_len: length of @query
 */
struct http_where {
	const char *path;
	const char *target;
	const char *query;
	u16 len;
	u16 target_len;
	u16 query_len;
};

/*
 * All under the socket lock, BH off, except http_task_abandon(), which the
 * owning worker calls without locks when the connection ends.
 */
bool http_task_file(struct kelp_conn *conn, struct kelp_site *site,
		    const struct http_where *where);
bool http_task_handler(struct kelp_conn *conn,
		       const struct kelp_http_handler *handler,
		       const struct http_where *where);
void http_task_ready(struct kelp_conn *conn, struct kelp_run *run);
void http_task_abandon(struct kelp_conn *conn);

#endif
