// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects: serialising header fields once, so that sending an answer is
 * nothing but pointing at bytes. Runs in any context; knows nothing of files,
 * tables or connections.
 */
#include "http/object.h"

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "http/syntax/date.h"
#include "net/blob.h"
#include "stats/census.h"

#define FIELD_TYPE "Content-Type: "
#define FIELD_ENCODING "Content-Encoding: "
#define FIELD_RANGES "Accept-Ranges: bytes\r\n"
#define FIELD_MODIFIED "Last-Modified: "
#define FIELD_ETAG "ETag: "
#define FIELD_VARY "Vary: Accept-Encoding\r\n"
#define FIELD_LENGTH "Content-Length: "
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
	if (spec->encoding)
		len += sizeof(FIELD_ENCODING CRLF) + strlen(spec->encoding);
	if (spec->ranges)
		len += sizeof(FIELD_RANGES);
	if (spec->mtime > 0)
		len += sizeof(FIELD_MODIFIED CRLF) + HTTP_DATE_LEN;
	if (spec->etag)
		len += sizeof(FIELD_ETAG CRLF) + strlen(spec->etag);
	if (spec->vary)
		len += sizeof(FIELD_VARY);
	if (spec->extra)
		len += strlen(spec->extra);
	if (spec->control)
		len += strlen(spec->control);
	return len;
}

static u8 *append_modified(u8 *p, struct kelp_object *obj, time64_t mtime)
{
	/* RFC 9110, 8.8.2.1: never later than the answer's Date. */
	obj->mtime = min(mtime, ktime_get_real_seconds());
	p = append_literal(p, FIELD_MODIFIED);
	http_date_format((char *)p, obj->mtime);
	p += HTTP_DATE_LEN;
	return append_literal(p, CRLF);
}

static u8 *append_etag(u8 *p, struct kelp_object *obj, const char *etag)
{
	p = append_literal(p, FIELD_ETAG);
	obj->etag_off = p - obj->data;
	obj->etag_len = strlen(etag);
	p = append(p, etag, obj->etag_len);
	return append_literal(p, CRLF);
}

/* Fields that each part of a multipart answer repeats. */
static u8 *write_part_fields(u8 *p, const struct kelp_object_spec *spec)
{
	if (spec->type) {
		p = append_literal(p, FIELD_TYPE);
		p = append(p, spec->type, strlen(spec->type));
		p = append_literal(p, CRLF);
	}
	if (spec->encoding) {
		p = append_literal(p, FIELD_ENCODING);
		p = append(p, spec->encoding, strlen(spec->encoding));
		p = append_literal(p, CRLF);
	}
	return p;
}

/* RFC 9110, 15.4.5: 304 has no Last-Modified beside an entity-tag. */
static void write_head(struct kelp_object *obj,
		       const struct kelp_object_spec *spec)
{
	u8 *p = write_part_fields(obj->data, spec);

	obj->part_len = p - obj->data;
	if (spec->ranges)
		p = append_literal(p, FIELD_RANGES);
	obj->keep_off = p - obj->data;
	if (spec->mtime > 0)
		p = append_modified(p, obj, spec->mtime);
	if (spec->etag) {
		obj->keep_off = p - obj->data;
		p = append_etag(p, obj, spec->etag);
	}
	obj->vary_off = p - obj->data;
	if (spec->vary)
		p = append_literal(p, FIELD_VARY);
	if (spec->extra)
		p = append(p, spec->extra, strlen(spec->extra));
	obj->control_off = p - obj->data;
	if (spec->control)
		p = append(p, spec->control, strlen(spec->control));
	obj->fields_len = p - obj->data;
	p = append_literal(p, FIELD_LENGTH);
	p = append_number(p, spec->body_len);
	p = append_literal(p, CRLF CRLF);
	obj->head_len = p - obj->data;
}

static void take_variants(struct kelp_object *obj,
			  struct kelp_object *const *variant)
{
	int i;

	for (i = 0; i < HTTP_NR_ENCODINGS; i++) {
		if (!variant[i])
			continue;
		obj->variant[i] = kelp_object_get(variant[i]);
		obj->encodings |= BIT(i);
	}
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
 * @spec: what it consists of; all is copied except @spec->blob and the objects
 *	of @spec->variant, of which the object takes references of its own
 * @gfp: how to allocate
 *
 * @spec's type, encoding, etag, extra and control must have been validated: they
 * are written as they are.
 *
 * Context: any that @gfp allows.
 * Return: a reference for the caller, or an ERR_PTR: -ENOMEM, -E2BIG when the
 * header fields exceed KELP_OBJECT_HEAD or the tag HTTP_ETAG_LEN.
 */
struct kelp_object *kelp_object_create(const struct kelp_object_spec *spec,
				       gfp_t gfp)
{
	bool paged = spec->blob ||
		     (spec->body && spec->body_len > KELP_OBJECT_INLINE);
	size_t inside = paged || !spec->body ? 0 : spec->body_len;
	size_t bound = head_bound(spec);
	struct kelp_object *obj;

	if (bound > KELP_OBJECT_HEAD ||
	    (spec->etag && strlen(spec->etag) > HTTP_ETAG_LEN))
		return ERR_PTR(-E2BIG);
	obj = kmalloc(struct_size(obj, data, bound + inside), gfp);
	if (!obj)
		return ERR_PTR(-ENOMEM);

	memset(obj, 0, sizeof(*obj));
	if (paged) {
		obj->blob = body_blob(spec, gfp);
		if (!obj->blob) {
			kfree(obj);
			return ERR_PTR(-ENOMEM);
		}
	}
	refcount_set(&obj->ref, 1);
	obj->status = spec->status;
	obj->ranges = spec->ranges;
	obj->body_len = spec->body_len;
	write_head(obj, spec);
	if (inside)
		memcpy(obj->data + obj->head_len, spec->body, inside);
	if (spec->variant)
		take_variants(obj, spec->variant);
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

static void object_free(struct kelp_object *obj)
{
	kelp_blob_put(obj->blob);
	kfree(obj);
	kelp_census_sub(KELP_CENSUS_OBJECT);
}

/*
 * Readers find a variant through its object alone: the grace period of the one
 * is that of the other. A second one would outlast the rcu_barrier() at unload.
 */
static void kelp_object_free_rcu(struct rcu_head *rcu)
{
	struct kelp_object *obj = container_of(rcu, struct kelp_object, rcu);
	int i;

	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		if (obj->variant[i] &&
		    refcount_dec_and_test(&obj->variant[i]->ref))
			object_free(obj->variant[i]);
	object_free(obj);
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

static size_t own_size(const struct kelp_object *obj)
{
	return sizeof(*obj) + obj->head_len + obj->body_len;
}

/**
 * kelp_object_size() - memory that an object holds
 * @obj: the object
 *
 * Context: any.
 * Return: bytes, those of its variants included, for caps and statistics.
 */
size_t kelp_object_size(const struct kelp_object *obj)
{
	size_t size = own_size(obj);
	int i;

	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		if (obj->variant[i])
			size += own_size(obj->variant[i]);
	return size;
}

/**
 * kelp_object_bodies() - bytes of an object's body, in all its forms
 * @obj: the object
 *
 * Context: any.
 * Return: bytes.
 */
u64 kelp_object_bodies(const struct kelp_object *obj)
{
	u64 bytes = obj->body_len;
	int i;

	for (i = 0; i < HTTP_NR_ENCODINGS; i++)
		if (obj->variant[i])
			bytes += obj->variant[i]->body_len;
	return bytes;
}
