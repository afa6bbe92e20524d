// SPDX-License-Identifier: MIT
/*
 * Looks after a channel's servers, in a thread of its own. What it needs to know
 * of a server to take it back into use is its address: it connects there, and
 * when that works, well.
 */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "dial.h"
#include "endpoint.h"
#include "naming.h"
#include "rng.h"
#include "set.h"
#include "thread.h"

/**
 * struct keeper - the thread
 * @channel: whose servers
 * @thread: it
 * @wake: an eventfd: something has to be looked at, or it is to end
 * @stop: it is to end; any thread writes, once
 * @refresh_at: when to look names up again; its own, as the rest
 * @trouble: what came of it the last time, 0 or -errno
 * @again: there was no memory for what was found: look up even if unchanged
 * @rng: for pauses
 * @probes: connections that are being made; room for @room
 * @polls: their descriptors, behind @wake
 * @nr: how many
 * @room: for how many there is room
 */
struct keeper {
	struct kelp_channel *channel;
	pthread_t thread;
	int wake;
	_Atomic bool stop;
	uint64_t refresh_at;
	int trouble;
	bool again;
	struct rng rng;
	struct probe *probes;
	struct pollfd *polls;
	size_t nr;
	size_t room;
};

/* A connection that is being made, to see whether it can be. */
struct probe {
	struct endpoint *endpoint;
	uint64_t until;
};

static int keeper_reserve(struct keeper *keeper, size_t room)
{
	struct probe *probes;
	struct pollfd *polls;

	if (room <= keeper->room)
		return 0;
	probes = realloc(keeper->probes, room * sizeof(*probes));
	if (!probes)
		return -ENOMEM;
	keeper->probes = probes;
	polls = realloc(keeper->polls, (room + 1) * sizeof(*polls));
	if (!polls)
		return -ENOMEM;
	keeper->polls = polls;
	keeper->room = room;
	return 0;
}

/* The next attempt, so much later. */
static void probe_later(struct keeper *keeper, struct endpoint *endpoint,
			uint64_t now)
{
	pthread_mutex_lock(&endpoint->lock);
	endpoint->probe_at = now + backoff_next(&endpoint->backoff,
						&keeper->rng);
	pthread_mutex_unlock(&endpoint->lock);
}

static void probe_done(struct keeper *keeper, struct endpoint *endpoint,
		       int err, uint64_t now)
{
	struct counters *counters = &keeper->channel->counters;

	count(err ? &counters->connect_failures : &counters->connects);
	if (err) {
		probe_later(keeper, endpoint, now);
		return;
	}
	channel_log(keeper->channel, KELP_LOG_INFO, "%s can be reached again",
		    endpoint->name);
	endpoint->reached_at = now;
	endpoint_reached(endpoint);
}

static void probe_start(struct keeper *keeper, struct endpoint *endpoint,
			uint64_t now)
{
	const struct kelp_channel_options *options = &keeper->channel->options;
	int connected, fd = dial_start(&endpoint->address, &connected);
	size_t i;

	if (fd < 0 || connected) {
		if (fd >= 0)
			close(fd);
		probe_done(keeper, endpoint, fd < 0 ? fd : 0, now);
		return;
	}
	i = keeper->nr++;
	keeper->probes[i].endpoint = endpoint_get(endpoint);
	keeper->probes[i].until = clock_in(now, options->connect_timeout_ms);
	keeper->polls[i + 1] = (struct pollfd){ .fd = fd, .events = POLLOUT };
}

static bool probing(const struct keeper *keeper,
		    const struct endpoint *endpoint)
{
	size_t i;

	for (i = 0; i < keeper->nr; i++)
		if (keeper->probes[i].endpoint == endpoint)
			return true;
	return false;
}

/* It has just gone out of use: the first pause, or a longer one if it flaps. */
static uint64_t probe_first(struct keeper *keeper, struct endpoint *endpoint,
			    uint64_t now)
{
	if (now - endpoint->reached_at > endpoint->backoff.most_ns)
		backoff_reset(&endpoint->backoff);
	return now + backoff_next(&endpoint->backoff, &keeper->rng);
}

/* Is it out of use, and is it to be tried now? When, else. */
static bool endpoint_due(struct keeper *keeper, struct endpoint *endpoint,
			 uint64_t now, uint64_t *at)
{
	bool down;

	pthread_mutex_lock(&endpoint->lock);
	down = !atomic_load_explicit(&endpoint->load.usable,
				     memory_order_relaxed) &&
	       endpoint_state(endpoint) != KELP_ENDPOINT_UP;
	if (down && !endpoint->probe_at)
		endpoint->probe_at = probe_first(keeper, endpoint, now);
	*at = down ? endpoint->probe_at : CLOCK_NEVER;
	pthread_mutex_unlock(&endpoint->lock);
	return down && *at <= now;
}

/* Start what is due; returns when to look again. */
static uint64_t keeper_look(struct keeper *keeper, uint64_t now)
{
	struct set *set = channel_set(keeper->channel);
	uint64_t next = CLOCK_NEVER, at;
	size_t i;

	if (keeper_reserve(keeper, set->count)) {
		set_put(set);
		return now + NS_PER_S;
	}
	for (i = 0; i < set->count; i++) {
		if (probing(keeper, set->endpoint[i]))
			continue;
		if (endpoint_due(keeper, set->endpoint[i], now, &at) &&
		    keeper->nr < keeper->room) {
			probe_start(keeper, set->endpoint[i], now);
			/* when it is decided at once there is a new date */
			endpoint_due(keeper, set->endpoint[i], now, &at);
			if (probing(keeper, set->endpoint[i]))
				continue;
		}
		if (at < next)
			next = at;
	}
	set_put(set);
	return next;
}

/* Whatever came of the connections. */
static uint64_t keeper_settle(struct keeper *keeper, uint64_t now)
{
	uint64_t next = CLOCK_NEVER;
	struct pollfd *wait;
	struct probe *probe;
	size_t i = 0;
	int err;

	while (i < keeper->nr) {
		probe = &keeper->probes[i];
		wait = &keeper->polls[i + 1];
		if (!wait->revents && now < probe->until) {
			if (probe->until < next)
				next = probe->until;
			i++;
			continue;
		}
		err = wait->revents ? dial_result(wait->fd) : -ETIMEDOUT;
		close(wait->fd);
		probe_done(keeper, probe->endpoint, err, now);
		endpoint_put(probe->endpoint);
		keeper->nr--;
		keeper->probes[i] = keeper->probes[keeper->nr];
		keeper->polls[i + 1] = keeper->polls[keeper->nr + 1];
	}
	return next;
}

/* Look the names up again, if they may have changed. */
static void keeper_refresh(struct keeper *keeper, uint64_t now)
{
	struct kelp_channel *channel = keeper->channel;
	struct address *list;
	struct set *set, *before;
	size_t count;
	int err;

	if (now < keeper->refresh_at)
		return;
	keeper->refresh_at = clock_in(now, channel->options.refresh_ms);
	if (!keeper->again && naming_unchanged(channel->naming))
		return;
	err = naming_resolve(channel->naming, &list, &count);
	/* the same trouble again is no news */
	if (err && err != keeper->trouble)
		channel_log(channel, KELP_LOG_WARNING,
			    "where the servers are cannot be found out: %s",
			    kelp_strerror(err));
	keeper->trouble = err;
	if (err)
		return;
	before = channel_set(channel);
	set = set_create(list, count, before, &channel->options);
	set_put(before);
	free(list);
	keeper->again = !set;
	if (set)
		channel_set_replace(channel, set);
}

static void keeper_wait(struct keeper *keeper, uint64_t now, uint64_t until)
{
	uint64_t value;

	if (until > keeper->refresh_at)
		until = keeper->refresh_at;
	keeper->polls[0] = (struct pollfd){ .fd = keeper->wake,
					    .events = POLLIN };
	if (poll(keeper->polls, keeper->nr + 1, clock_wait(now, until)) < 0) {
		size_t i;

		for (i = 0; i <= keeper->nr; i++)
			keeper->polls[i].revents = 0;
	}
	/* it does not block, and says nothing but that it was written */
	if (keeper->polls[0].revents)
		(void)!read(keeper->wake, &value, sizeof(value));
}

static void *keeper_run(void *arg)
{
	struct keeper *keeper = arg;
	uint64_t now, next, probes;

	/* acquire: pairs with keeper_stop() */
	while (!atomic_load_explicit(&keeper->stop, memory_order_acquire)) {
		now = clock_now();
		keeper_settle(keeper, now);
		keeper_refresh(keeper, now);
		next = keeper_look(keeper, now);
		/* once more, for the dates of those that were just started */
		probes = keeper_settle(keeper, now);
		keeper_wait(keeper, clock_now(), probes < next ? probes : next);
	}
	return NULL;
}

static void keeper_free(struct keeper *keeper)
{
	size_t i;

	for (i = 0; i < keeper->nr; i++) {
		close(keeper->polls[i + 1].fd);
		endpoint_put(keeper->probes[i].endpoint);
	}
	close(keeper->wake);
	free(keeper->probes);
	free(keeper->polls);
	free(keeper);
}

int keeper_start(struct keeper **result, struct kelp_channel *channel)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int err;

	if (!keeper)
		return -ENOMEM;
	keeper->channel = channel;
	channel_rng(channel, &keeper->rng);
	keeper->refresh_at = naming_changes(channel->naming) ?
		clock_in(clock_now(), channel->options.refresh_ms) : CLOCK_NEVER;
	keeper->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (keeper->wake < 0) {
		err = -errno;
		free(keeper);
		return err;
	}
	err = keeper_reserve(keeper, 1);
	if (!err)
		err = thread_start(&keeper->thread, keeper_run, keeper);
	if (err)
		keeper_free(keeper);
	else
		*result = keeper;
	return err;
}

void keeper_wake(struct keeper *keeper)
{
	uint64_t one = 1;

	/* it fails only when the thread is awake 2^64 times already */
	(void)!write(keeper->wake, &one, sizeof(one));
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	/* release: pairs with keeper_run() */
	atomic_store_explicit(&keeper->stop, true, memory_order_release);
	keeper_wake(keeper);
	pthread_join(keeper->thread, NULL);
	keeper_free(keeper);
}

void keeper_forget(struct keeper *keeper)
{
	/* the rest is as the thread left it, perhaps within a change */
	if (keeper)
		close(keeper->wake);
}
