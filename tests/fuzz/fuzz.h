/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: an assertion, and two kinds of exact copies of
 * an input - on the heap, where ASan sees any byte too far on either side, and
 * right before a page that nobody may touch.
 */
#ifndef KELP_FUZZ_H
#define KELP_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,	\
			#cond);						\
		abort();						\
	}								\
} while (0)

/* Longer inputs are not looked at. */
#define FUZZ_MAX	20000
#define FUZZ_ROOM	(5 * 4096)

/* On the heap; to be freed. malloc(0) may be one byte: as good as none. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t len)
{
	uint8_t *block = malloc(len);

	if (len)
		memcpy(block, data, len);
	return block;
}

/* Before the guard page; good until the next call. */
static inline const uint8_t *fuzz_guarded(const uint8_t *data, size_t len)
{
	static uint8_t *room;

	if (!room) {
		room = mmap(NULL, FUZZ_ROOM + 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(room != MAP_FAILED);
		CHECK(!mprotect(room + FUZZ_ROOM, 4096, PROT_NONE));
	}
	CHECK(len <= FUZZ_ROOM);
	memcpy(room + FUZZ_ROOM - len, data, len);
	return room + FUZZ_ROOM - len;
}

/* The next cut, from 1 to most bytes away. */
static inline size_t fuzz_step(uint32_t *seed, size_t most)
{
	*seed = *seed * 1664525 + 1013904223;
	return 1 + (*seed >> 16) % most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* KELP_FUZZ_H */
