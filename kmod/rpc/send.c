// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing answers: head, meta, message and attachment of a frame. Under the
 * socket lock with BH off, in softirq or in the worker.
 */
#include "rpc/send.h"

#include <linux/build_bug.h>
#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "hot.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/net.h"
#include "net/out.h"
#include "rpc/call.h"
#include "rpc/success.h"
#include "rpc/task.h"

/* Up to this size memory of a task's answer is copied to be sent with others. */
#define SEND_COPY 4096

/**
 * rpc_crc() - go on with a CRC-32C
 * @crc: 0 at the beginning, or what was returned for what lies before
 * @data: bytes
 * @len: how many
 *
 * Context: any.
 * Return: the CRC of all so far, not masked.
 */
u32 rpc_crc(u32 crc, const void *data, size_t len)
{
	return ~__crc32c_le(~crc, data, len);
}

/**
 * rpc_crc_attachment() - go on with a CRC-32C over a request's attachment
 * @crc: of what lies before
 * @call: the call
 *
 * Context: any.
 * Return: the CRC of all so far.
 */
u32 rpc_crc_attachment(u32 crc, const struct kelp_call *call)
{
	const void *data;
	size_t off, len;

	for (off = 0; (data = kelp_call_attachment(call, off, &len)); off += len)
		crc = rpc_crc(crc, data, len);
	return crc;
}

/* Bytes that go away when the answer is written. */
static void send_memory(struct kelp_run *run, const void *data, size_t len)
{
	if (len <= SEND_COPY) {
		kelp_out_copy(run, data, len);
		return;
	}
	kelp_out_ref(run, data, len);
	kelp_out_flush(run, true);
}

static void send_pieces(struct kelp_run *run, const struct kelp_call *call)
{
	size_t skip = call->pieces_off, left = call->attachment_len, n;
	const struct rpc_piece *piece;

	list_for_each_entry(piece, call->pieces, node) {
		if (skip >= piece->blob->len) {
			skip -= piece->blob->len;
			continue;
		}
		n = min_t(size_t, left, piece->blob->len - skip);
		kelp_out_blob(run, piece->blob, skip, n);
		skip = 0;
		left -= n;
	}
}

static void send_attachment(struct kelp_run *run, const struct kelp_call *call)
{
	const struct rpc_reply *reply = &call->reply;

	if (!reply->attachment_len)
		return;
	if (!reply->echo)
		send_memory(run, reply->attachment, reply->attachment_len);
	else if (call->pieces)
		send_pieces(run, call);
	else if (call->run)
		kelp_out_copy(run, call->attachment, call->attachment_len);
	else
		send_memory(run, call->attachment, call->attachment_len);
}

static u32 send_crc(const struct kelp_call *call)
{
	const struct rpc_reply *reply = &call->reply;
	u32 crc = rpc_crc(0, reply->data, reply->len);

	if (!call->checksum_attachment)
		return crc;
	if (reply->echo)
		return rpc_crc_attachment(crc, call);
	return rpc_crc(crc, reply->attachment, reply->attachment_len);
}

static void send_meta(const struct kelp_call *call, struct kelp_wire_meta *meta,
		      u8 checksum[KELP_RPC_CHECKSUM_SIZE])
{
	const struct rpc_reply *reply = &call->reply;

	kelp_wire_response_init(meta, call->correlation_id, reply->code);
	if (unlikely(reply->code)) {
		meta->has |= KELP_WIRE_ERROR_TEXT;
		meta->error_text.data = (const u8 *)reply->text;
		meta->error_text.len = strlen(reply->text);
		return;
	}
	if (reply->attachment_len) {
		meta->has |= KELP_WIRE_ATTACHMENT_SIZE;
		meta->attachment_size = reply->attachment_len;
	}
	if (unlikely(call->checksum)) {
		if (call->checksum_attachment) {
			meta->has |= KELP_WIRE_CHECKSUM_ATTACHMENT;
			meta->checksum_with_attachment = true;
		}
		kelp_wire_checksum_set(meta, checksum, send_crc(call));
	}
}

/* Head and meta where there is no room before the message. */
static void send_head(struct kelp_run *run, const struct kelp_wire_meta *meta,
		      size_t size, size_t rest)
{
	char *room;

	kelp_out_reserve(run, size);
	room = kelp_out_alloc(run, size);
	kelp_wire_write((u8 *)room, size, meta, rest);
	kelp_out_ref(run, room, size);
}

/* The message, and what lies before it from @from on. */
__kelp_hot
static void send_message(struct kelp_run *run, const struct rpc_reply *reply,
			 const u8 *from)
{
	size_t len = reply->data + reply->len - from;

	if (reply->owned)
		send_memory(run, from, len);
	else
		kelp_out_ref(run, from, len);
}

/* An error, a checksum, or no message. */
static void send_unusual(struct kelp_run *run, const struct kelp_call *call,
			 size_t rest)
{
	const struct rpc_reply *reply = &call->reply;
	u8 checksum[KELP_RPC_CHECKSUM_SIZE], *head;
	struct kelp_wire_meta meta;
	size_t size;

	send_meta(call, &meta, checksum);
	size = kelp_wire_size(&meta);
	if (reply->data && size <= RPC_HEAD_ROOM) {
		head = reply->data - size;
		kelp_wire_write(head, size, &meta, rest);
		send_message(run, reply, head);
	} else {
		send_head(run, &meta, size, rest);
		send_message(run, reply, reply->data);
	}
}

/**
 * rpc_send() - write the answer to a call
 * @run: the invocation
 * @call: the call; its answer is made
 *
 * What of it is memory may be freed afterwards.
 *
 * Context: socket lock, BH off.
 */
__kelp_hot
void rpc_send(struct kelp_run *run, const struct kelp_call *call)
{
	const struct rpc_reply *reply = &call->reply;
	size_t rest = reply->len + reply->attachment_len;

	BUILD_BUG_ON(KELP_WIRE_SUCCESS_MOST > RPC_HEAD_ROOM);
	if (likely(reply->data && !reply->code && !call->checksum))
		send_message(run, reply,
			     kelp_wire_success(reply->data,
					       call->correlation_id,
					       reply->attachment_len, rest));
	else
		send_unusual(run, call, rest);
	send_attachment(run, call);
	kelp_out_done(run);
	kelp_stat_inc(run->conn->stats, KELP_STAT_RPC_CALLS);
	if (unlikely(reply->code))
		kelp_stat_inc(run->conn->stats, KELP_STAT_RPC_ERRORS);
}

/**
 * rpc_send_error() - answer a call that is refused before there is one
 * @run: the invocation
 * @correlation_id: the peer's number for it
 * @code: enum kelp_rpc_error
 * @fmt: a format for printf: what the caller should know, up to
 *	KELP_CALL_TEXT - 1 bytes
 *
 * Context: socket lock, BH off.
 */
void rpc_send_error(struct kelp_run *run, u64 correlation_id, int code,
		    const char *fmt, ...)
{
	struct kelp_wire_meta meta;
	char text[KELP_CALL_TEXT];
	va_list args;

	va_start(args, fmt);
	kelp_wire_response_init(&meta, correlation_id, code);
	meta.has |= KELP_WIRE_ERROR_TEXT;
	meta.error_text.len = vscnprintf(text, sizeof(text), fmt, args);
	meta.error_text.data = (const u8 *)text;
	va_end(args);
	send_head(run, &meta, kelp_wire_size(&meta), 0);
	kelp_out_done(run);
	kelp_stat_inc(run->conn->stats, KELP_STAT_RPC_CALLS);
	kelp_stat_inc(run->conn->stats, KELP_STAT_RPC_ERRORS);
}
