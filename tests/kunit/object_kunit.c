// SPDX-License-Identifier: GPL-2.0-only
/* Objects: the header fields as they will be sent, and where the body lies. */
#include "http/object.h"
#include "suites.h"

#include <linux/err.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net/blob.h"

static struct kelp_object *create(struct kunit *test,
				  const struct kelp_object_spec *spec)
{
	struct kelp_object *obj = kelp_object_create(spec, GFP_KERNEL);

	KUNIT_ASSERT_FALSE(test, IS_ERR(obj));
	return obj;
}

static void head_is(struct kunit *test, const struct kelp_object *obj,
		    const char *want)
{
	KUNIT_EXPECT_EQ(test, (size_t)obj->head_len, strlen(want));
	KUNIT_EXPECT_TRUE_MSG(test, !memcmp(obj->data, want,
					    min(strlen(want),
						(size_t)obj->head_len)),
			      "%.*s", obj->head_len, obj->data);
}

static void create__inline(struct kunit *test)
{
	struct kelp_object_spec spec = {
		.status = 200, .type = "text/plain",
		.body = "hello", .body_len = 5,
	};
	struct kelp_object *obj = create(test, &spec);

	head_is(test, obj, "Content-Type: text/plain\r\n"
		"Content-Length: 5\r\n\r\n");
	KUNIT_EXPECT_EQ(test, (int)obj->status, 200);
	KUNIT_EXPECT_EQ(test, obj->body_len, 5ULL);
	KUNIT_EXPECT_NULL(test, obj->blob);
	KUNIT_EXPECT_TRUE(test, !memcmp(obj->data + obj->head_len, "hello", 5));
	kelp_object_put(obj);
}

static void create__all_fields(struct kunit *test)
{
	struct kelp_object_spec spec = {
		.status = 404, .type = "a/b", .mtime = 784111777,
		.extra = "Allow: GET\r\nX: y\r\n", .body = "", .body_len = 0,
		.control = "Cache-Control: no-store\r\n",
	};
	struct kelp_object *obj = create(test, &spec);

	head_is(test, obj, "Content-Type: a/b\r\n"
		"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Allow: GET\r\nX: y\r\nCache-Control: no-store\r\n"
		"Content-Length: 0\r\n\r\n");
	kelp_object_put(obj);

	spec.encoding = "br";
	spec.etag = "\"t\"";
	spec.vary = true;
	spec.ranges = true;
	obj = create(test, &spec);
	head_is(test, obj, "Content-Type: a/b\r\nContent-Encoding: br\r\n"
		"Accept-Ranges: bytes\r\n"
		"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"ETag: \"t\"\r\nVary: Accept-Encoding\r\n"
		"Allow: GET\r\nX: y\r\nCache-Control: no-store\r\n"
		"Content-Length: 0\r\n\r\n");
	kelp_object_put(obj);
}

static void run_is(struct kunit *test, const struct kelp_object *obj,
		   size_t from, size_t to, const char *want)
{
	KUNIT_ASSERT_LE(test, to, (size_t)obj->head_len);
	KUNIT_EXPECT_EQ(test, to - from, strlen(want));
	KUNIT_EXPECT_TRUE_MSG(test,
			      to - from == strlen(want) &&
			      !memcmp(obj->data + from, want, to - from),
			      "%.*s", (int)(to - from), obj->data + from);
}

/* Where 206, 304, 412 and 416 find what they point at. */
static void create__runs(struct kunit *test)
{
	struct kelp_object_spec spec = {
		.status = 200, .type = "a/b", .encoding = "gzip",
		.mtime = 784111777, .ranges = true, .vary = true,
		.extra = "X: y\r\n", .control = "Cache-Control: a\r\n",
	};
	struct kelp_object *obj = create(test, &spec);

	run_is(test, obj, 0, obj->part_len,
	       "Content-Type: a/b\r\nContent-Encoding: gzip\r\n");
	run_is(test, obj, obj->keep_off, obj->fields_len,
	       "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	       "Vary: Accept-Encoding\r\nX: y\r\nCache-Control: a\r\n");
	run_is(test, obj, obj->vary_off, obj->fields_len,
	       "Vary: Accept-Encoding\r\nX: y\r\nCache-Control: a\r\n");
	run_is(test, obj, obj->vary_off, obj->control_off,
	       "Vary: Accept-Encoding\r\nX: y\r\n");
	run_is(test, obj, obj->fields_len, obj->head_len,
	       "Content-Length: 0\r\n\r\n");
	KUNIT_EXPECT_EQ(test, (int)obj->etag_len, 0);
	kelp_object_put(obj);

	spec.etag = "\"t\"";
	obj = create(test, &spec);
	run_is(test, obj, obj->keep_off, obj->fields_len,
	       "ETag: \"t\"\r\nVary: Accept-Encoding\r\nX: y\r\n"
	       "Cache-Control: a\r\n");
	run_is(test, obj, obj->etag_off, obj->etag_off + obj->etag_len,
	       "\"t\"");
	KUNIT_EXPECT_EQ(test, obj->mtime, (time64_t)784111777);
	kelp_object_put(obj);
}

static void create__etag_too_long(struct kunit *test)
{
	char tag[HTTP_ETAG_LEN + 2] = {};
	struct kelp_object_spec spec = { .status = 200, .etag = tag };
	struct kelp_object *obj;

	memset(tag, '"', HTTP_ETAG_LEN + 1);
	obj = kelp_object_create(&spec, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, obj == ERR_PTR(-E2BIG));
	tag[HTTP_ETAG_LEN] = 0;
	obj = create(test, &spec);
	KUNIT_EXPECT_EQ(test, (int)obj->etag_len, HTTP_ETAG_LEN);
	kelp_object_put(obj);
}

/* They live as long as what they are variants of. */
static void create__variants(struct kunit *test)
{
	struct kelp_object *variant[HTTP_NR_ENCODINGS] = {};
	struct kelp_object_spec spec = {
		.status = 200, .body = "abc", .body_len = 3,
	};
	struct kelp_object *gzip = create(test, &spec);
	struct kelp_object *obj;

	variant[HTTP_CODING_GZIP] = gzip;
	spec.variant = variant;
	spec.body_len = 2;
	obj = create(test, &spec);
	KUNIT_EXPECT_PTR_EQ(test, obj->variant[HTTP_CODING_GZIP], gzip);
	KUNIT_EXPECT_EQ(test, (int)obj->encodings, BIT(HTTP_CODING_GZIP));
	KUNIT_EXPECT_EQ(test, refcount_read(&gzip->ref), 2U);
	KUNIT_EXPECT_EQ(test, kelp_object_bodies(obj), 5ULL);
	KUNIT_EXPECT_EQ(test, kelp_object_size(obj), 2 * sizeof(*obj) +
			obj->head_len + gzip->head_len + 5);
	kelp_object_put(obj);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, refcount_read(&gzip->ref), 1U);
	kelp_object_put(gzip);
}

/* A file from the future: the field must not be later than Date. */
static void create__mtime_bounded(struct kunit *test)
{
	struct kelp_object_spec spec = { .status = 200, .mtime = 1LL << 40 };
	struct kelp_object *obj = create(test, &spec);

	KUNIT_EXPECT_NULL(test, strnstr((char *)obj->data, " 9999 ",
					obj->head_len));
	KUNIT_EXPECT_NOT_NULL(test, strnstr((char *)obj->data,
					    "Last-Modified: ", obj->head_len));
	kelp_object_put(obj);
}

/* For a streamed file: a length, and no body to go with it. */
static void create__head_only(struct kunit *test)
{
	struct kelp_object_spec spec = {
		.status = 200, .body_len = U64_MAX,
	};
	struct kelp_object *obj = create(test, &spec);

	head_is(test, obj, "Content-Length: 18446744073709551615\r\n\r\n");
	KUNIT_EXPECT_NULL(test, obj->blob);
	KUNIT_EXPECT_EQ(test, obj->body_len, U64_MAX);
	kelp_object_put(obj);
}

static void create__paged_above_inline(struct kunit *test)
{
	struct kelp_object_spec spec = { .status = 200 };
	u8 *body = kunit_kzalloc(test, KELP_OBJECT_INLINE + 1, GFP_KERNEL);
	struct kelp_object *obj;

	KUNIT_ASSERT_NOT_NULL(test, body);
	memset(body, 'x', KELP_OBJECT_INLINE + 1);
	spec.body = body;
	spec.body_len = KELP_OBJECT_INLINE;
	obj = create(test, &spec);
	KUNIT_EXPECT_NULL(test, obj->blob);
	KUNIT_EXPECT_EQ(test, (int)obj->data[obj->head_len +
					     KELP_OBJECT_INLINE - 1], 'x');
	kelp_object_put(obj);

	spec.body_len++;
	obj = create(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, obj->blob);
	KUNIT_EXPECT_EQ(test, obj->blob->len, (size_t)KELP_OBJECT_INLINE + 1);
	KUNIT_EXPECT_TRUE(test, !memcmp(page_address(obj->blob->bv[0].bv_page),
					body, PAGE_SIZE));
	kelp_object_put(obj);
}

static void create__takes_a_reference(struct kunit *test)
{
	struct kelp_blob *blob = kelp_blob_alloc(10, GFP_KERNEL);
	struct kelp_object_spec spec = {
		.status = 200, .blob = blob, .body_len = 10,
	};
	struct kelp_object *obj;

	KUNIT_ASSERT_NOT_NULL(test, blob);
	kelp_blob_write(blob, "0123456789");
	obj = create(test, &spec);
	KUNIT_EXPECT_PTR_EQ(test, obj->blob, blob);
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 2U);
	kelp_object_put(obj);
	/* only after the readers are gone */
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, refcount_read(&blob->ref), 1U);
	kelp_blob_put(blob);
}

static void create__head_too_large(struct kunit *test)
{
	struct kelp_object_spec spec = { .status = 200 };
	char *extra = kunit_kzalloc(test, KELP_OBJECT_HEAD + 1, GFP_KERNEL);
	struct kelp_object *obj;

	KUNIT_ASSERT_NOT_NULL(test, extra);
	memset(extra, 'x', KELP_OBJECT_HEAD);
	spec.extra = extra;
	obj = kelp_object_create(&spec, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, obj == ERR_PTR(-E2BIG));
	/* the largest that its bound admits */
	extra[KELP_OBJECT_HEAD - sizeof("Content-Length: \r\n\r\n") - 20] = 0;
	obj = create(test, &spec);
	KUNIT_EXPECT_LE(test, (int)obj->head_len, KELP_OBJECT_HEAD);
	kelp_object_put(obj);
}

static void tryget__dying(struct kunit *test)
{
	struct kelp_object_spec spec = { .status = 200 };
	struct kelp_object *obj = create(test, &spec);

	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, kelp_object_tryget(obj));
	kelp_object_put(obj);
	kelp_object_put(obj);
	KUNIT_EXPECT_FALSE(test, kelp_object_tryget(obj));
	rcu_read_unlock();
}

static void put__null(struct kunit *test)
{
	kelp_object_put(NULL);
}

static void size__counts_all(struct kunit *test)
{
	struct kelp_object_spec spec = {
		.status = 200, .body = "abc", .body_len = 3,
	};
	struct kelp_object *obj = create(test, &spec);

	KUNIT_EXPECT_EQ(test, kelp_object_size(obj),
			sizeof(*obj) + obj->head_len + 3);
	kelp_object_put(obj);
}

static void object_cleanup(struct kunit *test)
{
	/* their frees are callbacks into this module */
	rcu_barrier();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(create__inline),
	KUNIT_CASE(create__all_fields),
	KUNIT_CASE(create__runs),
	KUNIT_CASE(create__etag_too_long),
	KUNIT_CASE(create__variants),
	KUNIT_CASE(create__mtime_bounded),
	KUNIT_CASE(create__head_only),
	KUNIT_CASE(create__paged_above_inline),
	KUNIT_CASE(create__takes_a_reference),
	KUNIT_CASE(create__head_too_large),
	KUNIT_CASE(tryget__dying),
	KUNIT_CASE(put__null),
	KUNIT_CASE(size__counts_all),
	{}
};

struct kunit_suite kelp_object_suite = {
	.name = "kelp_object",
	.exit = object_cleanup,
	.test_cases = cases,
};
