// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a connection is charged to: the client whose it is, under the socket
 * lock, and the memory of its buffers, from anywhere.
 */
#include "net/conn.h"

#include <linux/err.h>
#include <linux/net.h>

#include "net/client.h"
#include "net/gate.h"
#include "net/net.h"

/**
 * kelp_conn_client_addr() - who is at the other end, as far as is known
 * @conn: the connection
 * @addr: set to who was announced, or else to the socket's peer
 *
 * Context: socket lock.
 */
void kelp_conn_client_addr(const struct kelp_conn *conn, struct kelp_addr *addr)
{
	if (conn->announced.family)
		*addr = conn->announced;
	else
		kelp_client_peer(conn->sock->sk, addr);
}

/**
 * kelp_conn_announce() - a PROXY header was read
 * @conn: the connection
 * @addr: whom it announces; family 0: the socket's own peer
 *
 * From here on the rules for addresses are about this one.
 *
 * Context: socket lock, BH off.
 * Return: false when the connection is refused; counted.
 */
bool kelp_conn_announce(struct kelp_conn *conn, const struct kelp_addr *addr)
{
	struct kelp_client *client;
	struct kelp_addr whom;

	conn->announced = *addr;
	conn->proxied = false;
	kelp_conn_client_addr(conn, &whom);
	if (!kelp_gate_admits(conn->gate, &whom)) {
		kelp_stat_inc(conn->stats, KELP_STAT_REFUSED_ACCESS);
		return false;
	}
	client = kelp_client_join(conn->kn, &whom, GFP_ATOMIC);
	if (IS_ERR(client))
		return false;
	conn->client = client;
	return true;
}

/**
 * kelp_conn_mem_charge() - account for memory before allocating it
 * @conn: whose buffer it will be
 * @bytes: how much
 *
 * Context: any; a reference to @conn is held.
 * Return: false when it is too much, for this connection or for all together;
 *	counted, and nothing is charged then.
 */
bool kelp_conn_mem_charge(struct kelp_conn *conn, size_t bytes)
{
	if (atomic_long_add_return(bytes, &conn->mem) <=
	    kelp_net_limit(conn->kn, KELP_LIMIT_CONN_MEMORY) &&
	    kelp_net_mem_charge(conn->kn, bytes))
		return true;
	atomic_long_sub(bytes, &conn->mem);
	kelp_stat_inc(conn->stats, KELP_STAT_MEM_REFUSED);
	return false;
}

/**
 * kelp_conn_mem_uncharge() - the memory was freed
 * @conn: the connection
 * @bytes: as charged
 *
 * Context: any; a reference to @conn is held.
 */
void kelp_conn_mem_uncharge(struct kelp_conn *conn, size_t bytes)
{
	atomic_long_sub(bytes, &conn->mem);
	kelp_net_mem_uncharge(conn->kn, bytes);
}
