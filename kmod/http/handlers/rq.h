/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_http_rq: a request that a handler answers, and its answer, from
 * the inside.
 */
#ifndef KELP_HTTP_RQ_H
#define KELP_HTTP_RQ_H

#include <linux/list.h>
#include <linux/types.h>

#include "kelp/http.h"

struct http_call;
struct http_mount;
struct http_req;
struct kelp_blob;
struct kelp_conn;
struct kelp_run;

/* Header fields up to this size need no memory of their own. */
#define HTTP_RQ_ROOM 256

/* How the end of an answer's body is told. */
enum http_framing {
	HTTP_FRAMING_NONE,	/* not begun */
	HTTP_FRAMING_EMPTY,	/* the status allows no body */
	HTTP_FRAMING_TEXT,	/* it is kelp's own: a precondition failed */
	HTTP_FRAMING_LENGTH,
	HTTP_FRAMING_CHUNKED,
	HTTP_FRAMING_CLOSE,	/* by the end of the connection */
};

/**
 * struct http_text - field lines
 * @text: the lines, each with CRLF; NULL when there is none
 * @len: bytes of them
 * @cap: room at @text
 */
struct http_text {
	char *text;
	u16 len;
	u16 cap;
};

/**
 * struct kelp_http_rq - a request and its answer
 * @mount: the route's; RCU keeps it, or a reference when @kept
 * @conn: the connection; a reference is held when @call
 * @run: the invocation; NULL but in the callbacks that must not sleep
 * @call: the dispatcher's part, or NULL; set once
 * @req: the request; http_conn.req, or a copy when @call
 * @head: first byte of its head; a copy when @kept
 * @path: behind the prefix, normalised; a copy when @kept
 * @active: in http_mount.active when @kept; its lock
 * @charged: bytes charged to the connection
 * @body_charged: bytes of a body that was read as a whole, charged to
 *	kelp_net.mem alone
 * @path_len: bytes of @path
 * @status: of the answer
 * @kept: it outlives the callback in which it came; set once
 * @head_only: HEAD: the body is dropped
 * @minor0: HTTP/1.0
 * @framing: &enum http_framing; decided when the answer begins
 * @begun: the answer's head is final: fields can no longer be added
 * @finished: the answer is complete
 * @length: bytes of the answer's body, -1 while not known
 * @written: bytes of it that were written
 * @fields: header fields that were added
 * @trailers: trailer fields that were added
 * @priv: the handler's
 * @room: for @fields
 *
 * Belongs to whoever calls the handler: the holder of the socket lock, or the
 * dispatcher's item while it runs; what both look at is in struct http_call.
 */
struct kelp_http_rq {
	struct http_mount *mount;
	struct kelp_conn *conn;
	struct kelp_run *run;
	struct http_call *call;
	const struct http_req *req;
	const u8 *head;
	const char *path;
	struct list_head active;
	size_t charged;
	size_t body_charged;
	u16 path_len;
	u16 status;
	bool kept;
	bool head_only;
	bool minor0;
	u8 framing;
	bool begun;
	bool finished;
	s64 length;
	u64 written;
	struct http_text fields;
	struct http_text trailers;
	u64 priv[KELP_HTTP_PRIV / sizeof(u64)];
	char room[HTTP_RQ_ROOM];
};

/**
 * struct http_asked - what was asked of a mount
 * @mount: the mount; RCU keeps it
 * @head: first byte of the request's head
 * @path: behind the prefix, normalised
 * @path_len: its length
 */
struct http_asked {
	struct http_mount *mount;
	const u8 *head;
	const char *path;
	u16 path_len;
};

/* Is what the handler writes sent? The answer has begun. */
static inline bool http_rq_sends_body(const struct kelp_http_rq *rq)
{
	return !rq->head_only && rq->framing != HTTP_FRAMING_EMPTY &&
	       rq->framing != HTTP_FRAMING_TEXT;
}

/* All under the socket lock. */
void http_rq_init(struct kelp_http_rq *rq, struct kelp_conn *conn,
		  const struct http_asked *asked);
struct kelp_http_rq *http_rq_create(struct kelp_conn *conn,
				    const struct http_asked *asked,
				    size_t size);
void http_rq_exit(struct kelp_http_rq *rq);
void http_rq_free(struct kelp_http_rq *rq);

/* answer_fields.c: any callback. */
const char *http_text_find(const struct http_text *text, const char *name,
			   size_t *len);
void http_text_drop(struct http_text *text, const char *name);

/* answer.c, on the connection's side: socket lock, BH off. */
void http_answer_head(struct kelp_http_rq *rq, struct kelp_run *run,
		      bool whole);
void http_answer_piece(struct kelp_http_rq *rq, struct kelp_run *run,
		       const void *data, size_t len, bool stays);
void http_answer_end(struct kelp_http_rq *rq, struct kelp_run *run);
int kelp_http_answer_blob(struct kelp_http_rq *rq, struct kelp_blob *blob);

#endif
