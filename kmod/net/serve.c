// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serving a connection, in softirq or in its worker: flush what waits, take
 * messages out of the receive queue, let the protocol answer each, send.
 *
 * Rules of this path (kmod/ARCHITECTURE.md, "The fast path"): socket's
 * spinlock held, BH off, socket not owned by a process; nothing sleeps, logs,
 * arms a timer or writes a line that other CPUs write; the socket is neither
 * closed nor freed. It knows protocols through struct kelp_proto_ops only.
 */
#include "net/serve.h"

#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "hot.h"
#include "net/gather.h"
#include "net/hook.h"
#include "net/inbox.h"
#include "net/net.h"
#include "net/out.h"
#include "net/proxyline.h"
#include "net/txq.h"

/*
 * A worker serves this much before it looks at the next connection, and never
 * makes more answer than may wait on one.
 */
#define KELP_WORKER_REQUESTS 256
#define KELP_WORKER_BYTES (1 << 20)

static bool kelp_serve_stop(const struct kelp_run *run)
{
	const struct kelp_conn *conn = run->conn;

	return conn->stopped || !list_empty(&conn->txq) || kelp_run_spent(run);
}

/*
 * What a balancer says comes first. Returns the bytes taken. Kept out of the
 * path of every request.
 */
static noinline size_t kelp_serve_announced(struct kelp_conn *conn,
					    const u8 *data, size_t len)
{
	struct kelp_addr addr;
	int n = kelp_proxyline_parse(data, len, &addr);

	if (!n) {
		kelp_conn_wait(conn, KELP_WAIT_HEADER);
		return 0;
	}
	if (n < 0)
		kelp_stat_inc(conn->stats, KELP_STAT_PROXY_ERRORS);
	if (n < 0 || !kelp_conn_announce(conn, &addr)) {
		conn->failed = true;
		return 0;
	}
	kelp_conn_wait(conn, KELP_WAIT_IDLE);
	return n;
}

static bool kelp_serve_detect(struct kelp_conn *conn, const u8 *data,
			      size_t len)
{
	struct kelp_proto *proto;

	if (!len)
		return false;
	switch (kelp_proto_detect(data, len, &proto)) {
	case KELP_DETECT_YES:
		kelp_proto_enter(conn, proto);
		return true;
	case KELP_DETECT_NO:
		conn->failed = true;
		break;
	case KELP_DETECT_MORE:
		kelp_conn_wait(conn, KELP_WAIT_HEADER);
		break;
	}
	return false;
}

/*
 * No byte was taken, but now another protocol is to see them. It costs a
 * message: two that hand a connection to and fro come to an end.
 */
static bool kelp_serve_switched(struct kelp_run *run,
				const struct kelp_proto_ops *before)
{
	if (run->conn->proto == before)
		return false;
	run->requests--;
	return true;
}

/* Offer bytes to the protocol until it takes no more of them. */
__kelp_hot
static size_t kelp_serve_offer(struct kelp_run *run, const u8 *data, size_t len)
{
	struct kelp_conn *conn = run->conn;
	const struct kelp_proto_ops *proto;
	size_t taken = 0, n;

	if (unlikely(!conn->proto)) {
		if (conn->proxied)
			taken = kelp_serve_announced(conn, data, len);
		if (conn->proxied || conn->failed ||
		    !kelp_serve_detect(conn, data + taken, len - taken))
			return taken;
	}
	while (taken < len && !kelp_serve_stop(run)) {
		proto = conn->proto;
		n = proto->on_data(conn, run, data + taken, len - taken);
		if (!n && !kelp_serve_switched(run, proto))
			break;
		taken += n;
	}
	return taken;
}

/*
 * Bytes behind the beginning of a message that is being gathered. Returns how
 * many were taken from @data, which is all unless there is no memory.
 */
static size_t kelp_serve_gathered(struct kelp_run *run, const u8 *data,
				  size_t len)
{
	struct kelp_conn *conn = run->conn;
	size_t added, n;

	added = kelp_gather_add(conn, data, len);
	n = kelp_serve_offer(run, conn->gather, conn->gather_len);
	kelp_gather_take(conn, n);
	if (!n && conn->gather_len == KELP_GATHER_MAX && !kelp_serve_stop(run))
		conn->failed = true;	/* a message larger than allowed */
	return added;
}

static inline size_t kelp_serve_span(struct kelp_run *run, const u8 *data, size_t len)
{
	struct kelp_conn *conn = run->conn;
	size_t n;

	if (conn->gather_len)
		return kelp_serve_gathered(run, data, len);
	n = kelp_serve_offer(run, data, len);
	if (likely(n == len) || kelp_serve_stop(run))
		return n;
	/* The beginning of a message: softirq leaves it to the worker. */
	if (run->place == KELP_IN_SOFTIRQ)
		return n;
	kelp_stat_inc(conn->stats, KELP_STAT_GATHERS);
	return n + kelp_gather_add(conn, data + n, len - n);
}

/* The bytes of an skb if they lie in one place, as those of requests do. */
static const u8 *kelp_serve_whole(const struct sk_buff *skb)
{
	if (!skb_is_nonlinear(skb))
		return skb->data;
	if (IS_ENABLED(CONFIG_HIGHMEM) || skb_headlen(skb) ||
	    skb_has_frag_list(skb) || skb_shinfo(skb)->nr_frags != 1)
		return NULL;
	return skb_frag_address(&skb_shinfo(skb)->frags[0]);
}

/* Apart, so that others do not pay for the room on the stack, which is zeroed. */
static noinline size_t kelp_serve_pieces(struct kelp_run *run,
					 struct sk_buff *skb, u32 off)
{
	struct skb_seq_state st;
	size_t taken = 0, n;
	unsigned int len;
	const u8 *data;

	skb_prepare_seq_read(skb, off, skb->len, &st);
	while ((len = skb_seq_read(taken, &data, &st))) {
		n = kelp_serve_span(run, data, len);
		taken += n;
		if (n < len || kelp_serve_stop(run))
			break;
	}
	skb_abort_seq_read(&st);
	return taken;
}

/* Serve from one skb; returns the bytes that may be consumed. */
static size_t kelp_serve_skb(struct kelp_run *run, struct sk_buff *skb, u32 off)
{
	const u8 *data = kelp_serve_whole(skb);

	if (likely(data))
		return kelp_serve_span(run, data + off, skb->len - off);
	return kelp_serve_pieces(run, skb, off);
}

static inline void kelp_serve_consume(struct kelp_run *run, size_t len)
{
	struct kelp_conn *conn = run->conn;

	tcp_read_done(conn->sock->sk, len);
	conn->rx_bytes += len;
	kelp_stat_add(conn->stats, KELP_STAT_RX_BYTES, len);
}

/* The next skb that has bytes to be read, and where they begin; or NULL. */
static inline struct sk_buff *kelp_serve_next(struct kelp_conn *conn, u32 *off)
{
	struct sock *sk = conn->sock->sk;
	struct sk_buff *skb;

	if (skb_queue_empty(&sk->sk_receive_queue))
		return NULL;
	while ((skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, off))) {
		if (unlikely(tcp_sk(sk)->urg_data ||
			     !kelp_compat_skb_readable(skb))) {
			kelp_stat_inc(conn->stats, KELP_STAT_URGENT);
			conn->failed = true;
			return NULL;
		}
		if (likely(skb->len > *off))
			return skb;
		tcp_read_done(sk, 1);	/* nothing but the FIN */
	}
	return NULL;
}

/*
 * The same with a hook, in the worker: pieces go through it, and the protocol
 * gets what is gathered of the outcome.
 */
static void kelp_serve_hooked(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;
	u8 *piece = conn->hook->piece;
	struct sk_buff *skb;
	size_t n;
	u32 off;

	if (conn->hook->raw)
		kelp_hook_in_gathered(conn);
	while (!kelp_serve_stop(run)) {
		if (conn->gather_len)
			kelp_serve_gathered(run, NULL, 0);
		if (kelp_serve_stop(run))
			return;
		skb = kelp_serve_next(conn, &off);
		if (!skb)
			return;
		n = min_t(size_t, skb->len - off, KELP_HOOK_PIECE);
		if (skb_copy_bits(skb, off, piece, n)) {
			conn->failed = true;
			return;
		}
		kelp_serve_consume(run, n);
		kelp_hook_in(conn, piece, n);
	}
}

/*
 * Does the FIN ride on what is sent now? Not when the request came with the SYN:
 * TCP sends it when the handshake is complete, and the answer shall not wait.
 */
static bool kelp_serve_fin_follows(const struct kelp_conn *conn)
{
	return conn->closing && conn->sock->sk->sk_state != TCP_SYN_RECV;
}

__kelp_hot
static void kelp_serve_receive(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;
	struct sock *sk = conn->sock->sk;
	struct sk_buff *skb;
	size_t avail, n;
	u32 off;

	if (conn->gather_len && !kelp_serve_stop(run))
		kelp_serve_gathered(run, NULL, 0);

	while (!kelp_serve_stop(run)) {
		skb = kelp_serve_next(conn, &off);
		if (!skb)
			return;
		avail = skb->len - off;
		n = kelp_serve_skb(run, skb, off);
		/* Send first: the ACK of these bytes rides on the answer. */
		if (n < avail || skb_queue_is_last(&sk->sk_receive_queue, skb))
			kelp_out_flush(run, kelp_serve_fin_follows(conn));
		if (n)
			kelp_serve_consume(run, n);
		if (n < avail)
			return;
	}
}

/* Read and forget: the connection is closing. */
static void kelp_serve_discard(struct kelp_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	struct sk_buff *skb;
	u32 off;

	kelp_gather_take(conn, conn->gather_len);
	while ((skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, &off)))
		tcp_read_done(sk, max_t(size_t, skb->len - off, 1));
}

/*
 * All answers are with TCP: half-close. After a send with MSG_MORE the FIN
 * rides on the last segment.
 */
static void kelp_serve_fin(struct kelp_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	conn->fin_sent = true;
	conn->tx_since = jiffies;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk->sk_prot->shutdown(sk, SEND_SHUTDOWN);
}

/*
 * Between two messages with nothing to do. In the middle of a message it is
 * not: another deadline holds than the one for idle connections, and only the
 * worker can bring a deadline forward. While answers are made elsewhere there
 * is none, and the worker will write them.
 */
static bool kelp_serve_drained(const struct kelp_conn *conn)
{
	return (conn->wait == KELP_WAIT_IDLE ||
		conn->wait == KELP_WAIT_ASYNC) && list_empty(&conn->txq) &&
	       !conn->gather_len && !conn->stopped && !conn->want_ready &&
	       !test_bit(KELP_CONN_DRAIN, &conn->bits) &&
	       skb_queue_empty(&conn->sock->sk->sk_receive_queue);
}

static void kelp_serve_once(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;
	bool reads = true;

	if (!list_empty(&conn->txq))
		kelp_txq_send(conn, run->out, false);
	if (unlikely(run->place == KELP_IN_WORKER)) {
		reads = kelp_inbox_serve(run);
		if (conn->hook && !conn->closing && reads) {
			kelp_serve_hooked(run);
			reads = false;
		}
	}
	if (!conn->closing && reads)
		kelp_serve_receive(run);
	kelp_out_flush(run, kelp_serve_fin_follows(conn));
}

/**
 * kelp_serve() - serve a connection
 * @conn: the connection
 * @place: in softirq (or under the same conditions) or in its worker
 *
 * Context: socket's spinlock held, BH off, socket not owned, RCU reader (as all
 *	who receive from the network).
 * Return: true when it is drained; otherwise it has to be handed over to (or
 *	stay with) its worker.
 */
__kelp_hot
bool kelp_serve(struct kelp_conn *conn, enum kelp_place place)
{
	struct kelp_run run = {
		.conn = conn, .place = place, .open = conn->midway,
	};
	const u64 *limits;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "kelp: serving needs RCU");
	run.out = kelp_out_begin();
	if (unlikely(!run.out))
		return false;
	conn->run = &run;
	limits = kelp_net_limits(conn->kn);
	if (place == KELP_IN_SOFTIRQ) {
		run.requests = limits[KELP_LIMIT_BUDGET_REQUESTS];
		run.bytes = limits[KELP_LIMIT_BUDGET_BYTES];
		kelp_stat_inc(conn->stats, KELP_STAT_SOFTIRQ);
	} else {
		run.requests = KELP_WORKER_REQUESTS;
		run.bytes = min_t(u64, KELP_WORKER_BYTES,
				  limits[KELP_LIMIT_QUEUE]);
		kelp_stat_inc(conn->stats, KELP_STAT_WORKER);
	}

	do {
		conn->more = false;
		kelp_serve_once(&run);
	} while (conn->more && !kelp_serve_stop(&run));
	if (conn->closing && !conn->failed) {
		if (!conn->fin_sent && list_empty(&conn->txq) &&
		    kelp_inbox_shut(conn))
			kelp_serve_fin(conn);
		kelp_serve_discard(conn);
	}
	conn->again = conn->gather_len && kelp_run_spent(&run);
	conn->midway = run.open;
	conn->run = NULL;
	kelp_out_end(run.out);
	return kelp_serve_drained(conn);
}
