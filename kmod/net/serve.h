/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serving a connection: the one routine that reads, lets the protocol answer,
 * and sends; the same in softirq and in the worker.
 */
#ifndef KELP_NET_SERVE_H
#define KELP_NET_SERVE_H

#include "net/conn.h"

/*
 * Caller: the socket's spinlock is held, BH off, the socket is not owned by a
 * process, and the connection is not being served. Returns true when it is
 * drained, i.e. has nothing to do until the peer sends.
 */
bool kelp_serve(struct kelp_conn *conn, enum kelp_place place);

#endif
