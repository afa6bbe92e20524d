/* SPDX-License-Identifier: MIT */
/*
 * The thread that calls the done() functions, so that these may take as long as
 * they like without keeping bytes or time-outs waiting.
 */
#ifndef LIBKELP_TELLER_H
#define LIBKELP_TELLER_H

#include <stdbool.h>

struct kelp_call;
struct kelp_channel;
struct teller;

/* 0 or -errno. */
int teller_start(struct teller **teller, struct kelp_channel *channel);

/* Ends it when all was told; nobody tells it more. NULL is nothing. */
void teller_stop(struct teller *teller);

/* Is the caller its thread, so one of the done() functions? */
bool teller_here(const struct teller *teller);

/* The call has ended, and is the teller's. Any thread. */
void teller_tell(struct teller *teller, struct kelp_call *call);

/* After a fork(): there is no thread. */
void teller_forget(struct teller *teller);

#endif
