// SPDX-License-Identifier: MIT
/*
 * Waiting for calls that were started: blocking calls with a second attempt
 * beside the first, which one thread cannot make alone, and several calls at a
 * time. The caller's thread.
 */
#include "waiting.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "reply.h"
#include "started.h"

/**
 * struct waiting - somebody who waits
 * @lock: protects @over
 * @cond: signalled with it
 * @over: the call has ended, and @reply is filled
 * @reply: what became of it
 */
struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool over;
	struct kelp_reply *reply;
};

/* Copies the reply and takes its bytes; the library frees none of them then. */
static void reply_take(struct kelp_reply *to, const struct kelp_reply *from)
{
	*to = *from;
	/* done() gets it const, but it is the library's own */
	((struct kelp_reply *)(uintptr_t)from)->memory = NULL;
}

static void waiting_done(const struct kelp_reply *reply, void *data)
{
	struct waiting *waiting = data;

	pthread_mutex_lock(&waiting->lock);
	reply_take(waiting->reply, reply);
	waiting->over = true;
	pthread_cond_signal(&waiting->cond);
	pthread_mutex_unlock(&waiting->lock);
}

int waiting_call(struct kelp_channel *channel,
		 const struct kelp_request *request, struct kelp_reply *reply,
		 const struct kelp_call_options *options)
{
	struct waiting waiting = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.cond = PTHREAD_COND_INITIALIZER,
		.reply = reply,
	};
	int err = started_promptly(channel, request, options, waiting_done,
				   &waiting, NULL);

	if (err) {
		reply_fail(reply, err, "%s", kelp_strerror(err));
		return err;
	}
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.over)
		pthread_cond_wait(&waiting.cond, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	return reply->code;
}

/**
 * struct fanout - several calls
 * @parts: they
 * @count: how many
 * @fail_limit: when so many have failed the others are cancelled, 0: never
 * @prompt: @done is the library's own, and may be called by I/O threads
 * @left: that have not ended, and one for whoever starts them; any thread
 * @failed: that have failed; any thread
 * @done: told when all have ended
 * @data: passed to it
 * @lock: protects @calls
 * @calls: handles, NULL once given back
 */
struct fanout {
	struct kelp_fanout_part *parts;
	size_t count;
	size_t fail_limit;
	bool prompt;
	_Atomic size_t left;
	_Atomic size_t failed;
	kelp_fanout_fn done;
	void *data;
	pthread_mutex_t lock;
	struct fanout_call {
		struct fanout *fanout;
		struct kelp_call *call;
	} calls[];
};

/* Those that have not ended; it does no harm to those that have. */
static void fanout_cancel(struct fanout *fanout)
{
	size_t i;

	pthread_mutex_lock(&fanout->lock);
	for (i = 0; i < fanout->count; i++)
		if (fanout->calls[i].call)
			kelp_call_cancel(fanout->calls[i].call);
	pthread_mutex_unlock(&fanout->lock);
}

/* One less to wait for. With the last one it is over. */
static void fanout_less(struct fanout *fanout)
{
	size_t i;

	/* all replies are written before the last one tells */
	if (atomic_fetch_sub_explicit(&fanout->left, 1,
				      memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < fanout->count; i++)
		kelp_call_put(fanout->calls[i].call);
	pthread_mutex_destroy(&fanout->lock);
	fanout->done(fanout->parts, fanout->count,
		     atomic_load_explicit(&fanout->failed,
					  memory_order_relaxed), fanout->data);
	free(fanout);
}

static void fanout_failed(struct fanout *fanout)
{
	size_t failed = atomic_fetch_add_explicit(&fanout->failed, 1,
						  memory_order_relaxed) + 1;

	if (fanout->fail_limit && failed == fanout->fail_limit)
		fanout_cancel(fanout);
}

static void fanout_done(const struct kelp_reply *reply, void *data)
{
	struct fanout_call *mine = data;
	struct fanout *fanout = mine->fanout;

	reply_take(&fanout->parts[mine - fanout->calls].reply, reply);
	if (reply->code)
		fanout_failed(fanout);
	fanout_less(fanout);
}

static void fanout_part(struct fanout *fanout, size_t i)
{
	struct kelp_fanout_part *part = &fanout->parts[i];
	struct kelp_call *call = NULL;
	int (*start)(struct kelp_channel *channel,
		     const struct kelp_request *request,
		     const struct kelp_call_options *options,
		     kelp_done_fn done, void *data, struct kelp_call **handle);
	int err;

	start = fanout->prompt ? started_promptly : kelp_call_start;
	err = start(part->channel, &part->request, part->options, fanout_done,
		    &fanout->calls[i], &call);
	if (err) {
		reply_fail(&part->reply, err, "%s", kelp_strerror(err));
		fanout_failed(fanout);
		fanout_less(fanout);
		return;
	}
	pthread_mutex_lock(&fanout->lock);
	fanout->calls[i].call = call;
	pthread_mutex_unlock(&fanout->lock);
	/* those that were not there yet when the others were cancelled */
	if (fanout->fail_limit &&
	    atomic_load_explicit(&fanout->failed, memory_order_relaxed) >=
		    fanout->fail_limit)
		kelp_call_cancel(call);
}

static int fanout_start(struct kelp_fanout_part *parts, size_t count,
			size_t fail_limit, bool prompt, kelp_fanout_fn done,
			void *data)
{
	struct fanout *fanout;
	size_t i;

	fanout = calloc(1, sizeof(*fanout) + count * sizeof(fanout->calls[0]));
	if (!fanout)
		return -ENOMEM;
	if (pthread_mutex_init(&fanout->lock, NULL)) {
		free(fanout);
		return -ENOMEM;
	}
	fanout->parts = parts;
	fanout->count = count;
	fanout->fail_limit = fail_limit;
	fanout->prompt = prompt;
	fanout->done = done;
	fanout->data = data;
	atomic_init(&fanout->left, count + 1);
	for (i = 0; i < count; i++) {
		parts[i].reply = (struct kelp_reply){ 0 };
		fanout->calls[i].fanout = fanout;
	}
	for (i = 0; i < count; i++)
		fanout_part(fanout, i);
	fanout_less(fanout);
	return 0;
}

int kelp_fanout_start(struct kelp_fanout_part *parts, size_t count,
		      size_t fail_limit, kelp_fanout_fn done, void *data)
{
	return fanout_start(parts, count, fail_limit, false, done, data);
}

/* Somebody who waits for several. */
struct fanout_waiting {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool over;
	size_t failed;
};

static void fanout_wake(struct kelp_fanout_part *parts, size_t count,
			size_t failed, void *data)
{
	struct fanout_waiting *waiting = data;

	(void)parts;
	(void)count;
	pthread_mutex_lock(&waiting->lock);
	waiting->over = true;
	waiting->failed = failed;
	pthread_cond_signal(&waiting->cond);
	pthread_mutex_unlock(&waiting->lock);
}

size_t kelp_fanout(struct kelp_fanout_part *parts, size_t count,
		   size_t fail_limit)
{
	struct fanout_waiting waiting = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.cond = PTHREAD_COND_INITIALIZER,
	};
	size_t i;

	if (fanout_start(parts, count, fail_limit, true, fanout_wake,
			 &waiting)) {
		for (i = 0; i < count; i++) {
			parts[i].reply = (struct kelp_reply){ 0 };
			reply_fail(&parts[i].reply, -ENOMEM, "no memory");
		}
		return count;
	}
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.over)
		pthread_cond_wait(&waiting.cond, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	return waiting.failed;
}
