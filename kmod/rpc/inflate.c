// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decompressing messages with the kernel's zlib, which knows nothing of gzip:
 * its header and trailer are looked at here. In the dispatcher; bounded in
 * what comes out, whatever went in.
 */
#include "rpc/inflate.h"

#include <linux/crc32.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/zlib.h>

#include "net/net.h"
#include "rpc/wire.h"

/* RFC 1952, 2.3 */
#define GZIP_HEAD 10
#define GZIP_TAIL 8
enum {
	GZIP_FHCRC = 0x02,
	GZIP_FEXTRA = 0x04,
	GZIP_FNAME = 0x08,
	GZIP_FCOMMENT = 0x10,
	GZIP_RESERVED = 0xe0,
};

/* Bytes up to and with a NUL at @off; 0 when there is none. */
static size_t gzip_text(const struct rpc_inflate *in, size_t off)
{
	const u8 *nul = memchr(in->data + off, 0, in->len - off);

	return nul ? nul + 1 - (in->data + off) : 0;
}

/* Bytes before the compressed data, or -EBADMSG. */
static ssize_t gzip_head(const struct rpc_inflate *in)
{
	static const u8 magic[] = { 0x1f, 0x8b, 8 };	/* deflate */
	size_t off = GZIP_HEAD, n;
	u8 flags, flag;

	if (in->len < GZIP_HEAD + GZIP_TAIL ||
	    memcmp(in->data, magic, sizeof(magic)))
		return -EBADMSG;
	flags = in->data[3];
	if (flags & GZIP_RESERVED)
		return -EBADMSG;
	if (flags & GZIP_FEXTRA) {
		off += 2 + in->data[off] + (in->data[off + 1] << 8);
		if (off > in->len)
			return -EBADMSG;
	}
	for (flag = GZIP_FNAME; flag <= GZIP_FCOMMENT; flag <<= 1) {
		if (!(flags & flag))
			continue;
		n = gzip_text(in, off);
		if (!n)
			return -EBADMSG;
		off += n;
	}
	if (flags & GZIP_FHCRC)
		off += 2;
	return off + GZIP_TAIL <= in->len ? off : -EBADMSG;
}

static void inflate_drop(struct rpc_inflate *in)
{
	kvfree(in->out);
	kelp_net_mem_uncharge(in->kn, in->out_room);
}

/* More room: twice as much, one byte more than allowed at the most. */
static int inflate_grow(struct rpc_inflate *in, struct z_stream_s *z)
{
	size_t more = min_t(u64, max_t(u64, 2 * in->out_room, 4096),
			    in->most + 1);
	u8 *room;

	if (more == in->out_room)
		return -E2BIG;
	if (!kelp_net_mem_charge(in->kn, more)) {
		kelp_stat_inc(in->kn->stats, KELP_STAT_MEM_REFUSED);
		return -ENOMEM;
	}
	room = kvmalloc(more, GFP_KERNEL);
	if (!room) {
		kelp_stat_inc(in->kn->stats, KELP_STAT_NOMEM);
		kelp_net_mem_uncharge(in->kn, more);
		return -ENOMEM;
	}
	memcpy(room, in->out, in->out_len);
	inflate_drop(in);
	in->out = room;
	in->out_room = more;
	z->next_out = room + in->out_len;
	z->avail_out = more - in->out_len;
	return 0;
}

static int inflate_stream(struct rpc_inflate *in, struct z_stream_s *z)
{
	int ret, err;

	do {
		if (!z->avail_out) {
			err = inflate_grow(in, z);
			if (err)
				return err;
		}
		ret = zlib_inflate(z, Z_SYNC_FLUSH);
		in->out_len = in->out_room - z->avail_out;
	} while (ret == Z_OK && (z->avail_in || !z->avail_out));
	if (ret != Z_STREAM_END || z->avail_in)
		return -EBADMSG;
	return in->out_len > in->most ? -E2BIG : 0;
}

static u32 gzip_u32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static bool gzip_tail_fits(const struct rpc_inflate *in)
{
	const u8 *tail = in->data + in->len - GZIP_TAIL;

	return gzip_u32(tail) ==
			~crc32_le(~0, in->out, in->out_len) &&
	       gzip_u32(tail + 4) == (u32)in->out_len;
}

/**
 * rpc_inflate() - decompress a message
 * @in: what; on success the caller owns @in->out, and what is charged for it
 *
 * Context: process, sleeps.
 * Return: 0, -EBADMSG when it is not what it says, -E2BIG when more than
 * @in->most bytes come out, -ENOMEM.
 */
int rpc_inflate(struct rpc_inflate *in)
{
	bool gzip = in->compress == KELP_RPC_COMPRESS_GZIP;
	ssize_t head = gzip ? gzip_head(in) : 0;
	struct z_stream_s z = {};
	int err;

	if (head < 0)
		return head;
	in->out = NULL;
	in->out_len = 0;
	in->out_room = 0;
	z.workspace = kvmalloc(zlib_inflate_workspacesize(), GFP_KERNEL);
	if (!z.workspace)
		return -ENOMEM;
	z.next_in = in->data + head;
	z.avail_in = in->len - head - (gzip ? GZIP_TAIL : 0);
	/* negative: without the header of RFC 1950 */
	err = zlib_inflateInit2(&z, gzip ? -MAX_WBITS : MAX_WBITS) == Z_OK ?
		      inflate_stream(in, &z) : -ENOMEM;
	zlib_inflateEnd(&z);
	kvfree(z.workspace);
	if (!err && gzip && !gzip_tail_fits(in))
		err = -EBADMSG;
	if (err)
		inflate_drop(in);
	return err;
}
