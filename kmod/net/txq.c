// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transmit queue: copies of small answers and references to blobs. Runs
 * under the socket lock with BH off, in softirq or in the worker.
 */
#include "net/txq.h"

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "hot.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/file.h"
#include "net/hook.h"
#include "net/net.h"
#include "net/out.h"
#include "stats/census.h"

/**
 * kelp_buf_alloc() - make an element
 * @data: bytes that it holds itself
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows.
 * Return: the element, nothing in it, or NULL.
 */
struct kelp_buf *kelp_buf_alloc(size_t data, gfp_t gfp)
{
	struct kelp_buf *buf = kmalloc(struct_size(buf, data, data),
				       gfp | __GFP_NOWARN);

	if (!buf)
		return NULL;
	kelp_census_add(KELP_CENSUS_BUF);
	memset(buf, 0, sizeof(*buf));
	buf->len = data;
	return buf;
}

/**
 * kelp_buf_free() - give an element up
 * @buf: the element, on no list; its charge is the caller's
 *
 * Context: any.
 */
void kelp_buf_free(struct kelp_buf *buf)
{
	kelp_blob_put(buf->blob);
	kelp_file_put(buf->file);
	kfree(buf);
	kelp_census_sub(KELP_CENSUS_BUF);
}

static void kelp_txq_drop(struct kelp_conn *conn, struct kelp_buf *buf)
{
	kelp_conn_mem_uncharge(conn, buf->charge);
	kelp_buf_free(buf);
}

/* An element of the queue, charged, with what it refers to. */
static struct kelp_buf *kelp_txq_new(struct kelp_conn *conn, size_t data,
				     size_t blob)
{
	size_t charge = sizeof(struct kelp_buf) + data + blob;
	struct kelp_buf *buf;

	if (!kelp_conn_mem_charge(conn, charge))
		return NULL;
	buf = kelp_buf_alloc(data, GFP_ATOMIC);
	if (!buf) {
		kelp_conn_mem_uncharge(conn, charge);
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		return NULL;
	}
	buf->charge = charge;
	return buf;
}

static void kelp_txq_append(struct kelp_conn *conn, struct kelp_buf *buf)
{
	if (list_empty(&conn->txq))
		kelp_stat_inc(conn->stats, KELP_STAT_BACKPRESSURE);
	list_add_tail(&buf->node, &conn->txq);
	conn->txq_bytes += buf->len;
}

/* The next piece of a copy, on the queue already; its bytes follow. */
static struct kelp_buf *kelp_txq_piece(struct kelp_conn *conn, size_t len)
{
	struct kelp_buf *buf = kelp_txq_new(conn, len, 0);

	if (buf)
		kelp_txq_append(conn, buf);
	else
		conn->failed = true;
	return buf;
}

/**
 * kelp_txq_add_copy() - keep what TCP did not take
 * @conn: the connection
 * @vec: the bytes
 * @nr: elements in @vec
 * @skip: bytes at the beginning of @vec that were sent
 *
 * Copied in pieces: large runs of memory are hard to come by here.
 *
 * Context: socket lock, BH off. Without memory the connection is marked
 *	failed: its stream would have a hole.
 */
void kelp_txq_add_copy(struct kelp_conn *conn, const struct kvec *vec,
		       unsigned int nr, size_t skip)
{
	struct kelp_buf *buf = NULL;
	size_t left = 0, room = 0;
	size_t from, n;
	unsigned int i;

	for (i = 0; i < nr; i++)
		left += vec[i].iov_len;
	left -= skip;
	for (i = 0; i < nr && !conn->failed; i++) {
		from = min(skip, vec[i].iov_len);
		skip -= from;
		for (; from < vec[i].iov_len; from += n) {
			if (!room) {
				room = min_t(size_t, left, KELP_BUF_PIECE);
				buf = kelp_txq_piece(conn, room);
				if (!buf)
					return;
			}
			n = min(room, vec[i].iov_len - from);
			memcpy(buf->data + buf->len - room,
			       vec[i].iov_base + from, n);
			room -= n;
			left -= n;
		}
	}
}

/**
 * kelp_txq_add_blob() - keep part of a blob
 * @conn: the connection
 * @blob: the blob; a reference is taken
 * @off: first byte
 * @len: bytes
 * @private: nobody else accounts for the blob's memory
 *
 * Context: as kelp_txq_add_copy().
 */
__kelp_hot
void kelp_txq_add_blob(struct kelp_conn *conn, struct kelp_blob *blob,
		       size_t off, size_t len, bool private)
{
	struct kelp_buf *buf;

	if (conn->failed || !len)
		return;
	buf = kelp_txq_new(conn, 0, private ? blob->len : 0);
	if (!buf) {
		conn->failed = true;
		return;
	}
	buf->blob = kelp_blob_get(blob);
	buf->off = off;
	buf->len = len;
	kelp_txq_append(conn, buf);
}

static ssize_t kelp_buf_send(struct kelp_conn *conn, struct kelp_out *out,
			     struct kelp_buf *buf, bool more)
{
	struct kvec vec;

	if (buf->blob)
		return kelp_send_blob(conn, out, buf->blob, buf->off, buf->len,
				      more);
	vec.iov_base = buf->data + buf->off;
	vec.iov_len = buf->len;
	return kelp_send_vec(conn, out, &vec, 1, buf->len, more);
}

/**
 * kelp_txq_give() - send an element, or keep what TCP does not take of it
 * @conn: the connection; its queue is empty
 * @out: this CPU's
 * @buf: the element, charged to the connection; consumed
 * @more: something follows at once
 *
 * Context: socket lock, BH off.
 */
void kelp_txq_give(struct kelp_conn *conn, struct kelp_out *out,
		   struct kelp_buf *buf, bool more)
{
	struct kvec vec = { .iov_base = buf->data, .iov_len = buf->len };
	ssize_t sent;

	if (unlikely(conn->hook)) {
		if (buf->blob)
			kelp_hook_out_blob(conn, buf->blob, 0, buf->len, more);
		else
			kelp_hook_out(conn, &vec, 1, more);
		kelp_txq_drop(conn, buf);
		kelp_txq_send(conn, out, more);
		return;
	}
	while (buf->len && !conn->failed) {
		sent = kelp_buf_send(conn, out, buf, more);
		if (sent <= 0)
			break;
		buf->off += sent;
		buf->len -= sent;
	}
	if (buf->len && !conn->failed)
		kelp_txq_append(conn, buf);
	else
		kelp_txq_drop(conn, buf);
}

/**
 * kelp_txq_send() - send as much of the queue as TCP takes
 * @conn: the connection
 * @out: this CPU's
 * @more: something follows at once (a FIN, or the next answer)
 *
 * Context: socket lock, BH off.
 */
__kelp_hot
void kelp_txq_send(struct kelp_conn *conn, struct kelp_out *out, bool more)
{
	struct kelp_buf *buf;
	ssize_t sent;

	while (!conn->failed && !list_empty(&conn->txq)) {
		buf = list_first_entry(&conn->txq, struct kelp_buf, node);
		sent = kelp_buf_send(conn, out, buf,
				     more || !list_is_singular(&conn->txq));
		if (sent <= 0)
			return;
		buf->off += sent;
		buf->len -= sent;
		conn->txq_bytes -= sent;
		if (buf->len)
			continue;
		list_del(&buf->node);
		kelp_txq_drop(conn, buf);
	}
}

/**
 * kelp_txq_free() - drop what was not sent
 * @conn: a connection that nobody serves any more
 *
 * Context: any.
 */
void kelp_txq_free(struct kelp_conn *conn)
{
	struct kelp_buf *buf, *next;

	list_for_each_entry_safe(buf, next, &conn->txq, node) {
		list_del(&buf->node);
		kelp_txq_drop(conn, buf);
	}
	conn->txq_bytes = 0;
}
