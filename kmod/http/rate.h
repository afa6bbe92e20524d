/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The request rate of clients.
 */
#ifndef KELP_HTTP_RATE_H
#define KELP_HTTP_RATE_H

#include <linux/types.h>

#include "net/conn.h"
#include "net/net.h"

unsigned int http_rate_over(struct kelp_conn *conn, const u8 *head);

/**
 * http_rate_check() - may this request be answered?
 * @conn: the connection; its http_conn.req is complete
 * @head: first byte of the request's head
 *
 * Context: socket lock, BH off, RCU reader.
 * Return: 0, or the seconds for Retry-After.
 */
static inline unsigned int http_rate_check(struct kelp_conn *conn,
					   const u8 *head)
{
	if (likely(!kelp_net_limits(conn->kn)[KELP_LIMIT_RATE]))
		return 0;
	return http_rate_over(conn, head);
}

#endif
