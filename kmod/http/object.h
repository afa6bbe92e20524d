/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct kelp_object: an immutable HTTP answer, ready to be sent: header
 * fields serialised, body in memory of kelp's own. Cached files, objects that
 * kelpctl puts, and answers that a handler makes are all of this type.
 */
#ifndef KELP_HTTP_OBJECT_H
#define KELP_HTTP_OBJECT_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "http/syntax/coding.h"
#include "http/syntax/etag.h"

struct kelp_blob;

/* Bodies up to this size lie behind the header fields and are copied. */
#define KELP_OBJECT_INLINE 4096
/* Header fields of one object, the empty line included. */
#define KELP_OBJECT_HEAD 4096

/**
 * struct kelp_object - an answer
 * @ref: holders: the table it is in, the object whose @variant it is, requests
 *	in the dispatcher, transmit queues. RCU readers use kelp_object_tryget()
 *	when they keep it
 * @status: HTTP status code
 * @head_len: bytes of header fields in @data, the empty line included; without
 *	status line, Server, Date and Connection
 * @part_len: of these Content-Type and Content-Encoding, which come first, and
 *	which each part of a multipart answer repeats
 * @keep_off: where those begin that 304 has, too: ETag (Last-Modified when
 *	there is none), Vary, whatever else was asked for, and Cache-Control
 * @vary_off: where those begin that are not about this body: Vary and what
 *	follows it
 * @control_off: where Cache-Control begins, or would: what stands between is
 *	part of 412 and 416, too, which are not to be kept by caches
 * @fields_len: where those end; behind them Content-Length and the empty line
 * @etag_off: where in @data the entity-tag is
 * @etag_len: its bytes, 0 when there is none
 * @encodings: bit n: @variant n is there
 * @ranges: parts of it may be asked for
 * @mtime: Last-Modified in seconds since the epoch, 0 for none
 * @body_len: bytes of the body, as Content-Length says
 * @blob: the body when it is larger than KELP_OBJECT_INLINE, else NULL; a
 *	reference is held. Also NULL for the head of a streamed file
 * @variant: the same encoded, by &enum http_coding, or NULL; a reference is
 *	held
 * @rcu: readers may still look
 * @data: header fields, then the body when @blob is NULL
 *
 * Never changed after creation. Header fields stand in an order in which the
 * answers 200, 206 and 304 are made from them by pointing at runs of bytes.
 */
struct kelp_object {
	refcount_t ref;
	u16 status;
	u16 head_len;
	u16 part_len;
	u16 keep_off;
	u16 vary_off;
	u16 control_off;
	u16 fields_len;
	u16 etag_off;
	u8 etag_len;
	u8 encodings;
	bool ranges;
	time64_t mtime;
	u64 body_len;
	struct kelp_blob *blob;
	struct kelp_object *variant[HTTP_NR_ENCODINGS];
	struct rcu_head rcu;
	u8 data[];
};

/**
 * struct kelp_object_spec - what an object is made from
 * @status: HTTP status code
 * @type: value of Content-Type, or NULL
 * @encoding: value of Content-Encoding, or NULL
 * @etag: entity-tag as the field has it, at most HTTP_ETAG_LEN bytes, or NULL
 * @mtime: Last-Modified in seconds since the epoch, 0 or less for none
 * @vary: it depends on Accept-Encoding
 * @ranges: parts of it may be asked for
 * @extra: further complete field lines, each with CRLF, or NULL
 * @control: Cache-Control as a complete line with CRLF, or NULL
 * @body: the body's bytes when @blob is NULL; NULL with a non-zero @body_len
 *	makes an object that has header fields only (for a streamed file)
 * @body_len: bytes of the body
 * @blob: the body; the object takes its own reference
 * @variant: HTTP_NR_ENCODINGS objects or NULLs, of which the object takes
 *	references of its own; or NULL
 */
struct kelp_object_spec {
	u16 status;
	const char *type;
	const char *encoding;
	const char *etag;
	time64_t mtime;
	bool vary;
	bool ranges;
	const char *extra;
	const char *control;
	const void *body;
	u64 body_len;
	struct kelp_blob *blob;
	struct kelp_object *const *variant;
};

struct kelp_object *kelp_object_create(const struct kelp_object_spec *spec,
				       gfp_t gfp);
struct kelp_object *kelp_object_get(struct kelp_object *obj);
bool kelp_object_tryget(struct kelp_object *obj);
void kelp_object_put(struct kelp_object *obj);
size_t kelp_object_size(const struct kelp_object *obj);
u64 kelp_object_bodies(const struct kelp_object *obj);

#endif
