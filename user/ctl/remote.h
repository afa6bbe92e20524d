/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers that are called, by way of libkelp: operand 0 says where they are,
 * options how to call them.
 */
#ifndef KELPCTL_REMOTE_H
#define KELPCTL_REMOTE_H

#include <kelp/client.h>

#include "ctl.h"

/* The options that remote_options() reads. */
#define REMOTE_OPTIONS (OPT_TIMEOUT_MS | OPT_SECRET_FILE)

/* What operand 0 may be, for help texts. */
#define REMOTE_DETAIL \
	"ADDR is HOST:PORT or [V6]:PORT; list://HOST:PORT,..., file://PATH and\n" \
	"dns://NAME:PORT stand for several servers.\n"

/*
 * How a command calls: once, within --timeout-ms, with the secret that
 * --secret-file has. Good as long as the program runs.
 */
void remote_options(const struct ctl *ctl, struct kelp_channel_options *options);

/* Dies when operand 0 is no address, or nobody has that name. */
struct kelp_channel *remote_open(const struct ctl *ctl,
				 const struct kelp_channel_options *options);

/* A call has failed: says which, and why. @method is SERVICE/METHOD. */
void remote_die(const struct ctl *ctl, const char *method,
		const struct kelp_reply *reply) __attribute__((noreturn));

#endif
