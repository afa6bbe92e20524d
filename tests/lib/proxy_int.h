/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the proxy (proxy.h) know of each other. proxy.c has what
 * tests call, proxy_pair.c the connections, proxy_flow.c one direction of one:
 * frames and faults. All runs on the proxy's stage.
 */
#ifndef TEST_PROXY_INT_H
#define TEST_PROXY_INT_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "gate.h"
#include "outlet.h"
#include "plug.h"
#include "proxy.h"
#include "stage.h"

#define PROXY_RULES 16

/**
 * struct side - one of the two connections; fields are the stage's
 * @pair: whose
 * @watch: its socket; -1 when it has ended
 * @watched: epoll knows it
 * @out: what its peer has not taken yet
 * @tick: when its end is tried again
 * @finished: FIN was sent
 * @dead: it takes nothing any more, because it is broken
 */
struct side {
	struct pair *pair;
	struct watch watch;
	bool watched;
	struct outlet out;
	struct later tick;
	bool finished;
	bool dead;
};

/**
 * struct flow - one direction of a pair
 * @pair: whose
 * @from: where bytes come from
 * @to: where they go
 * @requests: they are the client's
 * @in: has come and was not handed on
 * @raw: there are no frames any more
 * @left: bytes of a frame that are to be handed on
 * @faulty: this happens to it:
 * @fault: a copy of the rule
 * @until: when so many more bytes were handed on
 * @paused: nothing is handed on, until
 * @wake: this
 * @discard: what comes is thrown away
 * @fin: @to gets FIN when it has all
 * @eof: no more comes from @from,
 * @broken: because of a reset
 */
struct flow {
	struct pair *pair;
	struct side *from;
	struct side *to;
	bool requests;
	struct outlet in;
	bool raw;
	uint64_t left;
	bool faulty;
	struct proxy_rule fault;
	uint64_t until;
	bool paused;
	struct later wake;
	bool discard;
	bool fin;
	bool eof;
	bool broken;
};

/**
 * struct pair - a client's connection and the one to the server
 * @proxy: whose
 * @link: in @proxy->pairs
 * @client: the one that was accepted
 * @server: the other one
 * @connected: it has come about
 * @up: from client to server
 * @down: from server to client
 * @hole: nothing comes through
 * @ending: how both sides end as soon as they have what is on its way
 */
struct pair {
	struct proxy *proxy;
	TAILQ_ENTRY(pair) link;
	struct side client;
	struct side server;
	bool connected;
	struct flow up;
	struct flow down;
	bool hole;
	enum ending ending;
};

/**
 * struct proxy - see proxy.h; without another word: its stage's thread only
 * @stage: set once
 * @gate: where it listens
 * @to: the server's port; set once
 * @pairs: connections
 * @rules: @nr_rules of them
 * @nr_rules: see there
 * @dice: for rules
 * @counts: written by the stage's thread, read by any
 * @faults: likewise
 */
struct proxy {
	struct stage *stage;
	struct gate gate;
	uint16_t to;
	TAILQ_HEAD(, pair) pairs;
	struct proxy_rule rules[PROXY_RULES];
	size_t nr_rules;
	uint64_t dice;
	_Atomic uint64_t counts[PROXY_COUNTS];
	_Atomic uint64_t faults[PROXY_KINDS];
};

/* Nothing is ordered by it: whoever waits for a count reads no more than that. */
static inline void proxy_add(struct proxy *proxy, enum proxy_count which,
			     uint64_t count)
{
	atomic_fetch_add_explicit(&proxy->counts[which], count,
				  memory_order_relaxed);
}

/* proxy_pair.c */

/**
 * pair_open() - make a pair
 * @proxy: whose
 * @fd: the client's socket, the pair's from now on
 */
void pair_open(struct proxy *proxy, int fd);

/**
 * pair_end() - have both sides end
 * @pair: pair_go() has to follow
 * @ending: how; the first one counts
 */
void pair_end(struct pair *pair, enum ending ending);

/**
 * pair_hole() - nothing comes through any more
 * @pair: pair_go() has to follow
 */
void pair_hole(struct pair *pair);

/**
 * pair_go() - do what can be done
 * @pair: may be freed
 */
void pair_go(struct pair *pair);

/**
 * pair_drop() - both sides end at once
 * @pair: freed
 */
void pair_drop(struct pair *pair);

/* proxy_flow.c */

/**
 * flow_pass() - hand on what has come, up to a fault
 * @flow: one direction
 */
void flow_pass(struct flow *flow);

#endif
