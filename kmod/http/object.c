// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: serialising header fields once, so that sending an answer is
 * nothing but pointing at bytes. Runs in any context; knows nothing of files,
 * tables or connections.
 */
#include "http/object.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "http/date.h"
#include "net/blob.h"
#include "stats/census.h"

#define FIELD_TYPE "Content-Type: "
#define FIELD_LENGTH "Content-Length: "
#define FIELD_MODIFIED "Last-Modified: "
#define CRLF "\r\n"

/* Digits of U64_MAX. */
#define LENGTH_DIGITS 20

static u8 *append(u8 *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

#define append_literal(p, literal) append(p, literal, sizeof(literal) - 1)

static u8 *append_number(u8 *p, u64 n)
{
	u8 digits[LENGTH_DIGITS];
	size_t at = sizeof(digits);

	do {
		u64 rest = div_u64(n, 10);

		digits[--at] = '0' + (n - rest * 10);
		n = rest;
	} while (n);
	return append(p, digits + at, sizeof(digits) - at);
}

/* At least as many bytes as write_head() will write. */
static size_t head_bound(const struct kelp_object_spec *spec)
{
	size_t len = sizeof(FIELD_LENGTH CRLF CRLF) + LENGTH_DIGITS;

	if (spec->type)
		len += sizeof(FIELD_TYPE CRLF) + strlen(spec->type);
	if (spec->mtime > 0)
		len += sizeof(FIELD_MODIFIED CRLF) + HTTP_DATE_LEN;
	if (spec->extra)
		len += strlen(spec->extra);
	return len;
}

static u8 *write_head(u8 *p, const struct kelp_object_spec *spec)
{
	if (spec->type) {
		p = append_literal(p, FIELD_TYPE);
		p = append(p, spec->type, strlen(spec->type));
		p = append_literal(p, CRLF);
	}
	p = append_literal(p, FIELD_LENGTH);
	p = append_number(p, spec->body_len);
	p = append_literal(p, CRLF);
	if (spec->mtime > 0) {
		/* RFC 9110, 8.8.2.1: never later than the answer's Date. */
		time64_t now = ktime_get_real_seconds();

		p = append_literal(p, FIELD_MODIFIED);
		http_date_format((char *)p, min(spec->mtime, now));
		p += HTTP_DATE_LEN;
		p = append_literal(p, CRLF);
	}
	if (spec->extra)
		p = append(p, spec->extra, strlen(spec->extra));
	return append_literal(p, CRLF);
}

/* The body's reference for a new object: the spec's blob, or a copy in one. */
static struct kelp_blob *body_blob(const struct kelp_object_spec *spec,
				   gfp_t gfp)
{
	struct kelp_blob *blob;

	if (spec->blob)
		return kelp_blob_get(spec->blob);
	blob = kelp_blob_alloc(spec->body_len, gfp);
	if (blob)
		kelp_blob_write(blob, spec->body);
	return blob;
}

/**
 * kelp_object_create() - make an answer
 * @spec: what it consists of; all is copied except @spec->blob, of which the
 *	object takes a reference of its own
 * @gfp: how to allocate
 *
 * @spec's type and extra must have been validated: they are written as they
 * are.
 *
 * Context: any that @gfp allows.
 * Return: a reference for the caller, or an ERR_PTR: -ENOMEM, -E2BIG when the
 * header fields exceed KELP_OBJECT_HEAD.
 */
struct kelp_object *kelp_object_create(const struct kelp_object_spec *spec,
				       gfp_t gfp)
{
	bool paged = spec->blob ||
		     (spec->body && spec->body_len > KELP_OBJECT_INLINE);
	size_t inside = paged || !spec->body ? 0 : spec->body_len;
	size_t bound = head_bound(spec);
	struct kelp_object *obj;

	if (bound > KELP_OBJECT_HEAD)
		return ERR_PTR(-E2BIG);
	obj = kmalloc(struct_size(obj, data, bound + inside), gfp);
	if (!obj)
		return ERR_PTR(-ENOMEM);

	obj->blob = NULL;
	if (paged) {
		obj->blob = body_blob(spec, gfp);
		if (!obj->blob) {
			kfree(obj);
			return ERR_PTR(-ENOMEM);
		}
	}
	refcount_set(&obj->ref, 1);
	obj->status = spec->status;
	obj->body_len = spec->body_len;
	obj->head_len = write_head(obj->data, spec) - obj->data;
	if (inside)
		memcpy(obj->data + obj->head_len, spec->body, inside);
	kelp_census_add(KELP_CENSUS_OBJECT);
	return obj;
}

/**
 * kelp_object_get() - take a further reference
 * @obj: an object of which the caller holds a reference
 *
 * Context: any.
 * Return: @obj.
 */
struct kelp_object *kelp_object_get(struct kelp_object *obj)
{
	refcount_inc(&obj->ref);
	return obj;
}

/**
 * kelp_object_tryget() - take a reference to an object found under RCU
 * @obj: found in a table in this RCU read-side section
 *
 * Context: any, under rcu_read_lock().
 * Return: false when the last reference was already given back.
 */
bool kelp_object_tryget(struct kelp_object *obj)
{
	return refcount_inc_not_zero(&obj->ref);
}

static void kelp_object_free_rcu(struct rcu_head *rcu)
{
	struct kelp_object *obj = container_of(rcu, struct kelp_object, rcu);

	kelp_blob_put(obj->blob);
	kfree(obj);
	kelp_census_sub(KELP_CENSUS_OBJECT);
}

/**
 * kelp_object_put() - give a reference back
 * @obj: the object, or NULL; not to be touched afterwards, except by those
 *	who found it under RCU and are still inside that section
 *
 * The last one frees it after a grace period, and only then puts the blob:
 * the fast path sends from objects and blobs that it holds by RCU alone.
 *
 * Context: any.
 */
void kelp_object_put(struct kelp_object *obj)
{
	if (obj && refcount_dec_and_test(&obj->ref))
		call_rcu(&obj->rcu, kelp_object_free_rcu);
}

/**
 * kelp_object_size() - memory that an object holds
 * @obj: the object
 *
 * Context: any.
 * Return: bytes, for caps and statistics.
 */
size_t kelp_object_size(const struct kelp_object *obj)
{
	return sizeof(*obj) + obj->head_len + obj->body_len;
}
