// SPDX-License-Identifier: GPL-2.0-only
/* Routes: the longest prefix by whole segments, hosts, and many of them. */
#include "http/route.h"
#include "suites.h"

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handler.h"
#include "http/site.h"
#include "http/table.h"

/* What route.c calls elsewhere; these routes have no sites. */
void kelp_site_kill(struct kelp_site *site)
{
}

void kelp_net_changed(struct kelp_net *kn)
{
	kn->generation++;
}

static const struct kelp_http_handler one = { .name = "one" };
static const struct kelp_http_handler two = { .name = "two" };
static const struct kelp_http_handler three = { .name = "three" };

struct routes_fixture {
	struct kelp_net kn;
	struct kelp_http http;
};

static int routes_setup(struct kunit *test)
{
	struct routes_fixture *fix = kzalloc(sizeof(*fix), GFP_KERNEL);

	if (!fix)
		return -ENOMEM;
	mutex_init(&fix->kn.lock);
	fix->http.kn = &fix->kn;
	test->priv = fix;
	return kelp_routes_init(&fix->http.routes);
}

static void routes_teardown(struct kunit *test)
{
	struct routes_fixture *fix = test->priv;

	mutex_lock(&fix->kn.lock);
	kelp_routes_clear(&fix->http);
	mutex_unlock(&fix->kn.lock);
	kelp_routes_exit(&fix->http.routes);
	kfree(fix);
}

static int add(struct kunit *test, const char *prefix, const char *host,
	       const struct kelp_http_handler *handler)
{
	struct kelp_route_spec spec = {
		.prefix = prefix,
		.host = host,
		.handler = handler,
	};
	struct routes_fixture *fix = test->priv;
	int err;

	mutex_lock(&fix->kn.lock);
	err = kelp_route_add(&fix->http, &spec, NULL);
	mutex_unlock(&fix->kn.lock);
	return err;
}

static int del(struct kunit *test, const char *prefix, const char *host,
	       bool site)
{
	struct routes_fixture *fix = test->priv;
	int err;

	mutex_lock(&fix->kn.lock);
	err = kelp_route_del(&fix->http, prefix, host, site, NULL);
	mutex_unlock(&fix->kn.lock);
	return err;
}

/* The path comes in a block of its own size, which KASAN watches. */
static const char *find(struct kunit *test, const char *host, const char *path)
{
	struct routes_fixture *fix = test->priv;
	size_t len = strlen(path);
	const struct kelp_route *route;
	char *block = kmemdup(path, len, GFP_KERNEL);
	const char *name;

	KUNIT_EXPECT_NOT_NULL(test, block);
	if (!block)
		return "";
	rcu_read_lock();
	route = kelp_route_find(&fix->http, host, host ? strlen(host) : 0,
				block, len);
	name = route ? kelp_route_handler(route)->name : "none";
	rcu_read_unlock();
	kfree(block);
	return name;
}

static void find__nothing(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/"), "none");
	KUNIT_EXPECT_STREQ(test, find(test, "a", "/a/b"), "none");
}

static void find__root(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add(test, "/", NULL, &one), 0);
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, "a", "/a/b"), "one");
}

static void find__whole_segments(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add(test, "/a/", NULL, &one), 0);
	KUNIT_ASSERT_EQ(test, add(test, "/a/b/c", "", &two), 0);
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/b"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/b/"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/b/cd"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/b/c"), "two");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/b/c/d/e"), "two");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/ab"), "none");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/b/a"), "none");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/"), "none");
}

static void find__host_first(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add(test, "/", NULL, &one), 0);
	KUNIT_ASSERT_EQ(test, add(test, "/a/b", NULL, &two), 0);
	KUNIT_ASSERT_EQ(test, add(test, "/a", "Ex.org", &three), 0);
	KUNIT_EXPECT_STREQ(test, find(test, "ex.ORG", "/a/b"), "three");
	KUNIT_EXPECT_STREQ(test, find(test, "ex.org.", "/a"), "three");
	KUNIT_EXPECT_STREQ(test, find(test, "ex.org", "/"), "one");
	KUNIT_EXPECT_STREQ(test, find(test, "ex.orgs", "/a/b"), "two");
	KUNIT_EXPECT_STREQ(test, find(test, "", "/a/b"), "two");
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a/b"), "two");
}

static void find__first_sixteen_segments(struct kunit *test)
{
	const char *deep = "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g";

	KUNIT_ASSERT_EQ(test, add(test, deep, NULL, &one), 0);
	KUNIT_EXPECT_STREQ(test, find(test, NULL, deep), "one");
	KUNIT_EXPECT_STREQ(test,
			   find(test, NULL,
				"/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i"),
			   "one");
	KUNIT_EXPECT_STREQ(test,
			   find(test, NULL, "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f"),
			   "none");
}

static void add__refuses(struct kunit *test)
{
	struct routes_fixture *fix = test->priv;

	KUNIT_ASSERT_EQ(test, add(test, "/a", NULL, &one), 0);
	KUNIT_ASSERT_EQ(test, add(test, "/a", "h", &one), 0);
	KUNIT_EXPECT_EQ(test, fix->kn.generation, 2u);
	KUNIT_EXPECT_EQ(test, add(test, "/a/", "", &two), -EEXIST);
	KUNIT_EXPECT_EQ(test, add(test, "/a", "H.", &two), -EEXIST);
	KUNIT_EXPECT_EQ(test, add(test, "a", NULL, &two), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(test, "/", "h:1", &two), -EINVAL);
	KUNIT_EXPECT_EQ(test, fix->kn.generation, 2u);
}

static void del__only_its_own(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add(test, "/a", NULL, &one), 0);
	KUNIT_ASSERT_EQ(test, add(test, "/a", "h", &two), 0);
	KUNIT_EXPECT_EQ(test, del(test, "/", NULL, false), -ENOENT);
	KUNIT_EXPECT_EQ(test, del(test, "/a", "g", false), -ENOENT);
	KUNIT_EXPECT_EQ(test, del(test, "/a", NULL, true), -ENOENT);
	KUNIT_EXPECT_EQ(test, del(test, "/a/", NULL, false), 0);
	KUNIT_EXPECT_STREQ(test, find(test, NULL, "/a"), "none");
	KUNIT_EXPECT_STREQ(test, find(test, "h", "/a"), "two");
	KUNIT_EXPECT_EQ(test, del(test, "/a", "H", false), 0);
	KUNIT_EXPECT_STREQ(test, find(test, "h", "/a"), "none");
}

static void add__many(struct kunit *test)
{
	char path[32];
	int i;

	for (i = 0; i < 200; i++) {
		sprintf(path, "/r/%d", i);
		KUNIT_ASSERT_EQ(test, add(test, path, NULL, &one), 0);
	}
	for (i = 0; i < 200; i += 2) {
		sprintf(path, "/r/%d/", i);
		KUNIT_ASSERT_EQ(test, del(test, path, NULL, false), 0);
	}
	for (i = 0; i < 200; i++) {
		sprintf(path, "/r/%d/x", i);
		KUNIT_EXPECT_STREQ(test, find(test, NULL, path),
				   i % 2 ? "one" : "none");
	}
}

static struct kunit_case route_cases[] = {
	KUNIT_CASE(find__nothing),
	KUNIT_CASE(find__root),
	KUNIT_CASE(find__whole_segments),
	KUNIT_CASE(find__host_first),
	KUNIT_CASE(find__first_sixteen_segments),
	KUNIT_CASE(add__refuses),
	KUNIT_CASE(add__many),
	KUNIT_CASE(del__only_its_own),
	{}
};

struct kunit_suite kelp_route_suite = {
	.name = "kelp_route",
	.init = routes_setup,
	.exit = routes_teardown,
	.test_cases = route_cases,
};
