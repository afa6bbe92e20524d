/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls: requests whose handler runs in the dispatcher.
 */
#ifndef KELP_HTTP_CALL_H
#define KELP_HTTP_CALL_H

#include <linux/types.h>

struct http_asked;
struct http_call;
struct kelp_conn;
struct kelp_http_rq;
struct kelp_run;

/* The connection's side: socket lock, BH off. */
bool http_call_start(struct kelp_conn *conn, const struct http_asked *asked);
void http_call_ready(struct kelp_conn *conn, struct kelp_run *run);
size_t http_call_room(struct http_call *call);
void http_call_body(struct http_call *call, const void *data, size_t len);
void http_call_body_end(struct http_call *call);
bool http_call_begun(const struct http_call *call);
void http_call_drop(struct http_call *call);

/* The handler's side: dispatcher. */
int http_call_begin(struct http_call *call);
int http_call_write(struct http_call *call, const void *data, size_t len);

#endif
