/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protocols: what a connection speaks. One port speaks all of them: the first
 * bytes of a connection say which. Other modules register protocols just as
 * kelp's own do, at any time, and take them back at any time.
 *
 * Where callbacks run:
 *
 *   detect, on_open, on_data, on_ready, on_timeout, on_shutdown, ping
 *	under the connection's lock (its socket's spinlock), with BH off and
 *	inside an RCU read-side section, in softirq or in a worker: they must
 *	not sleep, and are done in microseconds. That lock serialises all that
 *	happens to one connection;
 *   on_close
 *	in the connection's worker, without locks; may sleep briefly;
 *   net_init, net_exit, tick, worker_init, worker_exit
 *	in process context; may sleep. All but tick are called while no
 *	protocol or namespace can come or go, and must not ask for that;
 *   idle
 *	in a worker, without locks; may sleep briefly.
 *
 * What they may call: kelp/conn.h for the connection, kelp/send.h to write,
 * kelp/task.h for work at another time or place.
 */
#ifndef KELP_PROTO_H
#define KELP_PROTO_H

#include <linux/types.h>

struct kelp_conn;
struct kelp_net;
struct kelp_run;
struct module;

/* Protocols that can be registered at the same time, kelp's own included. */
#define KELP_PROTO_MAX 8

/* Bytes of a busy message. */
#define KELP_PROTO_BUSY 1024

/**
 * enum kelp_detect - what a protocol says to the first bytes of a connection
 * @KELP_DETECT_NO: not mine
 * @KELP_DETECT_MORE: could be mine; fewer than 4 bytes were shown
 * @KELP_DETECT_YES: mine
 */
enum kelp_detect {
	KELP_DETECT_NO,
	KELP_DETECT_MORE,
	KELP_DETECT_YES,
};

/**
 * enum kelp_wait - what a connection waits for, hence which limit holds
 * @KELP_WAIT_IDLE: the next message
 * @KELP_WAIT_HEADER: the rest of a message's head; counted from its start
 * @KELP_WAIT_BODY: more of a message's body; counted from the last read
 * @KELP_WAIT_ASYNC: an answer made elsewhere; no deadline of the engine's
 * @KELP_WAIT_WRITE: that the peer takes the answer; counted from the last
 *	progress
 * @KELP_WAIT_LINGER: the peer's half of the close; counted from when it had
 *	acknowledged everything
 * @KELP_WAIT_COUNT: how many there are
 */
enum kelp_wait {
	KELP_WAIT_IDLE,
	KELP_WAIT_HEADER,
	KELP_WAIT_BODY,
	KELP_WAIT_ASYNC,
	KELP_WAIT_WRITE,
	KELP_WAIT_LINGER,
	KELP_WAIT_COUNT,
};

/**
 * struct kelp_proto_ops - a protocol
 * @owner: THIS_MODULE; kept from going while it is being registered
 * @name: as statistics and `conn show` spell it; no two have the same
 * @fallback: takes the bytes that no other protocol claims; there can be one
 * @busy: sent to a connection that is turned away because the server is full,
 *	right before it is reset: a courtesy, which may get lost. Of a
 *	connection that has said something, the protocol that it speaks
 *	decides; before that, the first one that has a message. May be NULL
 * @busy_len: bytes of @busy, at most KELP_PROTO_BUSY
 * @net_init: make per-namespace state; returns it (NULL is a state too) or an
 *	ERR_PTR. Called for each namespace that is there when the protocol is
 *	registered, and for each that comes later. May be NULL
 * @net_exit: the namespace or the protocol goes; no connection of it is left
 *	there. May be NULL
 * @worker_init: called while registering, once for each worker with the CPU
 *	it is pinned to; 0 or -errno, which ends registering. May be NULL
 * @worker_exit: undoes @worker_init. May be NULL
 * @tick: about once a second for each namespace, in the dispatcher, with what
 *	@net_init returned. The end of a namespace and the protocol's wait for
 *	it. May be NULL
 * @idle: a worker found nothing to do and is about to sleep. A hint and no
 *	more: a busy worker never says it, one that is woken often says it
 *	often. May be NULL
 * @detect: judge the first @len (1 to 4) bytes of a connection. May be NULL:
 *	then only kelp_conn_set_proto() and kelp_conn_attach() lead here
 * @on_open: the connection now speaks this protocol; kelp_conn_data() is
 *	zeroed. May be NULL
 * @on_data: take messages out of @data; see below
 * @on_ready: kelp_conn_ready() was called, or the transmit queue ran empty
 *	while that is wanted (kelp_conn_want_room()). In a worker. May be NULL
 * @on_timeout: the deadline of @wait passed; may write a last answer. The
 *	connection is closed afterwards in any case. In a worker. May be NULL
 * @on_shutdown: the server finishes: say goodbye, if there is something to
 *	say. Called once; the connection is closed when it is idle, in other
 *	words waits for KELP_WAIT_IDLE and has sent everything. In a worker.
 *	May be NULL
 * @ping: the deadline of an idle connection passed. To write something and
 *	return true keeps it for another such time; false closes it as if this
 *	were NULL, with @on_timeout. In a worker. May be NULL
 * @on_close: no further callback follows; release what kelp_conn_data()
 *	holds. Not called for a connection that was switched to another
 *	protocol. May be NULL
 *
 * Constant and in memory until kelp_proto_unregister() has returned.
 *
 * on_data is given contiguous bytes and returns how many it took. What it
 * leaves is the beginning of a message and comes back with more bytes behind
 * it, perhaps at another address; a message that has to be seen in one piece
 * may have 64 KiB. It is called again until it takes nothing, or the
 * connection is paused or closing. Taking part of a body as it comes is taking,
 * not leaving. A protocol says with kelp_conn_wait() what it waits for when it
 * returns, and with kelp_out_done() that a message was answered.
 */
struct kelp_proto_ops {
	struct module *owner;
	const char *name;
	bool fallback;
	const void *busy;
	size_t busy_len;
	void *(*net_init)(struct kelp_net *kn);
	void (*net_exit)(struct kelp_net *kn, void *priv);
	int (*worker_init)(int cpu);
	void (*worker_exit)(int cpu);
	void (*tick)(struct kelp_net *kn, void *priv);
	void (*idle)(int cpu);
	enum kelp_detect (*detect)(const u8 *data, size_t len);
	void (*on_open)(struct kelp_conn *conn);
	size_t (*on_data)(struct kelp_conn *conn, struct kelp_run *run,
			  const u8 *data, size_t len);
	void (*on_ready)(struct kelp_conn *conn, struct kelp_run *run);
	void (*on_timeout)(struct kelp_conn *conn, struct kelp_run *run,
			   enum kelp_wait wait);
	void (*on_shutdown)(struct kelp_conn *conn, struct kelp_run *run);
	bool (*ping)(struct kelp_conn *conn, struct kelp_run *run);
	void (*on_close)(struct kelp_conn *conn);
};

/* Process context; both sleep. */
int kelp_proto_register(const struct kelp_proto_ops *ops);
void kelp_proto_unregister(const struct kelp_proto_ops *ops);

/* Any context. */
long kelp_proto_count(struct kelp_net *kn, const struct kelp_proto_ops *ops);

#endif
