// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing what of an object a request gets. Any context; knows objects and the
 * fields of requests, nothing of connections.
 */
#include "http/choice.h"

#include <linux/bits.h>
#include <linux/ktime.h>

#include "http/syntax/coding.h"
#include "http/object.h"

/* The objects to be ranged over have been chosen, and the answer is 200. */
static void choose_ranges(struct http_choice *choice,
			  const struct http_req *req, const u8 *head,
			  const struct http_validators *v)
{
	const struct http_slice *range = &req->range;
	int nr;

	/* RFC 9110, 14.2: only for GET. On several lines it is invalid. */
	if (req->method != HTTP_GET || !choice->obj->ranges ||
	    req->repeated & BIT(HTTP_KNOWN_RANGE) ||
	    !http_condition_range(req, head, v, ktime_get_real_seconds()))
		return;
	nr = http_range_parse(choice->ranges, head + range->off, range->len,
			      choice->obj->body_len);
	if (nr == HTTP_RANGE_NONE) {
		choice->status = 416;
	} else if (nr != HTTP_RANGE_IGNORE) {
		choice->status = 206;
		choice->nr = nr;
	}
}

/**
 * http_choose() - choose what of an object a request gets
 * @choice: filled
 * @req: the request, complete
 * @head: first byte of its head
 * @obj: the object, kept by the caller
 *
 * Context: any.
 */
void http_choose(struct http_choice *choice, const struct http_req *req,
		 const u8 *head, struct kelp_object *obj)
{
	struct http_validators v = { .exists = true };
	enum http_coding coding;
	unsigned int status;

	coding = http_coding_choose(req, head, obj->encodings);
	if (coding != HTTP_CODING_IDENTITY)
		obj = obj->variant[coding];
	choice->obj = obj;
	choice->status = obj->status;
	choice->nr = 0;
	/* RFC 9110, 13.2.1 */
	if (obj->status != 200)
		return;
	if (obj->etag_len)
		http_etag_parse(&v.etag, obj->data + obj->etag_off,
				obj->etag_len);
	v.mtime = obj->mtime;
	status = http_condition_status(req, head, &v);
	if (status)
		choice->status = status;
	else if (req->seen & BIT(HTTP_KNOWN_RANGE))
		choose_ranges(choice, req, head, &v);
}
