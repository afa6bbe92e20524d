/* SPDX-License-Identifier: MIT */
/*
 * A server's connections for blocking calls: each call has one for itself. Any
 * thread.
 */
#ifndef LIBKELP_POOL_H
#define LIBKELP_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct address;
struct kelp_channel_options;

/**
 * struct link - a connection for one call at a time
 * @next: in pool.idle; pool.lock. Else whoever got it owns it, as the rest
 * @fd: does not block
 * @generation: pool.generation when it was made
 * @proven: the server has been told the secret
 * @calls: made on it; the next correlation id
 */
struct link {
	struct link *next;
	int fd;
	unsigned int generation;
	bool proven;
	uint64_t calls;
};

/**
 * struct pool - the connections
 * @lock: protects all that follows; nothing is taken inside
 * @freed: signalled when one becomes idle, or there may be another one
 * @idle: those that nobody uses, the last used first
 * @nr_idle: how many
 * @nr: all, those that are being made included
 * @most_idle: set once
 * @most: set once
 * @generation: of connections that may still be used again
 */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct link *idle;
	unsigned int nr_idle;
	unsigned int nr;
	unsigned int most_idle;
	unsigned int most;
	unsigned int generation;
};

int pool_init(struct pool *pool, const struct kelp_channel_options *options);
void pool_exit(struct pool *pool);

/**
 * pool_get() - take a connection out
 * @pool: the pool
 * @address: where to connect to when there is none
 * @wait_until: how long to wait for one when all are in use
 * @connect_ms: how long to try to connect
 * @connect_until: and no longer than that
 * @link: set to it; for pool_put() or pool_discard()
 * @made: set when it is a new one
 *
 * One that the server has closed, or talks on, is not handed out.
 *
 * Return: 0, KELP_RPC_EOVERCROWDED when all were in use for too long, or -errno
 * of dial().
 */
int pool_get(struct pool *pool, const struct address *address,
	     uint64_t wait_until, int connect_ms, uint64_t connect_until,
	     struct link **link, bool *made);

/* Back for the next call: nothing is under way on it. */
void pool_put(struct pool *pool, struct link *link);

/* Not to be used again: closed. */
void pool_discard(struct pool *pool, struct link *link);

/* The server went out of use: no connection that was made before is kept. */
void pool_drain(struct pool *pool);

/* Connect, and keep the connection; 0 or as pool_get(). */
int pool_open(struct pool *pool, const struct address *address,
	      uint64_t connect_until);

#endif
