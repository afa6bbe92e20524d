/* SPDX-License-Identifier: MIT */
/*
 * An I/O thread: sends and receives the calls that were started, and watches
 * their time. Runs nobody's code but the library's, so that nothing keeps it.
 */
#ifndef LIBKELP_IO_H
#define LIBKELP_IO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "mpsc.h"
#include "rng.h"
#include "table.h"
#include "timers.h"

struct kelp_call;
struct kelp_channel;
struct mux;
struct set;

/* What an I/O thread is told. */
enum post_kind {
	POST_START,
	POST_CANCEL,
	POST_STOP,
};

/**
 * struct post - a word to an I/O thread
 * @node: in io.inbox
 * @kind: what it is about
 */
struct post {
	struct mpsc_node node;
	enum post_kind kind;
};

/**
 * struct io - the thread
 * @channel: whose calls
 * @thread: it
 * @wake: an eventfd: there is something in @inbox; set once, as @epoll
 * @epoll: for @wake and the connections
 * @inbox: what it is told; any thread
 * @last: POST_STOP, the last word
 * @left: what was taken out of @inbox behind the end of the thread
 * @stop: as soon as it can; its own, as all that follows
 * @table: attempts, by their correlation ids
 * @timers: dates of calls and connections
 * @calls: those that have not ended, so that they can be ended with the thread
 * @muxes: its connections
 * @dirty: those that have something to send
 * @set: the servers, as it last looked; a reference
 * @version: kelp_channel.version of @set
 * @pruned: that at which connections to servers that are no more were closed
 * @stale: there may be connections that get no more calls
 * @rng: for choosing among them
 * @now: clock_now(), once in each round
 */
struct io {
	struct kelp_channel *channel;
	pthread_t thread;
	int wake;
	int epoll;
	struct mpsc inbox;
	struct post last;
	struct mpsc_node *left;

	bool stop;
	struct table table;
	struct timers timers;
	struct kelp_call *calls;
	struct mux *muxes;
	struct mux *dirty;
	struct set *set;
	unsigned int version;
	unsigned int pruned;
	bool stale;
	struct rng rng;
	uint64_t now;
};

/* 0 or -errno. */
int io_start(struct io **io, struct kelp_channel *channel);

/* Ends the thread, and its calls with -ECANCELED. */
void io_stop(struct io *io);

/* A call that came too late for the thread, which has ended; or NULL. */
struct kelp_call *io_leftover(struct io *io);

/* Frees it. Its thread has ended. */
void io_free(struct io *io);

/* Tell it. Any thread. */
void io_post(struct io *io, struct post *post);

/* After a fork(): there is no thread. */
void io_forget(struct io *io);

/* Of the thread: the servers now, no reference. */
struct set *io_set(struct io *io);

#endif
