/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handler that needs no route: it claims requests for itself.
 */
#ifndef KELP_HTTP_CLAIM_H
#define KELP_HTTP_CLAIM_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

struct http_asked;
struct http_mount;
struct kelp_conn;

extern u32 http_claim_methods;

/**
 * http_may_be_claimed() - is there a handler that claims such requests?
 * @method: enum http_method
 *
 * Context: any; for every request, so it is one look at a word.
 * Return: true when http_claimed() has to be asked.
 */
static inline bool http_may_be_claimed(unsigned int method)
{
	return unlikely(READ_ONCE(http_claim_methods) & BIT(method));
}

/* Under the socket lock, BH off, RCU reader. */
bool http_claimed(struct kelp_conn *conn, struct http_asked *asked,
		  bool routed);

/* Process context. */
int http_claim_add(struct http_mount *mount);
struct http_mount *http_claim_del(const struct http_mount *mount);

#endif
