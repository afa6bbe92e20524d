// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preconditions of requests that handlers answer (RFC 9110, 13): before a
 * handler changes anything, and when it is known what it answers a GET. Any
 * callback, or the socket lock; knows nothing of how answers are written.
 */
#include "http/handlers/precondition.h"

#include <linux/bits.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "http/handlers/mount.h"
#include "http/handlers/rq.h"
#include "http/syntax/condition.h"
#include "http/syntax/date.h"

#define READS (BIT(HTTP_GET) | BIT(HTTP_HEAD))

/**
 * http_precondition_refuses() - must the handler not be called?
 * @req: the request, complete
 * @asked: what was asked
 *
 * Context: any.
 * Return: true when the answer is 412.
 */
bool http_precondition_refuses(const struct http_req *req,
			       const struct http_asked *asked)
{
	static const struct http_validators unknown = { .exists = true };

	/* RFC 9110, 13.2.1: OPTIONS selects no representation. */
	if (asked->mount->handler->own_conditions ||
	    BIT(req->method) & (READS | BIT(HTTP_OPTIONS)))
		return false;
	return http_condition_status(req, asked->head, &unknown);
}

/* What the handler told of the representation. */
static void validators_of(const struct kelp_http_rq *rq,
			  struct http_validators *v)
{
	const char *value;
	size_t len;

	*v = (struct http_validators){ .exists = true };
	value = http_text_find(&rq->fields, "ETag", &len);
	if (value)
		http_etag_parse(&v->etag, (const u8 *)value, len);
	value = http_text_find(&rq->fields, "Last-Modified", &len);
	if (value)
		http_date_parse(value, len, &v->mtime);
}

/*
 * Fields that are about a body which is not sent. RFC 9110, 15.4.5; and 412
 * must not be kept by a cache, which would give it to those who ask for
 * everything.
 */
static void drop_fields(struct kelp_http_rq *rq, bool has_etag)
{
	static const char *const body[] = {
		"Content-Type", "Content-Encoding", "Content-Language",
		"Content-Range",
	};
	static const char *const refused[] = {
		"Content-Location", "Content-Disposition", "ETag",
		"Last-Modified", "Cache-Control", "Expires",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(body); i++)
		http_text_drop(&rq->fields, body[i]);
	if (rq->status == 412)
		for (i = 0; i < ARRAY_SIZE(refused); i++)
			http_text_drop(&rq->fields, refused[i]);
	else if (has_etag)
		http_text_drop(&rq->fields, "Last-Modified");
}

/**
 * http_precondition_judge() - does the client get what the handler answers?
 * @rq: the request; status and fields are final
 *
 * If not, the status becomes 304 or 412, and fields go that are not theirs.
 *
 * Context: any callback.
 * Return: true when it has become 412.
 */
bool http_precondition_judge(struct kelp_http_rq *rq)
{
	struct http_validators v;
	unsigned int status;

	if (rq->mount->handler->own_conditions || rq->status / 100 != 2 ||
	    !(BIT(rq->req->method) & READS))
		return false;
	validators_of(rq, &v);
	status = http_condition_status(rq->req, rq->head, &v);
	if (!status)
		return false;
	rq->status = status;
	drop_fields(rq, v.etag.len);
	return status == 412;
}

/**
 * kelp_http_condition() - do the request's preconditions hold?
 * @rq: the request
 * @exists: there is something at the path
 * @etag: its entity-tag as the field has it, or NULL
 * @mtime: its Last-Modified in seconds since the epoch, 0 for none
 *
 * For handlers with own_conditions, to be asked before anything is changed, and
 * when the answer would be 2xx otherwise.
 *
 * Context: any callback.
 * Return: 0 when they do; 304 or 412: answer this instead.
 */
unsigned int kelp_http_condition(const struct kelp_http_rq *rq, bool exists,
				 const char *etag, time64_t mtime)
{
	struct http_validators v = { .exists = exists, .mtime = mtime };

	if (exists && etag)
		http_etag_parse(&v.etag, (const u8 *)etag, strlen(etag));
	return http_condition_status(rq->req, rq->head, &v);
}
EXPORT_SYMBOL_GPL(kelp_http_condition);
