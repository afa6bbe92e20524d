/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_conn: a connection, from accept to release. Its life and its
 * locks are told in kmod/ARCHITECTURE.md, "A connection's life".
 */
#ifndef KELP_NET_CONN_H
#define KELP_NET_CONN_H

#include <linux/atomic.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/types.h>

#include "kelp/conn.h"
#include "net/addr.h"
#include "net/inbox.h"
#include "net/proto.h"

struct kelp_client;
struct kelp_file;
struct kelp_gate;
struct kelp_hijack;
struct kelp_hook;
struct kelp_net;
struct kelp_out;
struct kelp_stats;
struct kelp_worker;
struct sock;
struct socket;

#define KELP_CONN_PRIV KELP_CONN_DATA

/* kelp_conn.bits: atomic, any context. */
enum kelp_conn_bit {
	KELP_CONN_QUEUED,	/* on the worker's list; holds a reference */
	KELP_CONN_ABORT,	/* the worker shall reset the connection */
	KELP_CONN_DRAIN,	/* close once idle */
	KELP_CONN_READY,	/* an answer made elsewhere has arrived */
	KELP_CONN_EVICT,	/* the worker shall reset it to make room */
};

/* What the listening socket had before kelp; connections get it back. */
struct kelp_callbacks {
	void (*state_change)(struct sock *sk);
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
};

/* As large as an address of TCP can be; &struct sockaddr_storage has 128 bytes. */
union kelp_sockaddr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/**
 * struct kelp_conn - a connection
 * @bits: &enum kelp_conn_bit, atomic bit operations
 * @sock: set once; released by the owning worker in teardown
 * @proto: what it speaks, NULL until detected; socket lock, read under RCU
 * @kn: set once, a reference is held
 * @stats: kn's; set once
 * @handed: softirq keeps out until the worker has drained it; socket lock
 * @run: the invocation that is under way, or NULL; socket lock
 * @more: data came while @run; socket lock
 * @paused: reading waits for an answer made elsewhere; socket lock, set and
 *	cleared by the protocol
 * @stopped: any of @paused, @closing and @failed: no message is taken; read only
 * @want_ready: call on_ready when the transmit queue is empty; socket lock,
 *	set and cleared by the protocol
 * @async: answers are being made elsewhere, whatever @wait says: the peer's FIN
 *	does not end the connection; socket lock, set and cleared by the
 *	protocol
 * @closing: no more messages are read: half-close once all is sent; socket
 *	lock, set by kelp_conn_close_sent()
 * @unread: the peer may still send a message that is not wanted: after the
 *	half-close wait for its FIN; socket lock
 * @fin_sent: SHUT_WR was done; socket lock
 * @again: the budget ended with bytes left in @gather; socket lock
 * @failed: beyond repair (send error, no memory): abort; socket lock
 * @wait: what the protocol waits for, &enum kelp_wait; socket lock
 * @wait_since: jiffies when @wait began or progressed; socket lock
 * @tx_since: jiffies when an answer last moved: TCP took bytes, or the peer
 *	was seen to have acknowledged some; socket lock
 * @una: first byte not acknowledged when last looked at; socket lock
 * @requests: messages answered on this connection; socket lock
 * @rx_bytes: bytes consumed; socket lock
 * @tx_bytes: bytes given to TCP; socket lock
 * @txq: answers that TCP did not take yet; socket lock
 * @txq_bytes: bytes in @txq; socket lock
 * @gather: beginning of a message that came in pieces; socket lock
 * @gather_len: bytes in @gather; socket lock
 * @gather_cap: bytes allocated, charged to kelp_net.mem; socket lock
 * @ref: holders: kelp_net.conns (until teardown), the QUEUED bit, dispatcher
 *	items, whoever looked it up
 * @worker: the worker that owns this connection; set once
 * @qnode: in the worker's queue; owned by whoever set QUEUED
 * @wheel: in the worker's wheel; owning worker only
 * @dead: teardown began; written by the owning worker only
 * @evict_node: in one of the worker's lists in kelp_net.evict; their lock, as
 *	the next two
 * @evict_class: which list; evict.c
 * @evict_since: jiffies when it came to its place there
 * @registered: @proto's registration, a reference is held; as @proto
 * @opening: what it is to speak from the beginning, a reference is held until
 *	it does; socket lock, set before that is needed
 * @hook: what its bytes go through, or NULL; socket lock
 * @hook_owner: @hook's owner, for those who look without the lock
 * @hijack: who takes it away, or NULL; socket lock
 * @farewell: on_shutdown was called; socket lock
 * @midway: the protocol has begun a message and not ended it; socket lock
 * @file: what is being sent instead of anything else, or NULL; socket lock
 * @inbox: what other contexts have for it; its own lock
 * @timeout: instead of the limit for what the protocol waits for, in ms, or 0;
 *	socket lock
 * @saved: what the listener had before kelp; set once
 * @id: key in kelp_net.conns; set once
 * @gate: its listener's, a reference is held; or NULL; set once
 * @client: its address's entry, or NULL; set once, with @announced
 * @announced: whom a PROXY header announced; family 0 for nobody; socket lock
 * @proxied: a PROXY header has to come first; socket lock
 * @body_timed: @body_since and @body_from are those of this body; owning
 *	worker, as the next two
 * @body_since: jiffies from which a body's rate is measured
 * @body_from: @rx_bytes at that time
 * @mem: bytes charged to kelp_net.mem for this connection; any context
 * @opened: jiffies at accept; set once
 * @peer: address and port of the peer; set once
 * @local: our address and port; set once
 * @rcu: dumps look under RCU
 * @priv: the protocol's, under its rules; see kelp_conn_priv()
 */
struct kelp_conn {
	/* touched by every request */
	unsigned long bits;
	struct socket *sock;
	const struct kelp_proto_ops *proto;
	struct kelp_net *kn;
	struct kelp_stats __percpu *stats;
	struct kelp_run *run;
	union {
		struct {
			bool paused;
			bool closing;
			bool failed;
		};
		u32 stopped;
	};
	bool handed;
	bool more;
	bool want_ready;
	bool async;
	bool unread;
	bool fin_sent;
	bool again;
	bool midway;
	u8 wait;
	unsigned long wait_since;
	unsigned long tx_since;
	u32 una;
	u64 requests;
	u64 rx_bytes;
	u64 tx_bytes;
	struct kelp_hook *hook;
	struct list_head txq;
	size_t txq_bytes;
	u8 *gather;
	u32 gather_len;
	u32 gather_cap;

	/* hand-over and teardown */
	refcount_t ref;
	struct kelp_worker *worker;
	struct llist_node qnode;
	struct list_head wheel;
	bool dead;
	u8 evict_class;
	struct list_head evict_node;
	unsigned long evict_since;
	struct kelp_proto *registered;
	struct kelp_proto *opening;
	struct kelp_proto *hook_owner;
	struct kelp_hijack *hijack;
	bool farewell;
	u32 timeout;
	struct kelp_file *file;
	struct kelp_inbox inbox;

	/* set once */
	struct kelp_callbacks saved;
	u32 id;
	bool proxied;
	bool body_timed;
	unsigned long body_since;
	u64 body_from;
	atomic_long_t mem;
	struct kelp_gate *gate;
	struct kelp_client *client;
	struct kelp_addr announced;
	unsigned long opened;
	union kelp_sockaddr peer;
	union kelp_sockaddr local;
	struct rcu_head rcu;

	u64 priv[KELP_CONN_PRIV / sizeof(u64)];
};

enum kelp_place {
	KELP_IN_SOFTIRQ,
	KELP_IN_WORKER,
};

/**
 * struct kelp_run - one invocation that serves a connection
 * @conn: the connection; its socket lock is held
 * @out: the CPU's gathering buffer; BH is off
 * @place: where it runs
 * @open: a message was begun and not ended
 * @requests: messages that may still be answered
 * @bytes: answer bytes that may still be produced
 * @clock: local_clock() as it was last read, 0 when it was not: what follows at
 *	once in the same invocation need not read it again
 *
 * Lives on the invocation's stack.
 */
struct kelp_run {
	struct kelp_conn *conn;
	struct kelp_out *out;
	enum kelp_place place;
	bool open;
	int requests;
	ssize_t bytes;
	u64 clock;
};

/* The budget is used up: a protocol's loop over messages ends. */
static inline bool kelp_run_spent(const struct kelp_run *run)
{
	return run->requests <= 0 || run->bytes <= 0;
}

static inline void *kelp_conn_priv(struct kelp_conn *conn)
{
	return conn->priv;
}

int kelp_conn_init(void);
void kelp_conn_exit(void);

int kelp_conn_create(struct kelp_net *kn, struct socket *sock,
		     const struct kelp_callbacks *saved,
		     struct kelp_gate *gate, struct kelp_proto *proto);
void kelp_conn_work(struct kelp_conn *conn);
struct kelp_conn *kelp_conn_next(struct kelp_net *kn, unsigned long *id);
bool kelp_conn_uses(const struct kelp_conn *conn,
		    const struct kelp_proto *proto);

/* For the engine's parts, under the socket lock. */
bool kelp_conn_announce(struct kelp_conn *conn, const struct kelp_addr *addr);

/* For protocols, under the socket lock; and kelp/conn.h. */
void kelp_conn_client_addr(const struct kelp_conn *conn,
			   struct kelp_addr *addr);

/* From anywhere, with a reference held. */
bool kelp_conn_mem_charge(struct kelp_conn *conn, size_t bytes);
void kelp_conn_mem_uncharge(struct kelp_conn *conn, size_t bytes);
void kelp_conn_kick(struct kelp_conn *conn);
void kelp_conn_set(struct kelp_conn *conn, enum kelp_conn_bit bit);

#endif
