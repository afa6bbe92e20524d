/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers: code that answers the requests below a route's prefix. This header
 * is all that a handler needs to know; other modules may register handlers
 * just as kelp's own (echo.c, status.c, redirect.c, svc/kv_http.c) do.
 *
 * `kelpctl route add PREFIX NAME KEY=VALUE…` makes a route: create() turns the
 * arguments into the route's state. Each request below the prefix is a
 * struct kelp_http_rq, good from the first callback to release().
 *
 * A handler runs where its callbacks say:
 *
 *   on_request, on_body, on_end, on_room
 *	in softirq or in a worker, under the connection's lock with BH off:
 *	they must not sleep, and are done in microseconds;
 *   serve
 *	in the dispatcher: it may sleep, reads the body and writes the answer
 *	with calls that block, and may take its time.
 *
 * A handler with both has on_request() called first, which hands a request on
 * by returning KELP_HTTP_SLEEP.
 *
 * An answer is a status, header fields, and a body: in one piece
 * (kelp_http_answer()), of known length (kelp_http_length() before the first
 * kelp_http_write()), or of unknown length, which goes out in chunks, to
 * HTTP/1.0 until the connection closes. kelp adds Date, Server, Connection and
 * the framing. To HEAD the same calls are made and the body is dropped. A
 * callback that fails (-errno) before the answer has begun makes it a 500,
 * afterwards it breaks the connection off, so that the client notices.
 *
 * Preconditions (If-Match and the others of RFC 9110, 13) are judged by kelp:
 *
 *   GET, HEAD
 *	when the answer's head is final, and its status 2xx, by the ETag and
 *	Last-Modified that the handler added. The answer may become 304 or 412;
 *	what the handler writes is dropped then, as with HEAD;
 *   other methods but OPTIONS
 *	before the handler is called, which it is not when they fail: 412. What
 *	a route leads to counts as there, without validators: If-Match with a
 *	tag and "If-None-Match: *" fail, other tags and all dates do not matter.
 *
 * A handler that knows better says own_conditions. It has to when its other
 * methods change something that has validators or may not be there, or are
 * answered with other statuses than 2xx, with which no precondition counts.
 */
#ifndef KELP_HTTP_H
#define KELP_HTTP_H

#include <linux/bits.h>
#include <linux/socket.h>
#include <linux/time64.h>
#include <linux/types.h>

struct kelp_http_args;
struct kelp_http_rq;
struct kelp_net;
struct sockaddr;
struct sockaddr_storage;

/* Methods: kelp_http_handler.methods, kelp_http_method(). */
#define KELP_HTTP_GET		BIT(0)
#define KELP_HTTP_HEAD		BIT(1)
#define KELP_HTTP_POST		BIT(2)
#define KELP_HTTP_PUT		BIT(3)
#define KELP_HTTP_DELETE	BIT(4)
#define KELP_HTTP_OPTIONS	BIT(5)
#define KELP_HTTP_PATCH		BIT(6)

/* on_request() returns this to have serve() called. */
#define KELP_HTTP_SLEEP		1

/* Bytes of kelp_http_priv(). */
#define KELP_HTTP_PRIV		64

/* Header fields that a handler may add to one answer, in bytes. */
#define KELP_HTTP_FIELDS	4096

/**
 * struct kelp_http_handler - a handler
 * @name: as `kelpctl route add PREFIX NAME` spells it
 * @methods: KELP_HTTP_GET | …; others get 405 with Allow. GET brings HEAD;
 *	OPTIONS is answered by kelp unless it is named; 0 is all of them
 * @own_conditions: it judges preconditions itself, by kelp_http_condition()
 * @claims: is a request its own, without a route to it? One handler at a time
 *	may have this. @routed: a route leads elsewhere, so it has to be
 *	certain. In softirq; may look at the request, and must not answer. May
 *	be NULL
 * @create: make a route's state from its arguments, all of which must be asked
 *	for (kelp_http_arg()); return it, or an ERR_PTR (kelp_http_arg_refuse()
 *	tells the user why). NULL is a state too. May sleep. NULL: no state, no
 *	arguments
 * @added: the route is there: what create() must not do to others before that
 *	is certain. Requests may have come already. May sleep, must not fail.
 *	May be NULL
 * @destroy: the last request of the route is over, or it was never added. May sleep. May be NULL
 * @on_request: the head is there. Answer it, or leave that to the callbacks
 *	below. Returns 0, KELP_HTTP_SLEEP, or -errno. May be NULL
 * @on_body: a run of the body's payload, as it came; @data is good during the
 *	call. Not called any more once the answer is finished. Returns 0 or
 *	-errno. NULL: bodies are read and dropped
 * @on_end: the whole body has come, at once when there is none: the answer has
 *	to be finished, unless there is on_room. Returns 0 or -errno. May be
 *	NULL when on_request always finishes
 * @on_room: behind on_end: all that was written has been taken by TCP. Write
 *	more, or finish. Returns 0 or -errno. May be NULL
 * @serve: answer the request. Returns 0, when what was answered is complete,
 *	or -errno. May be NULL
 * @release: the request is over, in whatever way; free what kelp_http_priv()
 *	holds. Must not sleep. May be NULL
 *
 * Constant and in memory until kelp_http_handler_unregister() has returned.
 * While a request's answer waits to be sent, on_body and on_room are not
 * called; one callback may write as much as the limit "queue" says.
 */
struct kelp_http_handler {
	const char *name;
	u32 methods;
	bool own_conditions;
	bool (*claims)(const struct kelp_http_rq *rq, bool routed);
	void *(*create)(struct kelp_http_args *args);
	void (*added)(void *state);
	void (*destroy)(void *state);
	int (*on_request)(struct kelp_http_rq *rq);
	int (*on_body)(struct kelp_http_rq *rq, const void *data, size_t len);
	int (*on_end)(struct kelp_http_rq *rq);
	int (*on_room)(struct kelp_http_rq *rq);
	int (*serve)(struct kelp_http_rq *rq);
	void (*release)(struct kelp_http_rq *rq);
};

/* handler.c: process context, may sleep. */
int kelp_http_handler_register(const struct kelp_http_handler *handler);
void kelp_http_handler_unregister(const struct kelp_http_handler *handler);

/* args.c: in create(). */
const char *kelp_http_arg(struct kelp_http_args *args, const char *key);
int kelp_http_arg_size(struct kelp_http_args *args, const char *key,
		       u64 least, u64 most, u64 *value);
int kelp_http_arg_time(struct kelp_http_args *args, const char *key, u64 most,
		       u64 *ms);
int kelp_http_arg_refuse(struct kelp_http_args *args, const char *why);
void kelp_http_arg_body(struct kelp_http_args *args, u64 bytes);
struct kelp_net *kelp_http_arg_net(struct kelp_http_args *args);

/**
 * struct kelp_http_field - a header field of a request
 * @name: its name as it came, not terminated
 * @value: its value without white space around it, not terminated
 * @name_len: bytes of @name
 * @value_len: bytes of @value
 * @pos: iterator's own; 0 before the first call
 */
struct kelp_http_field {
	const char *name;
	const char *value;
	u16 name_len;
	u16 value_len;
	u16 pos;
};

/* rq.c: the request. Any callback. What is returned is good until release(). */
u32 kelp_http_method(const struct kelp_http_rq *rq);
const char *kelp_http_path(const struct kelp_http_rq *rq, size_t *len);
const char *kelp_http_query(const struct kelp_http_rq *rq, size_t *len);
const char *kelp_http_query_arg(const struct kelp_http_rq *rq,
				const char *name, size_t *len);
const char *kelp_http_field(const struct kelp_http_rq *rq, const char *name,
			    size_t *len);
bool kelp_http_field_next(const struct kelp_http_rq *rq,
			  struct kelp_http_field *field);
const char *kelp_http_cookie(const struct kelp_http_rq *rq, const char *name,
			     size_t *len);
s64 kelp_http_body_length(const struct kelp_http_rq *rq);
struct kelp_net *kelp_http_net(const struct kelp_http_rq *rq);
void *kelp_http_state(const struct kelp_http_rq *rq);
void *kelp_http_priv(struct kelp_http_rq *rq);

/* client.c: any callback. */
const struct sockaddr *kelp_http_peer(const struct kelp_http_rq *rq);
void kelp_http_client(const struct kelp_http_rq *rq,
		      struct sockaddr_storage *client);

/* precondition.c: any callback. */
unsigned int kelp_http_condition(const struct kelp_http_rq *rq, bool exists,
				 const char *etag, time64_t mtime);

/* answer.c: the answer. Any callback; in serve() the writes block. */
int kelp_http_status(struct kelp_http_rq *rq, unsigned int status);
int kelp_http_add(struct kelp_http_rq *rq, const char *name, const char *value);
int kelp_http_add_bytes(struct kelp_http_rq *rq, const char *name,
			const char *value, size_t len);
int kelp_http_add_cookie(struct kelp_http_rq *rq, const char *name,
			 const char *value, const char *attributes);
int kelp_http_trailer(struct kelp_http_rq *rq, const char *name,
		      const char *value);
int kelp_http_length(struct kelp_http_rq *rq, u64 len);
int kelp_http_begin(struct kelp_http_rq *rq);
int kelp_http_write(struct kelp_http_rq *rq, const void *data, size_t len);
int kelp_http_finish(struct kelp_http_rq *rq);
int kelp_http_answer(struct kelp_http_rq *rq, const void *data, size_t len);
int kelp_http_answer_rcu(struct kelp_http_rq *rq, const void *data,
			 size_t len);
int kelp_http_answer_status(struct kelp_http_rq *rq, unsigned int status);

/* call.c: the body, in serve() only; both block. */
ssize_t kelp_http_read(struct kelp_http_rq *rq, void *buf, size_t len);
bool kelp_http_gone(const struct kelp_http_rq *rq);
int kelp_http_read_all(struct kelp_http_rq *rq, size_t most, void **data,
		       size_t *len);

#endif
