// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from anywhere: kelp/send.h. Made here, in the caller's context, and
 * put into the connection's inbox; its worker sends them.
 */
#include "kelp/send.h"

#include <linux/bvec.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>

#include "net/blob.h"
#include "net/conn.h"
#include "net/file.h"
#include "net/inbox.h"
#include "net/txq.h"
#include "stats/census.h"

/* Consumes @buf. @extra is the memory that it brings along. */
static int send_buf(struct kelp_conn *conn, struct kelp_buf *buf, size_t extra,
		    unsigned int flags)
{
	int err;

	buf->charge = sizeof(*buf) + extra;
	buf->urgent = flags & KELP_SEND_URGENT;
	err = kelp_inbox_send(conn, buf);
	if (err)
		kelp_buf_free(buf);
	return err;
}

/* A copy of bytes; large ones in pages, which are easier to come by. */
static struct kelp_buf *copy_buf(const void *data, size_t len)
{
	struct kelp_buf *buf;

	if (len <= KELP_BUF_PIECE) {
		buf = kelp_buf_alloc(len, GFP_ATOMIC);
		if (buf)
			memcpy(buf->data, data, len);
		return buf;
	}
	buf = kelp_buf_alloc(0, GFP_ATOMIC);
	if (!buf)
		return NULL;
	buf->blob = kelp_blob_alloc(len, GFP_ATOMIC);
	if (!buf->blob) {
		kelp_buf_free(buf);
		return NULL;
	}
	kelp_blob_write(buf->blob, data);
	buf->len = len;
	return buf;
}

/**
 * kelp_send_copy() - send a copy of bytes
 * @conn: the connection
 * @data: the message
 * @len: its bytes, at least 1
 * @flags: 0 or KELP_SEND_URGENT
 *
 * Context: anywhere (kelp/conn.h).
 * Return: 0; -EINVAL; -ESHUTDOWN when the connection has ended, or sends no
 * more; -ENOBUFS when too much waits on it (limits "memory" and
 * "memory_per_connection"); -ENOMEM. On error nothing is sent.
 */
int kelp_send_copy(struct kelp_conn *conn, const void *data, size_t len,
		   unsigned int flags)
{
	struct kelp_buf *buf;

	if (!len || flags & ~KELP_SEND_URGENT)
		return -EINVAL;
	buf = copy_buf(data, len);
	if (!buf)
		return -ENOMEM;
	return send_buf(conn, buf, len, flags);
}
EXPORT_SYMBOL_GPL(kelp_send_copy);

/**
 * struct send_move - who wants to know that pages were let go
 * @owner: a reference is held; set once, as the others
 * @done: whom to call
 * @arg: with what
 */
struct send_move {
	struct kelp_proto *owner;
	void (*done)(void *arg);
	void *arg;
};

static void send_move_released(void *arg)
{
	struct send_move *move = arg;

	move->done(move->arg);
	kelp_proto_put(move->owner);
	kfree(move);
}

/* Can TCP take references to it, and we read it? */
static bool run_is_fine(const struct bio_vec *bv)
{
	struct page *head = compound_head(bv->bv_page);
	size_t at = (page_to_pfn(bv->bv_page) - page_to_pfn(head)) << PAGE_SHIFT;

	return bv->bv_len && sendpage_ok(head) && !PageHighMem(head) &&
	       at + bv->bv_offset + (u64)bv->bv_len <= page_size(head);
}

/* Bytes in all, or 0 when they cannot be sent. */
static size_t pages_len(const struct kelp_send_pages *pages)
{
	u64 len = 0;
	unsigned int i;

	if (!pages->nr || pages->nr > KELP_SEND_RUNS)
		return 0;
	for (i = 0; i < pages->nr; i++) {
		if (!run_is_fine(&pages->bv[i]))
			return 0;
		len += pages->bv[i].bv_len;
	}
	return len <= INT_MAX ? len : 0;
}

static int move_create(const struct kelp_send_pages *pages,
		       struct send_move **move)
{
	*move = NULL;
	if (!pages->done)
		return 0;
	*move = kmalloc(sizeof(**move), GFP_ATOMIC | __GFP_NOWARN);
	if (!*move)
		return -ENOMEM;
	(*move)->done = pages->done;
	(*move)->arg = pages->arg;
	(*move)->owner = pages->owner ? kelp_proto_find(pages->owner) : NULL;
	if ((*move)->owner)
		return 0;
	kfree(*move);
	return -ENOENT;
}

static void move_destroy(struct send_move *move)
{
	if (!move)
		return;
	kelp_proto_put(move->owner);
	kfree(move);
}

static int send_wrapped(struct kelp_conn *conn,
			const struct kelp_send_pages *pages,
			struct send_move *move, size_t len, unsigned int flags)
{
	struct kelp_buf *buf = kelp_buf_alloc(0, GFP_ATOMIC);
	struct kelp_blob *blob;
	int err = -ENOMEM;

	if (!buf)
		return -ENOMEM;
	blob = kelp_blob_wrap(pages->bv, pages->nr, GFP_ATOMIC);
	if (!blob)
		goto err_buf;
	if (move) {
		blob->released = send_move_released;
		blob->arg = move;
	}
	buf->blob = kelp_blob_get(blob);
	buf->len = len;
	buf->charge = sizeof(*buf) + len;
	buf->urgent = flags & KELP_SEND_URGENT;
	err = kelp_inbox_send(conn, buf);
	if (err)
		kelp_blob_unwrap(blob);
	kelp_blob_put(blob);
	if (!err)
		return 0;
err_buf:
	kelp_buf_free(buf);
	return err;
}

/**
 * kelp_send_move() - send pages without copying them
 * @conn: the connection
 * @pages: the pages; on error they stay the caller's, and done is not called
 * @flags: 0 or KELP_SEND_URGENT
 *
 * A device that cannot gather makes TCP copy after all.
 *
 * Context: anywhere (kelp/conn.h).
 * Return: as kelp_send_copy(); -EINVAL also for pages that cannot be sent;
 * -ENOENT when the owner is not registered (any more).
 */
int kelp_send_move(struct kelp_conn *conn, const struct kelp_send_pages *pages,
		   unsigned int flags)
{
	size_t len = pages_len(pages);
	struct send_move *move;
	int err;

	if (!len || flags & ~KELP_SEND_URGENT)
		return -EINVAL;
	err = move_create(pages, &move);
	if (err)
		return err;
	err = send_wrapped(conn, pages, move, len, flags);
	if (err)
		move_destroy(move);
	return err;
}
EXPORT_SYMBOL_GPL(kelp_send_move);

/**
 * kelp_send_file() - send a part of a file
 * @conn: the connection
 * @file: a regular file, open for reading; a reference is taken
 * @off: first byte
 * @len: bytes, at least 1
 * @flags: 0 or KELP_SEND_URGENT
 *
 * One message. It is read in the dispatcher, with the opener's credentials, a
 * chunk at a time while it is sent; until it is over nothing is read from the
 * connection and no callback but on_timeout and on_close is called. A part
 * that cannot be read, or that ends sooner, breaks the connection off. What is
 * written to the file meanwhile may or may not be sent.
 *
 * Context: anywhere (kelp/conn.h).
 * Return: as kelp_send_copy(); -EINVAL also for what is no regular file;
 * -EBADF when it is not open for reading.
 */
int kelp_send_file(struct kelp_conn *conn, struct file *file, loff_t off,
		   u64 len, unsigned int flags)
{
	struct kelp_buf *buf;

	if (off < 0 || !len || len > S64_MAX - off ||
	    flags & ~KELP_SEND_URGENT)
		return -EINVAL;
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	/* what kernel_read() wants, and what does not wait for somebody */
	if (!S_ISREG(file_inode(file)->i_mode) || file->f_op->read ||
	    !file->f_op->read_iter)
		return -EINVAL;
	buf = kelp_buf_alloc(0, GFP_ATOMIC);
	if (!buf)
		return -ENOMEM;
	buf->file = kelp_file_create(file, off, len, GFP_ATOMIC);
	if (!buf->file) {
		kelp_buf_free(buf);
		return -ENOMEM;
	}
	return send_buf(conn, buf, 0, flags);
}
EXPORT_SYMBOL_GPL(kelp_send_file);
