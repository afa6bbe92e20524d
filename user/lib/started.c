// SPDX-License-Identifier: MIT
/*
 * Starting calls: making them, handing them to an I/O thread, and what happens
 * when there are too many. Any thread.
 */
#include "started.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "clock.h"
#include "frame.h"
#include "io.h"
#include "options.h"
#include "queue.h"
#include "reply.h"
#include "teller.h"

/* All is known of it; from now on there is nothing to cancel. */
static void call_complete(struct kelp_call *call)
{
	atomic_store_explicit(&call->cancelled, true, memory_order_relaxed);
	call->reply.latency_ns = clock_now() - call->begun;
	channel_ended(call->channel, &call->reply);
}

/* It was started by a done() that ran beside the end: told here. */
static void leftover_end(struct kelp_call *call)
{
	reply_fail(&call->reply, -ECANCELED, "the channel was destroyed");
	call_complete(call);
	started_ended(call);
	if (call->queue) {
		queue_put(call->queue, call);
	} else {
		call->done(&call->reply, call->data);
		kelp_call_put(call);
	}
}

/*
 * In this order: the I/O threads end their calls, the teller tells of them. What
 * it calls may start others until it sees that the channel ends.
 */
static void threads_stop(struct kelp_channel *channel)
{
	unsigned int nr = channel->io ? channel->options.io_threads : 0, i;
	struct kelp_call *call;

	for (i = 0; i < nr && channel->io[i]; i++)
		io_stop(channel->io[i]);
	teller_stop(channel->teller);
	channel->teller = NULL;
	for (i = 0; i < nr && channel->io[i]; i++) {
		while ((call = io_leftover(channel->io[i])))
			leftover_end(call);
		io_free(channel->io[i]);
	}
	free(channel->io);
	channel->io = NULL;
}

/* Context: channel->lock. */
static int threads_start(struct kelp_channel *channel)
{
	unsigned int i;
	int err;

	err = teller_start(&channel->teller, channel);
	if (err)
		return err;
	channel->io = calloc(channel->options.io_threads,
			     sizeof(channel->io[0]));
	if (!channel->io)
		err = -ENOMEM;
	for (i = 0; !err && i < channel->options.io_threads; i++)
		err = io_start(&channel->io[i], channel);
	if (err)
		threads_stop(channel);
	return err;
}

/* The first call that is started makes them. */
static int threads_need(struct kelp_channel *channel)
{
	int err = 0;

	/* acquire: pairs with the release below; the threads are there */
	if (atomic_load_explicit(&channel->started, memory_order_acquire))
		return 0;
	pthread_mutex_lock(&channel->lock);
	if (!channel->io) {
		err = threads_start(channel);
		if (!err)
			/* release: pairs with the acquire above */
			atomic_store_explicit(&channel->started, true,
					      memory_order_release);
	}
	pthread_mutex_unlock(&channel->lock);
	return err;
}

void started_stop(struct kelp_channel *channel)
{
	atomic_store_explicit(&channel->ending, true, memory_order_relaxed);
	/* no lock: who starts calls has ended, but for done(), which may need it */
	threads_stop(channel);
}

void started_forget(struct kelp_channel *channel)
{
	unsigned int i;

	for (i = 0; channel->io && i < channel->options.io_threads; i++)
		if (channel->io[i])
			io_forget(channel->io[i]);
	teller_forget(channel->teller);
}

/* Room for one more; 0 or EOVERCROWDED. */
static int room_wait(struct kelp_channel *channel, uint64_t deadline)
{
	struct timespec date = clock_timespec(deadline);
	unsigned int most = channel->options.max_pending;
	int err = 0;

	pthread_mutex_lock(&channel->full_lock);
	/*
	 * Sequentially consistent, as in started_ended(): either that one sees
	 * that somebody waits, or this one that there is room.
	 */
	atomic_fetch_add(&channel->nr_waiting, 1);
	while (atomic_load(&channel->pending) >= most && !err)
		err = deadline == CLOCK_NEVER ?
			      pthread_cond_wait(&channel->room,
						&channel->full_lock) :
			      pthread_cond_timedwait(&channel->room,
						     &channel->full_lock,
						     &date);
	atomic_fetch_sub(&channel->nr_waiting, 1);
	pthread_mutex_unlock(&channel->full_lock);
	return err ? KELP_RPC_EOVERCROWDED : 0;
}

static int room_take(struct kelp_channel *channel, uint64_t deadline)
{
	int err;

	while (atomic_fetch_add(&channel->pending, 1) >=
	       channel->options.max_pending) {
		atomic_fetch_sub(&channel->pending, 1);
		if (!channel->options.block_when_full ||
		    teller_here(channel->teller)) {
			count(&channel->counters.overcrowded);
			return KELP_RPC_EOVERCROWDED;
		}
		err = room_wait(channel, deadline);
		if (err) {
			count(&channel->counters.overcrowded);
			return err;
		}
	}
	return 0;
}

static void room_give(struct kelp_channel *channel)
{
	/* sequentially consistent: see room_wait() */
	atomic_fetch_sub(&channel->pending, 1);
	if (!atomic_load(&channel->nr_waiting))
		return;
	pthread_mutex_lock(&channel->full_lock);
	pthread_cond_signal(&channel->room);
	pthread_mutex_unlock(&channel->full_lock);
}

void started_ended(struct kelp_call *call)
{
	room_give(call->channel);
}

static struct kelp_bytes keep(unsigned char **to, const void *data, size_t len)
{
	struct kelp_bytes kept = { *to, len };

	if (len)
		memcpy(*to, data, len);
	*to += len;
	return kept;
}

static struct kelp_call *call_create(struct kelp_channel *channel,
				     const struct kelp_request *request,
				     const struct kelp_call_options *options)
{
	size_t service = strlen(request->service);
	size_t method = strlen(request->method);
	struct kelp_call *call;
	unsigned char *to;

	call = malloc(sizeof(*call) + service + method + request->message.len +
		      request->attachment.len);
	if (!call)
		return NULL;
	memset(call, 0, sizeof(*call));
	atomic_init(&call->refs, 1);
	call->start.kind = POST_START;
	call->cancel.kind = POST_CANCEL;
	call->channel = channel;
	call->options = *options;
	to = call->bytes;
	call->service = keep(&to, request->service, service);
	call->method = keep(&to, request->method, method);
	call->message = keep(&to, request->message.data, request->message.len);
	call->attachment = keep(&to, request->attachment.data,
				request->attachment.len);
	call->begun = clock_now();
	call->deadline = clock_in(call->begun, options->timeout_ms);
	call->log_id = options->log_id;
	return call;
}

void kelp_call_put(struct kelp_call *call)
{
	/* all uses come before the free */
	if (!call || atomic_fetch_sub_explicit(&call->refs, 1,
					       memory_order_acq_rel) != 1)
		return;
	kelp_reply_clear(&call->reply);
	free(call);
}

/* Whose it is, when neither a thread nor the queue was told yet. */
static int call_go(struct kelp_call *call, struct kelp_call **handle)
{
	struct kelp_channel *channel = call->channel;
	unsigned int turn;
	int err;

	err = threads_need(channel);
	if (!err)
		err = room_take(channel, call->deadline);
	if (err)
		return err;
	if (channel->options.trace)
		channel->options.trace(&call->log_id, &call->trace_id,
				       &call->span_id, channel->options.data);
	budget_earn(&channel->budget);
	turn = atomic_fetch_add_explicit(&channel->turn, 1,
					 memory_order_relaxed);
	call->io = channel->io[turn % channel->options.io_threads];
	if (handle) {
		atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
		*handle = call;
	}
	io_post(call->io, &call->start);
	return 0;
}

static int call_start(struct kelp_channel *channel,
		      const struct kelp_request *request,
		      const struct kelp_call_options *given, kelp_done_fn done,
		      bool prompt, struct kelp_queue *queue, void *data,
		      struct kelp_call **handle)
{
	struct kelp_call_options options;
	struct kelp_call *call;
	int err;

	err = options_call(&channel->options, given, &options);
	if (!err)
		err = frame_check(request);
	if (!err && channel_is_orphan(channel))
		err = -EOWNERDEAD;
	if (!err && atomic_load_explicit(&channel->ending,
					 memory_order_relaxed))
		err = -ECANCELED;
	if (err)
		return err;
	call = call_create(channel, request, &options);
	if (!call)
		return -ENOMEM;
	call->done = done;
	call->prompt = prompt;
	call->queue = queue;
	call->data = data;
	err = call_go(call, handle);
	if (err)
		kelp_call_put(call);
	return err;
}

int kelp_call_start(struct kelp_channel *channel,
		    const struct kelp_request *request,
		    const struct kelp_call_options *options, kelp_done_fn done,
		    void *data, struct kelp_call **call)
{
	if (!done)
		return -EINVAL;
	return call_start(channel, request, options, done, false, NULL, data,
			  call);
}

int started_promptly(struct kelp_channel *channel,
		     const struct kelp_request *request,
		     const struct kelp_call_options *options, kelp_done_fn done,
		     void *data, struct kelp_call **call)
{
	return call_start(channel, request, options, done, true, NULL, data,
			  call);
}

int kelp_call_enqueue(struct kelp_channel *channel,
		      const struct kelp_request *request,
		      const struct kelp_call_options *options,
		      struct kelp_queue *queue, void *data,
		      struct kelp_call **call)
{
	if (!queue)
		return -EINVAL;
	return call_start(channel, request, options, NULL, false, queue, data,
			  call);
}

void kelp_call_cancel(struct kelp_call *call)
{
	/* in this order: when it has ended there may be no channel any more */
	if (atomic_exchange_explicit(&call->cancelled, true,
				     memory_order_relaxed) ||
	    channel_is_orphan(call->channel))
		return;
	atomic_fetch_add_explicit(&call->refs, 1, memory_order_relaxed);
	io_post(call->io, &call->cancel);
}

void started_done(struct kelp_call *call)
{
	call_complete(call);
	if (call->queue) {
		started_ended(call);
		queue_put(call->queue, call);
	} else if (call->prompt) {
		started_ended(call);
		call->done(&call->reply, call->data);
		kelp_call_put(call);
	} else {
		teller_tell(call->channel->teller, call);
	}
}
