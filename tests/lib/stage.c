// SPDX-License-Identifier: GPL-2.0-only
/* A thread with an epoll and timers: see stage.h. */
#include "stage.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64
#define MS 1000000ull

/* What stage_call() waits for; on its stack. */
struct order {
	void (*fn)(void *arg);
	void *arg;
	bool done;		/* stage->lock */
	struct order *next;	/* stage->lock, then the stage's thread */
};

/**
 * struct stage - see stage.h; without another word: its thread only
 * @thread: set once
 * @epoll: set once
 * @wake: an eventfd, written to when there are @orders; set once
 * @lock: protects @orders and what they say of themselves
 * @ran: an order is done
 * @orders: what others want, first come first served
 * @leaving: the thread is to end
 * @events: reported last
 * @count: how many of them
 * @at: which of them is being told
 * @heap: what is due, the earliest first
 * @waiting: how many of them
 * @room: of @heap
 */
struct stage {
	pthread_t thread;
	int epoll;
	struct watch wake;
	pthread_mutex_t lock;
	pthread_cond_t ran;
	struct order *orders;
	bool leaving;
	struct epoll_event events[EVENTS];
	int count;
	int at;
	struct later **heap;
	size_t waiting;
	size_t room;
};

static _Thread_local bool here;

bool stage_here(void)
{
	return here;
}

uint64_t stage_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void stage_nap(void)
{
	struct timespec nap = { .tv_nsec = MS };

	nanosleep(&nap, NULL);
}

/* @later has a place; go up while what is above is later. */
static void heap_up(struct stage *stage, struct later *later)
{
	struct later **heap = stage->heap - 1;
	size_t place = later->place;

	for (; place > 1 && heap[place / 2]->at > later->at; place /= 2) {
		heap[place] = heap[place / 2];
		heap[place]->place = place;
	}
	heap[place] = later;
	later->place = place;
}

static void heap_down(struct stage *stage, struct later *later)
{
	struct later **heap = stage->heap - 1;
	size_t place = later->place, below;

	while ((below = 2 * place) <= stage->waiting) {
		if (below < stage->waiting &&
		    heap[below + 1]->at < heap[below]->at)
			below++;
		if (heap[below]->at >= later->at)
			break;
		heap[place] = heap[below];
		heap[place]->place = place;
		place = below;
	}
	heap[place] = later;
	later->place = place;
}

void stage_never(struct stage *stage, struct later *later)
{
	struct later *last;

	if (!later->place)
		return;
	last = stage->heap[--stage->waiting];
	if (last != later) {
		last->place = later->place;
		heap_up(stage, last);
		heap_down(stage, last);
	}
	later->place = 0;
}

int stage_later(struct stage *stage, struct later *later, uint64_t at)
{
	struct later **heap;
	size_t room;

	stage_never(stage, later);
	if (stage->waiting == stage->room) {
		room = stage->room ? 2 * stage->room : 64;
		heap = realloc(stage->heap, room * sizeof(struct later *));
		if (!heap)
			return -ENOMEM;
		stage->heap = heap;
		stage->room = room;
	}
	later->at = at;
	later->place = ++stage->waiting;
	heap_up(stage, later);
	return 0;
}

static void run_due(struct stage *stage)
{
	uint64_t now = stage_now();
	struct later *first;

	while (stage->waiting && stage->heap[0]->at <= now) {
		first = stage->heap[0];
		stage_never(stage, first);
		first->due(first);
	}
}

/* Milliseconds until something is due, as epoll_wait() wants them. */
static int pause_ms(const struct stage *stage)
{
	uint64_t now, ms;

	if (!stage->waiting)
		return -1;
	now = stage_now();
	if (stage->heap[0]->at <= now)
		return 0;
	ms = (stage->heap[0]->at - now + MS - 1) / MS;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int stage_watch(struct stage *stage, struct watch *watch)
{
	struct epoll_event event = { .events = watch->events };

	event.data.ptr = watch;
	if (epoll_ctl(stage->epoll, EPOLL_CTL_ADD, watch->fd, &event))
		return -errno;
	return 0;
}

void stage_want(struct stage *stage, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events };

	if (events == watch->events)
		return;
	watch->events = events;
	event.data.ptr = watch;
	epoll_ctl(stage->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void stage_forget(struct stage *stage, struct watch *watch)
{
	int i;

	epoll_ctl(stage->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	/* it may be among those that are still to be told */
	for (i = stage->at + 1; i < stage->count; i++)
		if (stage->events[i].data.ptr == watch)
			stage->events[i].data.ptr = NULL;
}

static void take_orders(struct watch *watch, uint32_t events)
{
	struct stage *stage = owner_of(watch, struct stage, wake);
	struct order *order, *next;
	uint64_t count;

	(void)events;
	if (read(watch->fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&stage->lock);
	order = stage->orders;
	stage->orders = NULL;
	pthread_mutex_unlock(&stage->lock);
	for (; order; order = next) {
		next = order->next;
		order->fn(order->arg);
		pthread_mutex_lock(&stage->lock);
		order->done = true;
		pthread_cond_broadcast(&stage->ran);
		pthread_mutex_unlock(&stage->lock);
	}
}

void stage_call(struct stage *stage, void (*fn)(void *arg), void *arg)
{
	struct order order = { .fn = fn, .arg = arg };
	struct order **at = &stage->orders;
	uint64_t one = 1;
	ssize_t rc;

	pthread_mutex_lock(&stage->lock);
	while (*at)
		at = &(*at)->next;
	*at = &order;
	do {
		rc = write(stage->wake.fd, &one, sizeof(one));
	} while (rc < 0 && errno == EINTR);
	while (!order.done)
		pthread_cond_wait(&stage->ran, &stage->lock);
	pthread_mutex_unlock(&stage->lock);
}

static void *work(void *arg)
{
	struct stage *stage = arg;
	struct watch *watch;

	here = true;
	while (!stage->leaving) {
		stage->count = epoll_wait(stage->epoll, stage->events, EVENTS,
					  pause_ms(stage));
		for (stage->at = 0; stage->at < stage->count; stage->at++) {
			watch = stage->events[stage->at].data.ptr;
			if (watch)
				watch->ready(watch,
					     stage->events[stage->at].events);
		}
		stage->count = 0;
		run_due(stage);
	}
	return NULL;
}

static int start_thread(struct stage *stage)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&stage->thread, NULL, work, stage);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}

int stage_create(struct stage **stage)
{
	struct stage *made = calloc(1, sizeof(*made));
	int rc;

	if (!made)
		return -ENOMEM;
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->ran, NULL);
	made->epoll = epoll_create1(EPOLL_CLOEXEC);
	rc = -errno;
	if (made->epoll < 0)
		goto err_free;
	made->wake = (struct watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.events = EPOLLIN,
		.ready = take_orders,
	};
	rc = -errno;
	if (made->wake.fd < 0)
		goto err_close_epoll;
	rc = stage_watch(made, &made->wake);
	if (!rc)
		rc = start_thread(made);
	if (rc)
		goto err_close_wake;
	*stage = made;
	return 0;

err_close_wake:
	close(made->wake.fd);
err_close_epoll:
	close(made->epoll);
err_free:
	free(made);
	return rc;
}

static void leave(void *arg)
{
	((struct stage *)arg)->leaving = true;
}

void stage_destroy(struct stage *stage)
{
	if (!stage)
		return;
	stage_call(stage, leave, stage);
	pthread_join(stage->thread, NULL);
	close(stage->wake.fd);
	close(stage->epoll);
	pthread_cond_destroy(&stage->ran);
	pthread_mutex_destroy(&stage->lock);
	free(stage->heap);
	free(stage);
}
