// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread of kelpctl press: it starts calls on a channel of its own, and takes
 * what became of them out of a queue. The channel's thread sends and receives.
 *
 * A call that is made at a rate has taken from when it was due: time that it
 * waited here, because all connections were busy, is the server's doing.
 */
#include "press.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "pace.h"
#include "remote.h"

#define MS UINT64_C(1000000)

/* Behind a call that could not be made at all. */
#define PAUSE_NS (10 * MS)

/* Calls that were due before the end may be sent so much later. */
#define CATCH_UP_NS (200 * MS)

/* How often to look whether to stop, at least. */
#define LOOK_NS (100 * MS)

/* A call under way, or the place for one. */
struct slot {
	uint64_t late_ns;	/* how long it waited here to be sent */
	struct slot *next;	/* among those that are free */
};

/* Its thread's, unless it says otherwise. */
struct press_worker {
	const struct press *press;	/* set once */
	pthread_t thread;		/* set once */
	struct kelp_channel *channel;	/* set once */
	struct kelp_queue *queue;	/* set once */
	struct slot *slots;
	struct slot *free;
	unsigned int flying;		/* calls under way */
	struct pace pace;
	uint64_t until_ns;		/* when to end; sooner than press->until_ns */
	uint64_t pause_ns;		/* nothing is sent before */
	atomic_ullong calls;		/* that have ended; read by any */
	atomic_ullong failed;		/* of these; read by any */
	struct press_result result;
};

uint64_t press_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / (1000 * MS)),
		.tv_nsec = (long)(ns % (1000 * MS)),
	};
}

/* One writer: no more is needed for a number that others read. */
static void count(atomic_ullong *counter)
{
	atomic_store_explicit(counter,
			      atomic_load_explicit(counter,
						   memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* How many of @count one thread has; evenly. */
static unsigned int share(unsigned int count, unsigned int threads,
			  unsigned int index)
{
	return count / threads + (index < count % threads);
}

struct press_worker *press_worker_create(const struct press *press,
					 unsigned int index)
{
	struct press_worker *worker = need(calloc(1, sizeof(*worker)));
	struct kelp_channel_options options = press->options;
	unsigned int slots, i;
	int err;

	options.io_connections = share(press->connections, press->threads,
				       index);
	slots = options.io_connections * press->pipeline;
	options.max_pending = slots;
	worker->press = press;
	worker->channel = remote_open(press->ctl, &options);
	err = kelp_queue_create(&worker->queue);
	if (err)
		die("cannot make a queue: %s", kelp_strerror(err));
	worker->slots = need(calloc(slots, sizeof(*worker->slots)));
	for (i = 0; i < slots; i++) {
		worker->slots[i].next = worker->free;
		worker->free = &worker->slots[i];
	}
	if (press->rate)
		pace_init(&worker->pace, 0, press->rate, press->threads, index);
	return worker;
}

static void give_back(struct press_worker *worker, struct slot *slot)
{
	slot->next = worker->free;
	worker->free = slot;
}

static void call_failed(struct press_worker *worker, int code, const char *text)
{
	count(&worker->failed);
	tally_add(&worker->result.tally, code,
		  *text ? text : kelp_strerror(code));
}

/* Not a million of them a second; where there is a rate there are not. */
static void pause_for(struct press_worker *worker, uint64_t now)
{
	if (!worker->press->rate)
		worker->pause_ns = now + PAUSE_NS;
}

static void send_one(struct press_worker *worker, uint64_t due, uint64_t now)
{
	struct slot *slot = worker->free;
	int err;

	worker->free = slot->next;
	slot->late_ns = now - due;
	err = kelp_call_enqueue(worker->channel, &worker->press->request.call,
				NULL, worker->queue, slot, NULL);
	if (!err) {
		worker->flying++;
		return;
	}
	count(&worker->calls);
	call_failed(worker, err, "");
	give_back(worker, slot);
	pause_for(worker, now);
}

/* Is there another call to be made now, or later? @due is when. */
static bool has_next(const struct press_worker *worker, uint64_t now,
		     uint64_t *due)
{
	if (!worker->press->rate) {
		*due = now;
		return now < worker->until_ns;
	}
	*due = pace_due(&worker->pace);
	return *due < worker->until_ns && now < worker->until_ns + CATCH_UP_NS;
}

/* All that are due, as far as there is room for them. */
static void send_due(struct press_worker *worker)
{
	uint64_t now = press_now(), due;

	while (worker->free && now >= worker->pause_ns &&
	       has_next(worker, now, &due) && due <= now) {
		send_one(worker, due, now);
		if (worker->press->rate)
			pace_step(&worker->pace);
		now = press_now();
	}
}

static void take(struct press_worker *worker, const struct kelp_reply *reply,
		 struct slot *slot)
{
	struct press_result *result = &worker->result;
	uint64_t now = press_now();

	worker->flying--;
	count(&worker->calls);
	if (reply->code) {
		call_failed(worker, reply->code, reply->text);
		/* it found nobody to go to: so will the next one */
		if (!reply->attempts)
			pause_for(worker, now);
	} else {
		histogram_add(&result->latency,
			      slot->late_ns + reply->latency_ns);
		if (now < worker->until_ns)
			result->in_time++;
	}
	give_back(worker, slot);
}

static void take_all(struct press_worker *worker)
{
	struct kelp_reply *reply;
	void *slot;

	while ((reply = kelp_queue_next(worker->queue, 0, &slot))) {
		take(worker, reply, slot);
		kelp_reply_free(reply);
	}
}

/* For a reply, the next call's time, or a look at whether to stop. */
static void wait_for_more(struct press_worker *worker)
{
	struct pollfd wait = {
		.fd = kelp_queue_fd(worker->queue), .events = POLLIN,
	};
	uint64_t now = press_now(), at = now + LOOK_NS, due;
	struct timespec timeout;

	if (worker->free && has_next(worker, now, &due)) {
		if (due < worker->pause_ns)
			due = worker->pause_ns;
		at = due < at ? due : at;
	}
	if (at <= now)
		return;
	timeout = timespec_of(at - now);
	ppoll(&wait, 1, &timeout, NULL);
}

static void look_at_stop(struct press_worker *worker)
{
	uint64_t now = press_now();

	if (atomic_load_explicit(worker->press->stop, memory_order_relaxed) &&
	    now < worker->until_ns)
		worker->until_ns = now;
}

static void *run(void *arg)
{
	struct press_worker *worker = arg;
	uint64_t due;

	/* the kernel would let it oversleep by 50 us */
	if (worker->press->rate)
		prctl(PR_SET_TIMERSLACK, 1UL);
	for (;;) {
		take_all(worker);
		look_at_stop(worker);
		send_due(worker);
		if (!worker->flying && !has_next(worker, press_now(), &due))
			break;
		wait_for_more(worker);
	}
	if (worker->press->rate)
		worker->result.unsent = pace_left(&worker->pace,
						  worker->until_ns);
	return NULL;
}

void press_worker_start(struct press_worker *worker)
{
	const struct press *press = worker->press;
	int err;

	worker->until_ns = press->until_ns;
	worker->pause_ns = press->start_ns;
	worker->pace.start_ns = press->start_ns;
	err = pthread_create(&worker->thread, NULL, run, worker);
	if (err)
		die("cannot start a thread: %s", strerror(err));
}

bool press_worker_join(struct press_worker *worker, uint64_t wait_ns)
{
	struct timespec until;
	uint64_t now;

	/* the only clock of this function's: one that is set changes the wait */
	clock_gettime(CLOCK_REALTIME, &until);
	now = (uint64_t)until.tv_sec * 1000 * MS + (uint64_t)until.tv_nsec;
	until = timespec_of(now + wait_ns);
	return !pthread_timedjoin_np(worker->thread, NULL, &until);
}

void press_worker_look(struct press_worker *worker, uint64_t *calls,
		       uint64_t *failed)
{
	*calls = atomic_load_explicit(&worker->calls, memory_order_relaxed);
	*failed = atomic_load_explicit(&worker->failed, memory_order_relaxed);
}

void press_worker_finish(struct press_worker *worker,
			 struct press_result *all)
{
	struct press_result *own = &worker->result;
	struct kelp_channel_stats stats;

	kelp_channel_stats(worker->channel, &stats, sizeof(stats));
	all->calls += atomic_load_explicit(&worker->calls, memory_order_relaxed);
	all->in_time += own->in_time;
	all->unsent += own->unsent;
	if (worker->until_ns > all->until_ns)
		all->until_ns = worker->until_ns;
	all->connects += stats.connects;
	all->sends += stats.sends;
	all->receives += stats.receives;
	all->wakeups += stats.wakeups;
	histogram_merge(&all->latency, &own->latency);
	tally_merge(&all->tally, &own->tally);
	kelp_channel_destroy(worker->channel);
	kelp_queue_destroy(worker->queue);
	tally_free(&own->tally);
	free(worker->slots);
	free(worker);
}
