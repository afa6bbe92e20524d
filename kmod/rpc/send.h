/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing answers to a connection.
 */
#ifndef KELP_RPC_SEND_H
#define KELP_RPC_SEND_H

#include <linux/types.h>

struct kelp_call;
struct kelp_run;

/* Under the socket lock, BH off. */
void rpc_send(struct kelp_run *run, const struct kelp_call *call);
void __printf(4, 5) rpc_send_error(struct kelp_run *run, u64 correlation_id,
				   int code, const char *fmt, ...);

u32 rpc_crc(u32 crc, const void *data, size_t len);
u32 rpc_crc_attachment(u32 crc, const struct kelp_call *call);

#endif
