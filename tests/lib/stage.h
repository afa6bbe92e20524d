/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread with an epoll and timers, on which the servers of these tests run.
 * It knows nothing of what they do. What belongs to a stage is touched by its
 * thread only; stage_call() brings there what others want.
 */
#ifndef TEST_STAGE_H
#define TEST_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stage;

#define owner_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

/**
 * struct watch - a descriptor that is watched; the stage's thread only
 * @fd: the descriptor, its owner's; -1 when there is none
 * @events: EPOLLIN and EPOLLOUT as far as they are wanted now
 * @ready: called with what epoll reported; may forget any watch
 */
struct watch {
	int fd;
	uint32_t events;
	void (*ready)(struct watch *watch, uint32_t events);
};

/**
 * struct later - something that is due at a time; the stage's thread only
 * @at: when, see stage_now()
 * @place: in the stage's heap, from 1; 0: it waits for nothing. Begins as 0
 * @due: called once, when it has been taken out
 */
struct later {
	uint64_t at;
	size_t place;
	void (*due)(struct later *later);
};

/**
 * stage_create() - start a thread
 * @stage: set to it
 *
 * Its thread has all signals blocked, so they reach the threads of the test.
 *
 * Return: 0 or -errno.
 */
int stage_create(struct stage **stage);

/**
 * stage_destroy() - end the thread
 * @stage: nothing is watched or due there any more; or NULL
 *
 * Not by its own thread.
 */
void stage_destroy(struct stage *stage);

/**
 * stage_call() - have the stage's thread call a function, and wait for it
 * @stage: the stage
 * @fn: the function
 * @arg: passed to it
 *
 * Any thread but the stage's own; not in the child of a fork(), where that
 * thread is not.
 */
void stage_call(struct stage *stage, void (*fn)(void *arg), void *arg);

/**
 * stage_watch() - begin to watch a descriptor
 * @stage: the stage
 * @watch: filled in, @events included
 *
 * Return: 0 or -errno.
 */
int stage_watch(struct stage *stage, struct watch *watch);

/**
 * stage_want() - watch it for something else
 * @stage: the stage
 * @watch: is watched
 * @events: for this; EPOLLERR and EPOLLHUP are always told
 */
void stage_want(struct stage *stage, struct watch *watch, uint32_t events);

/**
 * stage_forget() - stop watching
 * @stage: the stage
 * @watch: is watched; its @ready is not called any more. To be done before the
 *	descriptor is closed
 */
void stage_forget(struct stage *stage, struct watch *watch);

/**
 * stage_later() - have a function called at a time
 * @stage: the stage
 * @later: with its @due; if it waits already, the time is changed
 * @at: when; rounded up to a millisecond from now
 *
 * Return: 0 or -ENOMEM.
 */
int stage_later(struct stage *stage, struct later *later, uint64_t at);

/**
 * stage_never() - it is not to be called any more
 * @stage: the stage
 * @later: waiting or not
 */
void stage_never(struct stage *stage, struct later *later);

/**
 * stage_now() - CLOCK_MONOTONIC in nanoseconds
 *
 * Any thread.
 */
uint64_t stage_now(void);

/**
 * stage_nap() - let a millisecond pass; for loops that have a deadline
 *
 * Any thread.
 */
void stage_nap(void);

/**
 * stage_here() - is this the thread of a stage?
 *
 * For tests that make allocations or system calls fail: those of the servers,
 * which run in the same program, are not meant.
 */
bool stage_here(void);

#endif
