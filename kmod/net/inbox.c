// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inbox of a connection, and the turn in which its worker works it off,
 * together with what else the worker is kicked for beside data: a protocol's
 * on_ready, the server's end. The order in a turn: tasks; then, while nothing
 * waits to be sent, on_shutdown, on_ready, and messages one after the other.
 * While a file is being sent there is no turn but the file's.
 */
#include "net/inbox.h"

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "net/conn.h"
#include "net/file.h"
#include "net/net.h"
#include "net/out.h"
#include "net/timer.h"
#include "net/txq.h"

/**
 * kelp_inbox_init() - an empty inbox
 * @inbox: the inbox
 *
 * Context: nobody else has the connection yet.
 */
void kelp_inbox_init(struct kelp_inbox *inbox)
{
	spin_lock_init(&inbox->lock);
	INIT_LIST_HEAD(&inbox->items);
	INIT_LIST_HEAD(&inbox->msgs);
	INIT_LIST_HEAD(&inbox->timers);
}

/**
 * kelp_inbox_post() - have something run
 * @conn: the connection
 * @item: what; its function is called exactly once if this returns true
 *
 * Context: any.
 * Return: false when the connection has ended.
 */
bool kelp_inbox_post(struct kelp_conn *conn, struct kelp_item *item)
{
	struct kelp_inbox *inbox = &conn->inbox;
	bool open;

	spin_lock_bh(&inbox->lock);
	open = !inbox->closed;
	if (open)
		list_add_tail(&item->node, &inbox->items);
	spin_unlock_bh(&inbox->lock);
	if (open)
		kelp_conn_kick(conn);
	return open;
}

/* Urgent ones before the others, each kind in order. Its lock is held. */
static void inbox_insert(struct kelp_inbox *inbox, struct kelp_buf *buf)
{
	struct kelp_buf *at;

	if (buf->urgent)
		list_for_each_entry(at, &inbox->msgs, node)
			if (!at->urgent) {
				list_add_tail(&buf->node, &at->node);
				return;
			}
	list_add_tail(&buf->node, &inbox->msgs);
}

/* Charge and insert. Its lock is held. */
static int inbox_admit(struct kelp_conn *conn, struct kelp_buf *buf)
{
	struct kelp_inbox *inbox = &conn->inbox;

	if (inbox->closed || inbox->shut)
		return -ESHUTDOWN;
	if (!kelp_conn_mem_charge(conn, buf->charge))
		return -ENOBUFS;
	inbox_insert(inbox, buf);
	return 0;
}

/**
 * kelp_inbox_send() - have a message sent
 * @conn: the connection
 * @buf: the message; its charge is set and not charged yet; the connection's
 *	when this returns 0
 *
 * Context: any.
 * Return: 0; -ESHUTDOWN when nothing can be sent any more; -ENOBUFS when too
 * much waits already, or memory is at its limit.
 */
int kelp_inbox_send(struct kelp_conn *conn, struct kelp_buf *buf)
{
	int err;

	spin_lock_bh(&conn->inbox.lock);
	err = inbox_admit(conn, buf);
	spin_unlock_bh(&conn->inbox.lock);
	if (!err)
		kelp_conn_kick(conn);
	return err;
}

/* An item may be gone, or posted again, when its function returns. */
static void inbox_run(struct list_head *items, struct kelp_conn *conn,
		      struct kelp_run *run)
{
	struct kelp_item *item;

	while (!list_empty(items)) {
		item = list_first_entry(items, struct kelp_item, node);
		list_del(&item->node);
		item->fn(item, conn, run);
	}
}

static void inbox_run_items(struct kelp_run *run)
{
	struct kelp_inbox *inbox = &run->conn->inbox;
	LIST_HEAD(items);

	if (list_empty(&inbox->items))
		return;
	spin_lock(&inbox->lock);
	list_splice_init(&inbox->items, &items);
	spin_unlock(&inbox->lock);
	inbox_run(&items, run->conn, run);
}

/* Tasks whose owner goes: they must not wait for a peer that reads slowly. */
static void inbox_end_items(struct kelp_conn *conn)
{
	struct kelp_inbox *inbox = &conn->inbox;
	struct kelp_item *item, *next;
	LIST_HEAD(items);

	spin_lock(&inbox->lock);
	list_for_each_entry_safe(item, next, &inbox->items, node)
		if (READ_ONCE(item->owner->gone))
			list_move_tail(&item->node, &items);
	spin_unlock(&inbox->lock);
	inbox_run(&items, conn, NULL);
}

/* What the worker was kicked for by bits. */
static void inbox_tell(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;

	if (test_bit(KELP_CONN_DRAIN, &conn->bits) && !conn->farewell &&
	    !conn->closing) {
		conn->farewell = true;
		if (conn->proto->on_shutdown)
			conn->proto->on_shutdown(conn, run);
	}
	if ((test_and_clear_bit(KELP_CONN_READY, &conn->bits) ||
	     conn->want_ready) && conn->proto->on_ready)
		conn->proto->on_ready(conn, run);
}

/* The next message, and whether bytes follow at once. */
static struct kelp_buf *inbox_take(struct kelp_conn *conn, bool *more)
{
	struct kelp_inbox *inbox = &conn->inbox;
	struct kelp_buf *buf, *next;

	spin_lock(&inbox->lock);
	buf = list_first_entry_or_null(&inbox->msgs, struct kelp_buf, node);
	if (buf)
		list_del(&buf->node);
	next = list_first_entry_or_null(&inbox->msgs, struct kelp_buf, node);
	*more = next && !next->file;
	spin_unlock(&inbox->lock);
	return buf;
}

/*
 * Messages, as long as TCP takes them. Not in the middle of one that the
 * protocol has begun; but what it has not ended when it closes, it never will.
 */
static void inbox_send_msgs(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;
	struct kelp_buf *buf;
	bool more;

	if (list_empty(&conn->inbox.msgs) || (run->open && !conn->closing))
		return;
	kelp_out_flush(run, false);
	while (!conn->failed && list_empty(&conn->txq) && !conn->file) {
		buf = inbox_take(conn, &more);
		if (!buf)
			break;
		if (!buf->file) {
			kelp_txq_give(conn, run->out, buf, more);
			continue;
		}
		swap(conn->file, buf->file);
		kelp_conn_mem_uncharge(conn, buf->charge);
		kelp_buf_free(buf);
		kelp_file_start(conn);
	}
}

/**
 * kelp_inbox_serve() - a worker's turn, before it reads
 * @run: the invocation
 *
 * Context: socket lock, BH off; owning worker.
 * Return: false when nothing must be read in this invocation.
 */
bool kelp_inbox_serve(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;
	struct kelp_proto *proto;

	if (conn->failed)
		return false;
	if (conn->opening) {
		proto = conn->opening;
		WRITE_ONCE(conn->opening, NULL);
		kelp_proto_enter(conn, proto);
	}
	if (conn->file && !kelp_file_serve(run)) {
		inbox_end_items(conn);
		return false;
	}
	inbox_run_items(run);
	if (conn->proto && list_empty(&conn->txq) && !conn->failed)
		inbox_tell(run);
	inbox_send_msgs(run);
	return !conn->file && !conn->hijack;
}

/**
 * kelp_inbox_is_busy() - is there still something to be sent?
 * @conn: the connection
 *
 * Context: socket lock.
 * Return: true while messages wait or a file is being sent.
 */
bool kelp_inbox_is_busy(const struct kelp_conn *conn)
{
	return conn->file || !list_empty(&conn->inbox.msgs);
}

/**
 * kelp_inbox_shut() - the FIN is about to be sent
 * @conn: the connection; its transmit queue is empty
 *
 * Context: socket lock, BH off.
 * Return: true when all messages were sent, and none is taken any more.
 */
bool kelp_inbox_shut(struct kelp_conn *conn)
{
	struct kelp_inbox *inbox = &conn->inbox;

	spin_lock(&inbox->lock);
	inbox->shut = !kelp_inbox_is_busy(conn);
	spin_unlock(&inbox->lock);
	return inbox->shut;
}

/**
 * kelp_inbox_close() - nothing comes in any more; end what is there
 * @conn: a connection that nobody serves any more
 *
 * Context: owning worker, in teardown.
 */
void kelp_inbox_close(struct kelp_conn *conn)
{
	struct kelp_inbox *inbox = &conn->inbox;
	struct kelp_buf *buf, *next;
	LIST_HEAD(items);
	LIST_HEAD(msgs);

	spin_lock_bh(&inbox->lock);
	inbox->closed = true;
	list_splice_init(&inbox->items, &items);
	list_splice_init(&inbox->msgs, &msgs);
	spin_unlock_bh(&inbox->lock);
	/* no timer is added any more */
	kelp_timer_cancel_all(conn);
	inbox_run(&items, conn, NULL);
	list_for_each_entry_safe(buf, next, &msgs, node) {
		kelp_conn_mem_uncharge(conn, buf->charge);
		kelp_buf_free(buf);
	}
	kelp_file_put(conn->file);
	conn->file = NULL;
}
