/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame that has come, and whether the call in it may be made.
 */
#ifndef KELP_RPC_ADMIT_H
#define KELP_RPC_ADMIT_H

#include <linux/types.h>

#include "rpc/wire.h"

struct kelp_conn;
struct kelp_run;
struct rpc_method;

/**
 * struct rpc_frame - a frame that has come, or the first part of it
 * @head: its head
 * @meta: its meta; points into @body
 * @body: its body's first byte; the meta is all there
 * @whole: so are message and attachment
 * @checksum: it has a checksum, which is @crc
 * @crc: masked, see kelp_wire_checksum()
 * @method: what is called; RCU keeps it. Set by rpc_admit()
 *
 * Lives on the stack of the invocation.
 */
struct rpc_frame {
	struct kelp_wire_head head;
	struct kelp_wire_meta meta;
	const u8 *body;
	bool whole;
	bool checksum;
	u32 crc;
	const struct rpc_method *method;
};

/* Under the socket lock, BH off, RCU reader. */
bool rpc_admit(struct kelp_conn *conn, struct kelp_run *run,
	       struct rpc_frame *f);

#endif
