// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending a part of a file. The connection's side runs under the socket lock
 * in its worker, the other side in the dispatcher without locks; they take
 * turns, and @done says whose turn it is. One chunk is in memory at a time.
 * What is sent are private pages: a page of the cache would change under
 * TCP's feet when somebody writes to the file.
 */
#include "net/file.h"

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "net/blob.h"
#include "net/conn.h"
#include "net/dispatch.h"
#include "net/out.h"
#include "stats/census.h"

#define KELP_FILE_CHUNK (64 * 1024)

/**
 * struct kelp_file - a part of a file on its way
 * @work: queued while it is the dispatcher's turn
 * @ref: holders: the message or connection, the queued @work
 * @conn: whose it is; a reference is held while @work is queued
 * @file: the file; a reference is held
 * @pos: where the next chunk begins; whose turn it is
 * @left: bytes that are still to be read; whose turn it is
 * @done: the dispatcher's turn is over
 * @chunk: what it read, or an ERR_PTR; whose turn it is
 */
struct kelp_file {
	struct work_struct work;
	refcount_t ref;
	struct kelp_conn *conn;
	struct file *file;
	loff_t pos;
	u64 left;
	bool done;
	struct kelp_blob *chunk;
};

static int file_fill(struct kelp_file *part, struct kelp_blob *blob)
{
	unsigned int i;
	ssize_t n;

	for (i = 0; i < blob->nr; i++) {
		struct bio_vec *bv = &blob->bv[i];
		size_t at = 0;

		for (; at < bv->bv_len; at += n) {
			n = kernel_read(part->file,
					page_address(bv->bv_page) + at,
					bv->bv_len - at, &part->pos);
			if (n <= 0)
				return n ? n : -ENODATA;
		}
	}
	return 0;
}

static struct kelp_blob *file_read(struct kelp_file *part)
{
	const struct cred *saved;
	struct kelp_blob *blob;
	int err;

	blob = kelp_blob_alloc(min_t(u64, part->left, KELP_FILE_CHUNK),
			       GFP_KERNEL);
	if (!blob)
		return ERR_PTR(-ENOMEM);
	/* as whoever opened it */
	saved = override_creds(part->file->f_cred);
	err = file_fill(part, blob);
	revert_creds(saved);
	if (!err)
		return blob;
	kelp_blob_put(blob);
	return ERR_PTR(err);
}

static void kelp_file_work(struct work_struct *work)
{
	struct kelp_file *part = container_of(work, struct kelp_file, work);
	struct kelp_conn *conn = part->conn;

	part->chunk = file_read(part);
	if (!IS_ERR(part->chunk))
		part->left -= part->chunk->len;
	/*
	 * Pairs with smp_load_acquire() in kelp_file_serve(): the chunk is
	 * there when @done is seen.
	 */
	smp_store_release(&part->done, true);
	kelp_conn_kick(conn);
	kelp_file_put(part);
	kelp_conn_put(conn);
}

/**
 * kelp_file_create() - prepare to send a part of a file
 * @file: a regular file, open for reading; a reference is taken
 * @off: first byte
 * @len: bytes, at least 1
 * @gfp: how to allocate
 *
 * Context: any that @gfp allows.
 * Return: it, with a reference for the caller, or NULL.
 */
struct kelp_file *kelp_file_create(struct file *file, loff_t off, u64 len,
				   gfp_t gfp)
{
	struct kelp_file *part = kzalloc(sizeof(*part), gfp | __GFP_NOWARN);

	if (!part)
		return NULL;
	kelp_census_add(KELP_CENSUS_STREAM);
	INIT_WORK(&part->work, kelp_file_work);
	refcount_set(&part->ref, 1);
	part->file = get_file(file);
	part->pos = off;
	part->left = len;
	return part;
}

/**
 * kelp_file_put() - give a reference back
 * @part: it, or NULL; not to be touched afterwards
 *
 * Context: any.
 */
void kelp_file_put(struct kelp_file *part)
{
	if (!part || !refcount_dec_and_test(&part->ref))
		return;
	if (!IS_ERR_OR_NULL(part->chunk))
		kelp_blob_put(part->chunk);
	fput(part->file);
	kfree(part);
	kelp_census_sub(KELP_CENSUS_STREAM);
}

/**
 * kelp_file_start() - have the next chunk read
 * @conn: the connection; kelp_conn.file is set
 *
 * Context: socket lock, BH off.
 */
void kelp_file_start(struct kelp_conn *conn)
{
	struct kelp_file *part = conn->file;

	part->conn = kelp_conn_get(conn);
	part->chunk = NULL;
	WRITE_ONCE(part->done, false);
	refcount_inc(&part->ref);
	kelp_dispatch(&part->work);
}

/**
 * kelp_file_serve() - send what was read
 * @run: the invocation; kelp_conn.file is set
 *
 * The next chunk is read when TCP has taken this one. A file that cannot be
 * read, or is shorter than was promised, breaks the connection off: only so
 * does the peer notice.
 *
 * Context: socket lock, BH off; owning worker.
 * Return: true when all of it is with TCP, and kelp_conn.file is NULL.
 */
bool kelp_file_serve(struct kelp_run *run)
{
	struct kelp_conn *conn = run->conn;
	struct kelp_file *part = conn->file;
	bool open = run->open;

	if (!list_empty(&conn->txq))
		return false;
	/* Pairs with smp_store_release() in kelp_file_work(). */
	if (!smp_load_acquire(&part->done))
		return false;
	if (IS_ERR(part->chunk)) {
		conn->failed = true;
		return false;
	}
	if (part->chunk) {
		kelp_out_chunk(run, part->chunk);
		run->open = open;
		kelp_blob_put(part->chunk);
		part->chunk = NULL;
	}
	if (!list_empty(&conn->txq) || conn->failed)
		return false;
	if (part->left) {
		kelp_file_start(conn);
		return false;
	}
	conn->file = NULL;
	kelp_file_put(part);
	return true;
}
