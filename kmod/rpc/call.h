/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_call: a call, from the inside. One that is answered where it came
 * lives on the stack, its request where TCP put it; the others are part of a
 * struct rpc_task (task.h), with a copy of their request.
 *
 * What a call has come by, and how the answer goes back, it does not know:
 * rpc.c is the binary protocol, svc/connect.c HTTP.
 */
#ifndef KELP_RPC_CALL_H
#define KELP_RPC_CALL_H

#include <linux/list.h>
#include <linux/types.h>

#include "kelp/service.h"
#include "rpc/wire.h"

struct kelp_blob;
struct kelp_net;
struct kelp_rpc;
struct kelp_run;
struct rpc_method;
struct rpc_task;

/* Room before a reply for the head of its frame, when there is no error. */
#define RPC_HEAD_ROOM 64

/* A reply up to this size needs no memory when it is answered in place. */
#define RPC_REPLY_IN_PLACE 4096

/**
 * struct rpc_piece - a part of a body that came in many pieces
 * @node: in rpc_task.pieces
 * @blob: the bytes; a reference is held
 * @used: how many have come; all, when the body is complete
 */
struct rpc_piece {
	struct list_head node;
	struct kelp_blob *blob;
	size_t used;
};

/**
 * struct rpc_reply - what is answered, while it is made
 * @data: the message, with RPC_HEAD_ROOM bytes of room before it, or NULL
 * @len: bytes of it
 * @room: bytes that may be written at @data
 * @owned: @data is memory of its own, to be given to kvfree()
 * @attachment: a copy of the attachment, to be given to kvfree(), or NULL
 * @attachment_len: bytes of the attachment
 * @echo: the attachment is the request's
 * @code: enum kelp_rpc_error, 0 for success
 * @text: what went wrong, NUL terminated, when @code is not 0
 */
struct rpc_reply {
	u8 *data;
	size_t len;
	size_t room;
	bool owned;
	void *attachment;
	size_t attachment_len;
	bool echo;
	int code;
	char text[KELP_CALL_TEXT];
};

/* What an answer that waits is counted as: its bytes, and what keeps them. */
static inline size_t rpc_reply_cost(const struct rpc_reply *reply)
{
	return reply->len + reply->attachment_len + 256;
}

/**
 * struct kelp_call - a call
 * @kn: the server
 * @rpc: RPC's part of it; a task holds a reference
 * @method: what is called; RCU keeps it, or rpc_task.hold
 * @task: the call outlives the invocation, or NULL; set once
 * @run: the invocation when it is answered in place, else NULL
 * @message: the request's message, in one piece
 * @message_len: bytes of it
 * @attachment: the request's attachment when it is in one piece
 * @attachment_len: bytes of it
 * @pieces: what came in pieces, or NULL: the attachment begins @pieces_off
 *	bytes behind their beginning
 * @pieces_off: see @pieces
 * @user_fields: field 9 of the meta is there: the meta's bytes, in which they
 *	are looked for; no bytes when there is none
 * @correlation_id: the peer's number for the call
 * @log_id: the caller's
 * @arrived: when its last byte was seen, in local_clock() ns
 * @expires: when the caller stops waiting, in ktime_get() ns, 0 for never
 * @checksum: the request had one, so the reply gets one
 * @checksum_attachment: over the attachment too
 * @reply: the answer
 * @priv: the method's
 *
 * Belongs to whoever runs the method; when it has said KELP_CALL_LATER to
 * whoever will call kelp_call_finish(); afterwards to the holder of the socket
 * lock, or to the caller of the bridge.
 */
struct kelp_call {
	struct kelp_net *kn;
	struct kelp_rpc *rpc;
	const struct rpc_method *method;
	struct rpc_task *task;
	struct kelp_run *run;
	const u8 *message;
	size_t message_len;
	const u8 *attachment;
	size_t attachment_len;
	struct list_head *pieces;
	size_t pieces_off;
	struct kelp_pb_span user_fields;
	u64 correlation_id;
	u64 log_id;
	u64 arrived;
	u64 expires;
	bool checksum;
	bool checksum_attachment;
	struct rpc_reply reply;
	u64 priv[KELP_CALL_PRIV / sizeof(u64)];
};

void rpc_call_init(struct kelp_call *call, struct kelp_net *kn,
		   const struct rpc_method *method, struct kelp_run *run);
void rpc_call_exit(struct kelp_call *call);
void rpc_call_forget(struct kelp_call *call);
bool rpc_call_expired(const struct kelp_call *call);
int rpc_call_run(struct kelp_call *call);
void rpc_call_bound(struct kelp_call *call);
bool rpc_call_offers(const struct kelp_call *call, const char *service);
void rpc_call_timeout(struct kelp_call *call, s64 ms);

/* answer.c */
void rpc_answer_drop(struct kelp_call *call);

#endif
