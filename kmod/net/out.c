// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: answers are gathered per CPU while a connection is served and given
 * to TCP in one call. Runs with the socket's spinlock held and BH off, so the
 * CPU's buffer has one user at a time; should a device driver ever receive
 * from within our own transmit, kelp_out_begin() notices and refuses.
 */
#include "net/out.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "hot.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/hook.h"
#include "net/net.h"
#include "net/txq.h"

#define KELP_OUT_VECS 64

/**
 * struct kelp_out - what is gathered on a CPU
 * @busy: in use; BH off on this CPU, as all fields
 * @nr: elements in @vec
 * @scratch_used: bytes handed out of @scratch
 * @bytes: sum of @vec
 * @msg: zeroed once, because that takes longer than to send with it
 * @frag: page fragment lent to the sockets while they send, so that an idle
 *	connection does not keep one
 * @vec: the bytes, in order
 * @scratch: for bytes that are made on the way
 */
struct kelp_out {
	bool busy;
	unsigned int nr;
	unsigned int scratch_used;
	size_t bytes;
	struct msghdr msg;
	struct page_frag frag;
	struct kvec vec[KELP_OUT_VECS];
	char scratch[KELP_OUT_SCRATCH];
};

static struct kelp_out __percpu *kelp_outs;

/**
 * kelp_out_init() - make the per-CPU buffers
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int kelp_out_init(void)
{
	kelp_outs = alloc_percpu(struct kelp_out);
	return kelp_outs ? 0 : -ENOMEM;
}

/**
 * kelp_out_exit() - free the per-CPU buffers
 *
 * Context: module unload; no connection is left.
 */
void kelp_out_exit(void)
{
	struct kelp_out *out;
	int cpu;

	for_each_possible_cpu(cpu) {
		out = per_cpu_ptr(kelp_outs, cpu);
		if (out->frag.page)
			put_page(out->frag.page);
	}
	free_percpu(kelp_outs);
}

/**
 * kelp_out_begin() - take this CPU's buffer
 *
 * Context: BH off, until kelp_out_end().
 * Return: the buffer, or NULL when it is in use on this CPU.
 */
__kelp_hot
struct kelp_out *kelp_out_begin(void)
{
	struct kelp_out *out = this_cpu_ptr(kelp_outs);

	if (unlikely(out->busy))
		return NULL;
	out->busy = true;
	return out;
}

/**
 * kelp_out_end() - give the buffer back
 * @out: from kelp_out_begin(); flushed
 *
 * Context: BH off.
 */
__kelp_hot
void kelp_out_end(struct kelp_out *out)
{
	out->busy = false;
}

static inline ssize_t kelp_sent(struct kelp_conn *conn, ssize_t ret)
{
	if (ret > 0) {
		conn->tx_bytes += ret;
		conn->tx_since = jiffies;
		kelp_stat_add(conn->stats, KELP_STAT_TX_BYTES, ret);
		return ret;
	}
	if (ret && ret != -EAGAIN)
		conn->failed = true;
	return 0;
}

/**
 * kelp_send_vec() - give bytes to TCP
 * @conn: the connection
 * @out: this CPU's
 * @vec: the bytes; TCP copies them
 * @nr: elements in @vec
 * @len: bytes in all
 * @more: something follows at once
 *
 * MSG_NOSIGNAL is needed: without it a reset connection would signal whatever
 * task the softirq interrupted.
 *
 * Context: socket's spinlock held, BH off.
 * Return: bytes taken, 0 when there is no room or the connection broke
 *	(kelp_conn.failed).
 */
__kelp_hot
ssize_t kelp_send_vec(struct kelp_conn *conn, struct kelp_out *out,
		      struct kvec *vec, unsigned int nr, size_t len, bool more)
{
	struct sock *sk = conn->sock->sk;
	struct msghdr *msg = &out->msg;
	ssize_t ret;

	msg->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
	iov_iter_kvec(&msg->msg_iter, ITER_SOURCE, vec, nr, len);
	swap(sk->sk_frag, out->frag);
	ret = tcp_sendmsg_locked(sk, msg, len);
	swap(sk->sk_frag, out->frag);
	return kelp_sent(conn, ret);
}

/*
 * The device cannot gather, so references would be copied in a way that may
 * sleep. The pages are never in high memory: kelp_blob_alloc().
 */
static ssize_t kelp_send_copied(struct kelp_conn *conn, struct kelp_out *out,
				const struct bio_vec *bv, bool more)
{
	struct kvec vec = {
		.iov_base = page_address(bv->bv_page) + bv->bv_offset,
		.iov_len = bv->bv_len,
	};

	return kelp_send_vec(conn, out, &vec, 1, vec.iov_len, more);
}

/**
 * kelp_send_blob() - give references to a blob's pages to TCP
 * @conn: the connection
 * @out: this CPU's
 * @blob: the blob; TCP takes references to the pages
 * @off: first byte
 * @len: bytes
 * @more: something follows at once
 *
 * Context, Return: as kelp_send_vec().
 */
__kelp_hot
ssize_t kelp_send_blob(struct kelp_conn *conn, struct kelp_out *out,
		       struct kelp_blob *blob, size_t off, size_t len,
		       bool more)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
	struct sock *sk = conn->sock->sk;
	bool gathers = sk->sk_route_caps & NETIF_F_SG;
	struct bio_vec first;
	unsigned int i = 0;
	ssize_t ret, rest;

	while (off >= blob->bv[i].bv_len)
		off -= blob->bv[i++].bv_len;
	if (likely(gathers && !off)) {
		ret = kelp_compat_send_pages_locked(sk, &blob->bv[i],
						    blob->nr - i, len, flags);
		return kelp_sent(conn, ret);
	}

	/* The run that is entered in the middle goes by itself. */
	first = blob->bv[i];
	first.bv_offset += off;
	first.bv_len = min_t(size_t, first.bv_len - off, len);
	rest = len - first.bv_len;
	if (unlikely(!gathers))
		return kelp_send_copied(conn, out, &first, more || rest);
	ret = kelp_compat_send_pages_locked(sk, &first, 1, first.bv_len,
					    rest ? flags | MSG_MORE : flags);
	if (ret != first.bv_len || !rest)
		return kelp_sent(conn, ret);
	rest = kelp_compat_send_pages_locked(sk, &blob->bv[i + 1],
					     blob->nr - i - 1, rest, flags);
	if (rest < 0) {
		if (rest != -EAGAIN)
			conn->failed = true;
		rest = 0;
	}
	return kelp_sent(conn, ret + rest);
}

/**
 * kelp_out_flush() - give what is gathered to TCP
 * @run: the invocation
 * @more: something follows at once
 *
 * What TCP does not take goes to the transmit queue.
 *
 * Context: socket's spinlock held, BH off.
 */
__kelp_hot
void kelp_out_flush(struct kelp_run *run, bool more)
{
	struct kelp_conn *conn = run->conn;
	struct kelp_out *out = run->out;
	ssize_t sent = 0;

	if (unlikely(conn->hook)) {
		kelp_hook_out(conn, out->vec, out->nr, more);
		kelp_txq_send(conn, out, more);
	} else if (out->nr && !conn->failed) {
		/* vec is ours; the iterator works on a copy of its state */
		if (list_empty(&conn->txq))
			sent = kelp_send_vec(conn, out, out->vec, out->nr,
					     out->bytes, more);
		if (sent < out->bytes)
			kelp_txq_add_copy(conn, out->vec, out->nr, sent);
	}
	out->nr = 0;
	out->bytes = 0;
	out->scratch_used = 0;
}

/**
 * kelp_out_ref() - append bytes without copying them
 * @run: the invocation
 * @data: bytes that stay as they are until the invocation ends
 * @len: how many
 *
 * Context: socket's spinlock held, BH off.
 */
__kelp_hot
void kelp_out_ref(struct kelp_run *run, const void *data, size_t len)
{
	struct kelp_out *out = run->out;
	unsigned int used;
	struct kvec *last;

	if (!len)
		return;
	run->bytes -= len;
	run->open = true;
	if (out->nr) {
		last = &out->vec[out->nr - 1];
		if (last->iov_base + last->iov_len == data) {
			last->iov_len += len;
			out->bytes += len;
			return;
		}
	}
	/*
	 * Not sooner, when perhaps nothing follows: MSG_MORE would hold the
	 * answers back. @data may lie in the scratch.
	 */
	if (out->nr == KELP_OUT_VECS) {
		used = out->scratch_used;
		kelp_out_flush(run, true);
		out->scratch_used = used;
	}
	out->vec[out->nr].iov_base = (void *)data;
	out->vec[out->nr].iov_len = len;
	out->nr++;
	out->bytes += len;
}
EXPORT_SYMBOL_GPL(kelp_out_ref);

/**
 * kelp_out_reserve() - see to it that one answer fits without sending
 * @run: the invocation
 * @len: bytes that will be asked of kelp_out_alloc(), at most KELP_OUT_SCRATCH
 *
 * Context: socket's spinlock held, BH off.
 */
__kelp_hot
void kelp_out_reserve(struct kelp_run *run, size_t len)
{
	const struct kelp_out *out = run->out;

	if (len > KELP_OUT_SCRATCH - out->scratch_used ||
	    out->nr + KELP_OUT_PIECES > KELP_OUT_VECS)
		kelp_out_flush(run, false);
}
EXPORT_SYMBOL_GPL(kelp_out_reserve);

/**
 * kelp_out_alloc() - room for bytes made on the way
 * @run: the invocation
 * @len: at most KELP_OUT_SCRATCH
 *
 * Context: socket's spinlock held, BH off.
 * Return: @len bytes to write and to append with kelp_out_ref().
 */
__kelp_hot
char *kelp_out_alloc(struct kelp_run *run, size_t len)
{
	struct kelp_out *out = run->out;
	char *room;

	WARN_ON_ONCE(len > KELP_OUT_SCRATCH);
	if (len > KELP_OUT_SCRATCH - out->scratch_used)
		kelp_out_flush(run, true);
	room = out->scratch + out->scratch_used;
	out->scratch_used += len;
	return room;
}
EXPORT_SYMBOL_GPL(kelp_out_alloc);

/**
 * kelp_out_copy() - append a copy
 * @run: the invocation
 * @data: the bytes
 * @len: how many
 *
 * Context: socket's spinlock held, BH off.
 */
void kelp_out_copy(struct kelp_run *run, const void *data, size_t len)
{
	size_t part;
	char *room;

	while (len) {
		part = min_t(size_t, len, KELP_OUT_SCRATCH);
		room = kelp_out_alloc(run, part);
		memcpy(room, data, part);
		kelp_out_ref(run, room, part);
		data += part;
		len -= part;
	}
}
EXPORT_SYMBOL_GPL(kelp_out_copy);

__kelp_hot
static void kelp_out_pages(struct kelp_run *run, struct kelp_blob *blob,
			   size_t off, size_t len, bool private)
{
	struct kelp_conn *conn = run->conn;
	ssize_t part, sent = 0;

	if (!len)
		return;
	run->bytes -= len;
	run->open = true;
	kelp_out_flush(run, true);
	if (unlikely(conn->hook)) {
		kelp_hook_out_blob(conn, blob, off, len, conn->closing);
		kelp_txq_send(conn, run->out, conn->closing);
		return;
	}
	while (sent < len && !conn->failed && list_empty(&conn->txq)) {
		part = kelp_send_blob(conn, run->out, blob, off + sent,
				      len - sent, conn->closing);
		if (!part)
			break;
		sent += part;
	}
	kelp_txq_add_blob(conn, blob, off + sent, len - sent, private);
}

/**
 * kelp_out_blob() - append part of a blob by page reference
 * @run: the invocation
 * @blob: the blob; the caller holds a reference during the call
 * @off: first byte
 * @len: bytes
 *
 * For bytes that are accounted for elsewhere, as a cached object's.
 *
 * Context: socket's spinlock held, BH off.
 */
void kelp_out_blob(struct kelp_run *run, struct kelp_blob *blob, size_t off,
		   size_t len)
{
	kelp_out_pages(run, blob, off, len, false);
}

/**
 * kelp_out_chunk() - append a blob that was made for this connection
 * @run: the invocation
 * @blob: the blob; the caller holds a reference during the call
 *
 * What has to wait is charged to the namespace's memory.
 *
 * Context: socket's spinlock held, BH off.
 */
void kelp_out_chunk(struct kelp_run *run, struct kelp_blob *blob)
{
	kelp_out_pages(run, blob, 0, blob->len, true);
}

/**
 * kelp_out_done() - a message was answered
 * @run: the invocation
 *
 * Context: socket's spinlock held, BH off.
 */
__kelp_hot
void kelp_out_done(struct kelp_run *run)
{
	run->requests--;
	run->open = false;
	run->conn->requests++;
	kelp_stat_inc(run->conn->stats, KELP_STAT_REQUESTS);
}
EXPORT_SYMBOL_GPL(kelp_out_done);
