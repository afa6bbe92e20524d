/* SPDX-License-Identifier: MIT */
/*
 * A connection that many calls share. All of it the I/O thread's.
 *
 * What is to be sent is gathered, and leaves in one system call at the end of a
 * round of the thread. What comes is taken apart, and each reply given to
 * course_replied().
 */
#ifndef LIBKELP_MUX_H
#define LIBKELP_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timers.h"

struct attempt;
struct endpoint;
struct io;

/**
 * struct mux - a connection
 * @io: whose
 * @endpoint: where to; a reference
 * @downs: endpoint_downs() when it was made
 * @next: in io.muxes
 * @next_dirty: in io.dirty, if @dirty
 * @connecting: when that has to have come about, while it has not
 * @fd: does not block
 * @connected: it has come about
 * @dirty: there is something in @out that was not tried to be sent
 * @told: the secret is on its way, or there is none
 * @refused: the server did not like it; then it closes the connection
 * @stuck: nothing comes any more, see mux_missed()
 * @heard_at: when the last reply came; at first, when the connection did
 * @misses: how often a call has missed its reply since then
 * @missed_at: when that was the last time
 * @part_at: when a reply began of which a part is in @in; 0: there is none
 * @load: attempts in @attempts
 * @attempts: without a reply
 * @sent: bytes that it ever sent
 * @out: bytes to be sent, from @out_begin up to @out_end
 * @in: bytes that came, the first @in_len; the beginning of a frame
 */
struct mux {
	struct io *io;
	struct endpoint *endpoint;
	uint64_t downs;
	struct mux *next;
	struct mux *next_dirty;
	struct timer connecting;
	int fd;
	bool connected;
	bool dirty;
	bool told;
	bool refused;
	bool stuck;
	uint64_t heard_at;
	unsigned int misses;
	uint64_t missed_at;
	uint64_t part_at;
	size_t load;
	struct attempt *attempts;
	uint64_t sent;
	uint8_t *out;
	size_t out_begin;
	size_t out_end;
	size_t out_room;
	uint8_t *in;
	size_t in_len;
	size_t in_room;
};

/**
 * mux_for() - the connection for an attempt
 * @io: the thread
 * @endpoint: where to
 * @err: set when there is none: -errno of dial_start(), or -ENOMEM
 *
 * Return: the one with the fewest attempts, a new one as long as there may be
 * more; NULL. None that is stale.
 */
struct mux *mux_for(struct io *io, struct endpoint *endpoint, int *err);

/*
 * Has the server been out of use since it was made, or refused whoever speaks on
 * it, or is it stuck? It gets no more attempts, and is closed when those it has
 * are over.
 */
bool mux_is_stale(const struct mux *mux);

/* Have an attempt sent; 0 or -ENOMEM, and then it is not. */
int mux_send(struct mux *mux, struct attempt *attempt);

/*
 * There was no reply in time: is that the connection's fault? Only an attempt
 * that is still under way; to be followed by mux_leave().
 */
void mux_missed(const struct attempt *attempt);

/* Nobody waits for its reply any more. */
void mux_leave(struct attempt *attempt);

/* Did any of its bytes leave this host? */
bool mux_has_sent(const struct attempt *attempt);

/* epoll says @events. The connection may be gone afterwards. */
void mux_ready(struct mux *mux, uint32_t events);

/* It took too long to connect. Gone afterwards. */
void mux_late(struct mux *mux);

/* Send what was gathered, on all connections. Some may be gone afterwards. */
void mux_flush_all(struct io *io);

/* Close it, although calls may be under way on it, which nobody is told. */
void mux_close(struct mux *mux);

#endif
