// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making the answer: what a method calls, wherever it runs. In place the reply
 * is written to the CPU's room from which it is sent; otherwise memory is taken,
 * which is charged to the server and goes when the answer is written.
 */
#include "rpc/call.h"

#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "hot.h"
#include "net/net.h"
#include "net/out.h"
#include "rpc/task.h"

/* More than any peer takes. */
#define RPC_REPLY_MOST (64UL << 20)

static void *answer_alloc(struct kelp_net *kn, size_t len, gfp_t gfp)
{
	void *room;

	if (len > RPC_REPLY_MOST)
		return NULL;
	if (!kelp_net_mem_charge(kn, len)) {
		kelp_stat_inc(kn->stats, KELP_STAT_MEM_REFUSED);
		return NULL;
	}
	if (gfpflags_allow_blocking(gfp))
		room = kvmalloc(len, gfp);
	else
		room = kmalloc(len, gfp | __GFP_NOWARN);
	if (!room) {
		kelp_stat_inc(kn->stats, KELP_STAT_NOMEM);
		kelp_net_mem_uncharge(kn, len);
	}
	return room;
}

static void reply_drop(struct kelp_call *call)
{
	struct rpc_reply *reply = &call->reply;

	if (reply->owned) {
		kvfree(reply->data - RPC_HEAD_ROOM);
		kelp_net_mem_uncharge(call->kn, RPC_HEAD_ROOM + reply->room);
	}
	reply->owned = false;
	reply->data = NULL;
	reply->len = 0;
	reply->room = 0;
}

static void attachment_drop(struct kelp_call *call)
{
	struct rpc_reply *reply = &call->reply;

	if (reply->attachment) {
		kvfree(reply->attachment);
		kelp_net_mem_uncharge(call->kn, reply->attachment_len);
	}
	reply->attachment = NULL;
	reply->attachment_len = 0;
	reply->echo = false;
}

/**
 * rpc_answer_drop() - forget message and attachment of an answer
 * @call: the call
 *
 * Context: any in which kvfree() may be called.
 */
__kelp_hot
void rpc_answer_drop(struct kelp_call *call)
{
	reply_drop(call);
	attachment_drop(call);
}

/**
 * kelp_call_reply() - room for the reply's message
 * @call: the call; what was asked for before is dropped
 * @len: bytes, at most 64 MiB
 * @gfp: how to allocate; in place, up to 4 KiB need no memory
 *
 * Afterwards the reply has @len bytes: write all of them, or
 * kelp_call_reply_trim().
 *
 * Context: the method; what @gfp allows.
 * Return: where to write, or NULL without memory.
 */
__kelp_hot
void *kelp_call_reply(struct kelp_call *call, size_t len, gfp_t gfp)
{
	struct rpc_reply *reply = &call->reply;
	u8 *room;

	reply_drop(call);
	if (call->run && len <= RPC_REPLY_IN_PLACE) {
		kelp_out_reserve(call->run, RPC_HEAD_ROOM + len);
		room = kelp_out_alloc(call->run, RPC_HEAD_ROOM + len);
	} else {
		room = answer_alloc(call->kn, RPC_HEAD_ROOM + len, gfp);
		if (!room)
			return NULL;
		reply->owned = true;
	}
	reply->data = room + RPC_HEAD_ROOM;
	reply->len = len;
	reply->room = len;
	return reply->data;
}
EXPORT_SYMBOL_GPL(kelp_call_reply);

/**
 * kelp_call_reply_trim() - the reply is shorter than its room
 * @call: the call
 * @len: bytes that were written, at most what was asked for
 *
 * Context: the method.
 */
void kelp_call_reply_trim(struct kelp_call *call, size_t len)
{
	if (!WARN_ON_ONCE(len > call->reply.room))
		call->reply.len = len;
}
EXPORT_SYMBOL_GPL(kelp_call_reply_trim);

/**
 * kelp_call_reply_bytes() - reply with a message that is there
 * @call: the call
 * @data: the message; copied
 * @len: its bytes
 * @gfp: as for kelp_call_reply()
 *
 * Context: the method; what @gfp allows.
 * Return: 0 or -ENOMEM.
 */
int kelp_call_reply_bytes(struct kelp_call *call, const void *data, size_t len,
			  gfp_t gfp)
{
	void *room = kelp_call_reply(call, len, gfp);

	if (!room)
		return -ENOMEM;
	memcpy(room, data, len);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_call_reply_bytes);

/**
 * kelp_call_attach() - give the reply an attachment
 * @call: the call
 * @data: its bytes; copied
 * @len: how many, at most 64 MiB
 * @gfp: how to allocate
 *
 * Context: the method; what @gfp allows.
 * Return: 0 or -ENOMEM.
 */
int kelp_call_attach(struct kelp_call *call, const void *data, size_t len,
		     gfp_t gfp)
{
	struct rpc_reply *reply = &call->reply;
	void *copy = answer_alloc(call->kn, len, gfp);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	attachment_drop(call);
	reply->attachment = copy;
	reply->attachment_len = len;
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_call_attach);

/**
 * kelp_call_attach_request() - give the request's attachment back
 * @call: the call
 *
 * A large one is not copied for that.
 *
 * Context: the method.
 * Return: 0.
 */
__kelp_hot
int kelp_call_attach_request(struct kelp_call *call)
{
	struct rpc_reply *reply = &call->reply;

	attachment_drop(call);
	reply->attachment_len = call->attachment_len;
	reply->echo = true;
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_call_attach_request);

/**
 * kelp_call_fail() - answer with an error
 * @call: the call; its reply is dropped
 * @code: enum kelp_rpc_error, or a positive code of the service's own; not 0
 * @fmt: a format for printf: what the caller should know, at most
 *	KELP_CALL_TEXT - 1 bytes
 *
 * `return kelp_call_fail(call, …);` ends a method with it.
 *
 * Context: the method.
 * Return: 0.
 */
int kelp_call_fail(struct kelp_call *call, int code, const char *fmt, ...)
{
	struct rpc_reply *reply = &call->reply;
	va_list args;

	reply->code = WARN_ON_ONCE(!code) ? KELP_RPC_EINTERNAL : code;
	va_start(args, fmt);
	vscnprintf(reply->text, sizeof(reply->text), fmt, args);
	va_end(args);
	rpc_answer_drop(call);
	return 0;
}
EXPORT_SYMBOL_GPL(kelp_call_fail);
