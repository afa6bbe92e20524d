/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: objects that an administrator put, each at exactly one path.
 */
#ifndef KELP_HTTP_STORE_H
#define KELP_HTTP_STORE_H

#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct kelp_http;
struct kelp_object;

/* Content of one object, at most. */
#define KELP_STORE_OBJECT (4 << 20)

/**
 * struct kelp_store - objects by path
 * @table: path -> &struct kelp_stored; RCU look-ups, changed under
 *	kelp_net.lock
 * @ids: id -> &struct kelp_stored, for walks; kelp_net.lock
 * @lengths: bit n: some path's length is n modulo 64; read under RCU, written
 *	under kelp_net.lock
 * @nr_of_length: how many paths each bit stands for; kelp_net.lock
 */
struct kelp_store {
	struct rhashtable table;
	struct xarray ids;
	u64 lengths;
	u32 nr_of_length[64];
};

struct kelp_object *kelp_route_object(struct kelp_http *http,
				      const char *path, size_t len);

int kelp_store_init(struct kelp_store *store);
void kelp_store_clear(struct kelp_store *store);
void kelp_store_exit(struct kelp_store *store);

#endif
