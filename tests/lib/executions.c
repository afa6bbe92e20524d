// SPDX-License-Identifier: GPL-2.0-only
/* How often each call was carried out: see executions.h. A hash table. */
#include "executions.h"

#include <pthread.h>
#include <stdlib.h>

#include "dice.h"

/* A call that was carried out @count times; a free place has 0. */
struct slot {
	uint64_t id;
	uint64_t count;
};

/**
 * struct executions - see executions.h
 * @lock: protects the rest
 * @slots: @room places; an id's is the first free or equal one at or behind the
 *	place that its hash says
 * @room: 0 or a power of two
 * @sum: of all
 */
struct executions {
	pthread_mutex_t lock;
	struct slot *slots;
	size_t room;
	struct executions_sum sum;
};

struct executions *executions_create(void)
{
	struct executions *executions = calloc(1, sizeof(*executions));

	if (executions)
		pthread_mutex_init(&executions->lock, NULL);
	return executions;
}

void executions_destroy(struct executions *executions)
{
	if (!executions)
		return;
	pthread_mutex_destroy(&executions->lock);
	free(executions->slots);
	free(executions);
}

static struct slot *find(struct slot *slots, size_t room, uint64_t id)
{
	uint64_t hash = id;
	size_t at = dice_roll(&hash) & (room - 1);

	while (slots[at].count && slots[at].id != id)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

/* At least half of the places are free afterwards. */
static int grow(struct executions *executions)
{
	size_t room = executions->room ? 2 * executions->room : 1024, i;
	struct slot *slots;

	if (2 * (executions->sum.ids + 1) <= executions->room)
		return 0;
	slots = calloc(room, sizeof(*slots));
	if (!slots)
		return -1;
	for (i = 0; i < executions->room; i++)
		if (executions->slots[i].count)
			*find(slots, room, executions->slots[i].id) =
				executions->slots[i];
	free(executions->slots);
	executions->slots = slots;
	executions->room = room;
	return 0;
}

static uint64_t add(struct executions *executions, uint64_t id)
{
	struct executions_sum *sum = &executions->sum;
	struct slot *slot;

	if (grow(executions))
		return 0;
	slot = find(executions->slots, executions->room, id);
	slot->id = id;
	slot->count++;
	sum->total++;
	sum->ids += slot->count == 1;
	sum->twice += slot->count == 2;
	if (slot->count > sum->most) {
		sum->most = slot->count;
		sum->worst = id;
	}
	return slot->count;
}

uint64_t executions_add(struct executions *executions, uint64_t id)
{
	uint64_t count;

	pthread_mutex_lock(&executions->lock);
	count = add(executions, id);
	pthread_mutex_unlock(&executions->lock);
	return count;
}

uint64_t executions_of(struct executions *executions, uint64_t id)
{
	uint64_t count = 0;

	pthread_mutex_lock(&executions->lock);
	if (executions->room)
		count = find(executions->slots, executions->room, id)->count;
	pthread_mutex_unlock(&executions->lock);
	return count;
}

void executions_sum(struct executions *executions, struct executions_sum *sum)
{
	pthread_mutex_lock(&executions->lock);
	*sum = executions->sum;
	pthread_mutex_unlock(&executions->lock);
}

void executions_clear(struct executions *executions)
{
	pthread_mutex_lock(&executions->lock);
	free(executions->slots);
	executions->slots = NULL;
	executions->room = 0;
	executions->sum = (struct executions_sum){ 0 };
	pthread_mutex_unlock(&executions->lock);
}
