// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients and gates: the table of addresses with its references, the bucket
 * that outlives a connection, and which rule decides.
 */
#include "suites.h"

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "engine.h"
#include "net/addr.h"
#include "net/client.h"
#include "net/gate.h"
#include "net/limits.h"
#include "net/net.h"

static struct kelp_addr address(const char *text)
{
	struct kelp_addr addr = {};

	WARN_ON_ONCE(!kelp_addr_parse(text, strlen(text), &addr));
	return addr;
}

static struct kelp_client *join(const char *text)
{
	struct kelp_addr addr = address(text);

	return kelp_client_join(engine_kn, &addr, GFP_KERNEL);
}

static int entries(void)
{
	return atomic_read(&engine_kn->clients.nelems);
}

static void client_cleanup(struct kunit *test)
{
	engine_limits_reset();
	KUNIT_EXPECT_TRUE(test, engine_wait(!entries()));
}

static void join__one_entry_per_address(struct kunit *test)
{
	struct kelp_client *a = join("192.0.2.1"), *b = join("192.0.2.2");
	struct kelp_client *c = join("::ffff:192.0.2.1");

	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_PTR_EQ(test, a, c);
	KUNIT_EXPECT_EQ(test, atomic_read(&a->nr), 2);
	KUNIT_EXPECT_EQ(test, entries(), 2);
	kelp_client_leave(engine_kn, a);
	KUNIT_EXPECT_EQ(test, entries(), 2);
	kelp_client_leave(engine_kn, c);
	kelp_client_leave(engine_kn, b);
	KUNIT_EXPECT_EQ(test, entries(), 0);
}

static void join__prefix_of_v6(struct kunit *test)
{
	struct kelp_client *a = join("2001:db8::1");
	struct kelp_client *b = join("2001:db8::ffff:1");
	struct kelp_client *c = join("2001:db8:0:1::1");
	struct kelp_client *d = join("::1"), *e = join("0.0.0.0");

	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_PTR_NE(test, a, c);
	KUNIT_EXPECT_PTR_NE(test, d, e);
	kelp_client_leave(engine_kn, a);
	kelp_client_leave(engine_kn, b);
	kelp_client_leave(engine_kn, c);
	kelp_client_leave(engine_kn, d);
	kelp_client_leave(engine_kn, e);
}

static void join__limit(struct kunit *test)
{
	struct kelp_client *a, *b;

	kelp_net_limit_set(engine_kn, KELP_LIMIT_CONNS_ADDRESS, 1);
	a = join("192.0.2.1");
	b = join("192.0.2.1");
	KUNIT_EXPECT_EQ(test, PTR_ERR(b), (long)-EUSERS);
	KUNIT_EXPECT_EQ(test, atomic_read(&a->nr), 1);
	kelp_client_leave(engine_kn, a);
	a = join("192.0.2.1");
	KUNIT_EXPECT_FALSE(test, IS_ERR(a));
	kelp_client_leave(engine_kn, a);
}

/* The bucket is remembered until it is full, and no longer. */
static void take__outlives_the_connection(struct kunit *test)
{
	struct kelp_client *a = join("192.0.2.1"), *b;

	KUNIT_EXPECT_EQ(test, kelp_client_take(engine_kn, a), 0U);
	KUNIT_EXPECT_EQ(test, atomic64_read(&a->full), 0LL);
	kelp_net_limit_set(engine_kn, KELP_LIMIT_RATE, 2);
	kelp_net_limit_set(engine_kn, KELP_LIMIT_RATE_BURST, 2);
	KUNIT_EXPECT_EQ(test, kelp_client_take(engine_kn, a), 0U);
	KUNIT_EXPECT_EQ(test, kelp_client_take(engine_kn, a), 0U);
	KUNIT_EXPECT_EQ(test, kelp_client_take(engine_kn, a), 1U);
	kelp_client_leave(engine_kn, a);
	KUNIT_EXPECT_EQ(test, entries(), 1);
	b = join("192.0.2.1");
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	kelp_client_leave(engine_kn, b);
	KUNIT_EXPECT_TRUE(test, engine_wait(!entries()));
	/* without a rate nothing has to be remembered */
	a = join("192.0.2.1");
	kelp_client_take(engine_kn, a);
	kelp_net_limit_set(engine_kn, KELP_LIMIT_RATE, 0);
	kelp_client_leave(engine_kn, a);
	KUNIT_EXPECT_EQ(test, entries(), 0);
}

/* Whoever finds an entry that dies helps it out of the table. */
static void get__dying(struct kunit *test)
{
	struct kelp_client *a = join("192.0.2.1"), *b;

	refcount_set(&a->ref, 0);
	b = join("192.0.2.1");
	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_EQ(test, entries(), 1);
	/* its owner goes on */
	refcount_set(&a->ref, 1);
	kelp_client_leave(engine_kn, a);
	KUNIT_EXPECT_EQ(test, entries(), 1);
	kelp_client_leave(engine_kn, b);
}

static struct kelp_gate *gate_of(const char *const *text, size_t nr)
{
	struct kelp_gate_rules *rules = kelp_gate_rules_create(nr, 0, 0);
	struct kelp_addr addr;
	size_t i;

	for (i = 0; i < nr; i++) {
		addr = address(text[i] + 1);
		rules->rule[i].action = text[i][0] == '+' ? KELP_GATE_ALLOW :
					text[i][0] == '-' ? KELP_GATE_DENY :
					KELP_GATE_TRUST;
		rules->rule[i].prefix.family = addr.family;
		rules->rule[i].prefix.len = addr.family == 4 ? 8 : 16;
		memcpy(rules->rule[i].prefix.ip, addr.ip, 16);
	}
	return kelp_gate_create(rules);
}

static bool admits(struct kelp_gate *gate, const char *text)
{
	struct kelp_addr addr = address(text);

	return kelp_gate_admits(gate, &addr);
}

static bool trusts(struct kelp_gate *gate, const char *text)
{
	struct kelp_addr addr = address(text);

	return kelp_gate_trusts(gate, &addr);
}

static void gate__who(struct kunit *test)
{
	static const char *const first[] = { "+10.0.0.0", "-10.0.0.0" };
	static const char *const others_out[] = { "-10.0.0.0", "+11.0.0.0" };
	static const char *const trust[] = { "*10.0.0.0", "*2001::" };
	struct kelp_addr ten = address("10.0.0.1"), one = address("1.0.0.1");
	struct kelp_gate *gate;

	KUNIT_EXPECT_TRUE(test, admits(NULL, "10.0.0.1"));
	KUNIT_EXPECT_FALSE(test, trusts(NULL, "10.0.0.1"));
	gate = gate_of(NULL, 0);
	KUNIT_EXPECT_TRUE(test, admits(gate, "10.0.0.1"));
	kelp_gate_put(gate);
	gate = gate_of(first, 2);
	KUNIT_EXPECT_TRUE(test, admits(gate, "10.0.0.1"));
	KUNIT_EXPECT_TRUE(test, admits(gate, "11.0.0.1"));
	kelp_gate_put(gate);
	gate = gate_of(others_out, 2);
	KUNIT_EXPECT_FALSE(test, admits(gate, "10.0.0.1"));
	KUNIT_EXPECT_TRUE(test, admits(gate, "11.0.0.1"));
	KUNIT_EXPECT_FALSE(test, admits(gate, "12.0.0.1"));
	KUNIT_EXPECT_FALSE(test, admits(gate, "2001::1"));
	kelp_gate_put(gate);
	gate = gate_of(trust, 2);
	KUNIT_EXPECT_TRUE(test, admits(gate, "12.0.0.1"));
	KUNIT_EXPECT_TRUE(test, trusts(gate, "10.0.0.1"));
	KUNIT_EXPECT_TRUE(test, trusts(gate, "2001:1::1"));
	KUNIT_EXPECT_FALSE(test, trusts(gate, "12.0.0.1"));
	KUNIT_EXPECT_TRUE(test, kelp_gate_may_announce(gate, &ten));
	KUNIT_EXPECT_FALSE(test, kelp_gate_may_announce(gate, &one));
	kelp_gate_set(gate, kelp_gate_rules_create(0, 0, 0));
	KUNIT_EXPECT_TRUE(test, kelp_gate_may_announce(gate, &one));
	kelp_gate_put(gate);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(join__one_entry_per_address),
	KUNIT_CASE(join__prefix_of_v6),
	KUNIT_CASE(join__limit),
	KUNIT_CASE(take__outlives_the_connection),
	KUNIT_CASE(get__dying),
	KUNIT_CASE(gate__who),
	{}
};

struct kunit_suite kelp_client_suite = {
	.name = "kelp_client",
	.suite_init = engine_start,
	.suite_exit = engine_stop,
	.exit = client_cleanup,
	.test_cases = cases,
};
