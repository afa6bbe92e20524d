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

struct kelp_blob;

/* Bodies up to this size lie behind the header fields and are copied. */
#define KELP_OBJECT_INLINE 4096
/* Header fields of one object, the empty line included. */
#define KELP_OBJECT_HEAD 4096

/**
 * struct kelp_object - an answer
 * @ref: holders: the table it is in, requests in the dispatcher, transmit
 *	queues. RCU readers use kelp_object_tryget() when they keep it
 * @status: HTTP status code
 * @head_len: bytes of header fields in @data: Content-Type, Content-Length,
 *	Last-Modified, …, the empty line included; without status line, Server,
 *	Date and Connection
 * @body_len: bytes of the body, as Content-Length says
 * @blob: the body when it is larger than KELP_OBJECT_INLINE, else NULL; a
 *	reference is held. Also NULL for the head of a streamed file
 * @rcu: readers may still look
 * @data: header fields, then the body when @blob is NULL
 *
 * Never changed after creation.
 */
struct kelp_object {
	refcount_t ref;
	u16 status;
	u16 head_len;
	size_t body_len;
	struct kelp_blob *blob;
	struct rcu_head rcu;
	u8 data[];
};

/**
 * struct kelp_object_spec - what an object is made from
 * @status: HTTP status code
 * @type: value of Content-Type, or NULL
 * @mtime: Last-Modified in seconds since the epoch, 0 or less for none
 * @extra: further complete field lines, each with CRLF, or NULL
 * @body: the body's bytes when @blob is NULL; NULL with a non-zero @body_len
 *	makes an object that has header fields only (for a streamed file)
 * @body_len: bytes of the body
 * @blob: the body; the object takes its own reference
 */
struct kelp_object_spec {
	u16 status;
	const char *type;
	time64_t mtime;
	const char *extra;
	const void *body;
	size_t body_len;
	struct kelp_blob *blob;
};

struct kelp_object *kelp_object_create(const struct kelp_object_spec *spec,
				       gfp_t gfp);
struct kelp_object *kelp_object_get(struct kelp_object *obj);
bool kelp_object_tryget(struct kelp_object *obj);
void kelp_object_put(struct kelp_object *obj);
size_t kelp_object_size(const struct kelp_object *obj);

#endif
