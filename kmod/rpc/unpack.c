// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request's message in the form in which methods want it: in one piece, not
 * compressed, its checksum verified. In the dispatcher.
 */
#include "rpc/unpack.h"

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "net/blob.h"
#include "net/net.h"
#include "rpc/inflate.h"
#include "rpc/send.h"
#include "rpc/task.h"

/* Memory for the message; it replaces the one there was. */
static void *unpack_alloc(struct rpc_task *task, size_t len)
{
	struct kelp_net *kn = task->call.kn;
	void *room;

	if (!kelp_net_mem_charge(kn, len)) {
		kelp_stat_inc(kn->stats, KELP_STAT_MEM_REFUSED);
		return NULL;
	}
	room = kvmalloc(len, GFP_KERNEL);
	if (room)
		task->charged += len;
	else
		kelp_net_mem_uncharge(kn, len);
	return room;
}

/* In pieces: that is where the message begins, the attachment follows. */
static int unpack_join(struct rpc_task *task)
{
	struct kelp_call *call = &task->call;
	const struct rpc_piece *piece;
	size_t off = 0, n;
	u8 *room;

	if (list_empty(&task->pieces))
		return 0;
	piece = list_first_entry(&task->pieces, struct rpc_piece, node);
	if (call->message_len <= piece->blob->bv[0].bv_len) {
		call->message = page_address(piece->blob->bv[0].bv_page);
		return 0;
	}
	room = unpack_alloc(task, call->message_len);
	if (!room)
		return -ENOMEM;
	list_for_each_entry(piece, &task->pieces, node) {
		n = min_t(size_t, call->message_len - off, piece->blob->len);
		kelp_blob_copy_out(piece->blob, 0, room + off, n);
		off += n;
		if (off == call->message_len)
			break;
	}
	task->unpacked = room;
	call->message = room;
	return 0;
}

static int unpack_verify(struct rpc_task *task)
{
	struct kelp_call *call = &task->call;
	u32 crc;

	if (!call->checksum)
		return 0;
	crc = rpc_crc(0, call->message, call->message_len);
	if (call->checksum_attachment)
		crc = rpc_crc_attachment(crc, call);
	if (kelp_rpc_crc_mask(crc) == task->checksum)
		return 0;
	kelp_call_fail(call, KELP_RPC_EREQUEST, "wrong checksum");
	return -EBADMSG;
}

static int unpack_inflate(struct rpc_task *task)
{
	struct kelp_call *call = &task->call;
	u64 most = kelp_net_limit(call->kn, KELP_LIMIT_RPC_BODY);
	struct rpc_inflate in = {
		.kn = call->kn, .compress = task->compress,
		.data = call->message, .len = call->message_len, .most = most,
	};
	int err;

	if (task->compress == KELP_RPC_COMPRESS_NONE)
		return 0;
	err = rpc_inflate(&in);
	if (err == -E2BIG)
		kelp_call_fail(call, KELP_RPC_EREQUEST,
			       "the message is larger than %llu bytes", most);
	else if (err == -EBADMSG)
		kelp_call_fail(call, KELP_RPC_EREQUEST,
			       "the message is not compressed as it says");
	if (err)
		return err;
	kvfree(task->unpacked);
	task->unpacked = in.out;
	task->charged += in.out_room;
	call->message = in.out;
	call->message_len = in.out_len;
	return 0;
}

/**
 * rpc_unpack() - make a request's message ready for its method
 * @task: the task; its request has come
 *
 * Context: dispatcher, sleeps.
 * Return: 0 or -errno; the call has failed then, unless it is for want of
 * memory.
 */
int rpc_unpack(struct rpc_task *task)
{
	return unpack_join(task) ?: unpack_verify(task) ?: unpack_inflate(task);
}
