// SPDX-License-Identifier: GPL-2.0-only
/* Damaged and random frames: see mutate.h. */
#include "mutate.h"

#include <string.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* splitmix64: every state is a good one. */
uint64_t dice_next(struct dice *dice)
{
	uint64_t x = dice->state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint32_t dice_below(struct dice *dice, uint32_t below)
{
	return (uint64_t)(uint32_t)dice_next(dice) * below >> 32;
}

static uint32_t get_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static void put_be32(uint8_t *at, uint32_t value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
}

/* Mostly in head and meta, where the meaning is. */
static size_t some_place(struct dice *dice, size_t len)
{
	if (dice_below(dice, 4))
		len = MIN(len, 80);
	return dice_below(dice, len);
}

static uint8_t some_byte(struct dice *dice)
{
	static const uint8_t bytes[] = { 0, 1, 2, 0x0a, 0x7f, 0x80, 0x81, 0xff };

	if (dice_below(dice, 2))
		return bytes[dice_below(dice, sizeof(bytes))];
	return dice_next(dice);
}

static uint32_t some_length(struct dice *dice, uint32_t is)
{
	const uint32_t lengths[] = { 0, 1, is - 1, is + 1, is * 2, 16384, 16385,
				     4 << 20, (4 << 20) + 1, INT32_MAX,
				     (uint32_t)INT32_MAX + 1, UINT32_MAX };

	return lengths[dice_below(dice, sizeof(lengths) / sizeof(*lengths))];
}

/* Take @gone bytes away at @at and make room for @more. The new length. */
static size_t replace(uint8_t *out, size_t len, size_t at, size_t gone,
		      size_t more)
{
	gone = MIN(gone, len - at);
	if (len - gone + more > MUTATE_MAX)
		return len;
	memmove(out + at + more, out + at + gone, len - at - gone);
	return len - gone + more;
}

static size_t insert(struct dice *dice, uint8_t *out, size_t len)
{
	size_t at = some_place(dice, len), n = 1 + dice_below(dice, 11), i;
	size_t now = replace(out, len, at, dice_below(dice, 4), n);

	for (i = 0; i < n && at + i < now; i++)
		out[at + i] = some_byte(dice);
	return now;
}

static size_t repeat(struct dice *dice, uint8_t *out, size_t len)
{
	size_t at = some_place(dice, len);
	size_t n = 1 + dice_below(dice, MIN(len - at, 300));
	size_t now = replace(out, len, at, 0, n);

	if (now != len)
		memcpy(out + at, out + at + n, n);
	return now;
}

/* From some place on it is another one. */
static size_t splice(struct dice *dice, const struct golden *golden,
		     uint8_t *out, size_t len)
{
	struct span with = golden->frame[dice_below(dice, golden->count)];
	size_t at = some_place(dice, len), from = some_place(dice, with.len);
	size_t n = MIN(with.len - from, MUTATE_MAX - at);

	memcpy(out + at, with.data + from, n);
	return at + n;
}

static size_t damage(struct dice *dice, const struct golden *golden,
		     uint8_t *out, size_t len)
{
	size_t at = some_place(dice, len);

	switch (dice_below(dice, 8)) {
	case 0:
	case 1:
		out[at] ^= 1 << dice_below(dice, 8);
		return len;
	case 2:
		out[at] = some_byte(dice);
		return len;
	case 3:
		at = dice_below(dice, 2) ? 4 : 8;
		if (len >= PRPC_HEAD)
			put_be32(out + at, some_length(dice,
						       get_be32(out + at)));
		return len;
	case 4:
		return insert(dice, out, len);
	case 5:
		return repeat(dice, out, len);
	case 6:
		return splice(dice, golden, out, len);
	default:
		return dice_below(dice, 4) ?
			replace(out, len, at, 1 + dice_below(dice, 8), 0) : at;
	}
}

/* The head says again how long it is, so that the rest is looked at. */
static void mend(struct dice *dice, uint8_t *out, size_t len, uint32_t was)
{
	uint32_t body = len - PRPC_HEAD, meta = get_be32(out + 8);

	memcpy(out, "PRPC", 4);
	/* what came or went is more likely part of the meta */
	if (dice_below(dice, 4) && meta <= was)
		meta += body - was;
	if (meta > body)
		meta = dice_below(dice, body + 1);
	put_be32(out + 4, body);
	put_be32(out + 8, meta);
}

/* Often it is as it was. */
size_t mutate_frame(struct dice *dice, const struct golden *golden,
		    uint8_t *out)
{
	struct span frame = golden->frame[dice_below(dice, golden->count)];
	unsigned int times = dice_below(dice, 2) * dice_below(dice, 5);
	size_t len = frame.len;

	memcpy(out, frame.data, len);
	while (times-- && len)
		len = damage(dice, golden, out, len);
	if (len >= PRPC_HEAD && dice_below(dice, 16))
		mend(dice, out, len, frame.len - PRPC_HEAD);
	return len;
}

/* Fields with small numbers, of lengths that are often right. */
static void random_fields(struct dice *dice, uint8_t *out, size_t len)
{
	size_t at = 0;

	while (at + 2 < len) {
		out[at++] = dice_below(dice, 14) << 3 |
			    (dice_below(dice, 8) ? dice_below(dice, 2) * 2 :
						   dice_below(dice, 8));
		out[at] = dice_below(dice, 4) ? dice_below(dice, len - at) :
						some_byte(dice);
		at++;
		if (dice_below(dice, 2))
			at += dice_below(dice, len - at);
	}
}

/* What a good one begins with: whom it calls. */
static void good_names(struct dice *dice, const struct golden *golden,
		       uint8_t *out, size_t room)
{
	struct span frame = golden->frame[dice_below(dice, golden->count)];
	size_t n = 2 + frame.data[PRPC_HEAD + 1];

	if (n <= room && PRPC_HEAD + n <= frame.len)
		memcpy(out, frame.data + PRPC_HEAD, n);
}

size_t random_frame(struct dice *dice, const struct golden *golden,
		    uint8_t *out)
{
	size_t len = 1 + dice_below(dice, dice_below(dice, 16) ? 200 : 20000);
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = dice_next(dice);
	if (!dice_below(dice, 4) || len < PRPC_HEAD)
		return len;
	mend(dice, out, len, 0);
	if (dice_below(dice, 4))
		random_fields(dice, out + PRPC_HEAD, get_be32(out + 8));
	if (dice_below(dice, 2))
		good_names(dice, golden, out + PRPC_HEAD, get_be32(out + 8));
	return len;
}
