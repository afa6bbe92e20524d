/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream: a file that is too large for the cache, read in chunks.
 */
#ifndef KELP_HTTP_STREAM_H
#define KELP_HTTP_STREAM_H

#include <linux/time64.h>
#include <linux/types.h>

#include "http/syntax/coding.h"
#include "http/digest.h"

struct file;
struct http_range;
struct kelp_blob;
struct kelp_stream;

#define KELP_STREAM_CHUNK (128 * 1024)

struct kelp_stream *kelp_stream_create(struct file *file);
void kelp_stream_select(struct kelp_stream *stream,
			const struct http_range *ranges, unsigned int nr);
struct kelp_blob *kelp_stream_read(struct kelp_stream *stream);
void kelp_stream_free(struct kelp_stream *stream);
u64 kelp_stream_size(const struct kelp_stream *stream);
time64_t kelp_stream_mtime(const struct kelp_stream *stream);
bool kelp_stream_tag(const struct kelp_stream *stream, char tag[KELP_TAG_ROOM],
		     enum http_coding coding);

#endif
