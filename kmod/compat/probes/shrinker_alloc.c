// SPDX-License-Identifier: GPL-2.0-only
// Shrinkers are allocated, not embedded.
#include <linux/shrinker.h>

static struct shrinker *probe(void)
{
	return shrinker_alloc(0, "probe");
}
