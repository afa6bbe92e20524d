// SPDX-License-Identifier: MIT
/*
 * The heap of timers. One thread; knows neither clocks nor what timers are for.
 *
 * Every call has a deadline, and nearly all calls end before it, so most timers
 * are taken out of the middle: each knows its place.
 */
#include "timers.h"

#include <errno.h>
#include <stdlib.h>

/* Room that the first timer makes. */
#define TIMERS_FIRST 64

void timers_init(struct timers *timers)
{
	*timers = (struct timers){ 0 };
}

void timers_exit(struct timers *timers)
{
	free(timers->heap);
	timers_init(timers);
}

int timers_reserve(struct timers *timers, size_t count)
{
	size_t room = timers->room ? timers->room : TIMERS_FIRST;
	struct timer **heap;

	if (count <= timers->room)
		return 0;
	if (count > SIZE_MAX / sizeof(struct timer *) / 2)
		return -ENOMEM;
	/* twice as much each time, for whoever asks for one more each time */
	while (room < count)
		room *= 2;
	heap = realloc(timers->heap, room * sizeof(struct timer *));
	if (!heap)
		return -ENOMEM;
	timers->heap = heap;
	timers->room = room;
	return 0;
}

static struct timer *timer_at(const struct timers *timers, size_t place)
{
	return timers->heap[place - 1];
}

static void timer_move(struct timers *timers, struct timer *timer, size_t place)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

/* Bring @timer to its place, from @place on, where nothing is any more. */
static void timer_settle(struct timers *timers, struct timer *timer,
			 size_t place)
{
	size_t child;

	while (place > 1 && timer_at(timers, place / 2)->at > timer->at) {
		timer_move(timers, timer_at(timers, place / 2), place);
		place /= 2;
	}
	for (child = 2 * place; child <= timers->count; child = 2 * place) {
		if (child < timers->count && timer_at(timers, child + 1)->at <
						     timer_at(timers, child)->at)
			child++;
		if (timer_at(timers, child)->at >= timer->at)
			break;
		timer_move(timers, timer_at(timers, child), place);
		place = child;
	}
	timer_move(timers, timer, place);
}

void timers_add(struct timers *timers, struct timer *timer, uint64_t at)
{
	timer->at = at;
	if (!timer->place)
		timer->place = ++timers->count;
	timer_settle(timers, timer, timer->place);
}

void timers_del(struct timers *timers, struct timer *timer)
{
	struct timer *last;
	size_t place = timer->place;

	if (!place)
		return;
	timer->place = 0;
	last = timer_at(timers, timers->count--);
	if (last != timer)
		timer_settle(timers, last, place);
}

struct timer *timers_due(struct timers *timers, uint64_t now)
{
	struct timer *first;

	if (!timers->count)
		return NULL;
	first = timer_at(timers, 1);
	if (first->at > now)
		return NULL;
	timers_del(timers, first);
	return first;
}

uint64_t timers_next(const struct timers *timers)
{
	return timers->count ? timer_at(timers, 1)->at : UINT64_MAX;
}
