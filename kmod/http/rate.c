// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose token a request takes: that of the connection's client, or, behind
 * trusted proxies, that of whom they name. Under the socket lock with BH off;
 * reached only while a rate is set.
 */
#include "http/rate.h"

#include <linux/kernel.h>

#include "http/http.h"
#include "http/origin.h"
#include "net/client.h"

/**
 * http_rate_over() - take a token for a request
 * @conn: the connection; its http_conn.req is complete
 * @head: first byte of the request's head
 *
 * Context: socket lock, BH off.
 * Return: 0, or the seconds for Retry-After; counted then.
 */
unsigned int http_rate_over(struct kelp_conn *conn, const u8 *head)
{
	const struct http_conn *h = kelp_conn_priv(conn);
	struct kelp_client *client = NULL;
	struct kelp_addr addr;
	unsigned int seconds;

	kelp_conn_client_addr(conn, &addr);
	if (http_origin(conn, &h->req, head, &addr))
		client = kelp_client_get(conn->kn, &addr, GFP_ATOMIC);
	/* Who could not be entered takes the proxy's token. */
	seconds = kelp_client_take(conn->kn, client ?: conn->client);
	kelp_client_put(conn->kn, client);
	if (seconds)
		kelp_stat_inc(conn->stats, KELP_STAT_RATE_LIMITED);
	return seconds;
}
