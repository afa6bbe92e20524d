// SPDX-License-Identifier: MIT
/*
 * A server's connections for blocking calls. Any thread; knows nothing of what
 * is said on them.
 */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <kelp/client.h>

#include "clock.h"
#include "dial.h"

static int cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return -err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

/* 0 or -errno. */
int pool_init(struct pool *pool, const struct kelp_channel_options *options)
{
	int err;

	*pool = (struct pool){ .most_idle = options->pool_max_idle,
			       .most = options->pool_max_total };
	err = -pthread_mutex_init(&pool->lock, NULL);
	if (err)
		return err;
	err = cond_init(&pool->freed);
	if (err)
		pthread_mutex_destroy(&pool->lock);
	return err;
}

static void link_free(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	free(link);
}

static void links_free(struct link *link)
{
	struct link *next;

	for (; link; link = next) {
		next = link->next;
		link_free(link);
	}
}

/* None is in use. */
void pool_exit(struct pool *pool)
{
	links_free(pool->idle);
	pthread_cond_destroy(&pool->freed);
	pthread_mutex_destroy(&pool->lock);
}

/*
 * A connection with nothing to read is in order. What there is otherwise is the
 * end, an error, or something that nobody asked for.
 */
static bool link_is_good(const struct link *link)
{
	char byte;

	return recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Context: pool->lock. */
static struct link *pool_pop(struct pool *pool)
{
	struct link *link = pool->idle;

	if (link) {
		pool->idle = link->next;
		pool->nr_idle--;
	}
	return link;
}

/* One less; somebody who waits may make another one. Context: pool->lock. */
static void pool_less(struct pool *pool)
{
	pool->nr--;
	pthread_cond_signal(&pool->freed);
}

/* One that is idle, or the right to make one: NULL. 0 or EOVERCROWDED. */
static int pool_claim(struct pool *pool, uint64_t until, struct link **link)
{
	struct timespec date = clock_timespec(until);
	int err = 0;

	pthread_mutex_lock(&pool->lock);
	while (!(*link = pool_pop(pool)) && pool->nr >= pool->most && !err)
		err = until == CLOCK_NEVER ?
			      pthread_cond_wait(&pool->freed, &pool->lock) :
			      pthread_cond_timedwait(&pool->freed, &pool->lock,
						     &date);
	if (!*link && pool->nr < pool->most) {
		pool->nr++;
		err = 0;
	}
	pthread_mutex_unlock(&pool->lock);
	return *link || !err ? 0 : KELP_RPC_EOVERCROWDED;
}

/* The right to make one was claimed. */
static int pool_make(struct pool *pool, const struct address *address,
		     uint64_t until, struct link **link)
{
	struct link *made = calloc(1, sizeof(*made));
	int err = made ? 0 : -ENOMEM;

	if (made) {
		made->fd = dial(address, until);
		err = made->fd < 0 ? made->fd : 0;
	}
	pthread_mutex_lock(&pool->lock);
	if (err)
		pool_less(pool);
	else
		made->generation = pool->generation;
	pthread_mutex_unlock(&pool->lock);
	if (!err)
		*link = made;
	else
		free(made);
	return err;
}

int pool_get(struct pool *pool, const struct address *address,
	     uint64_t wait_until, int connect_ms, uint64_t connect_until,
	     struct link **link, bool *made)
{
	uint64_t until;
	int err;

	*made = false;
	for (;;) {
		err = pool_claim(pool, wait_until, link);
		if (err)
			return err;
		if (!*link)
			break;
		if (link_is_good(*link))
			return 0;
		pool_discard(pool, *link);
	}
	*made = true;
	/* only now: to wait for a place may have taken longer than that */
	until = clock_in(clock_now(), connect_ms);
	return pool_make(pool, address,
			 until < connect_until ? until : connect_until, link);
}

void pool_put(struct pool *pool, struct link *link)
{
	bool keep;

	pthread_mutex_lock(&pool->lock);
	keep = link->generation == pool->generation &&
	       pool->nr_idle < pool->most_idle;
	if (keep) {
		link->next = pool->idle;
		pool->idle = link;
		pool->nr_idle++;
		pthread_cond_signal(&pool->freed);
	} else {
		pool_less(pool);
	}
	pthread_mutex_unlock(&pool->lock);
	if (!keep)
		link_free(link);
}

void pool_discard(struct pool *pool, struct link *link)
{
	pthread_mutex_lock(&pool->lock);
	pool_less(pool);
	pthread_mutex_unlock(&pool->lock);
	link_free(link);
}

void pool_drain(struct pool *pool)
{
	struct link *idle;

	pthread_mutex_lock(&pool->lock);
	pool->generation++;
	idle = pool->idle;
	pool->nr -= pool->nr_idle;
	pool->idle = NULL;
	pool->nr_idle = 0;
	pthread_cond_broadcast(&pool->freed);
	pthread_mutex_unlock(&pool->lock);
	links_free(idle);
}

int pool_open(struct pool *pool, const struct address *address,
	      uint64_t connect_until)
{
	struct link *link;
	int err;

	pthread_mutex_lock(&pool->lock);
	err = pool->nr < pool->most ? 0 : KELP_RPC_EOVERCROWDED;
	if (!err)
		pool->nr++;
	pthread_mutex_unlock(&pool->lock);
	if (!err)
		err = pool_make(pool, address, connect_until, &link);
	if (!err)
		pool_put(pool, link);
	return err;
}
