// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing parts of objects. Knows the formats and nothing of how a part was
 * chosen. Under the socket lock, BH off; what is constant is pointed at, not
 * formatted.
 */
#include "http/partial.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/random.h>

#include "http/object.h"
#include "net/blob.h"
#include "net/conn.h"
#include "net/out.h"

/* For Content-Range, Content-Length and a boundary at most. */
#define PARTIAL_ROOM 192

/* Fewer bytes of a blob are gathered with what is around them. */
#define PARTIAL_COPY 4096

/* Kept by RCU and constant, as kelp_out_ref() wants it: see kelp_object_put(). */
static void partial_gather(struct kelp_run *run, const struct kelp_blob *blob,
			   size_t off, size_t len)
{
	const struct bio_vec *bv = blob->bv;
	size_t part;

	for (; len; bv++) {
		if (off >= bv->bv_len) {
			off -= bv->bv_len;
			continue;
		}
		part = min_t(size_t, bv->bv_len - off, len);
		kelp_out_ref(run, page_address(bv->bv_page) + off, part);
		len -= part;
		off = 0;
	}
}

static void partial_bytes(struct kelp_run *run, const struct kelp_object *obj,
			  const struct http_range *range)
{
	if (!obj->blob)
		kelp_out_ref(run, obj->data + obj->head_len + range->first,
			     range->len);
	else if (range->len <= PARTIAL_COPY)
		partial_gather(run, obj->blob, range->first, range->len);
	else
		kelp_out_blob(run, obj->blob, range->first, range->len);
}

static int partial_content_range(char *room, size_t size,
				 const struct kelp_object *obj,
				 const struct http_range *range)
{
	return scnprintf(room, size, "Content-Range: bytes %llu-%llu/%llu\r\n",
			 range->first, range->first + range->len - 1,
			 obj->body_len);
}

/**
 * http_respond_range_head() - write the head of an answer with one range
 * @run: the invocation
 * @mode: how
 * @choice: has one range
 *
 * Context: socket lock, BH off.
 */
void http_respond_range_head(struct kelp_run *run, struct http_mode mode,
			     const struct http_choice *choice)
{
	const struct kelp_object *obj = choice->obj;
	char *room;
	int n;

	http_respond_head(run, mode, 206, obj->data, obj->fields_len);
	room = kelp_out_alloc(run, PARTIAL_ROOM);
	n = partial_content_range(room, PARTIAL_ROOM, obj, choice->ranges);
	n += scnprintf(room + n, PARTIAL_ROOM - n,
		       "Content-Length: %llu\r\n\r\n", choice->ranges->len);
	kelp_out_ref(run, room, n);
}

/* What stands before a part: up to the object's fields, and behind them. */
static int parts_before(char *room, size_t size, const struct http_parts *parts,
			unsigned int at)
{
	return scnprintf(room, size, "%s--%.*s\r\n", at ? "\r\n" : "",
			 HTTP_BOUNDARY_LEN, parts->boundary);
}

static int parts_behind(char *room, size_t size, const struct http_parts *parts,
			unsigned int at)
{
	int n = partial_content_range(room, size, parts->choice.obj,
				      &parts->choice.ranges[at]);

	return n + scnprintf(room + n, size - n, "\r\n");
}

static int parts_last(char *room, size_t size, const struct http_parts *parts)
{
	return scnprintf(room, size, "\r\n--%.*s--\r\n", HTTP_BOUNDARY_LEN,
			 parts->boundary);
}

static u64 parts_length(const struct http_parts *parts, char *room, size_t size)
{
	u64 len = parts_last(room, size, parts);
	unsigned int i;

	for (i = 0; i < parts->choice.nr; i++)
		len += parts_before(room, size, parts, i) +
		       parts->choice.obj->part_len +
		       parts_behind(room, size, parts, i) +
		       parts->choice.ranges[i].len;
	return len;
}

/**
 * http_parts_begin() - write the head of an answer with several parts
 * @run: the invocation
 * @mode: how
 * @parts: its choice was made; the rest is set here
 *
 * Context: socket lock, BH off.
 */
void http_parts_begin(struct kelp_run *run, struct http_mode mode,
		      struct http_parts *parts)
{
	const struct kelp_object *obj = parts->choice.obj;
	u64 random[HTTP_BOUNDARY_LEN / 16];
	char *room;
	u64 len;
	int n;

	get_random_bytes(random, sizeof(random));
	bin2hex(parts->boundary, random, sizeof(random));
	parts->at = 0;
	parts->left = 0;
	http_respond_head(run, mode, 206, obj->data + obj->part_len,
			  obj->fields_len - obj->part_len);
	room = kelp_out_alloc(run, PARTIAL_ROOM);
	len = parts_length(parts, room, PARTIAL_ROOM);
	n = scnprintf(room, PARTIAL_ROOM,
		      "Content-Type: multipart/byteranges; boundary=%.*s\r\nContent-Length: %llu\r\n\r\n",
		      HTTP_BOUNDARY_LEN, parts->boundary, len);
	kelp_out_ref(run, room, n);
}

/**
 * http_parts_next() - write what stands before the next part
 * @run: the invocation
 * @parts: from http_parts_begin(); there is a next part
 *
 * Context: socket lock, BH off.
 */
void http_parts_next(struct kelp_run *run, struct http_parts *parts)
{
	const struct kelp_object *obj = parts->choice.obj;
	char *room = kelp_out_alloc(run, PARTIAL_ROOM);
	int before, behind;

	before = parts_before(room, PARTIAL_ROOM, parts, parts->at);
	behind = parts_behind(room + before, PARTIAL_ROOM - before, parts,
			      parts->at);
	kelp_out_ref(run, room, before);
	kelp_out_ref(run, obj->data, obj->part_len);
	kelp_out_ref(run, room + before, behind);
	parts->left = parts->choice.ranges[parts->at++].len;
}

/**
 * http_parts_end() - write what stands behind the last part
 * @run: the invocation
 * @parts: from http_parts_begin()
 *
 * Context: socket lock, BH off.
 */
void http_parts_end(struct kelp_run *run, const struct http_parts *parts)
{
	char *room = kelp_out_alloc(run, PARTIAL_ROOM);

	kelp_out_ref(run, room, parts_last(room, PARTIAL_ROOM, parts));
}

static void respond_ranges(struct kelp_run *run, struct http_mode mode,
			   const struct http_choice *choice)
{
	struct http_parts parts = { .choice = *choice };
	unsigned int i;

	http_parts_begin(run, mode, &parts);
	for (i = 0; i < choice->nr; i++) {
		http_parts_next(run, &parts);
		partial_bytes(run, choice->obj, &choice->ranges[i]);
	}
	http_parts_end(run, &parts);
}

static void respond_partial(struct kelp_run *run, struct http_mode mode,
			    const struct http_choice *choice)
{
	if (choice->nr > 1) {
		respond_ranges(run, mode, choice);
		return;
	}
	http_respond_range_head(run, mode, choice);
	partial_bytes(run, choice->obj, choice->ranges);
}

/* RFC 9110, 15.4.5; the last two bytes of every head are the empty line. */
static void respond_not_modified(struct kelp_run *run, struct http_mode mode,
				 const struct kelp_object *obj)
{
	http_respond_head(run, mode, 304, obj->data + obj->keep_off,
			  obj->fields_len - obj->keep_off);
	kelp_out_ref(run, obj->data + obj->head_len - 2, 2);
}

/*
 * 412, 416: with the site's own fields and Vary (RFC 9110, 12.5.5) as 200 has
 * them, but not as long to be kept: a cache would give it to those who asked
 * for everything.
 */
static void respond_refusal(struct kelp_run *run, struct http_mode mode,
			    const struct http_choice *choice)
{
	const struct kelp_object *obj = choice->obj;
	const char *reason = http_reason(choice->status);
	char *room = kelp_out_alloc(run, PARTIAL_ROOM);
	int n;

	http_respond_head(run, mode, choice->status, obj->data + obj->vary_off,
			  obj->control_off - obj->vary_off);
	n = scnprintf(room, PARTIAL_ROOM,
		      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n",
		      strlen(reason) + 5);
	if (choice->status == 416)	/* RFC 9110, 14.4 */
		n += scnprintf(room + n, PARTIAL_ROOM - n,
			       "Content-Range: bytes */%llu\r\n",
			       obj->body_len);
	n += scnprintf(room + n, PARTIAL_ROOM - n, "\r\n");
	if (!mode.head_only)
		n += scnprintf(room + n, PARTIAL_ROOM - n, "%u %s\n",
			       choice->status, reason);
	kelp_out_ref(run, room, n);
}

/**
 * http_respond_choice() - answer with what was chosen of an object
 * @run: the invocation
 * @mode: how
 * @choice: from http_choose(); its object has its body, or the choice has none
 *
 * Context: socket lock, BH off, RCU reader.
 */
void http_respond_choice(struct kelp_run *run, struct http_mode mode,
			 const struct http_choice *choice)
{
	kelp_out_reserve(run, 2 * PARTIAL_ROOM);
	switch (choice->status) {
	case 206:
		respond_partial(run, mode, choice);
		break;
	case 304:
		respond_not_modified(run, mode, choice->obj);
		break;
	case 412:
	case 416:
		respond_refusal(run, mode, choice);
		break;
	default:
		http_respond_object(run, mode, choice->obj);
	}
}
