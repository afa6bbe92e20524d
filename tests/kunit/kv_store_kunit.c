// SPDX-License-Identifier: GPL-2.0-only
/* The registry of key-value stores: names, namespaces, references. */
#include "svc/kv_store.h"
#include "suites.h"

#include <linux/err.h>
#include <linux/string.h>

#include "net/net.h"
#include "svc/kv.h"

/* All of a server that stores look at is its count of references. */
static struct kelp_net here, there;

static int store_setup(struct kunit *test)
{
	refcount_set(&here.ref, 1);
	refcount_set(&there.ref, 1);
	return 0;
}

static void name_valid__what_is_one(struct kunit *test)
{
	char name[KELP_KV_STORE_NAME + 1] = {};

	KUNIT_EXPECT_TRUE(test, kelp_kv_store_name_valid(KELP_KV_STORE_DEFAULT));
	KUNIT_EXPECT_TRUE(test, kelp_kv_store_name_valid("A.b_c-9"));
	KUNIT_EXPECT_FALSE(test, kelp_kv_store_name_valid(""));
	KUNIT_EXPECT_FALSE(test, kelp_kv_store_name_valid("a b"));
	KUNIT_EXPECT_FALSE(test, kelp_kv_store_name_valid("a\xe4"));
	memset(name, 'x', KELP_KV_STORE_NAME - 1);
	KUNIT_EXPECT_TRUE(test, kelp_kv_store_name_valid(name));
	name[KELP_KV_STORE_NAME - 1] = 'x';
	KUNIT_EXPECT_FALSE(test, kelp_kv_store_name_valid(name));
}

static void get__by_name_and_server(struct kunit *test)
{
	struct kelp_kv_store *a, *same, *b, *other;

	a = kelp_kv_store_get(&here, "a");
	same = kelp_kv_store_get(&here, "a");
	b = kelp_kv_store_get(&here, "b");
	other = kelp_kv_store_get(&there, "a");
	KUNIT_ASSERT_FALSE(test, IS_ERR(a) || IS_ERR(same) || IS_ERR(b) ||
			   IS_ERR(other));
	KUNIT_EXPECT_PTR_EQ(test, a, same);
	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_PTR_NE(test, a, other);
	KUNIT_EXPECT_STREQ(test, a->name, "a");
	KUNIT_EXPECT_EQ(test, refcount_read(&here.ref), 3);
	KUNIT_EXPECT_EQ(test, refcount_read(&there.ref), 2);
	kelp_kv_store_put(a);
	kelp_kv_store_put(b);
	kelp_kv_store_put(other);
	kelp_kv_store_put(same);
	KUNIT_EXPECT_EQ(test, refcount_read(&here.ref), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&there.ref), 1);
}

static void put__the_last_one_empties_it(struct kunit *test)
{
	struct kelp_kv_set set = { .key = "k", .key_len = 1, .data = "v",
				   .len = 1 };
	struct kelp_kv_store *store, *same;

	store = kelp_kv_store_get(&here, "a");
	KUNIT_ASSERT_FALSE(test, IS_ERR(store));
	KUNIT_EXPECT_EQ(test, kelp_kv_set(store->kv, &set, GFP_KERNEL), 0);
	same = kelp_kv_store_get(&here, "a");
	kelp_kv_store_put(store);
	rcu_read_lock();
	KUNIT_EXPECT_NOT_NULL(test, kelp_kv_get(same->kv, "k", 1));
	rcu_read_unlock();
	kelp_kv_store_put(same);
	store = kelp_kv_store_get(&here, "a");
	KUNIT_ASSERT_FALSE(test, IS_ERR(store));
	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, kelp_kv_get(store->kv, "k", 1));
	rcu_read_unlock();
	kelp_kv_store_put(store);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(name_valid__what_is_one),
	KUNIT_CASE(get__by_name_and_server),
	KUNIT_CASE(put__the_last_one_empties_it),
	{}
};

struct kunit_suite kelp_kv_store_suite = {
	.name = "kelp_kv_store",
	.init = store_setup,
	.test_cases = cases,
};
