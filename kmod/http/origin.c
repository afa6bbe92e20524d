// SPDX-License-Identifier: GPL-2.0-only
/*
 * From whom a request comes that a proxy has passed on: the fields of the
 * request, and the rules of its listener. Any context.
 */
#include "http/origin.h"

#include <linux/bits.h>

#include "http/syntax/forwarded.h"
#include "net/conn.h"
#include "net/gate.h"

static bool origin_trusts(const struct kelp_addr *addr, void *arg)
{
	return kelp_gate_trusts(arg, addr);
}

/**
 * http_origin() - who sent a request
 * @conn: its connection; a reference is held
 * @req: the request, complete
 * @head: first byte of its head
 * @addr: on entry who is at the other end, as far as the connection knows; set
 *	to whom trusted proxies name
 *
 * Context: any.
 * Return: true when @addr is what a trusted proxy said.
 */
bool http_origin(const struct kelp_conn *conn, const struct http_req *req,
		 const u8 *head, struct kelp_addr *addr)
{
	if ((!req->x_forwarded_for.len &&
	     !(req->repeated & BIT(HTTP_KNOWN_X_FORWARDED_FOR))) ||
	    !kelp_gate_trusts(conn->gate, addr))
		return false;
	http_forwarded_client(req, head, origin_trusts, conn->gate, addr);
	return true;
}
