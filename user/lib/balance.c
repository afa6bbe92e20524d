// SPDX-License-Identifier: MIT
/*
 * Which server gets the next call. Any thread, without locks; it knows neither
 * clocks nor connections, and of a server nothing but its load.
 *
 * Every access to an atomic is relaxed: these are numbers and hints, nobody
 * concludes from them that other memory was written. A choice by numbers that
 * are a moment old is a good one still, and a server that goes out of use at
 * this moment gets a call more, as it would have a moment before.
 */
#include "balance.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ring.h"
#include "rng.h"

/* How often servers are drawn before those in use are looked for one by one. */
#define DRAWS 4
/* The same for turns, which cost less than the fairness that is lost. */
#define TURNS 1024
/* How many strides to choose from. */
#define STRIDES 64

/*
 * A server, and the end of its stretch of the weights laid end to end: from the
 * one before to this, without it. Set once.
 */
struct place {
	struct load *load;	/* the endpoint's, which outlives this */
	uint64_t end;
};

/*
 * struct balance - a list of servers
 * @turn: the next turn, 0 before the first; atomic
 * @stride: from one turn's place among the weights to that of the next
 * @total: of the weights
 * @ring: empty without KELP_BALANCE_HASH
 *
 * All but @turn is set once.
 */
struct balance {
	_Atomic uint64_t turn;
	enum kelp_balance policy;
	uint64_t stride;
	uint64_t total;
	struct ring ring;
	size_t count;
	struct place places[];
};

/* What one call can go to. */
struct choice {
	const struct load *const *avoid;
	size_t nr_avoid;
	size_t but;	/* nor this one: it has been drawn; NOBODY */
};

#define NOBODY SIZE_MAX

/* Choosing */

static bool may_choose(const struct balance *balance, size_t index,
		       const struct choice *choice)
{
	const struct load *load = balance->places[index].load;
	size_t i;

	if (index == choice->but ||
	    !atomic_load_explicit(&load->usable, memory_order_relaxed))
		return false;
	for (i = 0; i < choice->nr_avoid; i++)
		if (choice->avoid[i] == load)
			return false;
	return true;
}

/* Is there any? Most often the first that is looked at. */
static bool may_choose_any(const struct balance *balance,
			   const struct choice *choice)
{
	size_t i;

	for (i = 0; i < balance->count; i++)
		if (may_choose(balance, i, choice))
			return true;
	return false;
}

/* Whose stretch of the weights is it? @x is less than all of them. */
static size_t place_at(const struct balance *balance, uint64_t x)
{
	size_t low = 0, high = balance->count - 1, middle;

	if (balance->total == balance->count)
		return (size_t)x;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (x < balance->places[middle].end)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Draw a server as likely as its weight says, any but @but. */
static size_t draw(const struct balance *balance, size_t but, struct rng *rng)
{
	uint64_t begin, length, x;

	if (but == NOBODY)
		return place_at(balance, rng_below(rng, balance->total));
	begin = but ? balance->places[but - 1].end : 0;
	length = balance->places[but].end - begin;
	/* Its stretch is taken out, and what is behind it moves up. */
	x = rng_below(rng, balance->total - length);
	return place_at(balance, x < begin ? x : x + length);
}

/*
 * The same among those that can be chosen, looking at each. The one that was
 * kept so far is replaced as likely as the next one's part of all weights up to
 * there.
 */
static ssize_t draw_of_all(const struct balance *balance,
			   const struct choice *choice, struct rng *rng)
{
	ssize_t kept = -1;
	uint64_t sum = 0;
	unsigned int weight;
	size_t i;

	for (i = 0; i < balance->count; i++) {
		if (!may_choose(balance, i, choice))
			continue;
		weight = balance->places[i].load->weight;
		sum += weight;
		if (rng_below(rng, sum) < weight)
			kept = (ssize_t)i;
	}
	return kept;
}

/*
 * KELP_BALANCE_RANDOM. Drawing again until it is one that can be chosen gives
 * each of these its share, as does looking at all of them, so that it does not
 * matter when the one gives way to the other.
 */
static ssize_t pick_random(const struct balance *balance,
			   const struct choice *choice, struct rng *rng)
{
	size_t index;
	int i;

	if (balance->count > 1) {
		for (i = 0; i < DRAWS; i++) {
			index = draw(balance, choice->but, rng);
			if (may_choose(balance, index, choice))
				return (ssize_t)index;
		}
	}
	return draw_of_all(balance, choice, rng);
}

/* KELP_BALANCE_P2C */
static ssize_t pick_better(const struct balance *balance,
			   const struct choice *choice, uint64_t now_ns,
			   struct rng *rng)
{
	struct choice rest = *choice;
	ssize_t one, other;

	one = pick_random(balance, choice, rng);
	if (one < 0)
		return one;
	rest.but = (size_t)one;
	other = pick_random(balance, &rest, rng);
	if (other < 0)
		return one;
	return load_cost(balance->places[other].load, now_ns) <
	       load_cost(balance->places[one].load, now_ns) ? other : one;
}

/*
 * KELP_BALANCE_ROUND_ROBIN. Turns are numbered, whichever thread takes one, and
 * turn n falls to the server at n * stride of the weights, around and around:
 * with a stride that has no divisor in common with their total, as many turns
 * as this give each place once, so each server its weight exactly. That the
 * stride is about the golden section of the total spreads the turns of each
 * evenly over that time.
 *
 * A turn that falls to a server that cannot be chosen is dropped and the next
 * one taken. Were it given to a neighbour, that one would do the work of two.
 */
static ssize_t pick_turn(struct balance *balance, const struct choice *choice,
			 struct rng *rng)
{
	uint64_t tries = balance->total < TURNS ? balance->total : TURNS;
	uint64_t turn, i, none = 0;
	size_t index;

	/* Clients that begin together must not all begin with the same one. */
	if (!atomic_load_explicit(&balance->turn, memory_order_relaxed)) {
		turn = 1 + rng_below(rng, balance->total);
		atomic_compare_exchange_strong_explicit(&balance->turn, &none,
							turn,
							memory_order_relaxed,
							memory_order_relaxed);
	}
	for (i = 0; i < tries; i++) {
		turn = atomic_fetch_add_explicit(&balance->turn, 1,
						 memory_order_relaxed);
		index = place_at(balance, turn % balance->total *
					  balance->stride % balance->total);
		if (may_choose(balance, index, choice))
			return (ssize_t)index;
		if (!i && !may_choose_any(balance, choice))
			return -1;
	}
	return draw_of_all(balance, choice, rng);
}

/* KELP_BALANCE_LEAST. Of several any, as likely as its weight says. */
static ssize_t pick_least(const struct balance *balance,
			  const struct choice *choice, struct rng *rng)
{
	uint64_t sum = 0, mine, best;
	unsigned int best_inflight = 0, best_weight = 1, inflight, weight;
	ssize_t kept = -1;
	size_t i;

	for (i = 0; i < balance->count; i++) {
		if (!may_choose(balance, i, choice))
			continue;
		inflight = load_inflight(balance->places[i].load);
		weight = balance->places[i].load->weight;
		/* inflight / weight, compared without division */
		mine = (uint64_t)inflight * best_weight;
		best = (uint64_t)best_inflight * weight;
		if (kept >= 0 && mine > best)
			continue;
		if (kept < 0 || mine < best) {
			best_inflight = inflight;
			best_weight = weight;
			sum = 0;
		}
		sum += weight;
		if (rng_below(rng, sum) < weight)
			kept = (ssize_t)i;
	}
	return kept;
}

/*
 * KELP_BALANCE_HASH. From where the hash falls on around the ring to the first
 * server that can be chosen, so that the calls of one that is out of use go to
 * many others, and come back to it.
 */
static ssize_t pick_point(const struct balance *balance,
			  const struct choice *choice, uint64_t hash)
{
	const struct ring *ring = &balance->ring;
	size_t at = ring_find(ring, hash), i;

	for (i = 0; i < ring->count; i++) {
		if (may_choose(balance, ring->points[at].index, choice))
			return (ssize_t)ring->points[at].index;
		if (!i && !may_choose_any(balance, choice))
			return -1;
		at = at + 1 < ring->count ? at + 1 : 0;
	}
	return -1;
}

static ssize_t pick(struct balance *balance, const struct choice *choice,
		    uint64_t hash, uint64_t now_ns, struct rng *rng)
{
	switch (balance->policy) {
	case KELP_BALANCE_P2C:
		return pick_better(balance, choice, now_ns, rng);
	case KELP_BALANCE_ROUND_ROBIN:
		return pick_turn(balance, choice, rng);
	case KELP_BALANCE_RANDOM:
		return pick_random(balance, choice, rng);
	case KELP_BALANCE_LEAST:
		return pick_least(balance, choice, rng);
	case KELP_BALANCE_HASH:
		return pick_point(balance, choice, hash);
	}
	return -1;
}

ssize_t balance_pick(struct balance *balance, uint64_t hash,
		     const struct load *const *avoid, size_t nr_avoid,
		     uint64_t now_ns, struct rng *rng)
{
	struct choice choice = {
		.avoid = avoid,
		.nr_avoid = nr_avoid,
		.but = NOBODY,
	};
	ssize_t index = -1;

	if (!balance->count)
		return -1;
	index = pick(balance, &choice, hash, now_ns, rng);
	if (index < 0 && nr_avoid) {
		choice.nr_avoid = 0;
		index = pick(balance, &choice, hash, now_ns, rng);
	}
	return index;
}

/* Making one */

/* Euclid's. What the divisions give is added to @quotients. */
static uint64_t common_divisor(uint64_t a, uint64_t b, uint64_t *quotients)
{
	uint64_t rest;

	while (b) {
		*quotients += a / b;
		rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/*
 * See pick_turn(). One near the golden section of @total that has no divisor in
 * common with it; among 40 numbers in a row there always is one, as long as
 * @total has 32 bits. Of these, the one with the least quotients: a large one
 * means that after a few turns the next are nearly where these were, so that a
 * server gets many of its own close together.
 */
static uint64_t choose_stride(uint64_t total)
{
	uint64_t golden = total * UINT64_C(2654435769) >> 32;
	uint64_t quotients, least = UINT64_MAX, stride = 0, i;

	for (i = golden; i < total && i < golden + STRIDES; i++) {
		quotients = 0;
		if (common_divisor(total, i, &quotients) == 1 &&
		    quotients < least) {
			least = quotients;
			stride = i;
		}
	}
	return stride;
}

/*
 * Weights count without what divides all of them: three servers of weight 10
 * get a turn each in three, not ten each in thirty. With 32 bits for their sum,
 * what pick_turn() multiplies stays within 64.
 */
static int lay_places(struct balance *balance, struct load *const *loads)
{
	uint64_t divisor = 0, end = 0, unused = 0;
	size_t i;

	for (i = 0; i < balance->count; i++)
		divisor = common_divisor(divisor, loads[i]->weight, &unused);
	for (i = 0; i < balance->count; i++) {
		if (!loads[i]->weight)
			return -EINVAL;
		end += loads[i]->weight / divisor;
		if (end > UINT32_MAX)
			return -EINVAL;
		balance->places[i].load = loads[i];
		balance->places[i].end = end;
	}
	balance->total = end;
	balance->stride = choose_stride(end);
	return 0;
}

int balance_create(struct balance **balance, enum kelp_balance policy,
		   struct load *const *loads, size_t count)
{
	struct balance *b;
	int err;

	if ((unsigned int)policy > KELP_BALANCE_HASH)
		return -EINVAL;
	if (count > (SIZE_MAX - sizeof(*b)) / sizeof(b->places[0]))
		return -ENOMEM;
	b = calloc(1, sizeof(*b) + count * sizeof(b->places[0]));
	if (!b)
		return -ENOMEM;
	b->policy = policy;
	b->count = count;
	atomic_init(&b->turn, 0);
	err = lay_places(b, loads);
	if (err)
		goto err_free;
	if (policy == KELP_BALANCE_HASH) {
		err = ring_init(&b->ring, loads, count);
		if (err)
			goto err_free;
	}
	*balance = b;
	return 0;

err_free:
	free(b);
	return err;
}

void balance_destroy(struct balance *balance)
{
	if (!balance)
		return;
	ring_exit(&balance->ring);
	free(balance);
}
