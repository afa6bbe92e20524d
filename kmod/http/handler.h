/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers: code that answers the requests below a route's prefix.
 */
#ifndef KELP_HTTP_HANDLER_H
#define KELP_HTTP_HANDLER_H

#include <linux/types.h>

struct kelp_net;
struct kelp_object;

/**
 * struct kelp_http_handler - a handler
 * @name: as `kelpctl route add PREFIX NAME` spells it
 * @methods: bit mask of 1 << enum http_method that it takes, else 405; 0 = all
 * @echo: answer with the request's body (streamed by the HTTP layer itself)
 * @softirq: @answer never sleeps and may run in the fast path
 * @answer: make the answer for @path, the part of the request's path behind
 *	the prefix ("" or "/…", @len bytes, not terminated). Returns an object
 *	reference, or an ERR_PTR: -ENOENT becomes 404, anything else 500. @gfp
 *	is what it may allocate with.
 */
struct kelp_http_handler {
	const char *name;
	u32 methods;
	bool echo;
	bool softirq;
	struct kelp_object *(*answer)(struct kelp_net *kn, const char *path,
				      size_t len, gfp_t gfp);
};

const struct kelp_http_handler *kelp_http_handler_find(const char *name);

#endif
