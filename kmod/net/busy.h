/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A word to those who are turned away because the server is full.
 */
#ifndef KELP_NET_BUSY_H
#define KELP_NET_BUSY_H

struct socket;

void kelp_busy_tell(struct socket *sock);

#endif
