/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The socket's callbacks: where TCP calls kelp.
 */
#ifndef KELP_NET_CALLBACKS_H
#define KELP_NET_CALLBACKS_H

struct kelp_callbacks;
struct kelp_conn;
struct sock;

void kelp_callbacks_save(struct sock *sk, struct kelp_callbacks *saved);
int kelp_callbacks_attach(struct kelp_conn *conn);
void kelp_callbacks_detach(struct kelp_conn *conn);

#endif
