// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in the dispatcher. The connection's side runs under the socket lock
 * in its worker; the other side runs in the dispatcher without locks. They
 * take turns: @done says whose turn it is.
 */
#include "http/files/task.h"

#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "http/choice.h"
#include "http/deliver.h"
#include "http/files/file.h"
#include "http/http.h"
#include "http/object.h"
#include "http/partial.h"
#include "http/files/site.h"
#include "http/table.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "net/out.h"
#include "stats/census.h"

/**
 * struct http_task - a request for a file, in the dispatcher
 * @work: queued while it is the dispatcher's turn
 * @ref: holders: the connection (http_conn.task), the queued @work
 * @conn: whose request it is; a reference is held; set once
 * @site: where the file is; a reference, once it is known; set once
 * @done: the dispatcher's turn is over: all below is the connection's, until
 *	it queues @work again
 * @streaming: the head was sent, chunks follow; whose turn it is
 * @headers_only: the file's bytes are not wanted; whose turn it is
 * @parts: what stands between chunks when several ranges were asked for, or
 *	NULL; socket lock
 * @answer: status, object and stream; whose turn it is
 * @chunk: the next bytes, NULL at the end, ERR_PTR; whose turn it is
 * @head: the request's head as the client sent it, to which the slices of
 *	http_conn.req refer; behind @path; set once
 * @path: behind the prefix, NUL terminated; set once
 */
struct http_task {
	struct work_struct work;
	refcount_t ref;
	struct kelp_conn *conn;
	struct kelp_site *site;
	bool done;
	bool streaming;
	bool headers_only;
	struct http_parts *parts;
	struct kelp_file_answer answer;
	struct kelp_blob *chunk;
	const u8 *head;
	char path[];
};

/* The stream is gone already unless the connection ended: see below. */
static void http_task_put(struct http_task *task)
{
	if (!refcount_dec_and_test(&task->ref))
		return;
	if (task->answer.stream)
		kelp_stream_free(task->answer.stream);
	if (task->answer.object)
		kelp_object_put(task->answer.object);
	if (!IS_ERR_OR_NULL(task->chunk))
		kelp_blob_put(task->chunk);
	if (task->site)
		kelp_site_put(task->site);
	kelp_conn_put(task->conn);
	kfree(task->parts);
	kfree(task);
	kelp_census_sub(KELP_CENSUS_TASK);
}

static void http_task_answer(struct http_task *task)
{
	const struct http_conn *h = kelp_conn_priv(task->conn);
	const struct kelp_ask ask = { .req = &h->req, .head = task->head };

	kelp_file_resolve(task->site, task->path, &ask, &task->answer);
}

static void http_task_read(struct http_task *task)
{
	if (!task->headers_only)
		task->chunk = kelp_stream_read(task->answer.stream);
	if (!IS_ERR_OR_NULL(task->chunk))
		return;
	/* Freed here, where sleeping is allowed. */
	kelp_stream_free(task->answer.stream);
	task->answer.stream = NULL;
}

static void http_task_work(struct work_struct *work)
{
	struct http_task *task = container_of(work, struct http_task, work);

	if (task->streaming)
		http_task_read(task);
	else
		http_task_answer(task);
	/*
	 * Pairs with smp_load_acquire() in http_task_ready(): the result is
	 * there when @done is seen.
	 */
	smp_store_release(&task->done, true);
	kelp_conn_set(task->conn, KELP_CONN_READY);
	http_task_put(task);
}

/* The dispatcher's turn. */
static void http_task_queue(struct http_task *task)
{
	WRITE_ONCE(task->done, false);
	refcount_inc(&task->ref);
	kelp_dispatch(&task->work);
}

static struct http_task *http_task_create(struct kelp_conn *conn,
					  const u8 *head, const char *path,
					  size_t len)
{
	const struct http_conn *h = kelp_conn_priv(conn);
	struct http_task *task;
	u8 *copy;

	task = kzalloc(struct_size(task, path, len + 1 + h->req.head_len),
		       GFP_ATOMIC | __GFP_NOWARN);
	if (!task) {
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		return NULL;
	}
	kelp_census_add(KELP_CENSUS_TASK);
	refcount_set(&task->ref, 1);
	INIT_WORK(&task->work, http_task_work);
	task->conn = kelp_conn_get(conn);
	memcpy(task->path, path, len);
	copy = (u8 *)task->path + len + 1;
	memcpy(copy, head, h->req.head_len);
	task->head = copy;
	return task;
}

static void http_task_start(struct kelp_conn *conn, struct http_task *task)
{
	struct http_conn *h = kelp_conn_priv(conn);

	h->task = task;
	h->state = HTTP_STATE_WAIT;
	conn->paused = true;
	kelp_conn_wait(conn, KELP_WAIT_ASYNC);
	http_task_queue(task);
}

/**
 * http_task_file() - have a file opened
 * @conn: the connection; reading pauses until the answer is there
 * @head: first byte of the request's head; copied
 * @site: the site; a reference is taken
 * @path: behind the site's prefix, normalised; copied
 * @len: its length in bytes
 *
 * Context: socket lock, BH off, RCU reader.
 * Return: false without memory, or when the site is going away.
 */
bool http_task_file(struct kelp_conn *conn, const u8 *head,
		    struct kelp_site *site, const char *path, size_t len)
{
	struct http_task *task = http_task_create(conn, head, path, len);

	if (!task)
		return false;
	if (!kelp_site_tryget(site)) {
		http_task_put(task);
		return false;
	}
	task->site = site;
	http_task_start(conn, task);
	return true;
}

/* The dispatcher has no more to do for the request: reading goes on. */
static void http_task_end(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	http_task_put(h->task);
	h->task = NULL;
	conn->paused = false;
}

static void http_task_finish(struct kelp_conn *conn, struct kelp_run *run)
{
	http_task_end(conn);
	http_answered(conn, run);
}

/* No chunk belongs to two parts: is this one the first of the next part? */
static void http_task_part(struct kelp_run *run, struct http_parts *parts,
			   size_t len)
{
	if (!parts)
		return;
	if (!parts->left)
		http_parts_next(run, parts);
	parts->left -= len;
}

/*
 * A chunk is there: send it. The next one is read while TCP works off this one,
 * but not before TCP has taken all of it: a slow reader holds one chunk.
 */
static void http_task_chunk(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct http_task *task = h->task;
	struct kelp_blob *chunk = task->chunk;

	task->chunk = NULL;
	if (IS_ERR(chunk)) {
		/* Only a reset tells the client that it has not all of it. */
		conn->failed = true;
	} else if (chunk) {
		http_task_part(run, task->parts, chunk->len);
		kelp_out_chunk(run, chunk);
		kelp_blob_put(chunk);
		if (list_empty(&conn->txq))
			http_task_queue(task);
		else
			conn->want_ready = true;
	} else {
		if (task->parts)
			http_parts_end(run, task->parts);
		http_task_finish(conn, run);
	}
}

/* Several parts: false without memory for what must be remembered of them. */
static bool http_task_parts(struct http_task *task, struct kelp_run *run,
			    struct http_mode mode,
			    const struct http_choice *choice)
{
	struct http_parts *parts;

	parts = kmalloc(sizeof(*parts), GFP_ATOMIC | __GFP_NOWARN);
	if (!parts) {
		kelp_stat_inc(task->conn->stats, KELP_STAT_NOMEM);
		return false;
	}
	parts->choice = *choice;
	task->parts = parts;
	http_parts_begin(run, mode, parts);
	return true;
}

/*
 * The head of what was chosen of a file that is sent in chunks. Without memory
 * for parts the whole file is sent, as if none had been asked for.
 * Return: do chunks follow?
 */
static bool http_task_chosen(struct http_task *task, struct kelp_run *run,
			     const struct http_conn *h)
{
	struct kelp_object *obj = task->answer.object;
	struct http_choice choice = { .status = 200 };

	if (h->req.seen & HTTP_SEEN_CHOICE)
		http_choose(&choice, &h->req, task->head, obj);
	if (choice.status != 200 && choice.status != 206) {
		http_respond_choice(run, h->mode, &choice);
		return false;
	}
	if (choice.nr == 1)
		http_respond_range_head(run, h->mode, &choice);
	else if (choice.nr && !http_task_parts(task, run, h->mode, &choice))
		choice.nr = 0;
	if (choice.nr)
		kelp_stream_select(task->answer.stream, choice.ranges,
				   choice.nr);
	else
		http_respond_head(run, h->mode, 200, obj->data, obj->head_len);
	return !h->mode.head_only;
}

/*
 * A file that is sent in chunks. Its stream is closed in the dispatcher also
 * when only the header fields are wanted.
 */
static void http_task_stream(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct http_task *task = h->task;

	http_settle_close(h);
	task->headers_only = !http_task_chosen(task, run, h);
	task->streaming = true;
	http_task_queue(task);
	/* The dispatcher has the task, too, and closes the stream. */
	if (task->headers_only)
		http_task_finish(conn, run);
}

/*
 * The whole answer. The reader's section in which the connection is served
 * keeps the object until it is sent; the task is kept for its copy of the head.
 */
static void http_task_deliver(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct http_task *task = h->task;
	struct kelp_file_answer *answer = &task->answer;

	if (answer->status == 301)
		http_deliver_slash(conn, run, task->head);
	else if (answer->object && answer->status != answer->object->status)
		http_deliver_page(conn, run, answer->status, answer->object);
	else if (answer->object)
		http_deliver_object(conn, run, task->head, answer->object);
	else
		http_deliver_status(conn, run, answer->status, NULL);
	http_task_end(conn);
}

/**
 * http_task_ready() - go on with a request that was in the dispatcher
 * @conn: the connection; may have no such request, or not ready yet
 * @run: the invocation
 *
 * Context: socket lock, BH off; owning worker; the transmit queue is empty.
 */
void http_task_ready(struct kelp_conn *conn, struct kelp_run *run)
{
	struct http_conn *h = kelp_conn_priv(conn);
	struct http_task *task = h->task;

	/* Pairs with smp_store_release() in http_task_work(). */
	if (!task || !smp_load_acquire(&task->done))
		return;
	if (conn->want_ready) {		/* the chunk has left the queue */
		conn->want_ready = false;
		http_task_queue(task);
		return;
	}
	if (task->streaming)
		http_task_chunk(conn, run);
	else if (task->answer.stream)
		http_task_stream(conn, run);
	else
		http_task_deliver(conn, run);
}

/**
 * http_task_abandon() - the connection ends
 * @conn: the connection
 *
 * What the dispatcher is doing goes on; its result is dropped.
 *
 * Context: owning worker, no locks; may sleep.
 */
void http_task_abandon(struct kelp_conn *conn)
{
	struct http_conn *h = kelp_conn_priv(conn);

	if (h->task)
		http_task_put(h->task);
	h->task = NULL;
}
