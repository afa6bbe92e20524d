// SPDX-License-Identifier: GPL-2.0-only
/*
 * null_softirq - answers in the socket's callback, before the softirq that
 * received the request returns. The kthread only accepts and closes, and serves
 * what came while the socket was owned.
 */
#include "null_answer.c"

#define null_close false

static void null_kick(struct null_conn *conn);

static void null_data_ready(struct sock *sk)
{
	struct null_conn *conn = null_conn_of(sk);

	if (!conn || conn->busy)
		return;
	if (unlikely(sock_owned_by_user_nocheck(sk)))
		null_kick(conn);
	else
		null_serve(conn);
}

/*
 * TCP calls this when an ACK made room, last of all it does with the ACK, or in
 * the middle of our own send. Only answers are sent here: data that came with
 * the ACK is still being dealt with.
 */
static void null_room(struct null_conn *conn, struct sock *sk)
{
	if (conn->busy || !conn->owed)
		return;
	if (!sock_owned_by_user_nocheck(sk)) {
		conn->busy = true;
		null_send(conn);
		conn->busy = false;
		if (conn->owed && !conn->failed)
			return;
	}
	null_kick(conn);
}

#include "null_listen.c"

MODULE_DESCRIPTION("A constant answer from softirq, without parsing");
