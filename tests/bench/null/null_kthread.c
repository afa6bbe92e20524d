// SPDX-License-Identifier: GPL-2.0-only
/*
 * null_kthread - every event of a connection wakes the kthread of its CPU,
 * which answers. What kernel servers usually do. With close=1 it ends the
 * connection behind the first answer as they usually do, too: it releases the
 * socket and hopes that the last byte arrives.
 */
#include "null_answer.c"

static bool null_close;
module_param_named(close, null_close, bool, 0444);
MODULE_PARM_DESC(close, "close each connection behind its first answer (N)");

static void null_kick(struct null_conn *conn);

static void null_data_ready(struct sock *sk)
{
	struct null_conn *conn = null_conn_of(sk);

	if (conn && !conn->busy)
		null_kick(conn);
}

static void null_room(struct null_conn *conn, struct sock *sk)
{
	if (!conn->busy && conn->owed)
		null_kick(conn);
}

#include "null_listen.c"

MODULE_DESCRIPTION("A constant answer from a kthread per CPU, without parsing");
