// SPDX-License-Identifier: MIT
/*
 * The I/O thread: words from other threads, connections, dates; and at the end
 * of each round what there is to be sent. Knows nothing of what calls are about.
 */
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "container.h"
#include "course.h"
#include "mux.h"
#include "set.h"
#include "started.h"
#include "thread.h"

/* Connections that are looked at in one round. */
#define IO_EVENTS 64

struct set *io_set(struct io *io)
{
	unsigned int version;

	/* acquire: pairs with channel_set_replace() */
	version = atomic_load_explicit(&io->channel->version,
				       memory_order_acquire);
	if (version != io->version) {
		set_put(io->set);
		io->set = channel_set(io->channel);
		io->version = version;
	}
	return io->set;
}

static void io_word(struct io *io, struct post *post)
{
	switch (post->kind) {
	case POST_START:
		course_begin(io, container_of(post, struct kelp_call, start));
		break;
	case POST_CANCEL:
		course_cancel(container_of(post, struct kelp_call, cancel));
		break;
	case POST_STOP:
		io->stop = true;
		break;
	}
}

/* All words. The eventfd is emptied first: a word behind that fills it again. */
static void io_words(struct io *io)
{
	struct mpsc_node *node, *next;
	uint64_t value;

	count(&io->channel->counters.waits);
	(void)!read(io->wake, &value, sizeof(value));
	for (node = mpsc_take(&io->inbox); node; node = next) {
		next = node->next;
		io_word(io, container_of(node, struct post, node));
	}
}

/*
 * A connection may close another one while the events of a round are looked at:
 * what is gone is found out by looking whether it is there.
 */
static bool io_has(const struct io *io, const struct mux *mux)
{
	const struct mux *at;

	for (at = io->muxes; at && at != mux; at = at->next)
		;
	return at;
}

static bool set_has(const struct set *set, const struct endpoint *endpoint)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->endpoint[i] == endpoint)
			return true;
	return false;
}

/*
 * Connections that get no more calls, because the server is not there any more or
 * was out of use, and have nothing under way.
 */
static void io_prune(struct io *io)
{
	struct mux *mux, *next;
	bool busy = false;

	if (io->pruned == io->version && !io->stale)
		return;
	for (mux = io->muxes; mux; mux = next) {
		next = mux->next;
		if (!mux_is_stale(mux) && set_has(io->set, mux->endpoint))
			continue;
		if (mux->load)
			busy = true;
		else
			mux_close(mux);
	}
	io->stale = busy;
	if (!busy)
		io->pruned = io->version;
}

static void io_round(struct io *io)
{
	struct epoll_event events[IO_EVENTS];
	struct timer *timer;
	int nr, i;

	nr = epoll_wait(io->epoll, events, IO_EVENTS,
			clock_wait(clock_now(), timers_next(&io->timers)));
	count(&io->channel->counters.waits);
	io->now = clock_now();
	for (i = 0; i < nr; i++) {
		if (!events[i].data.ptr)
			io_words(io);
		else if (io_has(io, events[i].data.ptr))
			mux_ready(events[i].data.ptr, events[i].events);
	}
	while ((timer = timers_due(&io->timers, io->now)))
		timer->fire(timer);
	mux_flush_all(io);
	io_prune(io);
}

static void *io_run(void *arg)
{
	struct io *io = arg;
	struct mux *mux;

	while (!io->stop)
		io_round(io);
	/* words that came beside the last one */
	io_words(io);
	while (io->calls)
		course_stop(io->calls);
	while ((mux = io->muxes))
		mux_close(mux);
	return NULL;
}

void io_free(struct io *io)
{
	if (io->set)
		set_put(io->set);
	if (io->epoll >= 0)
		close(io->epoll);
	if (io->wake >= 0)
		close(io->wake);
	table_exit(&io->table);
	timers_exit(&io->timers);
	free(io);
}

static int io_open(struct io *io)
{
	struct epoll_event event = { .events = EPOLLIN };

	io->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (io->wake < 0)
		return -errno;
	io->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (io->epoll < 0 ||
	    epoll_ctl(io->epoll, EPOLL_CTL_ADD, io->wake, &event))
		return -errno;
	return 0;
}

int io_start(struct io **result, struct kelp_channel *channel)
{
	struct io *io = calloc(1, sizeof(*io));
	int err;

	if (!io)
		return -ENOMEM;
	io->channel = channel;
	io->wake = -1;
	io->epoll = -1;
	table_init(&io->table);
	channel_rng(channel, &io->rng);
	/* the caller has channel->lock: look without it, and look again later */
	io->set = set_get(channel->set);
	io->version = atomic_load_explicit(&channel->version,
					   memory_order_relaxed);
	io->pruned = io->version;
	err = io_open(io);
	if (!err)
		err = thread_start(&io->thread, io_run, io);
	if (err)
		io_free(io);
	else
		*result = io;
	return err;
}

void io_post(struct io *io, struct post *post)
{
	uint64_t one = 1;

	if (!mpsc_push(&io->inbox, &post->node))
		return;
	count(&io->channel->counters.wakeups);
	/* it fails only when the thread is awake 2^64 times already */
	(void)!write(io->wake, &one, sizeof(one));
}

void io_stop(struct io *io)
{
	io->last.kind = POST_STOP;
	io_post(io, &io->last);
	pthread_join(io->thread, NULL);
}

struct kelp_call *io_leftover(struct io *io)
{
	struct mpsc_node *node;
	struct post *post;

	while (io->left || (io->left = mpsc_take(&io->inbox))) {
		node = io->left;
		io->left = node->next;
		post = container_of(node, struct post, node);
		if (post->kind == POST_START)
			return container_of(post, struct kelp_call, start);
		if (post->kind == POST_CANCEL)
			kelp_call_put(container_of(post, struct kelp_call,
						   cancel));
	}
	return NULL;
}

void io_forget(struct io *io)
{
	close(io->epoll);
	close(io->wake);
}
