// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making room for a new connection when the limit is reached: which one goes.
 *
 * A worker notes, after each look at a connection, what the connection waits
 * for; there is a list for each kind, the oldest first, per namespace and
 * worker, so that noting takes a lock that nobody else wants while there is
 * room. Softirq notes nothing: what it begins and cannot finish comes to the
 * worker, and an idle connection that it served meanwhile is found to be
 * younger than its place in the list says and put back.
 *
 * The choice is made by who accepts, the reset the worker's: see "A connection's
 * life" in kmod/ARCHITECTURE.md.
 */
#include "net/evict.h"

#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "net/net.h"
#include "net/worker.h"

/* Resets that were decided and not carried out yet; accept waits beyond. */
#define KELP_EVICT_BEHIND 64
/* Entries of one list that are looked at in one go. */
#define KELP_EVICT_TRIES 16

/* What may go. */
enum kelp_evict_class {
	KELP_EVICT_NONE,	/* not on a list */
	KELP_EVICT_ASKING,	/* its request is not complete, or not begun */
	KELP_EVICT_TAKING,	/* it has to take an answer, or to close */
	KELP_EVICT_IDLE,	/* between two requests */
	KELP_EVICT_COUNT,
};

/**
 * struct kelp_evict_lists - what may go among one worker's connections
 * @lock: of the lists, and of the members' evict_node, _class and _since
 * @list: by &enum kelp_evict_class, the oldest first
 */
struct kelp_evict_lists {
	spinlock_t lock;
	struct list_head list[KELP_EVICT_COUNT];
};

/*
 * In this order, with the time that it must have lasted: a request that has
 * only just begun, or an answer that still moves, goes after all others.
 */
static const struct kelp_evict_step {
	enum kelp_evict_class class;
	unsigned long least;
} kelp_evict_steps[] = {
	{ KELP_EVICT_ASKING, HZ },
	{ KELP_EVICT_TAKING, HZ },
	{ KELP_EVICT_IDLE, 0 },
	{ KELP_EVICT_ASKING, 0 },
	{ KELP_EVICT_TAKING, 0 },
};

/**
 * kelp_evict_net_init() - make a namespace's lists
 * @kn: the server
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int kelp_evict_net_init(struct kelp_net *kn)
{
	struct kelp_evict_lists *lists;
	int cpu, class;

	kn->evict = alloc_percpu(struct kelp_evict_lists);
	if (!kn->evict)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		lists = per_cpu_ptr(kn->evict, cpu);
		spin_lock_init(&lists->lock);
		for (class = 0; class < KELP_EVICT_COUNT; class++)
			INIT_LIST_HEAD(&lists->list[class]);
	}
	return 0;
}

/**
 * kelp_evict_net_exit() - free a namespace's lists
 * @kn: the server; no connection is left
 *
 * Context: process.
 */
void kelp_evict_net_exit(struct kelp_net *kn)
{
	free_percpu(kn->evict);
}

static struct kelp_evict_lists *kelp_evict_lists(const struct kelp_conn *conn)
{
	return per_cpu_ptr(conn->kn->evict, conn->worker->cpu);
}

/* Who has connected and sent nothing keeps others waiting like a half head. */
static enum kelp_evict_class kelp_evict_class(const struct kelp_conn *conn,
					      enum kelp_wait wait)
{
	switch (wait) {
	case KELP_WAIT_HEADER:
	case KELP_WAIT_BODY:
		return KELP_EVICT_ASKING;
	case KELP_WAIT_WRITE:
	case KELP_WAIT_LINGER:
		return KELP_EVICT_TAKING;
	case KELP_WAIT_IDLE:
		return READ_ONCE(conn->rx_bytes) ? KELP_EVICT_IDLE :
						   KELP_EVICT_ASKING;
	default:
		return KELP_EVICT_NONE;
	}
}

/* The lists' lock is held. */
static void kelp_evict_move(struct kelp_evict_lists *lists,
			    struct kelp_conn *conn, enum kelp_evict_class class,
			    unsigned long since)
{
	conn->evict_class = class;
	conn->evict_since = since;
	if (class == KELP_EVICT_NONE)
		list_del_init(&conn->evict_node);
	else
		list_move_tail(&conn->evict_node, &lists->list[class]);
}

/**
 * kelp_evict_note() - what a connection waits for now
 * @conn: the connection
 * @wait: &enum kelp_wait
 *
 * While it stays in its class it keeps its place.
 *
 * Context: owning worker, without the socket lock.
 */
void kelp_evict_note(struct kelp_conn *conn, enum kelp_wait wait)
{
	struct kelp_evict_lists *lists = kelp_evict_lists(conn);
	enum kelp_evict_class class = kelp_evict_class(conn, wait);

	spin_lock(&lists->lock);
	if (class != conn->evict_class &&
	    !test_bit(KELP_CONN_EVICT, &conn->bits))
		kelp_evict_move(lists, conn, class, jiffies);
	spin_unlock(&lists->lock);
}

/**
 * kelp_evict_forget() - a connection ends and can no longer be chosen
 * @conn: the connection
 *
 * Context: owning worker, in teardown.
 */
void kelp_evict_forget(struct kelp_conn *conn)
{
	struct kelp_evict_lists *lists = kelp_evict_lists(conn);

	spin_lock(&lists->lock);
	kelp_evict_move(lists, conn, KELP_EVICT_NONE, 0);
	spin_unlock(&lists->lock);
}

/**
 * kelp_evict_gone() - the connection's place is free
 * @conn: a connection that was forgotten and is no longer counted
 *
 * Context: owning worker, at the end of teardown.
 */
void kelp_evict_gone(struct kelp_conn *conn)
{
	if (!test_bit(KELP_CONN_EVICT, &conn->bits))
		return;
	kelp_stat_inc(conn->stats, KELP_STAT_EVICTED);
	atomic_dec(&conn->kn->evicting);
}

/*
 * Since when a listed connection has waited. Read without its socket's lock:
 * a value that changes meanwhile belongs to a connection that is alive.
 */
static unsigned long kelp_evict_since(const struct kelp_conn *conn)
{
	unsigned long since = READ_ONCE(conn->tx_since);
	unsigned long wait_since = READ_ONCE(conn->wait_since);

	switch (conn->evict_class) {
	case KELP_EVICT_ASKING:
		return conn->evict_since;
	case KELP_EVICT_IDLE:
		return time_after(wait_since, since) ? wait_since : since;
	default:
		return since;
	}
}

/* It sent nothing when the worker looked, and softirq has answered it since. */
static bool kelp_evict_has_asked(const struct kelp_conn *conn)
{
	return conn->evict_class == KELP_EVICT_ASKING &&
	       READ_ONCE(conn->wait) == KELP_WAIT_IDLE &&
	       READ_ONCE(conn->rx_bytes);
}

/*
 * The oldest of a list, with a reference. Entries that turn out to be younger
 * than their place go where they belong; as those then stand behind some that
 * are younger still, a few are compared. A member is alive: teardown takes it
 * out before it drops the reference of kelp_net.conns.
 */
static struct kelp_conn *kelp_evict_oldest(struct kelp_evict_lists *lists,
					   enum kelp_evict_class class,
					   unsigned long *oldest)
{
	struct kelp_conn *conn, *next, *found = NULL;
	int tries = KELP_EVICT_TRIES;
	unsigned long since;

	spin_lock(&lists->lock);
	list_for_each_entry_safe(conn, next, &lists->list[class], evict_node) {
		if (!tries--)
			break;
		if (kelp_evict_has_asked(conn)) {
			kelp_evict_move(lists, conn, KELP_EVICT_IDLE, jiffies);
			continue;
		}
		since = kelp_evict_since(conn);
		if (!found || time_before(since, *oldest)) {
			found = conn;
			*oldest = since;
		}
		if (since != conn->evict_since)
			kelp_evict_move(lists, conn, class, since);
	}
	if (found)
		kelp_conn_get(found);
	spin_unlock(&lists->lock);
	return found;
}

/* The oldest of all workers that has waited long enough, with a reference. */
static struct kelp_conn *kelp_evict_choose(struct kelp_net *kn,
					   const struct kelp_evict_step *step)
{
	unsigned long since, best_since = jiffies;
	struct kelp_conn *conn, *best = NULL;
	int cpu;

	for_each_possible_cpu(cpu) {
		conn = kelp_evict_oldest(per_cpu_ptr(kn->evict, cpu),
					 step->class, &since);
		if (!conn)
			continue;
		if (!best || time_before(since, best_since)) {
			swap(conn, best);
			best_since = since;
		}
		if (conn)
			kelp_conn_put(conn);
	}
	if (best && time_before(jiffies, best_since + step->least)) {
		kelp_conn_put(best);
		best = NULL;
	}
	return best;
}

/* False when it ended by itself, or another accept has chosen it. */
static bool kelp_evict_take(struct kelp_conn *conn)
{
	struct kelp_evict_lists *lists = kelp_evict_lists(conn);
	bool taken;

	spin_lock(&lists->lock);
	taken = conn->evict_class != KELP_EVICT_NONE;
	if (taken) {
		kelp_evict_move(lists, conn, KELP_EVICT_NONE, 0);
		atomic_inc(&conn->kn->evicting);
		/* under the lock: teardown, which takes it, sees the bit */
		set_bit(KELP_CONN_EVICT, &conn->bits);
	}
	spin_unlock(&lists->lock);
	if (taken)
		kelp_conn_kick(conn);
	return taken;
}

/**
 * kelp_evict() - have one connection reset
 * @kn: the server
 *
 * The first of these that there is: the oldest incomplete request, the answer
 * that has not moved for the longest time, the connection that was idle for
 * the longest time; then requests and answers that are less than a second old.
 * Connections for which an answer is being made stay.
 *
 * Context: worker or dispatcher.
 * Return: false when there is none that could go.
 */
bool kelp_evict(struct kelp_net *kn)
{
	struct kelp_conn *conn;
	bool taken;
	int i;

	for (i = 0; i < ARRAY_SIZE(kelp_evict_steps); i++) {
		do {
			conn = kelp_evict_choose(kn, &kelp_evict_steps[i]);
			if (!conn)
				break;
			taken = kelp_evict_take(conn);
			kelp_conn_put(conn);
			if (taken)
				return true;
		} while (1);
	}
	return false;
}

/**
 * kelp_evict_behind() - should accepting wait for the workers?
 * @kn: the server
 *
 * Context: any.
 * Return: true when many connections were chosen and not reset yet.
 */
bool kelp_evict_behind(struct kelp_net *kn)
{
	return atomic_read(&kn->evicting) >= KELP_EVICT_BEHIND;
}
