/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers that other modules set, from the inside: kelp/task.h. What the engine
 * itself wants to do later is the wheel's.
 */
#ifndef KELP_NET_TIMER_H
#define KELP_NET_TIMER_H

struct kelp_conn;
struct kelp_proto;

void kelp_timer_cancel_all(struct kelp_conn *conn);
void kelp_timer_end_all(struct kelp_proto *proto);

#endif
