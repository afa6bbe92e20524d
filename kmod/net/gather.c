// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gathering a message that came in pieces. Under the socket lock, BH off; the
 * memory is charged to the namespace before it is allocated.
 */
#include "net/gather.h"

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net/conn.h"
#include "net/net.h"

#define KELP_GATHER_MIN 1024

static bool kelp_gather_grow(struct kelp_conn *conn, size_t need)
{
	size_t cap = max_t(size_t, roundup_pow_of_two(need), KELP_GATHER_MIN);
	size_t more = cap - conn->gather_cap;
	u8 *buf;

	if (!kelp_conn_mem_charge(conn, more))
		return false;
	buf = krealloc(conn->gather, cap, GFP_ATOMIC | __GFP_NOWARN);
	if (!buf) {
		kelp_conn_mem_uncharge(conn, more);
		kelp_stat_inc(conn->stats, KELP_STAT_NOMEM);
		return false;
	}
	conn->gather = buf;
	conn->gather_cap = cap;
	return true;
}

/**
 * kelp_gather_add() - append bytes
 * @conn: the connection
 * @data: the bytes
 * @len: how many
 *
 * Context: socket lock, BH off. Without memory the connection is marked
 *	failed.
 * Return: bytes appended: fewer than @len when KELP_GATHER_MAX is reached.
 */
size_t kelp_gather_add(struct kelp_conn *conn, const u8 *data, size_t len)
{
	len = min_t(size_t, len, KELP_GATHER_MAX - conn->gather_len);
	if (!len)
		return 0;
	if (conn->gather_len + len > conn->gather_cap &&
	    !kelp_gather_grow(conn, conn->gather_len + len)) {
		conn->failed = true;
		return 0;
	}
	memcpy(conn->gather + conn->gather_len, data, len);
	conn->gather_len += len;
	return len;
}

/**
 * kelp_gather_take() - remove bytes from the front
 * @conn: the connection
 * @len: at most kelp_conn.gather_len
 *
 * Context: socket lock, BH off.
 */
void kelp_gather_take(struct kelp_conn *conn, size_t len)
{
	if (!len)
		return;
	conn->gather_len -= len;
	if (conn->gather_len)
		memmove(conn->gather, conn->gather + len, conn->gather_len);
	else
		kelp_gather_free(conn);
}

/**
 * kelp_gather_free() - forget what was gathered
 * @conn: the connection
 *
 * Context: socket lock, or nobody serves the connection any more.
 */
void kelp_gather_free(struct kelp_conn *conn)
{
	kfree(conn->gather);
	kelp_conn_mem_uncharge(conn, conn->gather_cap);
	conn->gather = NULL;
	conn->gather_len = 0;
	conn->gather_cap = 0;
}
