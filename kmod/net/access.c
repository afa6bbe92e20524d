// SPDX-License-Identifier: GPL-2.0-only
/*
 * What protocols and other modules may ask of a connection, and tell it:
 * kelp/conn.h. Each function says where it may be called; none of them sleeps.
 */
#include "hot.h"
#include "kelp/conn.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "net/conn.h"
#include "net/net.h"

/**
 * kelp_conn_find() - look a connection up
 * @kn: the server
 * @id: its id
 *
 * Context: anywhere.
 * Return: the connection with a reference for the caller, or NULL when it has
 * ended. Ids are used again, but not soon.
 */
struct kelp_conn *kelp_conn_find(struct kelp_net *kn, u32 id)
{
	struct kelp_conn *conn;

	rcu_read_lock();
	conn = xa_load(&kn->conns, id);
	if (conn && !refcount_inc_not_zero(&conn->ref))
		conn = NULL;
	rcu_read_unlock();
	return conn;
}
EXPORT_SYMBOL_GPL(kelp_conn_find);

/**
 * kelp_conn_id() - a connection's id
 * @conn: the connection
 *
 * Context: anywhere.
 * Return: the id, as `kelpctl conn show` spells it; never 0.
 */
u32 kelp_conn_id(const struct kelp_conn *conn)
{
	return conn->id;
}
EXPORT_SYMBOL_GPL(kelp_conn_id);

/**
 * kelp_conn_net() - a connection's server
 * @conn: the connection
 *
 * Context: anywhere.
 * Return: the server, good while @conn is; no reference is taken.
 */
struct kelp_net *kelp_conn_net(const struct kelp_conn *conn)
{
	return conn->kn;
}
EXPORT_SYMBOL_GPL(kelp_conn_net);

/**
 * kelp_conn_peer() - address and port of the socket's peer
 * @conn: the connection
 *
 * Context: anywhere.
 * Return: an IPv4 or IPv6 address, good while @conn is; AF_UNSPEC when the peer
 * was gone before kelp had the connection.
 */
const struct sockaddr *kelp_conn_peer(const struct kelp_conn *conn)
{
	return &conn->peer.sa;
}
EXPORT_SYMBOL_GPL(kelp_conn_peer);

/**
 * kelp_conn_local() - address and port of the socket's own end
 * @conn: the connection
 *
 * Context: anywhere.
 * Return: as kelp_conn_peer().
 */
const struct sockaddr *kelp_conn_local(const struct kelp_conn *conn)
{
	return &conn->local.sa;
}
EXPORT_SYMBOL_GPL(kelp_conn_local);

/**
 * kelp_conn_close() - reset a connection
 * @conn: the connection
 *
 * Whatever it does, and soon, but not before this returns. What waits to be
 * sent is lost; see kelp_conn_close_sent().
 *
 * Context: anywhere.
 */
void kelp_conn_close(struct kelp_conn *conn)
{
	kelp_conn_set(conn, KELP_CONN_ABORT);
}
EXPORT_SYMBOL_GPL(kelp_conn_close);

/**
 * kelp_conn_ready() - have the protocol's on_ready called
 * @conn: the connection
 *
 * At least once behind this, in the worker, when all that waits to be sent has
 * been. Not when the connection ends first. What the caller wrote before is
 * seen by that call.
 *
 * Context: anywhere.
 */
void kelp_conn_ready(struct kelp_conn *conn)
{
	kelp_conn_set(conn, KELP_CONN_READY);
}
EXPORT_SYMBOL_GPL(kelp_conn_ready);

/**
 * kelp_conn_data() - a protocol's room in a connection
 * @conn: the connection
 *
 * Context: its callbacks, on_close too.
 * Return: KELP_CONN_DATA bytes, aligned for any type, zeroed before on_open.
 */
void *kelp_conn_data(struct kelp_conn *conn)
{
	return kelp_conn_priv(conn);
}
EXPORT_SYMBOL_GPL(kelp_conn_data);

/**
 * kelp_conn_state() - what its protocol's net_init made for the namespace
 * @conn: the connection; speaks a protocol
 *
 * Context: its callbacks, on_close too.
 * Return: what net_init returned.
 */
void *kelp_conn_state(const struct kelp_conn *conn)
{
	return conn->kn->proto_priv[conn->registered->slot];
}
EXPORT_SYMBOL_GPL(kelp_conn_state);

/**
 * kelp_conn_proto() - what a connection speaks
 * @conn: the connection
 *
 * Context: its callbacks.
 * Return: the protocol's name, or NULL before that is known.
 */
const char *kelp_conn_proto(const struct kelp_conn *conn)
{
	return conn->proto ? conn->proto->name : NULL;
}
EXPORT_SYMBOL_GPL(kelp_conn_proto);

/**
 * kelp_conn_set_proto() - speak another protocol from here on
 * @conn: the connection
 * @name: the protocol
 *
 * Called by the present protocol, which has released what its
 * kelp_conn_data() holds: its on_close is not called any more. The room is
 * zeroed, a timeout and a pause of the old one end, and the new one's on_open
 * is called before this returns. The new one gets the bytes behind those that
 * the old one's on_data takes, which may be none, and waits for
 * KELP_WAIT_IDLE. What was written is sent first.
 *
 * Context: its callbacks, in the middle of which the old protocol may stay.
 * Return: 0; -ENOENT when there is no such protocol (any more); -EBUSY when the
 * connection is being taken away.
 */
int kelp_conn_set_proto(struct kelp_conn *conn, const char *name)
{
	struct kelp_proto *proto;

	if (conn->hijack)
		return -EBUSY;
	proto = kelp_proto_find_name(name);
	if (!proto)
		return -ENOENT;
	kelp_proto_leave(conn);
	memset(conn->priv, 0, sizeof(conn->priv));
	clear_bit(KELP_CONN_READY, &conn->bits);
	conn->paused = false;
	conn->want_ready = false;
	conn->timeout = 0;
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	kelp_proto_enter(conn, proto);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_conn_set_proto);

/**
 * kelp_conn_timeout() - set a connection's own deadline
 * @conn: the connection
 * @ms: milliseconds, instead of the server's limit for what the protocol waits
 *	for, KELP_WAIT_ASYNC too, which has none; 0 for the server's again
 *
 * Counted, like the limits, from what kelp_conn_wait() says, in steps of 50 ms,
 * never too early. Limits for a peer that does not take what is sent stay.
 *
 * Context: its callbacks.
 */
void kelp_conn_timeout(struct kelp_conn *conn, unsigned int ms)
{
	conn->timeout = ms;
	/* only the worker can bring a deadline forward */
	kelp_conn_kick(conn);
}
EXPORT_SYMBOL_GPL(kelp_conn_timeout);

/**
 * kelp_conn_touch() - there is life in it: count the deadline anew
 * @conn: the connection
 *
 * Context: its callbacks.
 */
void kelp_conn_touch(struct kelp_conn *conn)
{
	WRITE_ONCE(conn->wait_since, jiffies);
}
EXPORT_SYMBOL_GPL(kelp_conn_touch);

/**
 * kelp_conn_pause() - stop reading, or go on
 * @conn: the connection
 * @pause: stop
 *
 * While it is paused on_data is not called, and the peer is held back when its
 * window is full. Say what it waits for, too: KELP_WAIT_ASYNC.
 *
 * Context: its callbacks. From elsewhere kelp_conn_ready(), and go on there.
 */
void kelp_conn_pause(struct kelp_conn *conn, bool pause)
{
	conn->paused = pause;
}
EXPORT_SYMBOL_GPL(kelp_conn_pause);

/**
 * kelp_conn_want_room() - have on_ready called when all was sent
 * @conn: the connection
 * @want: until this is called with false, whenever TCP has taken everything
 *
 * Context: its callbacks.
 */
void kelp_conn_want_room(struct kelp_conn *conn, bool want)
{
	conn->want_ready = want;
}
EXPORT_SYMBOL_GPL(kelp_conn_want_room);

/**
 * kelp_conn_close_sent() - close once everything written has been sent
 * @conn: the connection
 * @unread: part of the peer's message was not read, or more may follow that
 *	is not wanted: wait for its FIN, so that no reset overtakes the answer
 *
 * Context: socket lock.
 */
void kelp_conn_close_sent(struct kelp_conn *conn, bool unread)
{
	conn->closing = true;
	conn->unread |= unread;
}
EXPORT_SYMBOL_GPL(kelp_conn_close_sent);

/**
 * kelp_conn_wait() - say what the connection waits for
 * @conn: the connection
 * @wait: IDLE, HEADER, BODY or ASYNC
 *
 * The time for a head counts from its first byte, so repeating HEADER does not
 * restart it; the others restart.
 *
 * Context: socket lock.
 */
__kelp_hot
void kelp_conn_wait(struct kelp_conn *conn, enum kelp_wait wait)
{
	if (wait == KELP_WAIT_HEADER && conn->wait == KELP_WAIT_HEADER)
		return;
	conn->wait = wait;
	conn->wait_since = jiffies;
}
EXPORT_SYMBOL_GPL(kelp_conn_wait);

/**
 * kelp_conn_uses() - does a connection keep a protocol from going?
 * @conn: the connection
 * @proto: the protocol
 *
 * Context: any; a look without the lock, right or about to be wrong.
 * Return: true when it does.
 */
bool kelp_conn_uses(const struct kelp_conn *conn,
		    const struct kelp_proto *proto)
{
	return READ_ONCE(conn->registered) == proto ||
	       READ_ONCE(conn->hook_owner) == proto ||
	       READ_ONCE(conn->opening) == proto;
}
