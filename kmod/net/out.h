/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending. While a connection is served, answers are gathered in the CPU's
 * struct kelp_out and leave in as few sends as possible; what TCP does not
 * take is kept on the connection's transmit queue. Everything here runs with
 * the socket's spinlock held and BH off.
 */
#ifndef KELP_NET_OUT_H
#define KELP_NET_OUT_H

#include <linux/types.h>

#include "kelp/send.h"

struct kelp_blob;
struct kelp_conn;
struct kelp_out;
struct kelp_run;
struct kvec;

int kelp_out_init(void);
void kelp_out_exit(void);

/* For the engine: the CPU's buffer, or NULL when it is in use further up the
 * stack; then the connection has to be handed over.
 */
struct kelp_out *kelp_out_begin(void);
void kelp_out_flush(struct kelp_run *run, bool more);
void kelp_out_end(struct kelp_out *out);

/* Bytes taken, 0 when there is no room; a broken connection is marked. */
ssize_t kelp_send_vec(struct kelp_conn *conn, struct kelp_out *out,
		      struct kvec *vec, unsigned int nr, size_t len, bool more);
ssize_t kelp_send_blob(struct kelp_conn *conn, struct kelp_out *out,
		       struct kelp_blob *blob, size_t off, size_t len,
		       bool more);

/*
 * For protocols, beside kelp/send.h: append part of a blob, or all of one that
 * was made for this connection, by page reference. The caller's reference
 * stays the caller's and must be held during the call.
 */
void kelp_out_blob(struct kelp_run *run, struct kelp_blob *blob, size_t off,
		   size_t len);
void kelp_out_chunk(struct kelp_run *run, struct kelp_blob *blob);

#endif
