// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call: running its method, and what the method may ask about it. In softirq,
 * in the worker or in the dispatcher, as the method's flags say.
 */
#include "rpc/call.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/clock.h>
#include <linux/string.h>

#include "hot.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/gate.h"
#include "net/net.h"
#include "net/out.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "rpc/state.h"
#include "rpc/task.h"

/**
 * rpc_call_init() - begin a call
 * @call: the call; everything of it is set but kelp_call.priv
 * @kn: the server
 * @method: what is called
 * @run: the invocation when it is answered in place, else NULL
 *
 * Context: any.
 */
__kelp_hot
void rpc_call_init(struct kelp_call *call, struct kelp_net *kn,
		   const struct rpc_method *method, struct kelp_run *run)
{
	memset(call, 0, offsetof(struct kelp_call, reply.text));
	memset(call->priv, 0, sizeof(call->priv));
	call->kn = kn;
	call->rpc = kelp_rpc_of(kn);
	call->method = method;
	call->run = run;
	/* behind another one: it came with that one, whose end was just now */
	call->arrived = run && run->clock ? run->clock : local_clock();
	rpc_method_begin(method);
}

/**
 * rpc_call_exit() - the call is over
 * @call: the call
 *
 * Context: any in which kvfree() may be called.
 */
__kelp_hot
void rpc_call_exit(struct kelp_call *call)
{
	u64 now = rpc_method_end(call->method, call->arrived, call->reply.code);

	if (call->run)
		call->run->clock = now;
	rpc_answer_drop(call);
}

/**
 * rpc_call_forget() - the method is called once more: as if it had not been
 * @call: the call
 *
 * Context: any in which kvfree() may be called.
 */
void rpc_call_forget(struct kelp_call *call)
{
	rpc_answer_drop(call);
	memset(&call->reply, 0, offsetof(struct rpc_reply, text));
	memset(call->priv, 0, sizeof(call->priv));
}

/**
 * rpc_call_timeout() - the caller waits no longer than that
 * @call: the call
 * @ms: milliseconds from now
 *
 * Context: any.
 */
void rpc_call_timeout(struct kelp_call *call, s64 ms)
{
	call->expires = ktime_get_ns() + ms * NSEC_PER_MSEC;
}

/**
 * rpc_call_expired() - has the caller stopped waiting?
 * @call: the call
 *
 * Context: any.
 * Return: true when it is in vain to go on.
 */
bool rpc_call_expired(const struct kelp_call *call)
{
	return call->expires && ktime_get_ns() >= call->expires;
}

static void call_fail_errno(struct kelp_call *call, int err)
{
	switch (err) {
	case -EINVAL:
	case -EBADMSG:
		kelp_call_fail(call, KELP_RPC_EREQUEST,
			       "the request is not what the method takes");
		break;
	case -EBUSY:
	case -EAGAIN:
		kelp_call_fail(call, KELP_RPC_ELIMIT, "too busy, try again");
		break;
	case -ETIMEDOUT:
		kelp_call_fail(call, KELP_RPC_ERPCTIMEDOUT, "took too long");
		break;
	default:
		kelp_call_fail(call, KELP_RPC_EINTERNAL,
			       "the method failed with error %d", -err);
	}
}

/**
 * rpc_call_run() - call the method
 * @call: the call; its request is complete
 *
 * Context: as the method's flags say.
 * Return: 0 when the answer is made, KELP_CALL_LATER, or KELP_CALL_SLEEP when
 * the method has to be called in the dispatcher.
 */
__kelp_hot
int rpc_call_run(struct kelp_call *call)
{
	int ret = call->method->def->call(call);

	if (likely(!ret))
		return 0;
	if (ret == KELP_CALL_LATER && call->task &&
	    call->method->def->flags & KELP_METHOD_LATER)
		return ret;
	if (ret == KELP_CALL_SLEEP && !kelp_call_may_sleep(call))
		return ret;
	if (WARN_ON_ONCE(ret > 0))
		ret = -EIO;
	if (!call->reply.code)
		call_fail_errno(call, ret);
	return 0;
}

/**
 * rpc_call_bound() - is the answer too large to be sent?
 * @call: the call; its answer is made. If so it is an error afterwards
 *
 * Context: any.
 */
__kelp_hot
void rpc_call_bound(struct kelp_call *call)
{
	const struct rpc_reply *reply = &call->reply;
	size_t len = reply->len + reply->attachment_len;
	u64 most;

	/* the limit is never less */
	if (likely(len <= RPC_REPLY_IN_PLACE))
		return;
	most = kelp_net_limit(call->kn, KELP_LIMIT_RPC_QUEUE);
	if (unlikely(len > most))
		kelp_call_fail(call, KELP_RPC_ERESPONSE,
			       "a reply of more than %llu bytes", most);
}

/**
 * rpc_call_offers() - may a service be called where this call came?
 * @call: the call
 * @service: its full name
 *
 * Context: the method, until the call is answered.
 * Return: true when the connection's listener offers it.
 */
bool rpc_call_offers(const struct kelp_call *call, const char *service)
{
	const struct kelp_conn *conn = call->task ? call->task->conn :
						    call->run->conn;

	return kelp_gate_offers(conn ? conn->gate : NULL, service);
}

/* What a method may ask */

/**
 * kelp_call_message() - the request's message
 * @call: the call
 * @len: set to its bytes
 *
 * Context: the method, until the call is answered.
 * Return: the first byte; not NULL, though there may be none.
 */
__kelp_hot
const void *kelp_call_message(const struct kelp_call *call, size_t *len)
{
	*len = call->message_len;
	return call->message;
}
EXPORT_SYMBOL_GPL(kelp_call_message);

/**
 * kelp_call_attachment_len() - how long is the request's attachment?
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: bytes, 0 when there is none.
 */
size_t kelp_call_attachment_len(const struct kelp_call *call)
{
	return call->attachment_len;
}
EXPORT_SYMBOL_GPL(kelp_call_attachment_len);

/**
 * kelp_call_attachment() - look at the request's attachment
 * @call: the call
 * @off: where in it
 * @len: set to the bytes that lie in one piece there, at least 1
 *
 * A large attachment lies in pieces: go on at @off + @len.
 *
 * Context: the method, until the call is answered.
 * Return: the bytes, or NULL at the end of the attachment.
 */
const void *kelp_call_attachment(const struct kelp_call *call, size_t off,
				 size_t *len)
{
	const struct rpc_piece *piece;
	const struct bio_vec *bv;
	unsigned int i;

	if (off >= call->attachment_len)
		return NULL;
	if (!call->pieces) {
		*len = call->attachment_len - off;
		return call->attachment + off;
	}
	off += call->pieces_off;
	list_for_each_entry(piece, call->pieces, node) {
		for (i = 0; i < piece->blob->nr; i++) {
			bv = &piece->blob->bv[i];
			if (off < bv->bv_len) {
				*len = bv->bv_len - off;
				return page_address(bv->bv_page) + off;
			}
			off -= bv->bv_len;
		}
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(kelp_call_attachment);

/**
 * kelp_call_user_field() - a field that the caller added
 * @call: the call
 * @name: the field's name
 * @len: set to the bytes of its value
 *
 * Context: the method, until the call is answered.
 * Return: the value, not terminated, or NULL.
 */
const char *kelp_call_user_field(const struct kelp_call *call,
				 const char *name, size_t *len)
{
	struct kelp_wire_meta meta = { .users = call->user_fields };
	struct kelp_pb_span key, value;
	const char *found = NULL;
	struct kelp_pb it;

	if (!call->user_fields.len)
		return NULL;
	kelp_wire_user_init(&it, &meta);
	while (kelp_wire_user_next(&it, &key, &value) > 0) {
		if (key.len != strlen(name) || memcmp(key.data, name, key.len))
			continue;
		found = value.data ? (const char *)value.data : "";
		*len = value.len;
	}
	return found;
}
EXPORT_SYMBOL_GPL(kelp_call_user_field);

/**
 * kelp_call_log_id() - the number by which the caller's logs know the call
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: the number, 0 when it gave none.
 */
u64 kelp_call_log_id(const struct kelp_call *call)
{
	return call->log_id;
}
EXPORT_SYMBOL_GPL(kelp_call_log_id);

/**
 * kelp_call_time_left() - how long will the caller wait?
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: nanoseconds, at least 0; S64_MAX when it did not say.
 */
s64 kelp_call_time_left(const struct kelp_call *call)
{
	u64 now = ktime_get_ns();

	if (!call->expires)
		return S64_MAX;
	return now < call->expires ? call->expires - now : 0;
}
EXPORT_SYMBOL_GPL(kelp_call_time_left);

/**
 * kelp_call_cancelled() - is the work in vain?
 * @call: the call
 *
 * Methods that take long ask now and then.
 *
 * Context: the method, until the call is answered.
 * Return: true when nobody waits for the answer any more.
 */
bool kelp_call_cancelled(const struct kelp_call *call)
{
	return (call->task && READ_ONCE(call->task->cancelled)) ||
	       rpc_call_expired(call);
}
EXPORT_SYMBOL_GPL(kelp_call_cancelled);

/**
 * kelp_call_may_sleep() - is this the dispatcher?
 * @call: the call
 *
 * Context: the method, until it returns.
 * Return: true when it may sleep, and allocate with GFP_KERNEL.
 */
__kelp_hot
bool kelp_call_may_sleep(const struct kelp_call *call)
{
	return call->task && call->task->sleeps;
}
EXPORT_SYMBOL_GPL(kelp_call_may_sleep);

/**
 * kelp_call_net() - whose server is it?
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: the server of the namespace in which the call came.
 */
struct kelp_net *kelp_call_net(const struct kelp_call *call)
{
	return call->kn;
}
EXPORT_SYMBOL_GPL(kelp_call_net);

/**
 * kelp_call_state() - what the service keeps for this namespace
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: what kelp_service.net_init() returned, NULL when it has none.
 */
__kelp_hot
void *kelp_call_state(const struct kelp_call *call)
{
	void *state;

	rcu_read_lock();
	rpc_state_find(call->rpc, call->method->service, &state);
	rcu_read_unlock();
	return state;
}
EXPORT_SYMBOL_GPL(kelp_call_state);

/**
 * kelp_call_priv() - memory for the method
 * @call: the call
 *
 * Context: the method, until the call is answered.
 * Return: KELP_CALL_PRIV bytes, zero at first.
 */
void *kelp_call_priv(struct kelp_call *call)
{
	return call->priv;
}
EXPORT_SYMBOL_GPL(kelp_call_priv);
