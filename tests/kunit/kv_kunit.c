// SPDX-License-Identifier: GPL-2.0-only
/* The key-value store: conditions, versions, bounds, eviction, numbers. */
#include "svc/kv.h"
#include "suites.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "net/blob.h"

static struct kelp_kv *kv;

static int kv_setup(struct kunit *test)
{
	const struct kelp_kv_config config = {
		.bytes = 32768, .entries = 4, .value = 16384,
	};

	kv = kelp_kv_create(&config);
	return PTR_ERR_OR_ZERO(kv);
}

static void kv_cleanup(struct kunit *test)
{
	synchronize_rcu();
	kelp_kv_destroy(kv);
}

static int put(const char *key, const void *data, size_t len,
	       enum kelp_kv_if condition, u64 *version)
{
	struct kelp_kv_set set = {
		.key = key, .key_len = strlen(key), .data = data, .len = len,
		.condition = condition, .if_version = version ? *version : 0,
	};
	int err = kelp_kv_set(kv, &set, GFP_KERNEL);

	if (version)
		*version = set.version;
	return err;
}

static bool has(const char *key)
{
	bool found;

	rcu_read_lock();
	found = kelp_kv_get(kv, key, strlen(key));
	rcu_read_unlock();
	return found;
}

/* Its time has passed. */
static void age(struct kunit *test, const char *key)
{
	struct kelp_kv_entry *entry;

	rcu_read_lock();
	entry = (struct kelp_kv_entry *)kelp_kv_get(kv, key, strlen(key));
	KUNIT_EXPECT_NOT_NULL(test, entry);
	if (entry)
		entry->expires = 1;
	rcu_read_unlock();
}

static void get__what_was_set(struct kunit *test)
{
	static const char type[] = "text/x";
	struct kelp_kv_set set = {
		.key = "k\0y", .key_len = 3, .type = type, .type_len = 6,
		.data = "value", .len = 5,
	};
	const struct kelp_kv_entry *entry;

	KUNIT_EXPECT_EQ(test, kelp_kv_set(kv, &set, GFP_KERNEL), 0);
	KUNIT_EXPECT_TRUE(test, set.created);
	rcu_read_lock();
	entry = kelp_kv_get(kv, "k\0y", 3);
	KUNIT_EXPECT_NOT_NULL(test, entry);
	if (entry) {
		KUNIT_EXPECT_EQ(test, entry->version, set.version);
		KUNIT_EXPECT_EQ(test, entry->len, 5u);
		KUNIT_EXPECT_EQ(test, memcmp(kelp_kv_value(entry), "value", 5), 0);
		KUNIT_EXPECT_EQ(test, memcmp(kelp_kv_type(entry), type, 6), 0);
	}
	KUNIT_EXPECT_NULL(test, kelp_kv_get(kv, "k", 1));
	rcu_read_unlock();
}

static void get__large_values_are_blobs(struct kunit *test)
{
	const struct kelp_kv_entry *entry;
	char *data = kunit_kzalloc(test, 16384, GFP_KERNEL);
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (len = KELP_KV_INLINE; len <= KELP_KV_INLINE + 1; len++) {
		KUNIT_EXPECT_EQ(test, put("k", data, len, KELP_KV_ALWAYS, NULL), 0);
		rcu_read_lock();
		entry = kelp_kv_get(kv, "k", 1);
		KUNIT_EXPECT_TRUE(test, entry && entry->len == len);
		KUNIT_EXPECT_TRUE(test, entry &&
				  !entry->blob == (len == KELP_KV_INLINE));
		KUNIT_EXPECT_TRUE(test, entry && (!entry->blob ||
						  entry->blob->len == len));
		rcu_read_unlock();
	}
}

static void set__conditions(struct kunit *test)
{
	u64 v = 0, old;

	KUNIT_EXPECT_EQ(test, put("k", "1", 1, KELP_KV_IF_PRESENT, &v), -ENOENT);
	KUNIT_EXPECT_EQ(test, put("k", "1", 1, KELP_KV_IF_VERSION, &v), -ENOENT);
	KUNIT_EXPECT_EQ(test, put("k", "1", 1, KELP_KV_IF_ABSENT, &v), 0);
	old = v;
	KUNIT_EXPECT_EQ(test, put("k", "2", 1, KELP_KV_IF_ABSENT, &v), -EEXIST);
	KUNIT_EXPECT_EQ(test, v, old);
	KUNIT_EXPECT_EQ(test, put("k", "2", 1, KELP_KV_IF_VERSION, &v), 0);
	KUNIT_EXPECT_GT(test, v, old);
	KUNIT_EXPECT_EQ(test, put("k", "3", 1, KELP_KV_IF_VERSION, &old), -ESTALE);
	KUNIT_EXPECT_EQ(test, old, v);
	KUNIT_EXPECT_EQ(test, put("k", "3", 1, KELP_KV_IF_PRESENT, &v), 0);
}

static void set__versions_never_come_back(struct kunit *test)
{
	u64 a = 0, b = 0;

	put("k", "1", 1, KELP_KV_ALWAYS, &a);
	kelp_kv_delete(kv, "k", 1, KELP_KV_ALWAYS, 0);
	put("k", "1", 1, KELP_KV_ALWAYS, &b);
	KUNIT_EXPECT_GT(test, b, a);
}

static void set__refuses(struct kunit *test)
{
	struct kelp_kv_config config = { .bytes = 4096, .entries = 9,
					 .value = 16384 };
	struct kelp_kv_set set = { .key = "k", .key_len = 1, .len = 8000 };
	struct kelp_kv *narrow = kelp_kv_create(&config);
	char *data = kunit_kzalloc(test, 16385, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_ASSERT_FALSE(test, IS_ERR(narrow));
	KUNIT_EXPECT_EQ(test, put("", "1", 1, KELP_KV_ALWAYS, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, put("k", data, 16385, KELP_KV_ALWAYS, NULL), -E2BIG);
	set.data = data;
	KUNIT_EXPECT_EQ(test, kelp_kv_set(narrow, &set, GFP_KERNEL), -ENOSPC);
	kelp_kv_destroy(narrow);
}

static void set__evicts_what_was_not_used(struct kunit *test)
{
	put("a", "1", 1, KELP_KV_ALWAYS, NULL);
	put("b", "1", 1, KELP_KV_ALWAYS, NULL);
	put("c", "1", 1, KELP_KV_ALWAYS, NULL);
	put("d", "1", 1, KELP_KV_ALWAYS, NULL);
	KUNIT_EXPECT_TRUE(test, has("a"));
	put("e", "1", 1, KELP_KV_ALWAYS, NULL);
	KUNIT_EXPECT_FALSE(test, has("b"));
	put("f", "1", 1, KELP_KV_ALWAYS, NULL);
	KUNIT_EXPECT_FALSE(test, has("c"));
	KUNIT_EXPECT_TRUE(test, has("a"));
}

static void set__stays_within_its_bytes(struct kunit *test)
{
	char *data = kunit_kzalloc(test, 15000, GFP_KERNEL);
	struct kelp_kv_stats stats;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < 20; i++) {
		data[0] = 'a' + i % 5;
		data[1] = '\0';
		KUNIT_EXPECT_EQ(test, put(data, data, 15000 - i, KELP_KV_ALWAYS,
					  NULL), 0);
		kelp_kv_stats(kv, &stats);
		KUNIT_EXPECT_LE(test, stats.bytes, 32768ULL);
		KUNIT_EXPECT_LE(test, stats.entries, 2ULL);
	}
	KUNIT_EXPECT_GT(test, stats.evicted, 10ULL);
	KUNIT_EXPECT_EQ(test, stats.sets, 20ULL);
}

static void expired__is_not_there(struct kunit *test)
{
	struct kelp_kv_stats stats;
	u64 v = 0;

	put("k", "1", 1, KELP_KV_ALWAYS, NULL);
	age(test, "k");
	KUNIT_EXPECT_FALSE(test, has("k"));
	KUNIT_EXPECT_EQ(test, put("k", "2", 1, KELP_KV_IF_ABSENT, &v), 0);
	KUNIT_EXPECT_TRUE(test, has("k"));
	age(test, "k");
	KUNIT_EXPECT_EQ(test, kelp_kv_delete(kv, "k", 1, KELP_KV_ALWAYS, 0),
			-ENOENT);
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.entries, 0ULL);
	KUNIT_EXPECT_EQ(test, stats.bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, stats.expired, 2ULL);
}

static void expired__goes_where_it_is_met(struct kunit *test)
{
	struct kelp_kv_stats stats;
	int i;

	put("a", "1", 1, KELP_KV_ALWAYS, NULL);
	put("b", "1", 1, KELP_KV_ALWAYS, NULL);
	age(test, "a");
	age(test, "b");
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_FALSE(test, has("a"));
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.entries, 1ULL);
	KUNIT_EXPECT_EQ(test, stats.expired, 1ULL);
	put("b", "2", 1, KELP_KV_ALWAYS, NULL);
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.entries, 1ULL);
	KUNIT_EXPECT_EQ(test, stats.expired, 2ULL);
}

static void delete__conditions(struct kunit *test)
{
	u64 v = 0;

	KUNIT_EXPECT_EQ(test, kelp_kv_delete(kv, "k", 1, KELP_KV_ALWAYS, 0),
			-ENOENT);
	put("k", "1", 1, KELP_KV_ALWAYS, &v);
	KUNIT_EXPECT_EQ(test, kelp_kv_delete(kv, "k", 1, KELP_KV_IF_VERSION,
					     v + 1), -ESTALE);
	KUNIT_EXPECT_EQ(test, kelp_kv_delete(kv, "k", 1, KELP_KV_IF_VERSION, v),
			0);
	KUNIT_EXPECT_FALSE(test, has("k"));
}

static int incr(s64 initial, s64 by, s64 *sum)
{
	struct kelp_kv_incr what = {
		.key = "n", .key_len = 1, .by = by, .initial = initial,
	};
	int err = kelp_kv_incr(kv, &what, GFP_KERNEL);

	*sum = what.value;
	return err;
}

static void incr__numbers(struct kunit *test)
{
	s64 n = 7;

	KUNIT_EXPECT_EQ(test, incr(3, 5, &n), 0);
	KUNIT_EXPECT_EQ(test, n, 8LL);
	KUNIT_EXPECT_EQ(test, incr(3, -11, &n), 0);
	KUNIT_EXPECT_EQ(test, n, -3LL);
	put("n", "9223372036854775807", 19, KELP_KV_ALWAYS, NULL);
	KUNIT_EXPECT_EQ(test, incr(0, 1, &n), -ERANGE);
	put("n", "many", 4, KELP_KV_ALWAYS, NULL);
	KUNIT_EXPECT_EQ(test, incr(0, 1, &n), -EINVAL);
	put("n", "5\0", 2, KELP_KV_ALWAYS, NULL);
	KUNIT_EXPECT_EQ(test, incr(0, 1, &n), -EINVAL);
}

static void bound__narrows_and_widens(struct kunit *test)
{
	struct kelp_kv_config wide = {
		KELP_KV_SAME, 1000, KELP_KV_SAME, KELP_KV_SAME,
	};
	struct kelp_kv_config narrow = {
		KELP_KV_SAME, 7, 3, KELP_KV_SAME,
	};
	struct kelp_kv_config least = {
		1, KELP_KV_SAME, KELP_KV_SAME, KELP_KV_SAME,
	};
	struct kelp_kv_stats stats;
	char key[8];
	int i;

	kelp_kv_bound(kv, &wide);
	for (i = 0; i < 200; i++) {
		scnprintf(key, sizeof(key), "%d", i);
		KUNIT_EXPECT_EQ(test, put(key, "1", 1, KELP_KV_ALWAYS, NULL), 0);
	}
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.entries, 200ULL);
	KUNIT_EXPECT_TRUE(test, has("0"));
	kelp_kv_bound(kv, &narrow);
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.entries, 7ULL);
	KUNIT_EXPECT_EQ(test, stats.evicted, 193ULL);
	KUNIT_EXPECT_TRUE(test, has("0"));
	KUNIT_EXPECT_EQ(test, put("k", "1234", 4, KELP_KV_ALWAYS, NULL), -E2BIG);
	KUNIT_EXPECT_EQ(test, put("k", "123", 3, KELP_KV_ALWAYS, NULL), 0);
	kelp_kv_bound(kv, &least);
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.entries, 0ULL);
	KUNIT_EXPECT_EQ(test, stats.bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, put("k", "1", 1, KELP_KV_ALWAYS, NULL), -ENOSPC);
}

static void look__is_not_counted(struct kunit *test)
{
	struct kelp_kv_stats stats;

	put("k", "1", 1, KELP_KV_ALWAYS, NULL);
	rcu_read_lock();
	KUNIT_EXPECT_NOT_NULL(test, kelp_kv_look(kv, "k", 1));
	KUNIT_EXPECT_NULL(test, kelp_kv_look(kv, "x", 1));
	KUNIT_EXPECT_NOT_NULL(test, kelp_kv_get(kv, "k", 1));
	rcu_read_unlock();
	kelp_kv_looked(kv, 10, 20);
	kelp_kv_stats(kv, &stats);
	KUNIT_EXPECT_EQ(test, stats.hits, 11ULL);
	KUNIT_EXPECT_EQ(test, stats.misses, 20ULL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(get__what_was_set),
	KUNIT_CASE(get__large_values_are_blobs),
	KUNIT_CASE(set__conditions),
	KUNIT_CASE(set__versions_never_come_back),
	KUNIT_CASE(set__refuses),
	KUNIT_CASE(set__evicts_what_was_not_used),
	KUNIT_CASE(set__stays_within_its_bytes),
	KUNIT_CASE(expired__is_not_there),
	KUNIT_CASE(expired__goes_where_it_is_met),
	KUNIT_CASE(delete__conditions),
	KUNIT_CASE(incr__numbers),
	KUNIT_CASE(bound__narrows_and_widens),
	KUNIT_CASE(look__is_not_counted),
	{}
};

struct kunit_suite kelp_kv_suite = {
	.name = "kelp_kv",
	.init = kv_setup,
	.exit = kv_cleanup,
	.test_cases = cases,
};
