// SPDX-License-Identifier: GPL-2.0-only
/*
 * May a call be made? Looked at before anything is done for it, under the socket
 * lock with BH off, an RCU reader.
 */
#include "rpc/admit.h"

#include <linux/errno.h>
#include <linux/minmax.h>

#include "hot.h"
#include "kelp/service.h"
#include "net/conn.h"
#include "net/gate.h"
#include "net/net.h"
#include "net/out.h"
#include "rpc/rpc.h"
#include "rpc/send.h"
#include "rpc/service.h"

/* Bytes that are said of a name. */
#define ADMIT_NAME 32

/* Names are any bytes, and as long as the meta; what is said is UTF-8. */
static void admit_name(const struct kelp_pb_span *name,
		       char text[ADMIT_NAME + 1])
{
	size_t len = min_t(size_t, name->len, ADMIT_NAME), i;

	for (i = 0; i < len; i++)
		text[i] = name->data[i] >= ' ' && name->data[i] < 0x7f ?
				  name->data[i] : '?';
	text[len] = '\0';
}

static void admit_unknown(struct kelp_run *run,
			  const struct kelp_wire_meta *meta)
{
	char service[ADMIT_NAME + 1], method[ADMIT_NAME + 1];

	admit_name(&meta->service, service);
	admit_name(&meta->method, method);
	rpc_send_error(run, meta->correlation_id, KELP_RPC_ENOMETHOD,
		       "no method %s/%s here", service, method);
}

static bool admit_form(struct kelp_run *run, struct rpc_frame *f)
{
	const struct kelp_wire_meta *meta = &f->meta;
	int sum = kelp_wire_checksum(meta, &f->crc);
	const char *why = NULL;

	f->checksum = sum > 0;
	if (unlikely(sum < 0))
		why = "a checksum of another kind than CRC-32C";
	else if (unlikely(meta->content_type != KELP_RPC_CONTENT_PB))
		why = "the payload has to be a Protocol Buffers message";
	else if (unlikely(meta->compress_type &&
			  meta->compress_type != KELP_RPC_COMPRESS_GZIP &&
			  meta->compress_type != KELP_RPC_COMPRESS_ZLIB))
		why = "compressed otherwise than by gzip or zlib";
	if (likely(!why))
		return true;
	rpc_send_error(run, meta->correlation_id, KELP_RPC_EREQUEST, "%s", why);
	return false;
}

/* Once per connection; whoever does not know the secret has no second try. */
static bool admit_caller(struct kelp_conn *conn, struct kelp_run *run,
			 const struct kelp_wire_meta *meta)
{
	struct rpc_conn *rc = kelp_conn_priv(conn);

	if (likely(rc->proven))
		return true;
	rc->proven = kelp_gate_knows(conn->gate, meta->authentication.data,
				     meta->authentication.len);
	if (likely(rc->proven))
		return true;
	kelp_stat_inc(conn->stats, KELP_STAT_RPC_UNPROVEN);
	rpc_send_error(run, meta->correlation_id, KELP_RPC_ERPCAUTH,
		       "the secret is missing or wrong");
	kelp_conn_close_sent(conn, true);
	return false;
}

/**
 * rpc_admit() - may this call be made?
 * @conn: the connection
 * @run: the invocation
 * @f: the frame; its method is set
 *
 * Context: socket lock, BH off, RCU reader.
 * Return: false when not: the call is answered.
 */
__kelp_hot
bool rpc_admit(struct kelp_conn *conn, struct kelp_run *run,
	       struct rpc_frame *f)
{
	const struct kelp_wire_meta *meta = &f->meta;
	struct rpc_conn *rc = kelp_conn_priv(conn);

	if (unlikely(READ_ONCE(conn->kn->draining))) {
		rpc_send_error(run, meta->correlation_id, KELP_RPC_ELOGOFF,
			       "the server is about to stop");
		return false;
	}
	/* before all else: who does not know it learns no names either */
	if (unlikely(!admit_caller(conn, run, meta)))
		return false;
	f->method = rpc_method_find(&rc->hint,
				    meta->service.data, meta->service.len,
				    meta->method.data, meta->method.len);
	if (unlikely(!f->method ||
		     !kelp_gate_offers(conn->gate,
				       f->method->service->def->name))) {
		admit_unknown(run, meta);
		return false;
	}
	return admit_form(run, f);
}
