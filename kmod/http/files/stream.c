// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a large file in chunks, each into private pages. Dispatcher only;
 * sleeps. Knows nothing of names, sites or connections.
 *
 * The length was promised with the head, before the bytes were read. A file
 * that changes meanwhile would give a mixture of two states: its identity is
 * compared before the last chunk is handed out, so such an answer is never
 * complete.
 */
#include "http/files/stream.h"

#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/files/ident.h"
#include "http/syntax/range.h"
#include "http/files/snapshot.h"
#include "net/blob.h"
#include "stats/census.h"

/* Looks at a file that keeps changing, and how long the first pause is. */
#define STREAM_TRIES 5
#define STREAM_PAUSE_MS 2

/**
 * struct kelp_stream - a file that is sent in chunks
 * @file: the file; a reference is held
 * @ident: of the content whose length was promised
 * @settled: a later change of the file would change its identity
 * @at: which of @ranges is being read
 * @nr: how many there are
 * @ranges: what is still to be read of the file; advanced by reading
 *
 * Owned by one request; no locking of its own.
 */
struct kelp_stream {
	struct file *file;
	struct kelp_ident ident;
	bool settled;
	unsigned int at;
	unsigned int nr;
	struct http_range ranges[HTTP_RANGES_MAX];
};

/* Wait a little for a writer to finish and for the clock to tick. */
static int stream_settle(struct kelp_stream *stream)
{
	const struct path *path = &stream->file->f_path;
	int try, err;

	for (try = 1;; try++) {
		bool writers = kelp_ident_writers(path);

		err = kelp_ident_read(&stream->ident, path);
		stream->settled = !err && !writers &&
				  kelp_ident_settled(&stream->ident);
		if (err || stream->settled || try == STREAM_TRIES)
			return err;
		msleep(STREAM_PAUSE_MS << (try - 1));
	}
}

/**
 * kelp_stream_create() - begin to read a file
 * @file: a regular file; the stream takes a reference of its own
 *
 * Context: dispatcher, sleeps; with the credentials that may look.
 * Return: a stream, to be given to kelp_stream_free(); or an ERR_PTR: -ENOMEM,
 * -EINVAL for a file that the kernel cannot read, or what looking returned.
 */
struct kelp_stream *kelp_stream_create(struct file *file)
{
	struct kelp_stream *stream;
	int err = kelp_snapshot_check(file);

	if (err)
		return ERR_PTR(err);
	stream = kzalloc(sizeof(*stream), GFP_KERNEL);
	if (!stream)
		return ERR_PTR(-ENOMEM);
	stream->file = get_file(file);
	kelp_census_add(KELP_CENSUS_STREAM);
	err = stream_settle(stream);
	if (err) {
		kelp_stream_free(stream);
		return ERR_PTR(err);
	}
	stream->ranges[0].len = stream->ident.size;
	stream->nr = !!stream->ident.size;
	return stream;
}

/**
 * kelp_stream_select() - read some of the file only
 * @stream: the stream; nothing was read yet
 * @ranges: which bytes, inside the file, in the order in which they are wanted
 * @nr: how many ranges, 1 to HTTP_RANGES_MAX
 *
 * Context: any; whose turn it is.
 */
void kelp_stream_select(struct kelp_stream *stream,
			const struct http_range *ranges, unsigned int nr)
{
	memcpy(stream->ranges, ranges, nr * sizeof(*ranges));
	stream->nr = nr;
}

/* With the opener's credentials. */
static int stream_fill(struct kelp_stream *stream, struct kelp_blob *blob)
{
	struct http_range *range = &stream->ranges[stream->at];
	struct kelp_ident now;
	ssize_t ret;
	int err;

	ret = kelp_snapshot_fill(blob, stream->file, range->first);
	if (ret < 0)
		return ret;
	if (ret < blob->len)
		return -ESTALE;
	range->first += ret;
	range->len -= ret;
	if (!range->len)
		stream->at++;
	if (stream->at < stream->nr)
		return 0;
	err = kelp_ident_read(&now, &stream->file->f_path);
	if (err)
		return err;
	return kelp_ident_equal(&now, &stream->ident) ? 0 : -ESTALE;
}

/**
 * kelp_stream_read() - read the next chunk
 * @stream: the stream
 *
 * Context: dispatcher, sleeps. One caller at a time.
 * Return: a blob of 1 to KELP_STREAM_CHUNK bytes, all of one range, a reference
 * for the caller;
 * NULL at the end; an ERR_PTR when reading fails or the file has changed
 * (-ESTALE): the answer cannot be completed, the connection must be aborted.
 */
struct kelp_blob *kelp_stream_read(struct kelp_stream *stream)
{
	const struct cred *saved;
	struct kelp_blob *blob;
	int err;

	if (stream->at == stream->nr)
		return NULL;
	blob = kelp_blob_alloc(min_t(u64, stream->ranges[stream->at].len,
				     KELP_STREAM_CHUNK), GFP_KERNEL);
	if (!blob)
		return ERR_PTR(-ENOMEM);
	saved = override_creds(stream->file->f_cred);
	err = stream_fill(stream, blob);
	revert_creds(saved);
	if (err) {
		kelp_blob_put(blob);
		return ERR_PTR(err);
	}
	return blob;
}

/**
 * kelp_stream_free() - stop reading
 * @stream: the stream, or NULL; not to be touched afterwards
 *
 * Context: process, sleeps.
 */
void kelp_stream_free(struct kelp_stream *stream)
{
	if (!stream)
		return;
	fput(stream->file);
	kfree(stream);
	kelp_census_sub(KELP_CENSUS_STREAM);
}

/**
 * kelp_stream_size() - how many bytes the stream gives in all
 * @stream: the stream
 *
 * Context: any.
 * Return: bytes.
 */
u64 kelp_stream_size(const struct kelp_stream *stream)
{
	return stream->ident.size;
}

/**
 * kelp_stream_mtime() - when the content was last changed
 * @stream: the stream
 *
 * Context: any.
 * Return: seconds since the epoch.
 */
time64_t kelp_stream_mtime(const struct kelp_stream *stream)
{
	return stream->ident.mtime.tv_sec;
}

/**
 * kelp_stream_tag() - make an entity-tag for the content
 * @stream: the stream
 * @tag: filled on success, NUL terminated
 * @coding: how the content is encoded
 *
 * It stands for the identity of the content, and is strong because it is given
 * only when a later change would change the identity, and because a stream in
 * which the identity changed is never complete.
 *
 * Context: any.
 * Return: false when somebody may be changing the content unnoticed: no tag.
 */
bool kelp_stream_tag(const struct kelp_stream *stream, char tag[KELP_TAG_ROOM],
		     enum http_coding coding)
{
	if (!stream->settled)
		return false;
	kelp_digest_tag_file(tag, &stream->ident, coding);
	return true;
}
