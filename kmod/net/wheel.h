/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deadlines: a timer wheel of connections, owned by one worker and touched by
 * nobody else. The fast path arms nothing: it writes a time stamp into its own
 * connection, and the worker, when the slot comes up, computes the deadline
 * anew and puts the connection back where it belongs. A deadline therefore
 * never fires early, and late by at most one slot.
 */
#ifndef KELP_NET_WHEEL_H
#define KELP_NET_WHEEL_H

#include <linux/bitmap.h>
#include <linux/list.h>

struct kelp_conn;

#define KELP_WHEEL_SLOTS 512
#define KELP_WHEEL_TICK  max(HZ / 20, 1)	/* jiffies per slot: 50 ms */

/**
 * struct kelp_wheel - connections by the time at which to look at them
 * @now: jiffies at which the slot at @cursor came up
 * @cursor: the slot that is being emptied
 * @busy: slots that may hold a connection
 * @slot: connections; @cursor + n comes up n ticks after @now
 *
 * Owning worker only.
 */
struct kelp_wheel {
	unsigned long now;
	unsigned int cursor;
	DECLARE_BITMAP(busy, KELP_WHEEL_SLOTS);
	struct list_head slot[KELP_WHEEL_SLOTS];
};

void kelp_wheel_init(struct kelp_wheel *wheel, unsigned long now);
void kelp_wheel_add(struct kelp_wheel *wheel, struct kelp_conn *conn,
		    unsigned long expires);
void kelp_wheel_del(struct kelp_conn *conn);
struct kelp_conn *kelp_wheel_expired(struct kelp_wheel *wheel,
				     unsigned long now);
long kelp_wheel_next(const struct kelp_wheel *wheel, unsigned long now);

#endif
