// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer wheel of a worker. No locks: the owning worker is the only user.
 */
#include "net/wheel.h"

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "net/conn.h"

/**
 * kelp_wheel_init() - empty wheel
 * @wheel: the wheel
 * @now: jiffies
 *
 * Context: before its worker runs.
 */
void kelp_wheel_init(struct kelp_wheel *wheel, unsigned long now)
{
	int i;

	wheel->now = now;
	wheel->cursor = 0;
	bitmap_zero(wheel->busy, KELP_WHEEL_SLOTS);
	for (i = 0; i < KELP_WHEEL_SLOTS; i++)
		INIT_LIST_HEAD(&wheel->slot[i]);
}

/**
 * kelp_wheel_add() - look at a connection at a later time
 * @wheel: the worker's wheel
 * @conn: a connection of that worker, on the wheel or not
 * @expires: jiffies; rounded up to the next slot, and down to the horizon,
 *	where it is looked at and put back
 *
 * Context: owning worker.
 */
void kelp_wheel_add(struct kelp_wheel *wheel, struct kelp_conn *conn,
		    unsigned long expires)
{
	long delta = expires - wheel->now;
	unsigned long ahead = 1;
	unsigned int slot;

	if (delta > 0)
		ahead = DIV_ROUND_UP((unsigned long)delta, KELP_WHEEL_TICK);
	ahead = min_t(unsigned long, ahead, KELP_WHEEL_SLOTS - 1);
	slot = (wheel->cursor + ahead) % KELP_WHEEL_SLOTS;
	list_move_tail(&conn->wheel, &wheel->slot[slot]);
	__set_bit(slot, wheel->busy);
}

/**
 * kelp_wheel_del() - forget a connection
 * @conn: a connection, on the wheel or not
 *
 * Context: owning worker.
 */
void kelp_wheel_del(struct kelp_conn *conn)
{
	list_del_init(&conn->wheel);
}

/**
 * kelp_wheel_expired() - take a connection whose time has come
 * @wheel: the worker's wheel
 * @now: jiffies
 *
 * Context: owning worker.
 * Return: a connection, now off the wheel, or NULL when none is due.
 */
struct kelp_conn *kelp_wheel_expired(struct kelp_wheel *wheel,
				     unsigned long now)
{
	struct list_head *slot;
	struct kelp_conn *conn;

	for (;;) {
		slot = &wheel->slot[wheel->cursor];
		conn = list_first_entry_or_null(slot, struct kelp_conn, wheel);
		if (conn) {
			list_del_init(&conn->wheel);
			return conn;
		}
		__clear_bit(wheel->cursor, wheel->busy);
		if (bitmap_empty(wheel->busy, KELP_WHEEL_SLOTS)) {
			wheel->now = now;
			return NULL;
		}
		if (time_before(now, wheel->now + KELP_WHEEL_TICK))
			return NULL;
		wheel->now += KELP_WHEEL_TICK;
		wheel->cursor = (wheel->cursor + 1) % KELP_WHEEL_SLOTS;
	}
}

/**
 * kelp_wheel_next() - how long the worker may sleep
 * @wheel: the worker's wheel
 * @now: jiffies
 *
 * Context: owning worker.
 * Return: jiffies until a slot in use comes up, or MAX_SCHEDULE_TIMEOUT.
 */
long kelp_wheel_next(const struct kelp_wheel *wheel, unsigned long now)
{
	unsigned int from = (wheel->cursor + 1) % KELP_WHEEL_SLOTS;
	unsigned int slot, ahead;
	long wait;

	slot = find_next_bit(wheel->busy, KELP_WHEEL_SLOTS, from);
	if (slot == KELP_WHEEL_SLOTS)
		slot = find_first_bit(wheel->busy, KELP_WHEEL_SLOTS);
	if (slot == KELP_WHEEL_SLOTS)
		return MAX_SCHEDULE_TIMEOUT;
	ahead = (slot + KELP_WHEEL_SLOTS - from) % KELP_WHEEL_SLOTS + 1;
	wait = (long)(wheel->now + ahead * KELP_WHEEL_TICK - now);
	return max(wait, 1L);
}
