// SPDX-License-Identifier: MIT
/*
 * The table of correlation ids. One thread; does not know what it keeps.
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>

/* Slots that the first id makes. */
#define TABLE_FIRST 64

void table_init(struct table *table)
{
	*table = (struct table){ 0 };
}

void table_exit(struct table *table)
{
	free(table->slots);
	table_init(table);
}

static int table_grow(struct table *table)
{
	uint32_t room = table->room ? 2 * table->room : TABLE_FIRST;
	struct table_slot *slots;

	/* beyond that, numbers do not fit into an id */
	if (table->room > UINT32_MAX / 2)
		return -ENOMEM;
	slots = realloc(table->slots, room * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	table->slots = slots;
	table->room = room;
	return 0;
}

/* The number of a free slot, which is not free any more; 0: no memory. */
static uint32_t slot_take(struct table *table)
{
	uint32_t number = table->free;

	if (number) {
		table->free = table->slots[number - 1].free;
		return number;
	}
	if (table->used == table->room && table_grow(table))
		return 0;
	table->slots[table->used] = (struct table_slot){ 0 };
	return ++table->used;
}

uint64_t table_put(struct table *table, void *context)
{
	uint32_t number = slot_take(table);
	struct table_slot *slot;

	if (!number)
		return 0;
	slot = &table->slots[number - 1];
	slot->context = context;
	table->count++;
	return (uint64_t)slot->round << 32 | number;
}

/* The slot that @id stands for, or NULL when it is not in use. */
static struct table_slot *slot_find(const struct table *table, uint64_t id)
{
	uint32_t number = (uint32_t)id;
	struct table_slot *slot;

	if (!number || number > table->used)
		return NULL;
	slot = &table->slots[number - 1];
	/* bits above the round's are none that were given out */
	return slot->context && id >> 32 == slot->round ? slot : NULL;
}

void *table_get(const struct table *table, uint64_t id)
{
	struct table_slot *slot = slot_find(table, id);

	return slot ? slot->context : NULL;
}

void *table_take(struct table *table, uint64_t id)
{
	struct table_slot *slot = slot_find(table, id);
	void *context;

	if (!slot)
		return NULL;
	context = slot->context;
	slot->context = NULL;
	slot->round = (slot->round + 1) % TABLE_ROUNDS;
	slot->free = table->free;
	table->free = (uint32_t)id;
	table->count--;
	return context;
}

size_t table_count(const struct table *table)
{
	return table->count;
}
