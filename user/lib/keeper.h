/* SPDX-License-Identifier: MIT */
/*
 * The thread that looks after a channel's servers: looks names up again, and
 * tries to reach servers that are out of use, whether or not there are calls.
 */
#ifndef LIBKELP_KEEPER_H
#define LIBKELP_KEEPER_H

struct keeper;
struct kelp_channel;

/* 0 or -errno. The channel has its first set of servers. */
int keeper_start(struct keeper **keeper, struct kelp_channel *channel);

/* Ends it; not by its own thread. NULL is nothing. */
void keeper_stop(struct keeper *keeper);

/* A server went out of use. Any thread. */
void keeper_wake(struct keeper *keeper);

/* The same after a fork(): there is no thread to end. */
void keeper_forget(struct keeper *keeper);

#endif
