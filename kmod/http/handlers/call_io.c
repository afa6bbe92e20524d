// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handlers in the dispatcher: what serve() calls, in process context; it sleeps
 * when there is nothing to read or no room to write.
 */
#include "http/handlers/call_impl.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handlers/call.h"
#include "net/conn.h"
#include "net/net.h"

static bool call_dead(struct http_call *call)
{
	bool dead;

	spin_lock_bh(&call->lock);
	dead = call->dead;
	spin_unlock_bh(&call->lock);
	return dead;
}

/**
 * http_call_begin() - the answer's head is final
 * @call: the call
 *
 * Context: serve().
 * Return: 0 or -ECONNABORTED.
 */
int http_call_begin(struct http_call *call)
{
	bool dead;

	spin_lock_bh(&call->lock);
	call->begun = true;
	dead = call->dead;
	spin_unlock_bh(&call->lock);
	if (dead)
		return -ECONNABORTED;
	kelp_conn_set(call->rq.conn, KELP_CONN_READY);
	return 0;
}

static struct http_piece *piece_alloc(struct http_call *call)
{
	struct kelp_conn *conn = call->rq.conn;
	struct http_piece *piece;

	if (!kelp_conn_mem_charge(conn, PIECE_BYTES))
		return NULL;
	piece = kmalloc(sizeof(*piece) + PIECE_BYTES, GFP_KERNEL);
	if (!piece) {
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		kelp_conn_mem_uncharge(conn, PIECE_BYTES);
		return NULL;
	}
	piece->len = 0;
	return piece;
}

static size_t piece_fill(struct http_piece *piece, const void *data, size_t len)
{
	len = min_t(size_t, len, PIECE_BYTES - piece->len);
	memcpy(piece->data + piece->len, data, len);
	piece->len += len;
	return len;
}

/* Append to the last piece what fits; the others are full. Returns how much. */
static size_t tx_append(struct http_call *call, const void *data, size_t len)
{
	size_t n = 0;

	spin_lock_bh(&call->lock);
	if (!list_empty(&call->tx))
		n = piece_fill(list_last_entry(&call->tx, struct http_piece,
					       node), data, len);
	spin_unlock_bh(&call->lock);
	return n;
}

static void tx_add(struct http_call *call, struct http_piece *piece)
{
	spin_lock_bh(&call->lock);
	list_add_tail(&piece->node, &call->tx);
	call->tx_bytes += PIECE_BYTES;
	spin_unlock_bh(&call->lock);
}

/* May another piece be written, or is there no use any more? */
static bool tx_room(struct http_call *call)
{
	bool room;

	spin_lock_bh(&call->lock);
	room = call->dead || call->tx_bytes < call->tx_max;
	spin_unlock_bh(&call->lock);
	return room;
}

/**
 * http_call_write() - write a part of the answer's body
 * @call: the call; its answer has begun
 * @data: the bytes; copied
 * @len: how many
 *
 * Context: serve(); sleeps while too much waits.
 * Return: 0, -ECONNABORTED or -ENOMEM.
 */
int http_call_write(struct http_call *call, const void *data, size_t len)
{
	struct http_piece *piece;
	size_t n;

	if (!http_rq_sends_body(&call->rq))
		return call_dead(call) ? -ECONNABORTED : 0;
	n = tx_append(call, data, len);
	while (n < len) {
		if (!tx_room(call)) {
			kelp_conn_set(call->rq.conn, KELP_CONN_READY);
			wait_event_idle(call->wait, tx_room(call));
		}
		if (call_dead(call))
			return -ECONNABORTED;
		piece = piece_alloc(call);
		if (!piece)
			return -ENOMEM;
		n += piece_fill(piece, data + n, len - n);
		tx_add(call, piece);
	}
	kelp_conn_set(call->rq.conn, KELP_CONN_READY);
	return 0;
}

static int rx_alloc(struct http_call *call)
{
	struct kelp_conn *conn = call->rq.conn;
	u8 *rx;

	if (!kelp_conn_mem_charge(conn, CALL_RX))
		return -ENOMEM;
	rx = kmalloc(CALL_RX, GFP_KERNEL);
	if (!rx) {
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		kelp_conn_mem_uncharge(conn, CALL_RX);
		return -ENOMEM;
	}
	call->rx = rx;
	spin_lock_bh(&call->lock);
	call->want_body = true;
	spin_unlock_bh(&call->lock);
	kelp_conn_set(conn, KELP_CONN_READY);
	return 0;
}

/* Is there a body, or more of it, that a buffer would be needed for? */
static bool rx_more(struct http_call *call)
{
	bool more;

	spin_lock_bh(&call->lock);
	more = !call->rx_end;
	spin_unlock_bh(&call->lock);
	return more;
}

/*
 * Take what is there. Returns bytes, 0 at the end, -EAGAIN when there is
 * nothing yet. @resume: the connection has to be told that there is room.
 */
static ssize_t rx_take(struct http_call *call, void *buf, size_t len,
		       bool *resume)
{
	ssize_t n = -EAGAIN;
	size_t first;

	*resume = false;
	spin_lock_bh(&call->lock);
	if (call->dead) {
		n = -ECONNABORTED;
	} else if (call->rx_len) {
		n = min_t(size_t, len, call->rx_len);
		first = min_t(size_t, n, CALL_RX - call->rx_at);
		memcpy(buf, call->rx + call->rx_at, first);
		memcpy(buf + first, call->rx, n - first);
		call->rx_at = (call->rx_at + n) % CALL_RX;
		call->rx_len -= n;
		*resume = call->rx_stopped && call->rx_len <= CALL_RX / 2;
		if (*resume)
			call->rx_stopped = false;
	} else if (call->rx_end) {
		n = 0;
	}
	spin_unlock_bh(&call->lock);
	return n;
}

/**
 * kelp_http_read() - read a part of the request's body
 * @rq: the request
 * @buf: where to
 * @len: room there, not 0
 *
 * The first read has a client that waits for it told to go on (100 Continue).
 *
 * Context: serve(); sleeps until something has come.
 * Return: bytes read, 0 at the end of the body, or -errno for serve() to return
 * in turn: -ECONNABORTED when the rest will not come, -ENOMEM; -EINVAL outside
 * serve().
 */
ssize_t kelp_http_read(struct kelp_http_rq *rq, void *buf, size_t len)
{
	struct http_call *call = rq->call;
	bool resume;
	ssize_t n;

	if (!call)
		return -EINVAL;
	if (!call->rx && rx_more(call)) {
		n = rx_alloc(call);
		if (n)
			return n;
	}
	wait_event_idle(call->wait,
			(n = rx_take(call, buf, len, &resume)) != -EAGAIN);
	if (resume)
		kelp_conn_set(rq->conn, KELP_CONN_READY);
	return n;
}
EXPORT_SYMBOL_GPL(kelp_http_read);

/*
 * Uncharged when the request is over. Not the connection's: how large a body
 * may be is the route's to say.
 */
static bool rq_charge(struct kelp_http_rq *rq, size_t bytes)
{
	if (!kelp_net_mem_charge(rq->conn->kn, bytes)) {
		kelp_stat_inc(rq->conn->stats, KELP_STAT_MEM_REFUSED);
		return false;
	}
	rq->body_charged += bytes;
	return true;
}

/**
 * kelp_http_gone() - does nobody wait for the answer any more?
 * @rq: the request
 *
 * Whoever works for long without reading or writing asks now and then.
 *
 * Context: serve().
 * Return: true when the connection is gone.
 */
bool kelp_http_gone(const struct kelp_http_rq *rq)
{
	return call_dead(rq->call);
}
EXPORT_SYMBOL_GPL(kelp_http_gone);

/**
 * kelp_http_read_all() - read the whole body
 * @rq: the request
 * @most: bytes that are accepted
 * @data: set to the bytes, to be given to kvfree()
 * @len: set to their number
 *
 * Memory is taken as the bytes come, whatever length was announced.
 *
 * Context: serve(); sleeps until all has come.
 * Return: 0, -E2BIG when there is more than @most, -ENOMEM, -ECONNABORTED.
 */
int kelp_http_read_all(struct kelp_http_rq *rq, size_t most, void **data,
		       size_t *len)
{
	size_t cap = 0, used = 0, more;
	void *room = NULL, *grown;
	ssize_t n;

	for (;;) {
		if (used == cap) {
			/* one more than @most, to see that there is more */
			more = min(max_t(size_t, 2 * cap, 1024), most + 1);
			n = cap < more ? -ENOMEM : -E2BIG;
			if (cap == more || !rq_charge(rq, more))
				break;
			grown = kvmalloc(more, GFP_KERNEL);
			if (!grown)
				break;
			memcpy(grown, room, used);
			kvfree(room);
			room = grown;
			cap = more;
		}
		n = kelp_http_read(rq, room + used, cap - used);
		if (n <= 0)
			break;
		used += n;
	}
	if (!n && used <= most) {
		*data = room;
		*len = used;
		return 0;
	}
	kvfree(room);
	return n ?: -E2BIG;
}
EXPORT_SYMBOL_GPL(kelp_http_read_all);
