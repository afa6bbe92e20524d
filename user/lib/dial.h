/* SPDX-License-Identifier: MIT */
/* Connecting to a server. Any thread. */
#ifndef LIBKELP_DIAL_H
#define LIBKELP_DIAL_H

#include <stdint.h>

struct address;

/**
 * dial_start() - begin to connect
 * @address: of the server
 * @connected: set when the connection came about at once
 *
 * Return: a descriptor that does not block, writable when it is decided
 * (dial_result()); or -errno.
 */
int dial_start(const struct address *address, int *connected);

/**
 * dial_result() - what became of it
 * @fd: from dial_start(), writable
 *
 * Return: 0 or -errno.
 */
int dial_result(int fd);

/**
 * dial() - connect
 * @address: of the server
 * @until: how long to try, as clock_now() tells time
 *
 * Return: a descriptor that does not block, or -errno: -ETIMEDOUT when it takes
 * too long.
 */
int dial(const struct address *address, uint64_t until);

/**
 * dial_is_local() - does a failure say nothing about the server?
 * @err: -errno of the above
 *
 * Return: true when it is this side's: no descriptor, memory or port left.
 */
int dial_is_local(int err);

#endif
