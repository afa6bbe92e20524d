// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access lists and trusted proxies of a listener. Asked at accept by the
 * dispatcher, and by whoever serves a connection, in softirq too.
 */
#include "net/gate.h"

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <crypto/algapi.h>

#include "hot.h"
#include "stats/census.h"

/**
 * kelp_gate_rules_create() - room for rules
 * @nr: how many
 * @services: bytes of the list of services, at most KELP_GATE_SERVICES_MAX
 * @secret: bytes of the secret, at most KELP_GATE_SECRET_MAX
 *
 * Context: process, sleeps.
 * Return: zeroed rules for the caller to fill in and hand over, or NULL.
 */
struct kelp_gate_rules *kelp_gate_rules_create(unsigned int nr,
					       size_t services, size_t secret)
{
	struct kelp_gate_rules *rules;

	rules = kzalloc(struct_size(rules, rule, nr) + services + secret,
			GFP_KERNEL);
	if (!rules)
		return NULL;
	rules->nr = nr;
	rules->services_len = services;
	rules->secret_len = secret;
	return rules;
}

static bool services_have(const struct kelp_gate_rules *rules,
			  const char *name, size_t len)
{
	const char *p = kelp_gate_services(rules), *comma;
	size_t left = rules->services_len, n;

	for (;;) {
		comma = memchr(p, ',', left);
		n = comma ? comma - p : left;
		if (n == len && !memcmp(p, name, len))
			return true;
		if (!comma)
			return false;
		left -= n + 1;
		p = comma + 1;
	}
}

/* The caller has filled them in: what follows from that. */
static void rules_complete(struct kelp_gate_rules *rules)
{
	rules->services_all = services_have(rules, "all", 3);
}

/**
 * kelp_gate_create() - make a gate
 * @rules: the rules; the gate's from now on, also when it fails
 *
 * Context: process, sleeps.
 * Return: the gate with a reference for the caller, or NULL.
 */
struct kelp_gate *kelp_gate_create(struct kelp_gate_rules *rules)
{
	struct kelp_gate *gate = kzalloc(sizeof(*gate), GFP_KERNEL);

	if (!gate) {
		kfree(rules);
		return NULL;
	}
	kelp_census_add(KELP_CENSUS_GATE);
	refcount_set(&gate->ref, 1);
	rules_complete(rules);
	RCU_INIT_POINTER(gate->rules, rules);
	return gate;
}

/**
 * kelp_gate_get() - take a reference
 * @gate: a gate on which the caller has one, or NULL
 *
 * Context: any.
 * Return: @gate.
 */
struct kelp_gate *kelp_gate_get(struct kelp_gate *gate)
{
	if (gate)
		refcount_inc(&gate->ref);
	return gate;
}

/**
 * kelp_gate_put() - drop a reference
 * @gate: the gate, not to be touched afterwards, or NULL
 *
 * Context: any.
 */
void kelp_gate_put(struct kelp_gate *gate)
{
	struct kelp_gate_rules *rules;

	if (!gate || !refcount_dec_and_test(&gate->ref))
		return;
	rules = rcu_dereference_protected(gate->rules, true);
	kfree_rcu(rules, rcu);
	kfree_rcu(gate, rcu);
	kelp_census_sub(KELP_CENSUS_GATE);
}

/**
 * kelp_gate_set() - put other rules into force
 * @gate: the gate
 * @rules: the rules; the gate's from now on
 *
 * Connections that are open stay; the trusted proxies of theirs change too.
 *
 * Context: process; holds kelp_net.lock.
 */
void kelp_gate_set(struct kelp_gate *gate, struct kelp_gate_rules *rules)
{
	rules_complete(rules);
	rules = rcu_replace_pointer(gate->rules, rules, true);
	kfree_rcu(rules, rcu);
}

/**
 * kelp_gate_proxy() - do connections begin with a PROXY header?
 * @gate: the gate or NULL
 *
 * Context: any.
 * Return: true when they have to.
 */
bool kelp_gate_proxy(const struct kelp_gate *gate)
{
	bool proxy = false;

	rcu_read_lock();
	if (gate)
		proxy = rcu_dereference(gate->rules)->proxy;
	rcu_read_unlock();
	return proxy;
}

/* The first that contains the address decides, else the opposite of the last. */
static bool rules_admit(const struct kelp_gate_rules *rules,
			const struct kelp_addr *addr)
{
	bool admit = true;
	unsigned int i;

	for (i = 0; i < rules->nr; i++) {
		const struct kelp_gate_rule *rule = &rules->rule[i];

		if (rule->action == KELP_GATE_TRUST)
			continue;
		if (kelp_prefix_has(&rule->prefix, addr))
			return rule->action == KELP_GATE_ALLOW;
		admit = rule->action == KELP_GATE_DENY;
	}
	return admit;
}

/**
 * kelp_gate_admits() - may a client come in?
 * @gate: the gate or NULL
 * @addr: its address
 *
 * Context: any.
 * Return: what the first rule says that contains the address; when none does,
 *	the opposite of the last; without rules true.
 */
bool kelp_gate_admits(const struct kelp_gate *gate,
		      const struct kelp_addr *addr)
{
	bool admit = true;

	rcu_read_lock();
	if (gate)
		admit = rules_admit(rcu_dereference(gate->rules), addr);
	rcu_read_unlock();
	return admit;
}

/* 1: it is in a trusted prefix, 0: it is not, -1: there is none. */
static int rules_trust(const struct kelp_gate_rules *rules,
		       const struct kelp_addr *addr)
{
	unsigned int i;
	int found = -1;

	for (i = 0; i < rules->nr; i++) {
		if (rules->rule[i].action != KELP_GATE_TRUST)
			continue;
		if (kelp_prefix_has(&rules->rule[i].prefix, addr))
			return 1;
		found = 0;
	}
	return found;
}

/**
 * kelp_gate_trusts() - is this a proxy whose word is taken?
 * @gate: the gate or NULL
 * @addr: its address
 *
 * Context: any.
 * Return: true when the address is in a trusted prefix.
 */
bool kelp_gate_trusts(const struct kelp_gate *gate,
		      const struct kelp_addr *addr)
{
	bool trust = false;

	rcu_read_lock();
	if (gate)
		trust = rules_trust(rcu_dereference(gate->rules), addr) > 0;
	rcu_read_unlock();
	return trust;
}

/**
 * kelp_gate_may_announce() - may this peer send a PROXY header?
 * @gate: the gate or NULL
 * @addr: the address of the connection itself
 *
 * Context: any.
 * Return: true when it is trusted, or when nobody in particular is.
 */
bool kelp_gate_may_announce(const struct kelp_gate *gate,
			    const struct kelp_addr *addr)
{
	bool may = true;

	rcu_read_lock();
	if (gate)
		may = rules_trust(rcu_dereference(gate->rules), addr) != 0;
	rcu_read_unlock();
	return may;
}

/* Is a name one of those between the commas? */
/**
 * kelp_gate_offers() - may a service be called here?
 * @gate: the gate or NULL
 * @service: its full name
 *
 * Context: any.
 * Return: true when all may, or this one; without a gate true.
 */
__kelp_hot
bool kelp_gate_offers(const struct kelp_gate *gate, const char *service)
{
	const struct kelp_gate_rules *rules;
	bool offers = true;

	rcu_read_lock();
	if (gate) {
		rules = rcu_dereference(gate->rules);
		offers = rules->services_all ||
			 services_have(rules, service, strlen(service));
	}
	rcu_read_unlock();
	return offers;
}

/**
 * kelp_gate_knows() - does a caller know the secret?
 * @gate: the gate or NULL
 * @secret: what it says
 * @len: bytes of it
 *
 * How long it takes does not tell how much of it is right.
 *
 * Context: any.
 * Return: true when it does, or when there is no secret.
 */
bool kelp_gate_knows(const struct kelp_gate *gate, const void *secret,
		     size_t len)
{
	const struct kelp_gate_rules *rules;
	bool knows = true;

	rcu_read_lock();
	if (gate) {
		rules = rcu_dereference(gate->rules);
		if (rules->secret_len)
			knows = len == rules->secret_len &&
				!crypto_memneq(kelp_gate_secret(rules), secret,
					       len);
	}
	rcu_read_unlock();
	return knows;
}
