/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that look random and are the same for the same seed. A seed is all
 * there is to it; whoever has one guards it.
 */
#ifndef TEST_DICE_H
#define TEST_DICE_H

#include <stdint.h>

/**
 * dice_roll() - the next number
 * @dice: begins as the seed, any number
 */
static inline uint64_t dice_roll(uint64_t *dice)
{
	uint64_t x = *dice += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/**
 * dice_below() - the next number, less than @count
 * @dice: as for dice_roll()
 * @count: at least 1
 */
static inline uint64_t dice_below(uint64_t *dice, uint64_t count)
{
	return (uint64_t)((unsigned __int128)dice_roll(dice) * count >> 64);
}

#endif
