/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes on their way from or to a socket: added at the end, taken from the
 * front. Begins as zeroes; belongs to whoever has the connection.
 */
#ifndef TEST_OUTLET_H
#define TEST_OUTLET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct outlet - bytes that wait
 * @data: memory of @room bytes, or NULL
 * @begin: the first byte that waits
 * @end: behind the last one
 * @room: bytes of memory
 */
struct outlet {
	uint8_t *data;
	size_t begin;
	size_t end;
	size_t room;
};

static inline size_t outlet_left(const struct outlet *outlet)
{
	return outlet->end - outlet->begin;
}

static inline const uint8_t *outlet_first(const struct outlet *outlet)
{
	return outlet->data + outlet->begin;
}

/**
 * outlet_room() - a place for more bytes
 * @outlet: pointers to its bytes are not good any more
 * @len: how many, at least 1
 *
 * They count when @outlet->end is moved behind them.
 *
 * Return: where, or NULL without memory.
 */
uint8_t *outlet_room(struct outlet *outlet, size_t len);

/**
 * outlet_add() - add bytes
 * @outlet: as for outlet_room()
 * @data: the bytes
 * @len: how many
 *
 * Return: 0 or -ENOMEM.
 */
int outlet_add(struct outlet *outlet, const void *data, size_t len);

/**
 * outlet_drop() - the first bytes are done with
 * @outlet: has as many
 * @len: how many
 */
void outlet_drop(struct outlet *outlet, size_t len);

/**
 * outlet_send() - send what a socket takes
 * @outlet: what is sent is dropped
 * @fd: the socket, non-blocking
 * @most: bytes, 0 for all
 *
 * Return: how many were sent, 0 when it takes none now, -errno when it is broken.
 */
ssize_t outlet_send(struct outlet *outlet, int fd, size_t most);

/**
 * outlet_free() - forget the bytes, and give the memory back
 * @outlet: empty then
 */
void outlet_free(struct outlet *outlet);

#endif
