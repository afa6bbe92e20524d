/* SPDX-License-Identifier: MIT */
/*
 * The ring of KELP_BALANCE_HASH: every server has points on it, a hash belongs
 * to the server of the next point. When a server comes or goes only what falls
 * to its own points moves. Never changes once it is made.
 */
#ifndef LIBKELP_RING_H
#define LIBKELP_RING_H

#include <stddef.h>
#include <stdint.h>

struct load;

/**
 * struct ring_point - a point
 * @at: where it lies
 * @index: of its server
 *
 * Set once.
 */
struct ring_point {
	uint64_t at;
	size_t index;
};

/**
 * struct ring - all points
 * @points: as they lie
 * @count: how many
 *
 * Set once. All zeroes is an empty one.
 */
struct ring {
	struct ring_point *points;
	size_t count;
};

/**
 * ring_init() - lay out a ring
 * @ring: to be filled
 * @loads: servers, whose keys differ; only looked at
 * @count: how many
 *
 * Any thread; no other one knows of @ring yet.
 *
 * Return: 0 or -ENOMEM, and @ring is as it was then.
 */
int ring_init(struct ring *ring, struct load *const *loads, size_t count);

/**
 * ring_exit() - give the memory back
 * @ring: the ring, which may be empty
 *
 * No other thread uses @ring any more.
 */
void ring_exit(struct ring *ring);

/**
 * ring_find() - where a hash falls to
 * @ring: the ring
 * @hash: any number; its bits are scattered here
 *
 * Any thread.
 *
 * Return: which point, less than @ring->count unless that is 0.
 */
size_t ring_find(const struct ring *ring, uint64_t hash);

#endif
