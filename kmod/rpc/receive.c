// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving a body that is too large to be gathered: it is copied once, into
 * pages from which its attachment can be sent again. Memory is taken as the
 * bytes come, whatever length was announced. Under the socket lock with BH off.
 */
#include "rpc/receive.h"

#include <linux/minmax.h>
#include <linux/slab.h>

#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"
#include "rpc/task.h"

/* One run of pages, where memory allows. */
#define RECEIVE_PIECE 32768

/* A new piece at the end, for at most @left bytes. */
static struct rpc_piece *piece_add(struct kelp_conn *conn,
				   struct rpc_task *task, size_t left)
{
	size_t len = min_t(size_t, left, RECEIVE_PIECE);
	struct rpc_piece *piece;

	if (!kelp_conn_mem_charge(conn, len))
		return NULL;
	piece = kmalloc(sizeof(*piece), GFP_ATOMIC | __GFP_NOWARN);
	if (!piece)
		goto err_uncharge;
	piece->blob = kelp_blob_alloc(len, GFP_ATOMIC);
	if (!piece->blob)
		goto err_free;
	piece->used = 0;
	task->conn_charged += len;
	list_add_tail(&piece->node, &task->pieces);
	return piece;

err_free:
	kfree(piece);
err_uncharge:
	kelp_conn_mem_uncharge(conn, len);
	kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
	return NULL;
}

/**
 * rpc_receive() - take bytes of a body
 * @conn: the connection
 * @task: whose body it is
 * @data: the bytes
 * @len: how many, at most @left
 * @left: bytes of the body that were to come, these included
 *
 * Context: socket lock, BH off.
 * Return: false without memory.
 */
bool rpc_receive(struct kelp_conn *conn, struct rpc_task *task, const u8 *data,
		 size_t len, size_t left)
{
	struct rpc_piece *piece = NULL;
	size_t n;

	if (!list_empty(&task->pieces))
		piece = list_last_entry(&task->pieces, struct rpc_piece, node);
	for (; len; data += n, len -= n, left -= n) {
		if (!piece || piece->used == piece->blob->len) {
			piece = piece_add(conn, task, left);
			if (!piece)
				return false;
		}
		n = min(len, piece->blob->len - piece->used);
		kelp_blob_copy_in(piece->blob, piece->used, data, n);
		piece->used += n;
	}
	return true;
}
