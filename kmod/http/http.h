/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP as main.c and its own files see it: the protocol on a connection.
 */
#ifndef KELP_HTTP_HTTP_H
#define KELP_HTTP_HTTP_H

#include "http/syntax/body.h"
#include "http/syntax/parse.h"
#include "http/respond.h"

struct http_task;
struct kelp_conn;
struct kelp_http_rq;
struct kelp_run;

/* What a connection does with the bytes that come. */
enum http_state {
	HTTP_STATE_HEAD,	/* they are a request's head */
	HTTP_STATE_BODY,	/* its body, for @rq if there is one */
	HTTP_STATE_WAIT,	/* none: the answer is being made elsewhere */
};

/**
 * struct http_conn - HTTP's part of a connection, in kelp_conn.priv
 * @req: the request that is being read or answered
 * @body: its body, as far as it was not read yet
 * @task: the request's item in the dispatcher, or NULL; a reference is held
 * @rq: the request as its handler has it, while that outlives a callback, or
 *	NULL; owned, or a reference is held when it is a call
 * @state: &enum http_state
 * @mode: how the answer has to be written
 *
 * All of it: socket lock.
 */
struct http_conn {
	struct http_req req;
	struct http_body body;
	struct http_task *task;
	struct kelp_http_rq *rq;
	u8 state;
	struct http_mode mode;
};

int kelp_http_init(void);
void kelp_http_exit(void);

/* For the files of http/, under the socket lock. */
void http_settle_close(struct http_conn *h);
void http_will_close(struct kelp_conn *conn);
void http_continue(struct kelp_conn *conn, struct kelp_run *run);
void http_abort(struct kelp_conn *conn, struct kelp_run *run);
void http_answered(struct kelp_conn *conn, struct kelp_run *run);

#endif
