/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing to a connection, in two ways.
 *
 * kelp_out_*() is for a callback of the connection, or a task on it, with the
 * struct kelp_run that was handed in: what is written leaves with the next
 * send, usually before the callback's caller returns, and needs no memory. A
 * message may be written in pieces, in several callbacks; kelp_out_done() ends
 * it.
 *
 * kelp_send_*() is for any context with a reference to the connection, be it a
 * callback of another one: each call is one whole message. Messages of one
 * caller keep their order. They wait until the connection's worker has sent
 * all that its callbacks wrote, and never come between the pieces of a message
 * that was begun and is not done: a protocol that writes without ever calling
 * kelp_out_done() lets none of them pass.
 */
#ifndef KELP_SEND_H
#define KELP_SEND_H

#include <linux/bits.h>
#include <linux/types.h>

struct bio_vec;
struct file;
struct kelp_conn;
struct kelp_proto_ops;
struct kelp_run;

/* Bytes of kelp_out_alloc(). */
#define KELP_OUT_SCRATCH 8192

/* Appends behind kelp_out_reserve(). */
#define KELP_OUT_PIECES 8

/*
 * kelp_out_ref() appends bytes that are not copied: they must stay as they are
 * until the invocation ends: constant, RCU protected, the CPU's own, or from
 * kelp_out_alloc().
 */
void kelp_out_ref(struct kelp_run *run, const void *data, size_t len);

/* Append a copy of bytes that do not live that long, e.g. request bytes. */
void kelp_out_copy(struct kelp_run *run, const void *data, size_t len);

/*
 * Room for @len (at most KELP_OUT_SCRATCH) bytes, good for kelp_out_ref(). It
 * never fails: when it needs the room it sends what is gathered, which would
 * lose room that was handed out before and not yet appended. Who wants several
 * rooms for one answer asks kelp_out_reserve() for their sum first: the next
 * KELP_OUT_PIECES appends and @len bytes then send nothing.
 */
void kelp_out_reserve(struct kelp_run *run, size_t len);
char *kelp_out_alloc(struct kelp_run *run, size_t len);

/* A message was answered: its end, budget and counters. */
void kelp_out_done(struct kelp_run *run);

/*
 * Before all messages of kelp_send_*() that wait and are not urgent, behind
 * those that are, and behind the one of which a byte has left.
 */
#define KELP_SEND_URGENT BIT(0)

/* Runs of bytes of kelp_send_move(). */
#define KELP_SEND_RUNS 64

/**
 * struct kelp_send_pages - pages that are handed over to be sent
 * @bv: the runs of bytes, in order, each inside one page or one compound page;
 *	not slab pages, not high memory. Copied: needed during the call only
 * @nr: how many, 1 to KELP_SEND_RUNS
 * @owner: whose code @done is, registered; may be NULL without @done
 * @done: kelp has let go of the pages; called exactly once, in any context:
 *	must not sleep. May be NULL
 * @arg: passed to @done
 *
 * One reference on each page in @bv passes to kelp, which gives them back
 * right before @done: then all bytes were given to TCP, or the connection has
 * ended. TCP holds references of its own until the peer has acknowledged the
 * bytes, so the memory is not reused too soon; but who has references of his
 * own must not write to the pages then either.
 */
struct kelp_send_pages {
	const struct bio_vec *bv;
	unsigned int nr;
	const struct kelp_proto_ops *owner;
	void (*done)(void *arg);
	void *arg;
};

int kelp_send_copy(struct kelp_conn *conn, const void *data, size_t len,
		   unsigned int flags);
int kelp_send_move(struct kelp_conn *conn, const struct kelp_send_pages *pages,
		   unsigned int flags);
int kelp_send_file(struct kelp_conn *conn, struct file *file, loff_t off,
		   u64 len, unsigned int flags);

#endif
