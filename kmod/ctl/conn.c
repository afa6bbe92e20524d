// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command that lists connections. Process context; takes no lock of a
 * connection, so that looking never slows serving: the fields of an entry may
 * be of different moments.
 */
#include "ctl/ctl.h"

#include <linux/jiffies.h>
#include <linux/math64.h>

#include "net/conn.h"
#include "net/net.h"
#include "net/worker.h"

static const u8 kelp_ctl_conn_state[KELP_WAIT_COUNT] = {
	[KELP_WAIT_IDLE] = KELP_STATE_IDLE,
	[KELP_WAIT_HEADER] = KELP_STATE_HEADER,
	[KELP_WAIT_BODY] = KELP_STATE_BODY,
	[KELP_WAIT_ASYNC] = KELP_STATE_ASYNC,
	[KELP_WAIT_WRITE] = KELP_STATE_WRITE,
	[KELP_WAIT_LINGER] = KELP_STATE_LINGER,
};

static u64 kelp_ctl_ms_since(unsigned long then)
{
	return div_u64((u64)(jiffies - then) * MSEC_PER_SEC, HZ);
}

/* What it waits for, as seen from outside: an answer that waits comes first. */
static u8 kelp_ctl_conn_wait(const struct kelp_conn *conn)
{
	if (READ_ONCE(conn->txq_bytes))
		return KELP_WAIT_WRITE;
	if (READ_ONCE(conn->fin_sent))
		return KELP_WAIT_LINGER;
	return READ_ONCE(conn->wait);
}

/* Whom a balancer speaks for. It is written once, before requests are read. */
static int kelp_ctl_put_client(struct sk_buff *skb,
			       const struct kelp_addr *client)
{
	return nla_put(skb, KELP_A_CLIENT_ADDR, client->family == 4 ? 4 : 16,
		       client->ip) ?:
	       nla_put_be16(skb, KELP_A_CLIENT_PORT, htons(client->port));
}

/* A protocol's name goes with its module. */
static int kelp_ctl_put_proto(struct sk_buff *skb, const struct kelp_conn *conn)
{
	const struct kelp_proto_ops *proto;
	int err = 0;

	rcu_read_lock();
	proto = READ_ONCE(conn->proto);
	if (proto)
		err = nla_put_string(skb, KELP_A_PROTO, proto->name);
	rcu_read_unlock();
	return err;
}

static int kelp_ctl_conn_entry(struct sk_buff *skb, struct kelp_conn *conn)
{
	bool spoken = READ_ONCE(conn->proto);
	struct nlattr *entry = kelp_ctl_entry_start(skb);
	u8 wait = kelp_ctl_conn_wait(conn);
	u32 flags = 0;
	int err;

	if (READ_ONCE(conn->handed))
		flags |= KELP_CONN_FLAG_HANDED;
	if (READ_ONCE(conn->closing))
		flags |= KELP_CONN_FLAG_CLOSING;

	err = nla_put_u32(skb, KELP_A_ID, conn->id) ?:
	      kelp_ctl_put_addr(skb, &conn->local.sa, KELP_A_ADDR) ?:
	      kelp_ctl_put_addr(skb, &conn->peer.sa, KELP_A_PEER_ADDR) ?:
	      (spoken && conn->announced.family ?
	       kelp_ctl_put_client(skb, &conn->announced) : 0) ?:
	      kelp_ctl_put_proto(skb, conn) ?:
	      nla_put_u32(skb, KELP_A_STATE, kelp_ctl_conn_state[wait]) ?:
	      nla_put_u32(skb, KELP_A_FLAGS, flags) ?:
	      nla_put_u32(skb, KELP_A_CPU, conn->worker->cpu) ?:
	      kelp_ctl_put_u64(skb, KELP_A_AGE_MS,
			       kelp_ctl_ms_since(conn->opened)) ?:
	      kelp_ctl_put_u64(skb, KELP_A_WAIT_MS,
			       kelp_ctl_ms_since(READ_ONCE(conn->wait_since))) ?:
	      kelp_ctl_put_u64(skb, KELP_A_REQUESTS,
			       READ_ONCE(conn->requests)) ?:
	      kelp_ctl_put_u64(skb, KELP_A_RX_BYTES,
			       READ_ONCE(conn->rx_bytes)) ?:
	      kelp_ctl_put_u64(skb, KELP_A_TX_BYTES,
			       READ_ONCE(conn->tx_bytes)) ?:
	      kelp_ctl_put_u64(skb, KELP_A_QUEUED_BYTES,
			       READ_ONCE(conn->txq_bytes)) ?:
	      kelp_ctl_put_u64(skb, KELP_A_MEMORY, atomic_long_read(&conn->mem));
	return kelp_ctl_entry_end(skb, entry, err);
}

static int kelp_ctl_conn_fill(struct kelp_net *kn, struct sk_buff *skb,
			      u32 *cursor)
{
	unsigned long id = *cursor;
	struct kelp_conn *conn;
	int err;

	while ((conn = kelp_conn_next(kn, &id))) {
		err = kelp_ctl_conn_entry(skb, conn);
		kelp_conn_put(conn);
		if (err) {
			*cursor = id;
			return err;
		}
		if (id++ == U32_MAX)
			break;
	}
	return 0;
}

/**
 * kelp_ctl_conn_get() - KELP_CMD_CONN_GET
 * @skb: the request
 * @info: the request, parsed
 *
 * Context: process, may sleep.
 * Return: 0 or -errno.
 */
int kelp_ctl_conn_get(struct sk_buff *skb, struct genl_info *info)
{
	return kelp_ctl_list(info, kelp_ctl_conn_fill);
}
