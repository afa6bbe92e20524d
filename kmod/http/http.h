/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP as main.c and its own files see it: the protocol on a connection.
 */
#ifndef KELP_HTTP_HTTP_H
#define KELP_HTTP_HTTP_H

#include "http/body.h"
#include "http/parse.h"
#include "http/respond.h"

struct http_task;
struct kelp_conn;
struct kelp_run;

/* What a connection does with the bytes that come. */
enum http_state {
	HTTP_STATE_HEAD,	/* they are a request's head */
	HTTP_STATE_DISCARD,	/* a body that nobody wants */
	HTTP_STATE_ECHO,	/* a body that is the answer */
	HTTP_STATE_WAIT,	/* none: the dispatcher makes the answer */
};

/**
 * struct http_conn - HTTP's part of a connection, in kelp_conn.priv
 * @req: the request that is being read or answered
 * @body: its body, as far as it was not read yet
 * @task: the request's item in the dispatcher, or NULL; a reference is held
 * @state: &enum http_state
 * @echoing: in HTTP_STATE_ECHO: the answer has begun
 * @mode: how the answer has to be written
 *
 * All of it: socket lock.
 */
struct http_conn {
	struct http_req req;
	struct http_body body;
	struct http_task *task;
	u8 state;
	bool echoing;
	struct http_mode mode;
};

int kelp_http_init(void);
void kelp_http_exit(void);

/* For the files of http/, under the socket lock. */
void http_settle_close(struct http_conn *h);
void http_will_close(struct kelp_conn *conn);
void http_answered(struct kelp_conn *conn, struct kelp_run *run);

#endif
