// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditional requests: which preconditions hold.
 *
 * Pure; runs anywhere, softirq included. It must not know about objects or
 * answers.
 */
#include "condition.h"

#include "date.h"
#include "scan.h"

#define SEEN(req, field)	((req)->seen & 1U << (field))
#define REPEATED(req, field)	((req)->repeated & 1U << (field))

typedef bool (*same_fn)(const struct http_etag *, const struct http_etag *);

/* The lines of a field that came on several. */
static bool listed_in_lines(const struct http_req *req, const u8 *head,
			    const char *lower, size_t n,
			    const struct http_etag *tag, same_fn same)
{
	struct http_slice name, value;
	u16 pos = 0;

	while (http_field_next(req, head, &pos, &name, &value))
		if (token_is(head + name.off, name.len, lower, n) &&
		    http_etag_listed(head + value.off, value.len, tag, same))
			return true;
	return false;
}

/* Does If-Match or If-None-Match name the representation? */
static bool names_it(const struct http_req *req, const u8 *head,
		     enum http_known field, const struct http_validators *v,
		     same_fn same)
{
	const struct http_slice *value = &req->known[field];

	if (!v->exists)
		return false;
	if (REPEATED(req, field)) {
		if (field == HTTP_KNOWN_IF_MATCH)
			return listed_in_lines(req, head, "if-match", 8,
					       &v->etag, same);
		return listed_in_lines(req, head, "if-none-match", 13,
				       &v->etag, same);
	}
	if (value->len == 1 && head[value->off] == '*')
		return true;
	return http_etag_listed(head + value->off, value->len, &v->etag, same);
}

/* A field that is one date; false when it has to be ignored. */
static bool get_date(const struct http_req *req, const u8 *head,
		     enum http_known field, const struct http_validators *v,
		     time64_t *date)
{
	const struct http_slice *value = &req->known[field];

	return SEEN(req, field) && !REPEATED(req, field) && v->exists &&
	       v->mtime &&
	       !http_date_parse((const char *)head + value->off, value->len,
				date);
}

unsigned int http_condition_status(const struct http_req *req, const u8 *head,
				   const struct http_validators *v)
{
	bool reads = req->method == HTTP_GET || req->method == HTTP_HEAD;
	time64_t date;

	if (SEEN(req, HTTP_KNOWN_IF_MATCH)) {
		if (!names_it(req, head, HTTP_KNOWN_IF_MATCH, v,
			      http_etag_strong))
			return 412;
	} else if (get_date(req, head, HTTP_KNOWN_IF_UNMODIFIED_SINCE, v,
			    &date)) {
		if (v->mtime > date)
			return 412;
	}
	if (SEEN(req, HTTP_KNOWN_IF_NONE_MATCH)) {
		if (names_it(req, head, HTTP_KNOWN_IF_NONE_MATCH, v,
			     http_etag_weak))
			return reads ? 304 : 412;
	} else if (reads && get_date(req, head, HTTP_KNOWN_IF_MODIFIED_SINCE,
				     v, &date)) {
		if (v->mtime <= date)
			return 304;
	}
	return 0;
}

bool http_condition_range(const struct http_req *req, const u8 *head,
			  const struct http_validators *v, time64_t now)
{
	const struct http_slice *value = &req->if_range;
	struct http_etag tag;
	time64_t date;

	if (!SEEN(req, HTTP_KNOWN_IF_RANGE))
		return true;
	if (REPEATED(req, HTTP_KNOWN_IF_RANGE) || !v->exists)
		return false;
	if (http_etag_parse(&tag, head + value->off, value->len))
		return http_etag_strong(&tag, &v->etag);
	return get_date(req, head, HTTP_KNOWN_IF_RANGE, v, &date) &&
	       date == v->mtime && date < now;
}
