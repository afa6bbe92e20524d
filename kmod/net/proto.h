/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a protocol is to the engine, and what the engine is to a protocol.
 * net/ knows protocols through struct kelp_proto_ops only.
 */
#ifndef KELP_NET_PROTO_H
#define KELP_NET_PROTO_H

#include <linux/types.h>

struct kelp_conn;
struct kelp_net;
struct kelp_run;

enum kelp_detect {
	KELP_DETECT_NO,
	KELP_DETECT_MORE,
	KELP_DETECT_YES,
};

/**
 * enum kelp_wait - what a connection waits for, hence which limit holds
 * @KELP_WAIT_IDLE: the next message
 * @KELP_WAIT_HEADER: the rest of a message's head; counted from its start
 * @KELP_WAIT_BODY: more of a message's body; counted from the last read
 * @KELP_WAIT_ASYNC: an answer made elsewhere; no deadline of the engine's
 * @KELP_WAIT_WRITE: that the peer takes the answer; counted from the last
 *	progress
 * @KELP_WAIT_LINGER: the peer's half of the close; counted from when it had
 *	acknowledged everything
 * @KELP_WAIT_COUNT: how many there are
 */
enum kelp_wait {
	KELP_WAIT_IDLE,
	KELP_WAIT_HEADER,
	KELP_WAIT_BODY,
	KELP_WAIT_ASYNC,
	KELP_WAIT_WRITE,
	KELP_WAIT_LINGER,
	KELP_WAIT_COUNT,
};

/**
 * struct kelp_proto_ops - a protocol
 * @name: as statistics and `conn show` spell it
 * @fallback: takes the bytes that no other protocol claims
 * @net_init: make per-namespace state; returns it or an ERR_PTR. May sleep
 * @net_exit: the namespace goes; no connection is left. May sleep
 * @detect: judge the first @len (1 to 4) bytes of a connection
 * @on_open: the connection now speaks this protocol; set up kelp_conn_priv()
 * @on_data: take messages out of @data; see below
 * @on_ready: an answer made elsewhere arrived (kelp_conn_ready()), or the
 *	transmit queue ran empty while kelp_conn.want_ready is set
 * @on_timeout: the deadline passed; may write a last answer. The connection
 *	is closed afterwards in any case
 * @on_close: no further callback follows; release what priv holds
 *
 * detect, on_open, on_data, on_ready and on_timeout run with the socket's
 * spinlock held and BH off, in softirq or in the owning worker, as
 * kelp_run.place says: they must not sleep. on_close runs in the owning
 * worker without locks and may sleep briefly.
 *
 * on_data is given contiguous bytes and returns how many it took. What it
 * leaves is the beginning of a message and comes back with more bytes behind
 * it, perhaps at another address. It leaves everything when kelp_conn.paused
 * is set. Taking part of a body as it comes is taking, not leaving.
 */
struct kelp_proto_ops {
	const char *name;
	bool fallback;
	void *(*net_init)(struct kelp_net *kn);
	void (*net_exit)(struct kelp_net *kn, void *priv);
	enum kelp_detect (*detect)(const u8 *data, size_t len);
	void (*on_open)(struct kelp_conn *conn);
	size_t (*on_data)(struct kelp_conn *conn, struct kelp_run *run,
			  const u8 *data, size_t len);
	void (*on_ready)(struct kelp_conn *conn, struct kelp_run *run);
	void (*on_timeout)(struct kelp_conn *conn, struct kelp_run *run,
			   enum kelp_wait wait);
	void (*on_close)(struct kelp_conn *conn);
};

int kelp_proto_register(const struct kelp_proto_ops *ops);
void kelp_proto_unregister_all(void);
int kelp_proto_net_init(struct kelp_net *kn);
void kelp_proto_net_exit(struct kelp_net *kn);
enum kelp_detect kelp_proto_detect(const u8 *data, size_t len,
				   const struct kelp_proto_ops **ops);

#endif
