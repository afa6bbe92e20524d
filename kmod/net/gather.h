/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gathering: the beginning of a message that came in several pieces is kept,
 * contiguous and bounded, until the rest is there. Worker or softirq, always
 * under the socket lock.
 */
#ifndef KELP_NET_GATHER_H
#define KELP_NET_GATHER_H

#include <linux/types.h>

struct kelp_conn;

/* Larger than the largest head that the limits allow. */
#define KELP_GATHER_MAX 65536

size_t kelp_gather_add(struct kelp_conn *conn, const u8 *data, size_t len);
void kelp_gather_take(struct kelp_conn *conn, size_t len);
void kelp_gather_free(struct kelp_conn *conn);

#endif
