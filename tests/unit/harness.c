// SPDX-License-Identifier: GPL-2.0-only
/* Bytes right before a forbidden page, and what the shim needs one of. */
#include "harness.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool shim_expect_warning;

static uint8_t *map_place(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *p = mmap(NULL, GUARDED_MAX + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + GUARDED_MAX, page, PROT_NONE))
		abort();
	return p;
}

const uint8_t *guarded(const void *src, size_t len)
{
	static uint8_t *places[2];
	static size_t used[2];
	static int turn;
	uint8_t *end;

	if (len > GUARDED_MAX)
		abort();
	turn = !turn;
	if (!places[turn])
		places[turn] = map_place();
	/* the copy of the call before must not be of use any more */
	if (places[!turn])
		memset(places[!turn] + GUARDED_MAX - used[!turn], 0xa5,
		       used[!turn]);
	end = places[turn] + GUARDED_MAX;
	used[turn] = len;
	if (len)
		memcpy(end - len, src, len);
	return end - len;
}
