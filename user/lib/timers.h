/* SPDX-License-Identifier: MIT */
/*
 * The timeout manager: what is to be done when. A binary heap of timers that
 * lie in the objects they are for; neither knows the other. One thread.
 */
#ifndef LIBKELP_TIMERS_H
#define LIBKELP_TIMERS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct timer - a date for the object that it is part of
 * @at: when, as clock_now() tells time
 * @place: where in the heap, counted from 1; 0: not in. Has to begin as 0
 * @fire: what to call when it is due; the owner's, not looked at here
 *
 * The others are the heap's while it is in.
 */
struct timer {
	uint64_t at;
	size_t place;
	void (*fire)(struct timer *timer);
};

/**
 * struct timers - dates, the earliest at hand
 * @heap: the timers, each not later than those at twice its place and one
 *	behind that; the first is at place 1, which is element 0
 * @count: how many there are
 * @room: how many fit
 *
 * Belongs to one thread.
 */
struct timers {
	struct timer **heap;
	size_t count;
	size_t room;
};

/**
 * timers_init() - no timers, and room for none
 * @timers: the heap
 */
void timers_init(struct timers *timers);

/**
 * timers_exit() - give the memory back
 * @timers: the heap; may be used again after timers_init()
 *
 * The timers are not looked at, so that their objects may be gone.
 */
void timers_exit(struct timers *timers);

/**
 * timers_reserve() - see to it that timers_add() cannot fail
 * @timers: the heap
 * @count: how many timers may be in at a time; room once made stays
 *
 * Return: 0 or -ENOMEM; then everything is as before.
 */
int timers_reserve(struct timers *timers, size_t count);

/**
 * timers_add() - set a timer
 * @timers: the heap, with room for it
 * @timer: in it or not; must stay where it is until it is out again
 * @at: when; UINT64_MAX comes last, and is due at UINT64_MAX only
 */
void timers_add(struct timers *timers, struct timer *timer, uint64_t at);

/**
 * timers_del() - forget a timer
 * @timers: the heap
 * @timer: in it or not
 */
void timers_del(struct timers *timers, struct timer *timer);

/**
 * timers_due() - take a timer whose time has come
 * @timers: the heap
 * @now: the time
 *
 * Return: the earliest that is due, now out; of equal ones any. NULL when none
 * is.
 */
struct timer *timers_due(struct timers *timers, uint64_t now);

/**
 * timers_next() - until when nothing is to be done
 * @timers: the heap
 *
 * Return: the date of the earliest timer; UINT64_MAX when there is none.
 */
uint64_t timers_next(const struct timers *timers);

#endif
