// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a connection away: when everything was given to TCP, its worker ends
 * it as always, but the socket is not released: it goes, with its callbacks as
 * they were before kelp, to whoever wanted it, in the dispatcher. Until that
 * one has returned the namespace counts it as a connection: nothing else keeps
 * the namespace of a kernel socket.
 */
#include "net/hijack.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "net/conn.h"
#include "net/dispatch.h"
#include "net/net.h"
#include "stats/census.h"

/**
 * struct kelp_hijack - a connection that is being taken away
 * @work: tells whoever wanted it
 * @owner: a reference is held; set once, as @taken and @arg
 * @taken: whom to tell
 * @arg: passed to @taken
 * @kn: the server, whose count of connections includes this; a reference is
 *	held; set in teardown, as the following
 * @sock: the socket; NULL when the connection ended before
 * @data: bytes that were read and not taken by the protocol; allocated
 * @len: how many
 *
 * Socket lock until teardown, then the worker's, then the dispatcher's.
 */
struct kelp_hijack {
	struct work_struct work;
	struct kelp_proto *owner;
	void (*taken)(struct socket *sock, const void *data, size_t len,
		      void *arg);
	void *arg;
	struct kelp_net *kn;
	struct socket *sock;
	u8 *data;
	size_t len;
};

static void kelp_hijack_work(struct work_struct *work)
{
	struct kelp_hijack *hijack = container_of(work, struct kelp_hijack,
						  work);
	struct kelp_proto *owner = hijack->owner;
	struct kelp_net *kn = hijack->kn;

	hijack->taken(hijack->sock, hijack->data, hijack->len, hijack->arg);
	if (hijack->sock && atomic_dec_and_test(&kn->nr_conns))
		wake_up_all(&kn->idle);
	kelp_net_put(kn);
	kfree(hijack->data);
	kfree(hijack);
	kelp_census_sub(KELP_CENSUS_HIJACK);
	kelp_proto_put(owner);
}

/**
 * kelp_conn_hijack() - take a connection away from kelp
 * @conn: the connection; has no hook
 * @owner: whose code @taken is, registered
 * @taken: gets the socket, in the dispatcher, where it may sleep; called
 *	exactly once. @data holds the @len bytes that came in a piece and that
 *	the protocol has not taken; what came after them is in the socket. They
 *	are good during the call. @sock is NULL when the connection ended before
 * @arg: passed to @taken
 *
 * From here on nothing is read. When all that was written, messages too, is
 * with TCP, on_close is called, kelp forgets the connection, and @taken has the
 * socket: established, or closed by the peer in the meantime; its callbacks are
 * those from before kelp, its user data NULL; who has it releases it. It keeps
 * the options that kelp set: no delay, allocations that do not sleep, the time
 * in which the peer has to acknowledge.
 *
 * The socket holds no reference on its namespace, whose end waits for @taken
 * only: whoever keeps it longer takes a reference (get_net()), or releases it
 * in pernet operations of its own.
 *
 * Context: its callbacks (kelp/conn.h).
 * Return: 0; -EBUSY when it has a hook, is closing, or is being taken away
 * already; -ENOENT when the owner is not registered (any more); -ENOMEM.
 */
int kelp_conn_hijack(struct kelp_conn *conn, const struct kelp_proto_ops *owner,
		     void (*taken)(struct socket *sock, const void *data,
				   size_t len, void *arg), void *arg)
{
	struct kelp_hijack *hijack;

	if (conn->hook || conn->hijack || conn->closing || conn->failed)
		return -EBUSY;
	hijack = kzalloc(sizeof(*hijack), GFP_ATOMIC | __GFP_NOWARN);
	if (!hijack)
		return -ENOMEM;
	hijack->owner = kelp_proto_find(owner);
	if (!hijack->owner) {
		kfree(hijack);
		return -ENOENT;
	}
	kelp_census_add(KELP_CENSUS_HIJACK);
	INIT_WORK(&hijack->work, kelp_hijack_work);
	hijack->taken = taken;
	hijack->arg = arg;
	conn->hijack = hijack;
	/* what it waits for is that TCP takes the rest */
	conn->handed = true;
	conn->paused = true;
	conn->timeout = 0;
	kelp_conn_wait(conn, KELP_WAIT_ASYNC);
	kelp_conn_kick(conn);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_conn_hijack);

/**
 * kelp_hijack_is_due() - is it time to give the socket away?
 * @conn: the connection
 *
 * Context: socket lock.
 * Return: true when somebody wants it, and everything was given to TCP.
 */
bool kelp_hijack_is_due(const struct kelp_conn *conn)
{
	int state = conn->sock->sk->sk_state;

	return conn->hijack && list_empty(&conn->txq) &&
	       !kelp_inbox_is_busy(conn) &&
	       (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT);
}

static void hijack_queue(struct kelp_conn *conn)
{
	struct kelp_hijack *hijack = conn->hijack;

	conn->hijack = NULL;
	hijack->kn = kelp_net_get(conn->kn);
	kelp_dispatch_call(&hijack->work);
}

/**
 * kelp_hijack_deliver() - give the socket away
 * @conn: a connection at the end of its teardown; its place in the count of
 *	connections goes along
 *
 * Context: owning worker, in teardown.
 */
void kelp_hijack_deliver(struct kelp_conn *conn)
{
	struct kelp_hijack *hijack = conn->hijack;

	hijack->sock = conn->sock;
	hijack->data = conn->gather;
	hijack->len = conn->gather_len;
	kelp_conn_mem_uncharge(conn, conn->gather_cap);
	conn->gather = NULL;
	conn->gather_len = 0;
	conn->gather_cap = 0;
	hijack_queue(conn);
}

/**
 * kelp_hijack_fail() - the connection has ended before
 * @conn: a connection, wanted by somebody or not
 *
 * Context: owning worker, in teardown.
 */
void kelp_hijack_fail(struct kelp_conn *conn)
{
	if (conn->hijack)
		hijack_queue(conn);
}
