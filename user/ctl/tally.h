/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often calls failed, and with what. Pure, but that it dies without memory;
 * belongs to whoever counts.
 */
#ifndef KELPCTL_TALLY_H
#define KELPCTL_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally_entry {
	int code;		/* kelp_reply.code */
	uint64_t count;
	char *text;		/* of the first one */
};

/* Begins as zeroes. A code stands there once. */
struct tally {
	struct tally_entry *entries;
	size_t count;
};

/* Once more this code; @text is copied if it is the first time. */
void tally_add(struct tally *tally, int code, const char *text);
void tally_merge(struct tally *all, const struct tally *one);

/* Those that came most often first; of equal ones the smaller code. */
void tally_sort(struct tally *tally);

/* Of all codes together. */
uint64_t tally_total(const struct tally *tally);

void tally_free(struct tally *tally);

#endif
