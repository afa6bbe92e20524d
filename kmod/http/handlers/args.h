/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of a route: KEY=VALUE, as `kelpctl route add` takes them. What
 * handlers may ask is in handler.h.
 */
#ifndef KELP_HTTP_ARGS_H
#define KELP_HTTP_ARGS_H

#include <linux/types.h>

struct kelp_net;
struct netlink_ext_ack;

/* Arguments of one route, at most. */
#define HTTP_ARGS_MAX 16
/* Bytes of all of them, their NULs included, at most. */
#define HTTP_ARGS_BYTES 4096

/**
 * struct kelp_http_args - the arguments of a route that is being made
 * @kn: the server that gets it; the caller's
 * @arg: each "KEY=VALUE"; the caller's
 * @nr: how many
 * @used: bit n: @arg[n] was asked for
 * @body: the route's limit for bodies, U64_MAX for none of its own
 * @extack: explains a refusal
 *
 * On the stack of whoever makes the route.
 */
struct kelp_http_args {
	struct kelp_net *kn;
	const char *const *arg;
	unsigned int nr;
	u32 used;
	u64 body;
	struct netlink_ext_ack *extack;
};

int http_args_check(struct kelp_http_args *args);
int http_args_unused(struct kelp_http_args *args);
int http_time_parse(const char *text, size_t len, u64 *ms);

#endif
