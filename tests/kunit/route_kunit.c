// SPDX-License-Identifier: GPL-2.0-only
/* Which route answers a path. Sites are only pointed at: no file is opened. */
#include "http/route.h"
#include "suites.h"

#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handlers/mount.h"
#include "http/name.h"
#include "http/files/site.h"
#include "http/table.h"

static struct kelp_net *kn;
static struct kelp_http *http;
static struct kelp_site *killed;

/* In the place of http/files/site.c. */
void kelp_site_kill(struct kelp_site *site)
{
	killed = site;
}

/* In the place of http/handlers/handler.c: no route here has a handler. */
void http_mount_put(struct http_mount *mount)
{
}

static int route_setup(struct kunit *test)
{
	kn = kunit_kzalloc(test, sizeof(*kn), GFP_KERNEL);
	http = kunit_kzalloc(test, sizeof(*http), GFP_KERNEL);
	if (!kn || !http)
		return -ENOMEM;
	mutex_init(&kn->lock);
	http->kn = kn;
	killed = NULL;
	return kelp_routes_init(&http->routes);
}

static void route_cleanup(struct kunit *test)
{
	mutex_lock(&kn->lock);
	kelp_routes_clear(http);
	mutex_unlock(&kn->lock);
	kelp_routes_exit(&http->routes);
	rcu_barrier();
}

static int add_site(const char *prefix, const char *host,
		    struct kelp_site *site)
{
	struct kelp_route_spec spec = {
		.prefix = prefix, .host = host, .site = site,
	};
	int err;

	mutex_lock(&kn->lock);
	err = kelp_route_add(http, &spec, NULL);
	mutex_unlock(&kn->lock);
	return err;
}

static int add(const char *prefix, const char *host)
{
	return add_site(prefix, host, NULL);
}

static int del(const char *prefix, const char *host, bool site)
{
	int err;

	mutex_lock(&kn->lock);
	err = kelp_route_del(http, prefix, host, site, NULL);
	mutex_unlock(&kn->lock);
	return err;
}

/* The prefix (without its slash) and host of the route; NULL for none. */
static void find_is(struct kunit *test, const char *host, const char *path,
		    const char *want, const char *want_host)
{
	const struct kelp_route *route;
	/* in a block of its own size, which KASAN watches */
	char *block = kmemdup(path, strlen(path), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, block);
	rcu_read_lock();
	route = kelp_route_find(http, host, strlen(host), block, strlen(path));
	rcu_read_unlock();
	kfree(block);
	if (!want) {
		KUNIT_EXPECT_NULL_MSG(test, route, "%s%s", host, path);
		return;
	}
	KUNIT_ASSERT_NOT_NULL_MSG(test, route, "%s%s", host, path);
	KUNIT_EXPECT_STREQ_MSG(test, (const char *)route->prefix, want,
			       "%s%s", host, path);
	KUNIT_EXPECT_STREQ_MSG(test, route->host, want_host, "%s%s", host,
			       path);
}

static void find__nothing(struct kunit *test)
{
	find_is(test, "", "/", NULL, NULL);
	find_is(test, "a", "/b", NULL, NULL);
	KUNIT_ASSERT_EQ(test, add("/b", NULL), 0);
	find_is(test, "", "/", NULL, NULL);
	find_is(test, "", "/a", NULL, NULL);
}

static void find__root(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/", NULL), 0);
	find_is(test, "", "/", "", "");
	find_is(test, "x.y", "/a/b/c", "", "");
}

static void find__whole_segments(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/ab", NULL), 0);
	find_is(test, "", "/ab", "/ab", "");
	find_is(test, "", "/ab/", "/ab", "");
	find_is(test, "", "/ab/c", "/ab", "");
	find_is(test, "", "/a", NULL, NULL);
	find_is(test, "", "/abc", NULL, NULL);
	find_is(test, "", "/abc/ab", NULL, NULL);
	find_is(test, "", "/AB", NULL, NULL);
}

static void find__longest(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/", NULL), 0);
	KUNIT_ASSERT_EQ(test, add("/a/b/", NULL), 0);
	KUNIT_ASSERT_EQ(test, add("/a/b/c/d", NULL), 0);
	find_is(test, "", "/a", "", "");
	find_is(test, "", "/a/", "", "");
	find_is(test, "", "/a/b", "/a/b", "");
	find_is(test, "", "/a/b/c", "/a/b", "");
	find_is(test, "", "/a/b/c/", "/a/b", "");
	find_is(test, "", "/a/b/c/d", "/a/b/c/d", "");
	find_is(test, "", "/a/b/c/d/e", "/a/b/c/d", "");
	find_is(test, "", "/a/b/c/dd", "/a/b", "");
}

static void find__host_first(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/", "one.example"), 0);
	KUNIT_ASSERT_EQ(test, add("/a/b", NULL), 0);
	KUNIT_ASSERT_EQ(test, add("/a", "two.example"), 0);
	/* however short */
	find_is(test, "one.example", "/a/b", "", "one.example");
	find_is(test, "two.example", "/a/b", "/a", "two.example");
	find_is(test, "two.example", "/b", NULL, NULL);
	find_is(test, "three.example", "/a/b", "/a/b", "");
	find_is(test, "", "/a/b", "/a/b", "");
}

static void find__host_spelling(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/", "One.Example"), 0);
	find_is(test, "ONE.example", "/", "", "one.example");
	find_is(test, "one.example.", "/", "", "one.example");
	find_is(test, "one.exampl", "/", NULL, NULL);
	find_is(test, "one.example.x", "/", NULL, NULL);
	find_is(test, "xone.example", "/", NULL, NULL);
}

static void find__below_a_name(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/", "*.Example.org"), 0);
	KUNIT_ASSERT_EQ(test, add("/a", "*.deep.example.org"), 0);
	KUNIT_ASSERT_EQ(test, add("/a", "x.example.org"), 0);
	KUNIT_ASSERT_EQ(test, add("/", NULL), 0);
	KUNIT_EXPECT_EQ(test, add("/", "*.example.ORG."), -EEXIST);
	find_is(test, "y.example.org", "/a", "", "*.example.org");
	find_is(test, "Y.EXAMPLE.org.", "/a", "", "*.example.org");
	find_is(test, "z.y.example.org", "/a", "", "*.example.org");
	/* the exact host; the longest name; however short the prefix */
	find_is(test, "x.example.org", "/a/b", "/a", "x.example.org");
	find_is(test, "x.example.org", "/b", "", "*.example.org");
	find_is(test, "x.deep.example.org", "/a", "/a", "*.deep.example.org");
	find_is(test, "x.deep.example.org", "/b", "", "*.example.org");
	find_is(test, "deep.example.org", "/a", "", "*.example.org");
	find_is(test, "example.org", "/", "", "");
	find_is(test, ".example.org", "/", "", "");
	find_is(test, "yexample.org", "/", "", "");
	find_is(test, "y.example.org.x", "/", "", "");
	find_is(test, "", "/", "", "");
}

static void find__below_more_names_than_there_may_be(struct kunit *test)
{
	char host[256];

	KUNIT_ASSERT_EQ(test, add("/", "*.b"), 0);
	memset(host, '.', sizeof(host));
	host[254] = 'b';
	host[255] = '\0';
	find_is(test, host, "/", "", "*.b");
	KUNIT_ASSERT_EQ(test,
			add("/", "*.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.b"), 0);
	find_is(test, "x.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.b", "/", "",
		"*.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.b");
	KUNIT_EXPECT_EQ(test,
			add("/", "*.0.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.b"),
			-EINVAL);
}

/* The request's bytes end where its length says. */
static void find__lengths_count(struct kunit *test)
{
	const struct kelp_route *route;

	KUNIT_ASSERT_EQ(test, add("/ab", "h"), 0);
	rcu_read_lock();
	route = kelp_route_find(http, "hh", 1, "/ab/c", 3);
	KUNIT_EXPECT_NOT_NULL(test, route);
	KUNIT_EXPECT_NULL(test, kelp_route_find(http, "hh", 1, "/ab/c", 2));
	KUNIT_EXPECT_NULL(test, kelp_route_find(http, "hh", 2, "/ab/c", 5));
	rcu_read_unlock();
}

static void find__deepest(struct kunit *test)
{
	char prefix[2 * KELP_NAME_DEPTH + 3] = "";
	int i;

	for (i = 0; i < KELP_NAME_DEPTH; i++)
		strcat(prefix, "/x");
	KUNIT_ASSERT_EQ(test, add(prefix, NULL), 0);
	find_is(test, "", prefix, prefix, "");
	strcat(prefix, "/");
	KUNIT_EXPECT_EQ(test, add(prefix, NULL), -EEXIST);
	strcat(prefix, "x");
	KUNIT_EXPECT_EQ(test, add(prefix, NULL), -EINVAL);
	/* a request may be deeper than any route */
	prefix[2 * KELP_NAME_DEPTH] = '\0';
	find_is(test, "", "/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x", prefix,
		"");
}

/* Full of routes whose hashes collide in any table of that size. */
static void find__many(struct kunit *test)
{
	char prefix[16];
	int i;

	for (i = 0; i < 300; i++) {
		snprintf(prefix, sizeof(prefix), "/%d/%d", i % 7, i);
		KUNIT_ASSERT_EQ(test, add(prefix, i & 1 ? "h" : NULL), 0);
	}
	for (i = 0; i < 300; i++) {
		snprintf(prefix, sizeof(prefix), "/%d/%d", i % 7, i);
		find_is(test, "h", prefix, prefix, i & 1 ? "h" : "");
		find_is(test, "g", prefix, i & 1 ? NULL : prefix, "");
	}
}

static void add__twice(struct kunit *test)
{
	u32 generation;

	KUNIT_ASSERT_EQ(test, add("/a", "h"), 0);
	generation = kn->generation;
	KUNIT_EXPECT_EQ(test, add("/a/", "H."), -EEXIST);
	KUNIT_EXPECT_EQ(test, kn->generation, generation);
	KUNIT_EXPECT_EQ(test, add("/a", "g"), 0);
	KUNIT_EXPECT_EQ(test, add("/a", NULL), 0);
	KUNIT_EXPECT_EQ(test, http->routes.nr, 3U);
}

static void add__refused_site_is_the_callers(struct kunit *test)
{
	struct kelp_site *site = kunit_kzalloc(test, sizeof(*site), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, site);
	KUNIT_ASSERT_EQ(test, add("/a", NULL), 0);
	KUNIT_EXPECT_EQ(test, add_site("/a", NULL, site), -EEXIST);
	KUNIT_EXPECT_EQ(test, add_site("a", NULL, site), -EINVAL);
	KUNIT_EXPECT_EQ(test, add_site("/b", "a b", site), -EINVAL);
	KUNIT_EXPECT_NULL(test, killed);
	find_is(test, "", "/b", NULL, NULL);
}

static void del__restores(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add("/", NULL), 0);
	KUNIT_ASSERT_EQ(test, add("/a", NULL), 0);
	KUNIT_ASSERT_EQ(test, add("/a", "h"), 0);
	KUNIT_EXPECT_EQ(test, del("/a", "h", false), 0);
	find_is(test, "h", "/a", "/a", "");
	KUNIT_EXPECT_EQ(test, del("/a/", "", false), 0);
	find_is(test, "h", "/a", "", "");
	KUNIT_EXPECT_EQ(test, del("/", NULL, false), 0);
	find_is(test, "h", "/a", NULL, NULL);
	KUNIT_EXPECT_EQ(test, http->routes.nr, 0U);
}

static void del__unknown(struct kunit *test)
{
	struct kelp_site *site = kunit_kzalloc(test, sizeof(*site), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, site);
	KUNIT_ASSERT_EQ(test, add("/a", NULL), 0);
	KUNIT_ASSERT_EQ(test, add_site("/s", NULL, site), 0);
	KUNIT_EXPECT_EQ(test, del("/b", NULL, false), -ENOENT);
	KUNIT_EXPECT_EQ(test, del("/a", "h", false), -ENOENT);
	KUNIT_EXPECT_EQ(test, del("b", NULL, false), -EINVAL);
	/* a site is not deleted as a route, nor the other way round */
	KUNIT_EXPECT_EQ(test, del("/a", NULL, true), -ENOENT);
	KUNIT_EXPECT_EQ(test, del("/s", NULL, false), -ENOENT);
	KUNIT_EXPECT_NULL(test, killed);
	KUNIT_EXPECT_EQ(test, del("/s", NULL, true), 0);
	KUNIT_EXPECT_PTR_EQ(test, killed, site);
	find_is(test, "", "/a", "/a", "");
}

static void clear__kills_sites(struct kunit *test)
{
	struct kelp_site *site = kunit_kzalloc(test, sizeof(*site), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, site);
	KUNIT_ASSERT_EQ(test, add_site("/s", NULL, site), 0);
	KUNIT_EXPECT_NE(test, site->id, 0U);
	mutex_lock(&kn->lock);
	kelp_routes_clear(http);
	mutex_unlock(&kn->lock);
	KUNIT_EXPECT_PTR_EQ(test, killed, site);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(find__nothing),
	KUNIT_CASE(find__root),
	KUNIT_CASE(find__whole_segments),
	KUNIT_CASE(find__longest),
	KUNIT_CASE(find__host_first),
	KUNIT_CASE(find__host_spelling),
	KUNIT_CASE(find__below_a_name),
	KUNIT_CASE(find__below_more_names_than_there_may_be),
	KUNIT_CASE(find__lengths_count),
	KUNIT_CASE(find__deepest),
	KUNIT_CASE(find__many),
	KUNIT_CASE(add__twice),
	KUNIT_CASE(add__refused_site_is_the_callers),
	KUNIT_CASE(del__restores),
	KUNIT_CASE(del__unknown),
	KUNIT_CASE(clear__kills_sites),
	{}
};

struct kunit_suite kelp_route_suite = {
	.name = "kelp_route",
	.init = route_setup,
	.exit = route_cleanup,
	.test_cases = cases,
};
