// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlines: what a connection waits for, which limit holds, and what happens
 * when it has passed. The owning worker asks, under the socket lock; nothing
 * here is touched by softirq.
 */
#include "net/deadline.h"

#include <linux/jiffies.h>
#include <linux/math64.h>
#include <net/tcp.h>

#include "net/net.h"
#include "net/out.h"
#include "net/wheel.h"

/* Later than any deadline of a limit. */
#define KELP_DEADLINE_FAR (HZ * 100000UL)

/* A peer that takes an answer slowly makes progress: it acknowledges. */
static void kelp_deadline_progress(struct kelp_conn *conn)
{
	u32 una = tcp_sk(conn->sock->sk)->snd_una;

	if (una != conn->una) {
		conn->una = una;
		conn->tx_since = jiffies;
	}
}

static bool kelp_deadline_all_acked(const struct kelp_conn *conn)
{
	const struct tcp_sock *tp = tcp_sk(conn->sock->sk);

	return tp->snd_una == tp->write_seq;
}

/**
 * kelp_deadline_wait() - what a connection waits for, all told
 * @conn: the connection
 * @since: set to the jiffies at which it began, or last progressed
 *
 * Beyond what the protocol said: that the peer takes an answer, or closes.
 *
 * Context: socket lock.
 * Return: &enum kelp_wait.
 */
enum kelp_wait kelp_deadline_wait(const struct kelp_conn *conn,
				  unsigned long *since)
{
	*since = conn->tx_since;
	if (unlikely(conn->proxied) && !conn->closing) {
		*since = conn->wait_since;
		return KELP_WAIT_HEADER;
	}
	if (!list_empty(&conn->txq))
		return KELP_WAIT_WRITE;
	if (conn->file)
		return KELP_WAIT_ASYNC;
	if (conn->fin_sent)
		return kelp_deadline_all_acked(conn) ? KELP_WAIT_LINGER :
						       KELP_WAIT_WRITE;
	/* Idle is counted from when the last answer had been taken. */
	if (conn->wait != KELP_WAIT_IDLE ||
	    time_after(conn->wait_since, conn->tx_since))
		*since = conn->wait_since;
	return conn->wait;
}

static const enum kelp_limit kelp_wait_limit[KELP_WAIT_COUNT] = {
	[KELP_WAIT_IDLE] = KELP_LIMIT_IDLE_MS,
	[KELP_WAIT_HEADER] = KELP_LIMIT_HEADER_MS,
	[KELP_WAIT_BODY] = KELP_LIMIT_BODY_MS,
	[KELP_WAIT_ASYNC] = KELP_LIMIT_COUNT,
	[KELP_WAIT_WRITE] = KELP_LIMIT_WRITE_MS,
	[KELP_WAIT_LINGER] = KELP_LIMIT_LINGER_MS,
};

static const enum kelp_stat kelp_wait_stat[KELP_WAIT_COUNT] = {
	[KELP_WAIT_IDLE] = KELP_STAT_TIMEOUT_IDLE,
	[KELP_WAIT_HEADER] = KELP_STAT_TIMEOUT_HEADER,
	[KELP_WAIT_BODY] = KELP_STAT_TIMEOUT_BODY,
	[KELP_WAIT_WRITE] = KELP_STAT_TIMEOUT_WRITE,
	[KELP_WAIT_LINGER] = KELP_STAT_TIMEOUT_LINGER,
};

/* A run for one callback; false when there is nobody to call, or no buffer. */
static bool kelp_deadline_begin(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;

	if (!conn->proto)
		return false;
	run->out = kelp_out_begin();
	if (!run->out)
		return false;
	conn->run = run;
	run->open = conn->midway;
	return true;
}

static void kelp_deadline_end(struct kelp_run *run, bool more)
{
	kelp_out_flush(run, more);
	run->conn->midway = run->open;
	run->conn->run = NULL;
	kelp_out_end(run->out);
}

/* Nobody has said anything for long: does the protocol find out, and stay? */
static bool kelp_deadline_pinged(struct kelp_conn *conn)
{
	struct kelp_run run = { .conn = conn, .place = KELP_IN_WORKER };
	bool stays;

	if (test_bit(KELP_CONN_DRAIN, &conn->bits) ||
	    !conn->proto || !conn->proto->ping || !kelp_deadline_begin(&run))
		return false;
	rcu_read_lock();
	stays = conn->proto->ping(conn, &run);
	if (stays)
		conn->wait_since = jiffies;
	kelp_deadline_end(&run, false);
	rcu_read_unlock();
	return stays;
}

/* The protocol's own deadline, in ms, where it has a say; or 0. */
static u32 kelp_deadline_own(const struct kelp_conn *conn, enum kelp_wait wait)
{
	if (wait == KELP_WAIT_WRITE || wait == KELP_WAIT_LINGER || conn->file)
		return 0;
	return conn->timeout;
}

static void kelp_deadline_passed(struct kelp_conn *conn, enum kelp_wait wait,
				 enum kelp_stat stat)
{
	struct kelp_run run = { .conn = conn, .place = KELP_IN_WORKER };

	if (wait == KELP_WAIT_IDLE && kelp_deadline_pinged(conn))
		return;
	kelp_stat_inc(conn->stats, stat);
	switch (wait) {
	case KELP_WAIT_WRITE:
	case KELP_WAIT_LINGER:
		conn->failed = true;
		return;
	default:
		break;
	}
	conn->closing = true;
	if (!kelp_deadline_begin(&run))
		return;
	rcu_read_lock();
	if (conn->proto->on_timeout)
		conn->proto->on_timeout(conn, &run, wait);
	kelp_deadline_end(&run, true);
	rcu_read_unlock();
}

/*
 * When a body's average will have fallen below the least rate. What time its
 * bytes had to wait for us does not count: another wait begins it anew.
 */
static unsigned long kelp_deadline_body(struct kelp_conn *conn)
{
	u64 rate = kelp_net_limit(conn->kn, KELP_LIMIT_BODY_RATE);
	u64 grace = kelp_net_limit(conn->kn, KELP_LIMIT_BODY_GRACE_MS);
	u64 ticks;

	if (!conn->body_timed) {
		conn->body_timed = true;
		conn->body_since = jiffies;
		conn->body_from = conn->rx_bytes;
	}
	if (!rate)
		return jiffies + KELP_DEADLINE_FAR;
	ticks = div64_u64((conn->rx_bytes - conn->body_from) * HZ, rate);
	ticks = min_t(u64, ticks, KELP_DEADLINE_FAR);
	return conn->body_since + msecs_to_jiffies(grace) + ticks;
}

/* What was set since the listener was opened reaches open connections too. */
static void kelp_deadline_tell_tcp(struct kelp_conn *conn)
{
	WRITE_ONCE(inet_csk(conn->sock->sk)->icsk_user_timeout,
		   kelp_net_limit(conn->kn, KELP_LIMIT_WRITE_MS));
}

/**
 * kelp_deadline_enforce() - see whether a connection's time is up
 * @conn: the connection
 *
 * If it is, the connection is closing or failed afterwards.
 *
 * Context: owning worker, with the socket's spinlock held and BH off.
 * Return: the jiffies at which to look again.
 */
unsigned long kelp_deadline_enforce(struct kelp_conn *conn)
{
	unsigned long since, expires, limit, next;
	enum kelp_wait wait;
	enum kelp_stat stat;

	kelp_deadline_tell_tcp(conn);
	kelp_deadline_progress(conn);
	wait = kelp_deadline_wait(conn, &since);
	if (wait != KELP_WAIT_BODY || conn->paused)
		conn->body_timed = false;
	limit = kelp_deadline_own(conn, wait);
	stat = limit ? KELP_STAT_TIMEOUT_OWN : kelp_wait_stat[wait];
	if (!limit && kelp_wait_limit[wait] == KELP_LIMIT_COUNT)
		return jiffies + KELP_WHEEL_SLOTS * KELP_WHEEL_TICK;
	if (!limit)
		limit = kelp_net_limit(conn->kn, kelp_wait_limit[wait]);
	limit = msecs_to_jiffies(limit);
	expires = since + limit;
	if (wait == KELP_WAIT_BODY && !conn->timeout) {
		next = kelp_deadline_body(conn);
		if (time_before(next, expires)) {
			expires = next;
			stat = KELP_STAT_TIMEOUT_RATE;
		}
	}
	if (time_after_eq(jiffies, expires)) {
		kelp_deadline_passed(conn, wait, stat);
		return jiffies;
	}
	if (wait != KELP_WAIT_WRITE)
		return expires;
	/*
	 * Nothing in flight and yet no room: the send buffer could not be
	 * allocated. Nobody will report room, so try again soon.
	 */
	if (!list_empty(&conn->txq) && !conn->sock->sk->sk_wmem_queued)
		return jiffies;
	/* Acknowledgements are not reported either: look a few times. */
	next = jiffies + limit / 4;
	return time_before(next, expires) ? next : expires;
}
