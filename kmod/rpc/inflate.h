/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compressed messages: zlib (RFC 1950) and gzip (RFC 1952).
 */
#ifndef KELP_RPC_INFLATE_H
#define KELP_RPC_INFLATE_H

#include <linux/types.h>

struct kelp_net;

/**
 * struct rpc_inflate - what is decompressed
 * @kn: whose memory it is
 * @compress: KELP_RPC_COMPRESS_GZIP or KELP_RPC_COMPRESS_ZLIB
 * @data: the compressed bytes
 * @len: how many
 * @most: bytes that may come out
 * @out: set to what came out, to be given to kvfree()
 * @out_len: set to the bytes of it
 * @out_room: set to the bytes that were allocated for it, charged to @kn
 */
struct rpc_inflate {
	struct kelp_net *kn;
	int compress;
	const u8 *data;
	size_t len;
	u64 most;
	u8 *out;
	size_t out_len;
	size_t out_room;
};

/* Process context, may sleep. */
int rpc_inflate(struct rpc_inflate *in);

#endif
