/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a connection away from kelp, from the inside: kelp/conn.h.
 */
#ifndef KELP_NET_HIJACK_H
#define KELP_NET_HIJACK_H

#include <linux/types.h>

struct kelp_conn;

/* Socket lock, BH off. */
bool kelp_hijack_is_due(const struct kelp_conn *conn);

/* In teardown: the owning worker, without locks. */
void kelp_hijack_deliver(struct kelp_conn *conn);
void kelp_hijack_fail(struct kelp_conn *conn);

#endif
