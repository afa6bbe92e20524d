/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making room: when the limit of connections is reached a connection that is
 * worth less than a new one is reset. Workers keep the lists of what may go,
 * the accept work chooses.
 */
#ifndef KELP_NET_EVICT_H
#define KELP_NET_EVICT_H

#include "net/conn.h"

struct kelp_net;

int kelp_evict_net_init(struct kelp_net *kn);
void kelp_evict_net_exit(struct kelp_net *kn);

/* For the owning worker. */
void kelp_evict_note(struct kelp_conn *conn, enum kelp_wait wait);
void kelp_evict_forget(struct kelp_conn *conn);
void kelp_evict_gone(struct kelp_conn *conn);

/* For whoever accepts. */
bool kelp_evict(struct kelp_net *kn);
bool kelp_evict_behind(struct kelp_net *kn);

#endif
