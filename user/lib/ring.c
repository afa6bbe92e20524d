// SPDX-License-Identifier: MIT
/*
 * The ring on which hashes fall to servers. Any thread, since a ring does not
 * change; of a server it knows weight and key.
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

#include "load.h"
#include "rng.h"

/*
 * Points for each unit of weight, which make shares differ by a tenth or so,
 * and how many there are in all at most, if there are not more servers: 2 MiB.
 */
#define POINTS 100
#define POINTS_MOST (1 << 17)

static size_t points_of(const struct load *load, unsigned int shift)
{
	uint64_t points = (uint64_t)load->weight * POINTS >> shift;

	return points ? (size_t)points : 1;
}

/* How many points in all, and how far a server's are shifted down for that. */
static size_t count_points(struct load *const *loads, size_t count,
			   unsigned int *shift)
{
	uint64_t most = count > POINTS_MOST ? count : POINTS_MOST;
	uint64_t points;
	size_t i;

	for (*shift = 0;; (*shift)++) {
		points = 0;
		for (i = 0; i < count; i++)
			points += points_of(loads[i], *shift);
		if (points <= most)
			return (size_t)points;
	}
}

static int compare_points(const void *a, const void *b)
{
	const struct ring_point *one = a, *other = b;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

/*
 * A server's points are drawn from its key alone, and the first of them are the
 * same however many there are, so that they stay where they are when other
 * servers come and go. Only beyond POINTS_MOST do the others' weights matter.
 */
int ring_init(struct ring *ring, struct load *const *loads, size_t count)
{
	struct ring_point *points, *point;
	unsigned int shift;
	size_t all, i, n;
	struct rng rng;

	all = count_points(loads, count, &shift);
	if (!all)
		return 0;
	points = calloc(all, sizeof(*points));
	if (!points)
		return -ENOMEM;
	point = points;
	for (i = 0; i < count; i++) {
		rng_init(&rng, rng_mix(loads[i]->key));
		for (n = points_of(loads[i], shift); n; n--) {
			point->at = rng_next(&rng);
			point->index = i;
			point++;
		}
	}
	qsort(points, all, sizeof(*points), compare_points);
	*ring = (struct ring){ .points = points, .count = all };
	return 0;
}

void ring_exit(struct ring *ring)
{
	free(ring->points);
	*ring = (struct ring){ 0 };
}

size_t ring_find(const struct ring *ring, uint64_t hash)
{
	size_t low = 0, high = ring->count, middle;

	/* It may be no more than a number that somebody counts up. */
	hash = rng_mix(hash);
	while (low < high) {
		middle = low + (high - low) / 2;
		if (ring->points[middle].at < hash)
			low = middle + 1;
		else
			high = middle;
	}
	/* behind the last one: around */
	return low < ring->count ? low : 0;
}
