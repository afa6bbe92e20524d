/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transmit queue of a connection: answers that TCP did not take yet, in
 * order. While it is not empty nothing more is read from the connection.
 */
#ifndef KELP_NET_TXQ_H
#define KELP_NET_TXQ_H

#include <linux/list.h>
#include <linux/types.h>

struct kelp_blob;
struct kelp_conn;
struct kelp_file;
struct kelp_out;
struct kvec;

/**
 * struct kelp_buf - an element of the transmit queue, or a message on its way
 * @node: in kelp_conn.txq, socket lock; or in kelp_inbox.msgs, its lock
 * @blob: the bytes are in this blob (a reference is held), or NULL
 * @file: the bytes are in this file (a reference is held), or NULL; only of a
 *	message
 * @off: first byte that still has to be sent; socket lock
 * @len: bytes that still have to be sent; socket lock
 * @charge: bytes charged to the connection
 * @urgent: goes before messages that are not; set once
 * @data: the bytes when there is neither @blob nor @file
 */
struct kelp_buf {
	struct list_head node;
	struct kelp_blob *blob;
	struct kelp_file *file;
	size_t off;
	size_t len;
	size_t charge;
	bool urgent;
	u8 data[];
};

/* With its head an element of a copy is two pages, or less. */
#define KELP_BUF_PIECE (8192 - sizeof(struct kelp_buf))

/* All under the socket lock, BH off. A failed add marks the connection. */
void kelp_txq_add_copy(struct kelp_conn *conn, const struct kvec *vec,
		       unsigned int nr, size_t skip);
void kelp_txq_add_blob(struct kelp_conn *conn, struct kelp_blob *blob,
		       size_t off, size_t len, bool private);
void kelp_txq_give(struct kelp_conn *conn, struct kelp_out *out,
		   struct kelp_buf *buf, bool more);
void kelp_txq_send(struct kelp_conn *conn, struct kelp_out *out, bool more);

/* Anywhere; nothing is charged or uncharged. */
struct kelp_buf *kelp_buf_alloc(size_t data, gfp_t gfp);
void kelp_buf_free(struct kelp_buf *buf);

/* Without the lock: the connection is dead. */
void kelp_txq_free(struct kelp_conn *conn);

#endif
