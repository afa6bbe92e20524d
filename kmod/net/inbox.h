/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inbox of a connection: what other contexts have for it, messages to be
 * sent and tasks to be run. Anybody who has a reference puts something in and
 * kicks; the connection's worker takes it out.
 */
#ifndef KELP_NET_INBOX_H
#define KELP_NET_INBOX_H

#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>

struct kelp_buf;
struct kelp_conn;
struct kelp_proto;
struct kelp_run;

/**
 * struct kelp_item - something to be run once
 * @node: in kelp_inbox.items; its lock
 * @owner: whose end does not wait for its turn; a reference is held
 * @fn: called under the socket lock in the worker with @run; or without locks
 *	and without @run when the connection has ended, or with the lock and
 *	without @run when the owner goes
 */
struct kelp_item {
	struct list_head node;
	struct kelp_proto *owner;
	void (*fn)(struct kelp_item *item, struct kelp_conn *conn,
		   struct kelp_run *run);
};

/**
 * struct kelp_inbox - what waits for a connection's worker
 * @lock: of all below; taken with BH off, also under a socket's lock, nothing
 *	is taken inside but what frees memory
 * @shut: no more messages: the FIN was sent; set once
 * @closed: nothing any more: the connection has ended; set once
 * @items: tasks, in order
 * @msgs: messages, those that are urgent first
 * @timers: timers on the connection
 */
struct kelp_inbox {
	spinlock_t lock;
	bool shut;
	bool closed;
	struct list_head items;
	struct list_head msgs;
	struct list_head timers;
};

void kelp_inbox_init(struct kelp_inbox *inbox);

/* Any context, with a reference to the connection. */
bool kelp_inbox_post(struct kelp_conn *conn, struct kelp_item *item);
int kelp_inbox_send(struct kelp_conn *conn, struct kelp_buf *buf);

/* Socket lock, BH off; the first in the worker only. */
bool kelp_inbox_serve(struct kelp_run *run);
bool kelp_inbox_shut(struct kelp_conn *conn);
bool kelp_inbox_is_busy(const struct kelp_conn *conn);

/* The connection has ended: its worker, without locks. */
void kelp_inbox_close(struct kelp_conn *conn);

#endif
