/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Head and RpcMeta of the response that nearly every call gets. Pure, as wire.h,
 * whose kelp_wire_write() writes the same bytes, and any others, more slowly.
 */
#ifndef KELP_RPC_SUCCESS_H
#define KELP_RPC_SUCCESS_H

#include <linux/types.h>

/* Bytes that kelp_wire_success() writes at most. */
#define KELP_WIRE_SUCCESS_MOST 48

/**
 * kelp_wire_success() - write head and RpcMeta of a success, without a checksum
 * @end: where they end and the payload begins; KELP_WIRE_SUCCESS_MOST bytes may
 *	be written before it
 * @correlation_id: of the request
 * @attachment: bytes of the attachment, at most S32_MAX
 * @rest: bytes that follow: payload and attachment, at most S32_MAX
 *
 * Context: Any.
 * Return: the first byte that was written.
 */
u8 *kelp_wire_success(u8 *end, u64 correlation_id, u32 attachment, u32 rest);

#endif /* KELP_RPC_SUCCESS_H */
