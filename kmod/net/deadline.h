/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deadlines of connections, kept by the owning worker.
 */
#ifndef KELP_NET_DEADLINE_H
#define KELP_NET_DEADLINE_H

#include "net/conn.h"

enum kelp_wait kelp_deadline_wait(const struct kelp_conn *conn,
				  unsigned long *since);
unsigned long kelp_deadline_enforce(struct kelp_conn *conn);

#endif
