/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections, as protocols and other modules see them. A struct kelp_conn is
 * the engine's own: what there is to know of one is asked here.
 *
 * Three kinds of callers, and each function says for which it is:
 *
 *   anywhere
 *	any context, with a reference (kelp_conn_get(), kelp_conn_find()) or in
 *	a callback of that connection. Softirq and spinlocks are fine;
 *   its callbacks
 *	in a callback of that connection that has its lock (kelp/proto.h), or
 *	in a task on it (kelp_task_conn(), kelp_task_all()), while that is not
 *	gone. Never for another connection: who wants something of that one
 *	gives it a task;
 *   process context
 *	may sleep.
 *
 * A connection ends in its worker whenever the peer, a deadline, the
 * administrator or its protocol want it to. A reference keeps the memory, not
 * the connection: what is asked of one that has ended does nothing, or returns
 * an error.
 */
#ifndef KELP_CONN_H
#define KELP_CONN_H

#include <linux/socket.h>
#include <linux/types.h>

#include "kelp/proto.h"

struct socket;

/* Bytes of kelp_conn_data(). */
#define KELP_CONN_DATA 256

/* Anywhere. */
struct kelp_conn *kelp_conn_get(struct kelp_conn *conn);
void kelp_conn_put(struct kelp_conn *conn);
struct kelp_conn *kelp_conn_find(struct kelp_net *kn, u32 id);
u32 kelp_conn_id(const struct kelp_conn *conn);
struct kelp_net *kelp_conn_net(const struct kelp_conn *conn);
const struct sockaddr *kelp_conn_peer(const struct kelp_conn *conn);
const struct sockaddr *kelp_conn_local(const struct kelp_conn *conn);
void kelp_conn_close(struct kelp_conn *conn);
void kelp_conn_ready(struct kelp_conn *conn);

/* Its callbacks. */
void *kelp_conn_data(struct kelp_conn *conn);
void *kelp_conn_state(const struct kelp_conn *conn);
const char *kelp_conn_proto(const struct kelp_conn *conn);
int kelp_conn_set_proto(struct kelp_conn *conn, const char *name);
void kelp_conn_wait(struct kelp_conn *conn, enum kelp_wait wait);
void kelp_conn_timeout(struct kelp_conn *conn, unsigned int ms);
void kelp_conn_touch(struct kelp_conn *conn);
void kelp_conn_pause(struct kelp_conn *conn, bool pause);
void kelp_conn_want_room(struct kelp_conn *conn, bool want);
void kelp_conn_close_sent(struct kelp_conn *conn, bool unread);
int kelp_conn_hijack(struct kelp_conn *conn, const struct kelp_proto_ops *owner,
		     void (*taken)(struct socket *sock, const void *data,
				   size_t len, void *arg), void *arg);

/* Process context. */
int kelp_conn_attach(struct socket *sock, const char *proto);

#endif
