/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving up cached files. For cache.c.
 */
#ifndef KELP_HTTP_EVICT_H
#define KELP_HTTP_EVICT_H

#include <linux/types.h>

struct kelp_cache;
struct kelp_net;

void kelp_cache_evict(struct kelp_cache *cache, struct kelp_net *kn,
		      size_t cap);
int kelp_cache_shrinker_init(struct kelp_cache *cache);

#endif
