// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who asks, as handlers see it. Any callback: nothing of it needs a lock, for
 * what is looked at was settled before the connection's first request.
 */
#include "http/handlers/rq.h"

#include <linux/export.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>

#include "http/origin.h"
#include "net/addr.h"
#include "net/conn.h"

/**
 * kelp_http_peer() - who is at the other end of the connection
 * @rq: the request
 *
 * Perhaps a proxy: kelp_http_client() tells from whom the request comes.
 *
 * Context: any callback.
 * Return: address and port of the peer.
 */
const struct sockaddr *kelp_http_peer(const struct kelp_http_rq *rq)
{
	return &rq->conn->peer.sa;
}
EXPORT_SYMBOL_GPL(kelp_http_peer);

static void addr_of(const union kelp_sockaddr *from, struct kelp_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (from->sa.sa_family == AF_INET6) {
		addr->family = 6;
		addr->port = ntohs(from->in6.sin6_port);
		memcpy(addr->ip, &from->in6.sin6_addr, 16);
	} else if (from->sa.sa_family == AF_INET) {
		addr->family = 4;
		addr->port = ntohs(from->in.sin_port);
		memcpy(addr->ip, &from->in.sin_addr, 4);
	}
}

static void addr_to(const struct kelp_addr *addr, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;

	memset(to, 0, sizeof(*to));
	if (addr->family == 6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(addr->port);
		memcpy(&in6->sin6_addr, addr->ip, 16);
	} else if (addr->family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(addr->port);
		memcpy(&in->sin_addr, addr->ip, 4);
	}
}

/* As it is, with the scope of an IPv6 address. */
static void addr_copy(const union kelp_sockaddr *from,
		      struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, sizeof(*from));
}

/**
 * kelp_http_client() - from whom the request comes
 * @rq: the request
 * @client: set to address and port
 *
 * The one that a PROXY header announced, or else the peer; if that is a trusted
 * proxy of the listener's, the right-most address of X-Forwarded-For that is
 * none. The port is 0 when a proxy did not tell it; a peer that was gone before
 * its address could be asked for is AF_UNSPEC.
 *
 * Context: any callback.
 */
void kelp_http_client(const struct kelp_http_rq *rq,
		      struct sockaddr_storage *client)
{
	const struct kelp_conn *conn = rq->conn;
	struct kelp_addr addr;
	bool named = conn->announced.family;

	if (named)
		addr = conn->announced;
	else
		addr_of(&conn->peer, &addr);
	if (http_origin(conn, rq->req, rq->head, &addr))
		named = true;
	if (named)
		addr_to(&addr, client);
	else
		addr_copy(&conn->peer, client);
}
EXPORT_SYMBOL_GPL(kelp_http_client);
