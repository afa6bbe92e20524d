// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers as handlers make them: status, fields, body. What a handler calls in
 * softirq is written at once; what it calls in the dispatcher goes to call.c,
 * whose other end writes it with the functions at the end of this file.
 */
#include "http/handlers/rq.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "http/handlers/call.h"
#include "http/http.h"
#include "http/handlers/precondition.h"
#include "http/syntax/condition.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"

/* What kelp adds to the fields, and what http_respond_head() needs besides. */
#define ANSWER_FRAMING 128
#define ANSWER_LINE 256

/**
 * kelp_http_status() - set the answer's status
 * @rq: the request
 * @status: 200 to 599; it is 200 when this is never called
 *
 * Context: any callback.
 * Return: 0, or -EINVAL for another number or when the answer has begun.
 */
int kelp_http_status(struct kelp_http_rq *rq, unsigned int status)
{
	if (rq->begun || status < 200 || status > 599)
		return -EINVAL;
	rq->status = status;
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_status);

/**
 * kelp_http_length() - say how long the answer's body will be
 * @rq: the request
 * @len: bytes that kelp_http_write() will be given in all
 *
 * Context: any callback.
 * Return: 0, or -EINVAL when the answer has begun.
 */
int kelp_http_length(struct kelp_http_rq *rq, u64 len)
{
	if (rq->begun || len > S64_MAX)
		return -EINVAL;
	rq->length = len;
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_length);

/* The head is final: how will the body's end be told? */
static void answer_decide(struct kelp_http_rq *rq)
{
	rq->begun = true;
	if (unlikely(rq->req->seen & HTTP_SEEN_CONDITION) &&
	    http_precondition_judge(rq))
		rq->framing = HTTP_FRAMING_TEXT;
	else if (rq->status == 204 || rq->status == 304)
		rq->framing = HTTP_FRAMING_EMPTY;
	else if (rq->length >= 0)
		rq->framing = HTTP_FRAMING_LENGTH;
	else if (rq->minor0)
		rq->framing = HTTP_FRAMING_CLOSE;
	else
		rq->framing = HTTP_FRAMING_CHUNKED;
}

/**
 * kelp_http_begin() - send the answer's head
 * @rq: the request
 *
 * The first kelp_http_write() does it otherwise.
 *
 * Context: any callback.
 * Return: 0, also when it has begun already; in serve(): -ECONNABORTED.
 */
int kelp_http_begin(struct kelp_http_rq *rq)
{
	if (rq->begun)
		return 0;
	answer_decide(rq);
	if (rq->call)
		return http_call_begin(rq->call);
	/* a client that waits for it would take the answer for the last word */
	if (rq->kept)
		http_continue(rq->conn, rq->run);
	http_answer_head(rq, rq->run, false);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_begin);

static bool queue_full(const struct kelp_http_rq *rq)
{
	return rq->conn->txq_bytes >
	       kelp_net_limit(rq->conn->kn, KELP_LIMIT_QUEUE);
}

/**
 * kelp_http_write() - write a part of the answer's body
 * @rq: the request
 * @data: the bytes; copied
 * @len: how many
 *
 * In serve() it waits while the peer is slow to take what was written before.
 *
 * Context: any callback.
 * Return: 0; -EINVAL when the answer is finished or would exceed what
 * kelp_http_length() said; -ENOBUFS when more waits than the limit "queue"
 * allows (only where it cannot block); in serve(): -ECONNABORTED when the
 * connection is gone, -ENOMEM. The callback returns it in any case.
 */
int kelp_http_write(struct kelp_http_rq *rq, const void *data, size_t len)
{
	int err;

	if (rq->finished ||
	    (rq->length >= 0 && len > rq->length - rq->written))
		return -EINVAL;
	err = kelp_http_begin(rq);
	if (err || !len)
		return err;
	rq->written += len;
	if (rq->call)
		return http_call_write(rq->call, data, len);
	if (queue_full(rq))
		return -ENOBUFS;
	http_answer_piece(rq, rq->run, data, len, false);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_write);

/**
 * kelp_http_finish() - the answer is complete
 * @rq: the request
 *
 * Without anything written the body is empty. serve() need not call it.
 *
 * Context: any callback.
 * Return: 0, or -EIO when less was written than kelp_http_length() said, or
 * -ECONNABORTED in serve(); the callback returns it.
 */
int kelp_http_finish(struct kelp_http_rq *rq)
{
	int err = 0;

	if (rq->finished)
		return 0;
	if (!rq->begun) {
		if (rq->length < 0)
			rq->length = 0;
		err = kelp_http_begin(rq);
	}
	if (!err && rq->framing == HTTP_FRAMING_LENGTH && !rq->head_only &&
	    rq->written != rq->length)
		err = -EIO;
	if (err)
		return err;
	rq->finished = true;
	if (!rq->call)
		http_answer_end(rq, rq->run);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_http_finish);

/* Whole answers in softirq: the head is written, the body follows at once. */
static int answer_whole(struct kelp_http_rq *rq, u64 len)
{
	if (rq->begun)
		return -EINVAL;
	rq->length = len;
	rq->written = len;
	answer_decide(rq);
	rq->finished = true;
	http_answer_head(rq, rq->run, true);
	return 0;
}

/**
 * kelp_http_answer() - answer with a body that is there as a whole
 * @rq: the request; status and fields as they were set
 * @data: the bytes; copied
 * @len: how many
 *
 * Context: any callback.
 * Return: 0; -EINVAL when the answer has begun; in serve() as
 * kelp_http_write().
 */
int kelp_http_answer(struct kelp_http_rq *rq, const void *data, size_t len)
{
	int err;

	if (rq->call) {
		err = kelp_http_length(rq, len) ?: kelp_http_write(rq, data, len);
		return err ?: kelp_http_finish(rq);
	}
	err = answer_whole(rq, len);
	if (!err && http_rq_sends_body(rq))
		kelp_out_copy(rq->run, data, len);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_http_answer);

/**
 * kelp_http_answer_rcu() - the same without copying
 * @rq: the request
 * @data: bytes that stay as they are until an RCU grace period has passed
 * @len: how many
 *
 * Context: on_request, on_body, on_end, which run in an RCU read-side section;
 * in serve() they are copied, inside a section of the caller's at most.
 * Return: as kelp_http_answer().
 */
int kelp_http_answer_rcu(struct kelp_http_rq *rq, const void *data, size_t len)
{
	int err;

	if (rq->call)
		return kelp_http_answer(rq, data, len);
	err = answer_whole(rq, len);
	if (!err && http_rq_sends_body(rq))
		kelp_out_ref(rq->run, data, len);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_http_answer_rcu);

/**
 * kelp_http_answer_blob() - answer with a blob, by reference to its pages
 * @rq: the request
 * @blob: the body; a reference, or the callback's RCU section, keeps it
 *
 * Context: on_request, on_body, on_end.
 * Return: as kelp_http_answer().
 */
int kelp_http_answer_blob(struct kelp_http_rq *rq, struct kelp_blob *blob)
{
	int err = answer_whole(rq, blob->len);

	if (!err && http_rq_sends_body(rq))
		kelp_out_blob(rq->run, blob, 0, blob->len);
	return err;
}

/**
 * kelp_http_answer_status() - answer with a status and a line of text
 * @rq: the request; fields as they were set
 * @status: the status
 *
 * Context: any callback.
 * Return: as kelp_http_answer().
 */
int kelp_http_answer_status(struct kelp_http_rq *rq, unsigned int status)
{
	char text[64];
	int err, n;

	err = kelp_http_status(rq, status);
	if (err)
		return err;
	if (status == 204 || status == 304)
		return kelp_http_answer(rq, NULL, 0);
	n = scnprintf(text, sizeof(text), "%u %s\n", status,
		      http_reason(status));
	return kelp_http_add(rq, "Content-Type", "text/plain; charset=utf-8") ?:
	       kelp_http_answer(rq, text, n);
}
EXPORT_SYMBOL_GPL(kelp_http_answer_status);

/* What comes behind the fields: the head's end, and a text of kelp's own. */
static size_t answer_framing(const struct kelp_http_rq *rq, char *room,
			     size_t cap)
{
	static const char text[] = "412 Precondition Failed\n";

	switch (rq->framing) {
	case HTTP_FRAMING_TEXT:
		return scnprintf(room, cap,
				 "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s",
				 sizeof(text) - 1, rq->head_only ? "" : text);
	case HTTP_FRAMING_LENGTH:
		return scnprintf(room, cap, "Content-Length: %llu\r\n\r\n",
				 rq->length);
	case HTTP_FRAMING_CHUNKED:
		return scnprintf(room, cap,
				 "Transfer-Encoding: chunked\r\n\r\n");
	}
	return scnprintf(room, cap, "\r\n");
}

/**
 * http_answer_head() - write the head
 * @rq: the request; its fields and framing are final
 * @run: the invocation
 * @whole: the whole answer follows at once, so that a FIN can ride on it
 *
 * Context: socket lock, BH off.
 */
void http_answer_head(struct kelp_http_rq *rq, struct kelp_run *run,
		      bool whole)
{
	struct http_conn *h = kelp_conn_priv(rq->conn);
	size_t cap = rq->fields.len + ANSWER_FRAMING;
	char *room;
	size_t n;

	if (rq->framing == HTTP_FRAMING_CLOSE)
		h->mode.close = true;
	if (whole)
		http_will_close(rq->conn);
	else
		http_settle_close(h);
	kelp_out_reserve(run, cap + ANSWER_LINE);
	room = kelp_out_alloc(run, cap);
	n = rq->fields.len;
	if (n)
		memcpy(room, rq->fields.text, n);
	n += answer_framing(rq, room + n, cap - n);
	http_respond_head(run, h->mode, rq->status, room, n);
}

/**
 * http_answer_piece() - write a part of the body
 * @rq: the request; its head is written
 * @run: the invocation
 * @data: the bytes
 * @len: how many, not 0
 * @stays: they stay as they are until the next flush; else they are copied
 *
 * Context: socket lock, BH off.
 */
void http_answer_piece(struct kelp_http_rq *rq, struct kelp_run *run,
		       const void *data, size_t len, bool stays)
{
	bool chunk = rq->framing == HTTP_FRAMING_CHUNKED;
	char *room;
	int n;

	if (!http_rq_sends_body(rq))
		return;
	if (chunk) {
		kelp_out_reserve(run, 20);
		room = kelp_out_alloc(run, 20);
		n = scnprintf(room, 20, "%zx\r\n", len);
		kelp_out_ref(run, room, n);
	}
	if (stays)
		kelp_out_ref(run, data, len);
	else
		kelp_out_copy(run, data, len);
	if (chunk)
		kelp_out_ref(run, "\r\n", 2);
}

/**
 * http_answer_end() - write what ends the body
 * @rq: the request; its head and body are written
 * @run: the invocation
 *
 * Context: socket lock, BH off.
 */
void http_answer_end(struct kelp_http_rq *rq, struct kelp_run *run)
{
	if (rq->framing != HTTP_FRAMING_CHUNKED || rq->head_only)
		return;
	kelp_out_ref(run, "0\r\n", 3);
	if (rq->trailers.len)
		kelp_out_copy(run, rq->trailers.text, rq->trailers.len);
	kelp_out_ref(run, "\r\n", 2);
}
