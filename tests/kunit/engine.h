/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine for tests: a copy of all of kmod/net of this module's own, with a
 * protocol of lines, and connections over loopback whose other end the test
 * holds.
 */
#ifndef KELP_KUNIT_ENGINE_H
#define KELP_KUNIT_ENGINE_H

#include <kunit/test.h>
#include <linux/types.h>

struct kelp_conn;
struct kelp_net;
struct socket;

/* suite_init and suite_exit of the suites that need it. */
int engine_start(struct kunit_suite *suite);
void engine_stop(struct kunit_suite *suite);

/* The server of the initial namespace while the engine runs. */
extern struct kelp_net *engine_kn;

void engine_limits_reset(void);

/**
 * struct line_log - what the protocol of lines was asked to do
 * @opened: calls of on_open
 * @closed: calls of on_close
 * @softirq: calls of on_data in softirq
 * @worker: calls of on_data in a worker
 * @ready: calls of on_ready
 * @timeouts: calls of on_timeout
 * @wait: what the last of them had waited for
 *
 * Written by the engine's contexts; a test reads them when it has seen their
 * effect.
 */
struct line_log {
	int opened;
	int closed;
	int softirq;
	int worker;
	int ready;
	int timeouts;
	int wait;
};

extern struct line_log line_log;

/*
 * Lines end with \n; the first letter says what the answer is:
 *	a	none until KELP_CONN_READY; then "ready\n", and reading goes on
 *	bN	N bytes of line_pattern(), by page reference
 *	q	the line, then close
 *	u	the line, then close although the peer has more to say
 * and otherwise the line itself. A deadline is answered with "timeout\n".
 */
u8 line_pattern(size_t at);

/**
 * struct pair - a connection of kelp's and its peer
 * @listener: where it was accepted
 * @peer: the test's end
 * @conn: kelp's end; a reference is held
 * @gate: of a listener, for pair_create(); the test's own reference, or NULL
 */
struct pair {
	struct socket *listener;
	struct socket *peer;
	struct kelp_conn *conn;
	struct kelp_gate *gate;
};

/* Buffer sizes in bytes as the socket counts, 0 for the usual. */
int pair_connect(struct pair *pair, int sndbuf, int rcvbuf);
int pair_create(struct pair *pair);
void pair_close(struct pair *pair);

int peer_send(struct pair *pair, const char *text);
int peer_read(struct pair *pair, void *buf, size_t len);
bool peer_reads(struct pair *pair, const char *text);

/* Wait for a condition, with a deadline; false when it passed. */
#define engine_wait(cond)						\
({									\
	unsigned long __end = jiffies + 20 * HZ;			\
	bool __ok;							\
									\
	while (!(__ok = (cond)) && time_before(jiffies, __end))		\
		msleep(20);						\
	__ok;								\
})

#endif /* KELP_KUNIT_ENGINE_H */
