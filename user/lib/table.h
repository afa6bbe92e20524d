/* SPDX-License-Identifier: MIT */
/*
 * The context manager: which call a reply is for. A call under way has a
 * correlation id, which the server sends back; whatever the server sends, only
 * an id that is in use leads to a call. One thread.
 */
#ifndef LIBKELP_TABLE_H
#define LIBKELP_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* How often a slot is used before one of its ids comes again. */
#define TABLE_ROUNDS (1u << 30)

/**
 * struct table_slot - what an id stands for
 * @context: what was put there; NULL when the slot is free
 * @round: how often it has been used, modulo TABLE_ROUNDS; part of the id
 * @free: number of the next free slot, counted from 1; 0: the last
 */
struct table_slot {
	void *context;
	uint32_t round;
	uint32_t free;
};

/**
 * struct table - calls by their ids
 * @slots: the slots
 * @count: of these in use
 * @used: of these were ever in use; those behind have not been written to
 * @room: how many there are; grows, never shrinks
 * @free: number of the slot that is used next, counted from 1; 0: a new one.
 *	The one that came free last, since it is still in the cache
 *
 * An id is a slot's number, counted from 1, in its lower 32 bits, and its round
 * in the next 30. Belongs to one thread.
 */
struct table {
	struct table_slot *slots;
	uint32_t count;
	uint32_t used;
	uint32_t room;
	uint32_t free;
};

/**
 * table_init() - an empty table
 * @table: the table
 */
void table_init(struct table *table);

/**
 * table_exit() - give the memory back
 * @table: the table; what is still in it is the caller's
 */
void table_exit(struct table *table);

/**
 * table_put() - give something an id
 * @table: the table
 * @context: what table_get() shall find; not NULL
 *
 * Return: the id, below 2^62 and never 0; 0 without memory. An id that is not in
 * use any more comes again after TABLE_ROUNDS uses of its slot.
 */
uint64_t table_put(struct table *table, void *context);

/**
 * table_get() - what an id stands for
 * @table: the table
 * @id: any number
 *
 * Return: what table_put() was given; NULL when the id is not in use: it never
 * was, or not any more.
 */
void *table_get(const struct table *table, uint64_t id);

/**
 * table_take() - what an id stands for, for the last time
 * @table: the table
 * @id: any number; afterwards it is not in use
 *
 * Return: as table_get().
 */
void *table_take(struct table *table, uint64_t id);

/**
 * table_count() - how many ids are in use
 * @table: the table
 *
 * Return: that number.
 */
size_t table_count(const struct table *table);

#endif
