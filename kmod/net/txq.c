// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transmit queue: copies of small answers and references to blobs. Runs
 * under the socket lock with BH off, in softirq or in the worker.
 */
#include "net/txq.h"

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"
#include "stats/census.h"

/**
 * struct kelp_buf - an element of the transmit queue
 * @node: in kelp_conn.txq; socket lock
 * @blob: the bytes are in this blob (a reference is held), or NULL
 * @off: first byte that still has to be sent; socket lock
 * @len: bytes that still have to be sent; socket lock
 * @charge: bytes charged to kelp_net.mem
 * @data: the bytes when @blob is NULL
 */
struct kelp_buf {
	struct list_head node;
	struct kelp_blob *blob;
	size_t off;
	size_t len;
	size_t charge;
	u8 data[];
};

static void kelp_buf_free(struct kelp_conn *conn, struct kelp_buf *buf)
{
	if (buf->blob)
		kelp_blob_put(buf->blob);
	kelp_net_mem_uncharge(conn->kn, buf->charge);
	kfree(buf);
	kelp_census_sub(KELP_CENSUS_BUF);
}

static struct kelp_buf *kelp_buf_alloc(struct kelp_conn *conn, size_t data)
{
	size_t size = sizeof(struct kelp_buf) + data;
	struct kelp_buf *buf;

	if (!kelp_net_mem_charge(conn->kn, size)) {
		kelp_stat_inc(conn->stats, KELP_STAT_MEM_REFUSED);
		return NULL;
	}
	buf = kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!buf) {
		kelp_net_mem_uncharge(conn->kn, size);
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		return NULL;
	}
	kelp_census_add(KELP_CENSUS_BUF);
	buf->blob = NULL;
	buf->off = 0;
	buf->len = data;
	buf->charge = size;
	return buf;
}

static void kelp_txq_append(struct kelp_conn *conn, struct kelp_buf *buf)
{
	if (list_empty(&conn->txq))
		kelp_stat_inc(conn->stats, KELP_STAT_BACKPRESSURE);
	list_add_tail(&buf->node, &conn->txq);
	conn->txq_bytes += buf->len;
}

/**
 * kelp_txq_add_copy() - keep what TCP did not take
 * @conn: the connection
 * @vec: the bytes
 * @nr: elements in @vec
 * @skip: bytes at the beginning of @vec that were sent
 *
 * Context: socket lock, BH off. Without memory the connection is marked
 *	failed: its stream would have a hole.
 */
void kelp_txq_add_copy(struct kelp_conn *conn, const struct kvec *vec,
		       unsigned int nr, size_t skip)
{
	size_t total = 0, at = 0, from;
	struct kelp_buf *buf;
	unsigned int i;

	for (i = 0; i < nr; i++)
		total += vec[i].iov_len;
	if (conn->failed || total == skip)
		return;
	buf = kelp_buf_alloc(conn, total - skip);
	if (!buf) {
		conn->failed = true;
		return;
	}
	for (i = 0; i < nr; i++) {
		from = min(skip, vec[i].iov_len);
		skip -= from;
		memcpy(buf->data + at, vec[i].iov_base + from,
		       vec[i].iov_len - from);
		at += vec[i].iov_len - from;
	}
	kelp_txq_append(conn, buf);
}

/**
 * kelp_txq_add_blob() - keep part of a blob
 * @conn: the connection
 * @blob: the blob; a reference is taken
 * @off: first byte
 * @len: bytes
 *
 * Context: as kelp_txq_add_copy().
 */
void kelp_txq_add_blob(struct kelp_conn *conn, struct kelp_blob *blob,
		       size_t off, size_t len)
{
	struct kelp_buf *buf;

	if (conn->failed || !len)
		return;
	buf = kelp_buf_alloc(conn, 0);
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
		return kelp_send_blob(conn, buf->blob, buf->off, buf->len,
				      more);
	vec.iov_base = buf->data + buf->off;
	vec.iov_len = buf->len;
	return kelp_send_vec(conn, out, &vec, 1, buf->len, more);
}

/**
 * kelp_txq_send() - send as much of the queue as TCP takes
 * @conn: the connection
 * @out: this CPU's
 * @more: something follows at once (a FIN, or the next answer)
 *
 * Context: socket lock, BH off.
 */
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
			return;
		list_del(&buf->node);
		kelp_buf_free(conn, buf);
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
		kelp_buf_free(conn, buf);
	}
	conn->txq_bytes = 0;
}
