/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transmit queue of a connection: answers that TCP did not take yet, in
 * order. While it is not empty nothing more is read from the connection.
 */
#ifndef KELP_NET_TXQ_H
#define KELP_NET_TXQ_H

#include <linux/types.h>

struct kelp_blob;
struct kelp_conn;
struct kelp_out;
struct kvec;

/* All under the socket lock, BH off. A failed add marks the connection. */
void kelp_txq_add_copy(struct kelp_conn *conn, const struct kvec *vec,
		       unsigned int nr, size_t skip);
void kelp_txq_add_blob(struct kelp_conn *conn, struct kelp_blob *blob,
		       size_t off, size_t len, bool private);
void kelp_txq_send(struct kelp_conn *conn, struct kelp_out *out, bool more);

/* Without the lock: the connection is dead. */
void kelp_txq_free(struct kelp_conn *conn);

#endif
