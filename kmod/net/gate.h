/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate of a listener: who may come, who may speak for others, and what may
 * be called. The rules are swapped as a whole while the listener and its
 * connections stay.
 */
#ifndef KELP_NET_GATE_H
#define KELP_NET_GATE_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>

#include "net/addr.h"

#define KELP_GATE_RULES_MAX 256
#define KELP_GATE_SERVICES_MAX 1024
#define KELP_GATE_SECRET_MAX 256

enum kelp_gate_action {
	KELP_GATE_ALLOW,
	KELP_GATE_DENY,
	KELP_GATE_TRUST,
};

/**
 * struct kelp_gate_rule - what holds for addresses of a prefix
 * @prefix: the prefix
 * @action: &enum kelp_gate_action
 */
struct kelp_gate_rule {
	struct kelp_prefix prefix;
	u8 action;
};

/**
 * struct kelp_gate_rules - all rules of a listener
 * @rcu: readers may still look when they are replaced
 * @proxy: connections begin with the PROXY protocol's header
 * @nr: elements of @rule
 * @services_len: bytes of the list of services
 * @services_all: the list has "all" in it
 * @secret_len: bytes of the secret, 0 when there is none
 * @rule: in the order in which they were given; behind them, without NUL, the
 *	services that may be called ("all", "none", or names with commas
 *	between them), and the secret that their callers have to know
 *
 * Immutable once published in &kelp_gate.rules.
 */
struct kelp_gate_rules {
	struct rcu_head rcu;
	bool proxy;
	unsigned int nr;
	u16 services_len;
	bool services_all;
	u16 secret_len;
	struct kelp_gate_rule rule[];
};

static inline char *kelp_gate_services(const struct kelp_gate_rules *rules)
{
	return (char *)&rules->rule[rules->nr];
}

static inline u8 *kelp_gate_secret(const struct kelp_gate_rules *rules)
{
	return (u8 *)kelp_gate_services(rules) + rules->services_len;
}

/**
 * struct kelp_gate - the gate of one listener
 * @ref: the listener's and its connections'
 * @rules: RCU; replaced under kelp_net.lock
 * @rcu: readers may still look
 */
struct kelp_gate {
	refcount_t ref;
	struct kelp_gate_rules __rcu *rules;
	struct rcu_head rcu;
};

struct kelp_gate_rules *kelp_gate_rules_create(unsigned int nr,
					       size_t services, size_t secret);
struct kelp_gate *kelp_gate_create(struct kelp_gate_rules *rules);
struct kelp_gate *kelp_gate_get(struct kelp_gate *gate);
void kelp_gate_put(struct kelp_gate *gate);
void kelp_gate_set(struct kelp_gate *gate, struct kelp_gate_rules *rules);

/* Any context. A connection without a gate is let in and trusted by nobody. */
bool kelp_gate_proxy(const struct kelp_gate *gate);
bool kelp_gate_admits(const struct kelp_gate *gate,
		      const struct kelp_addr *addr);
bool kelp_gate_trusts(const struct kelp_gate *gate,
		      const struct kelp_addr *addr);
bool kelp_gate_may_announce(const struct kelp_gate *gate,
			    const struct kelp_addr *addr);
bool kelp_gate_offers(const struct kelp_gate *gate, const char *service);
bool kelp_gate_knows(const struct kelp_gate *gate, const void *secret,
		     size_t len);

#endif
