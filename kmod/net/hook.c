// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks: kelp/hook.h. What comes goes through the hook into the gathering
 * buffer, from where the protocol gets it; what is written goes through it
 * onto the transmit queue, which holds bytes as the wire has them.
 */
#include "net/hook.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "net/blob.h"
#include "net/conn.h"
#include "net/gather.h"
#include "net/out.h"
#include "net/txq.h"
#include "stats/census.h"

/**
 * kelp_hook_set() - put a hook between a connection and the wire
 * @conn: the connection; has none
 * @owner: whose code it is, registered; its end is the connection's
 * @ops: the hook
 * @arg: passed to it
 *
 * For every byte behind those that the callback takes, when it is on_data, and
 * for all that is written after this call. There is no way to take it out.
 *
 * Context: its callbacks (kelp/conn.h), on_open too.
 * Return: 0; -EBUSY when it has a hook, or is about to be taken away; -ENOENT
 * when the owner is not registered (any more); -ENOMEM.
 */
int kelp_hook_set(struct kelp_conn *conn, const struct kelp_proto_ops *owner,
		  const struct kelp_hook_ops *ops, void *arg)
{
	struct kelp_hook *hook;
	int err = -ENOMEM;

	if (conn->hook || conn->hijack)
		return -EBUSY;
	hook = kzalloc(sizeof(*hook), GFP_ATOMIC | __GFP_NOWARN);
	if (!hook)
		return -ENOMEM;
	hook->piece = kmalloc(KELP_HOOK_PIECE, GFP_ATOMIC | __GFP_NOWARN);
	if (!hook->piece)
		goto err_free;
	err = -ENOENT;
	hook->owner = kelp_proto_find(owner);
	if (!hook->owner)
		goto err_piece;
	kelp_census_add(KELP_CENSUS_HOOK);
	hook->ops = ops;
	hook->arg = arg;
	hook->raw = true;
	/* what was written before leaves as it is */
	kelp_out_flush(conn->run, false);
	conn->hook = hook;
	WRITE_ONCE(conn->hook_owner, hook->owner);
	/* the rest of this invocation's bytes are the hook's, in the worker */
	conn->handed = true;
	conn->run->requests = 0;
	kelp_conn_kick(conn);
	return 0;

err_piece:
	kfree(hook->piece);
err_free:
	kfree(hook);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_hook_set);

/**
 * kelp_hook_give() - bytes for the protocol
 * @conn: the connection
 * @data: the bytes
 * @len: how many
 *
 * Context: kelp_hook_ops.in.
 * Return: 0; -ENOBUFS when the protocol does not take what it has, or memory
 * is at its limit: the connection cannot go on.
 */
int kelp_hook_give(struct kelp_conn *conn, const void *data, size_t len)
{
	return kelp_gather_add(conn, data, len) == len ? 0 : -ENOBUFS;
}
EXPORT_SYMBOL_GPL(kelp_hook_give);

/**
 * kelp_hook_send() - bytes for the wire
 * @conn: the connection
 * @data: the bytes; copied
 * @len: how many
 *
 * Context: kelp_hook_ops.in and .out.
 * Return: 0, or -ENOBUFS when memory is at its limit: the connection cannot go
 * on.
 */
int kelp_hook_send(struct kelp_conn *conn, const void *data, size_t len)
{
	const struct kvec vec = { .iov_base = (void *)data, .iov_len = len };

	kelp_txq_add_copy(conn, &vec, 1, 0);
	return conn->failed ? -ENOBUFS : 0;
}
EXPORT_SYMBOL_GPL(kelp_hook_send);

/**
 * kelp_hook_in() - bytes came from the wire
 * @conn: a connection with a hook
 * @data: the bytes
 * @len: how many, at most KELP_HOOK_PIECE
 *
 * Context: socket lock, BH off.
 */
void kelp_hook_in(struct kelp_conn *conn, const u8 *data, size_t len)
{
	const struct kelp_hook *hook = conn->hook;

	if (hook->ops->in(conn, hook->arg, data, len))
		conn->failed = true;
	if (!list_empty(&conn->txq))
		kelp_txq_send(conn, conn->run->out, false);
}

/**
 * kelp_hook_in_gathered() - what was gathered before there was a hook
 * @conn: a connection with a hook
 *
 * Context: socket lock, BH off.
 */
void kelp_hook_in_gathered(struct kelp_conn *conn)
{
	u8 *raw = conn->gather;
	u32 len = conn->gather_len;
	u32 cap = conn->gather_cap;
	u32 at, n;

	conn->hook->raw = false;
	conn->gather = NULL;
	conn->gather_len = 0;
	conn->gather_cap = 0;
	for (at = 0; at < len && !conn->failed; at += n) {
		n = min_t(u32, len - at, KELP_HOOK_PIECE);
		kelp_hook_in(conn, raw + at, n);
	}
	kfree(raw);
	kelp_conn_mem_uncharge(conn, cap);
}

static void hook_out(struct kelp_conn *conn, const u8 *data, size_t len,
		     bool last)
{
	const struct kelp_hook *hook = conn->hook;

	if (!conn->failed && hook->ops->out(conn, hook->arg, data, len, last))
		conn->failed = true;
}

/**
 * kelp_hook_out() - bytes are to be sent
 * @conn: a connection with a hook
 * @vec: the bytes
 * @nr: elements in @vec
 * @more: something follows at once
 *
 * Context: socket lock, BH off. They are on the transmit queue afterwards, or
 *	the hook has them.
 */
void kelp_hook_out(struct kelp_conn *conn, const struct kvec *vec,
		   unsigned int nr, bool more)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		hook_out(conn, vec[i].iov_base, vec[i].iov_len,
			 !more && i + 1 == nr);
}

/**
 * kelp_hook_out_blob() - a blob's bytes are to be sent
 * @conn: a connection with a hook
 * @blob: the blob; a reference is held during the call
 * @off: first byte
 * @len: bytes
 * @more: something follows at once
 *
 * Context: as kelp_hook_out().
 */
void kelp_hook_out_blob(struct kelp_conn *conn, const struct kelp_blob *blob,
			size_t off, size_t len, bool more)
{
	const struct bio_vec *bv = blob->bv;
	size_t n;

	for (; off >= bv->bv_len; bv++)
		off -= bv->bv_len;
	for (; len; bv++, off = 0, len -= n) {
		n = min_t(size_t, len, bv->bv_len - off);
		hook_out(conn, page_address(bv->bv_page) + bv->bv_offset + off,
			 n, !more && n == len);
	}
}

/**
 * kelp_hook_free() - the connection has ended
 * @conn: a connection that nobody serves any more, with a hook or without
 *
 * Context: owning worker, in teardown.
 */
void kelp_hook_free(struct kelp_conn *conn)
{
	struct kelp_hook *hook = conn->hook;

	if (!hook)
		return;
	if (hook->ops->release)
		hook->ops->release(hook->arg);
	conn->hook = NULL;
	WRITE_ONCE(conn->hook_owner, NULL);
	kelp_proto_put(hook->owner);
	kfree(hook->piece);
	kfree(hook);
	kelp_census_sub(KELP_CENSUS_HOOK);
}
