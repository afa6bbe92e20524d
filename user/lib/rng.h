/* SPDX-License-Identifier: MIT */
/*
 * Random numbers for pauses and for drawing servers (splitmix64): quick, the
 * same from the same seed, and no secret. Pure; a struct rng belongs to one
 * thread at a time.
 */
#ifndef LIBKELP_RNG_H
#define LIBKELP_RNG_H

#include <stdint.h>

/**
 * struct rng - a sequence of random numbers
 * @state: grows by the same odd number with each; the owner's
 */
struct rng {
	uint64_t state;
};

/**
 * rng_mix() - scatter the bits of a number
 * @x: any number; those that differ give results that differ
 *
 * Any thread.
 *
 * Return: a number in which each bit depends on every bit of @x.
 */
static inline uint64_t rng_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/**
 * rng_init() - begin a sequence
 * @rng: the sequence
 * @seed: any number
 *
 * The owner's thread.
 */
static inline void rng_init(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

/**
 * rng_next() - the next number of a sequence
 * @rng: the sequence
 *
 * The owner's thread.
 *
 * Return: any of 2^64 numbers.
 */
static inline uint64_t rng_next(struct rng *rng)
{
	rng->state += UINT64_C(0x9e3779b97f4a7c15);
	return rng_mix(rng->state);
}

/**
 * rng_below() - the next number of a sequence, below a bound
 * @rng: the sequence
 * @n: the bound
 *
 * The owner's thread. No number is more likely than another by more than
 * @n / 2^64 of it, which nobody can see, and there is no division.
 *
 * Return: 0 to @n - 1; 0 when @n is 0.
 */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return (uint64_t)(((__uint128_t)rng_next(rng) * n) >> 64);
}

#endif
