/* SPDX-License-Identifier: MIT */
/*
 * Calls that were started: the object, and the threads that it passes through.
 *
 *    kelp_call_start()      any thread     makes it, gives it to an I/O thread
 *    io.c, mux.c            I/O thread     attempts, until it has ended
 *    teller.c or queue.c    teller's       done(), or whoever takes it out of
 *                           thread         the queue
 *
 * It belongs to one of them at a time; the handle only leads to it.
 */
#ifndef LIBKELP_STARTED_H
#define LIBKELP_STARTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kelp/client.h>

#include "io.h"
#include "mpsc.h"
#include "set.h"
#include "timers.h"

struct endpoint;
struct kelp_call;
struct mux;

/**
 * struct attempt - a call on its way to a server; the I/O thread's
 * @call: which
 * @endpoint: where to; a reference
 * @mux: the connection, or NULL: there is no attempt
 * @next: in mux.attempts
 * @prev: likewise
 * @id: its correlation id
 * @begun: when it began
 * @at: where its bytes begin in all that the connection ever sent
 */
struct attempt {
	struct kelp_call *call;
	struct endpoint *endpoint;
	struct mux *mux;
	struct attempt *next;
	struct attempt *prev;
	uint64_t id;
	uint64_t begun;
	uint64_t at;
};

/* One, and one that is made because that takes long. */
#define CALL_ATTEMPTS 2

/**
 * struct kelp_call - a call that was started
 * @refs: holders: who it belongs to, the handle, a POST_CANCEL
 * @start: the word that it is there
 * @cancel: the word that it is not wanted any more
 * @cancelled: @cancel was sent, or the call has ended; any thread
 * @node: on its way to the teller, or in a queue
 * @channel: set once, as all up to @span_id
 * @io: its I/O thread
 * @options: nothing left open
 * @service: what is called; in @bytes, as the next three
 * @method: likewise
 * @message: likewise
 * @attachment: likewise
 * @done: told what became of it, or NULL
 * @prompt: by the I/O thread itself
 * @queue: where what became of it goes, or NULL
 * @data: goes there with it
 * @begun: when it was started
 * @deadline: when its time is up
 * @log_id: numbers for logs
 * @trace_id: likewise
 * @span_id: likewise
 * @next: in io.calls; the I/O thread's, as the rest until it has ended
 * @prev: likewise
 * @time: when its time is up
 * @hedge: when a second attempt is made
 * @attempt: what is under way
 * @avoid: servers that failed; a reference each
 * @nr_avoid: how many
 * @ended: nothing is to be done any more
 * @reply: what becomes of it
 * @bytes: what is sent
 */
struct kelp_call {
	_Atomic unsigned int refs;
	struct post start;
	struct post cancel;
	_Atomic bool cancelled;
	struct mpsc_node node;

	struct kelp_channel *channel;
	struct io *io;
	struct kelp_call_options options;
	struct kelp_bytes service;
	struct kelp_bytes method;
	struct kelp_bytes message;
	struct kelp_bytes attachment;
	kelp_done_fn done;
	bool prompt;
	struct kelp_queue *queue;
	void *data;
	uint64_t begun;
	uint64_t deadline;
	uint64_t log_id;
	uint64_t trace_id;
	uint64_t span_id;

	struct kelp_call *next;
	struct kelp_call *prev;
	struct timer time;
	struct timer hedge;
	struct attempt attempt[CALL_ATTEMPTS];
	struct endpoint *avoid[SET_AVOID];
	size_t nr_avoid;
	bool ended;
	struct kelp_reply reply;
	unsigned char bytes[];
};

/*
 * As kelp_call_start(), for the library's own use: @done is called by the I/O
 * thread, must be quick and wait for nothing. Whoever waits for it may be a
 * done() himself, behind which the teller's thread would not come to this one.
 */
int started_promptly(struct kelp_channel *channel,
		     const struct kelp_request *request,
		     const struct kelp_call_options *options, kelp_done_fn done,
		     void *data, struct kelp_call **call);

/* The threads, when there are any: end them, and all calls with them. */
void started_stop(struct kelp_channel *channel);

/* After a fork(): there are no threads to end. */
void started_forget(struct kelp_channel *channel);

/* It has ended, told or not: room for another one. Any thread. */
void started_ended(struct kelp_call *call);

/*
 * The end of what an I/O thread has to do with a call: its reply is complete.
 * To the teller or into the queue.
 */
void started_done(struct kelp_call *call);

#endif
