// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests call: a proxy is made, told what to break, and asked what it did.
 * See proxy.h. Each function here has the proxy's stage do it, so nothing but
 * the counters is shared.
 */
#include "proxy.h"

#include <errno.h>
#include <stdlib.h>

#include "proxy_int.h"

static void welcome(struct gate *gate, int fd,
		    const struct sockaddr_in *client)
{
	struct proxy *proxy = owner_of(gate, struct proxy, gate);

	(void)client;
	proxy_add(proxy, PROXY_ACCEPTED, 1);
	pair_open(proxy, fd);
}

static void end_pairs(struct proxy *proxy, enum proxy_kind kind)
{
	struct pair *pair, *next;

	for (pair = TAILQ_FIRST(&proxy->pairs); pair; pair = next) {
		next = TAILQ_NEXT(pair, link);
		if (kind == PROXY_HOLE)
			pair_hole(pair);
		else
			pair_end(pair, kind == PROXY_CLOSE ? ENDING_CLOSE :
							     ENDING_RESET);
		pair_go(pair);
	}
}

static void drop_pairs(struct proxy *proxy)
{
	struct pair *pair;

	while ((pair = TAILQ_FIRST(&proxy->pairs)))
		pair_drop(pair);
}

/**
 * struct wish - what a test wants of a proxy
 * @proxy: of this one
 * @rc: what it gets
 * @number: an enum
 * @rule: to add
 */
struct wish {
	struct proxy *proxy;
	int rc;
	unsigned int number;
	const struct proxy_rule *rule;
};

static void do_set_door(void *arg)
{
	struct wish *wish = arg;
	struct proxy *proxy = wish->proxy;

	if (wish->number == PROXY_OPEN)
		wish->rc = gate_open(&proxy->gate);
	if (wish->number == PROXY_LOST)
		wish->rc = gate_lose(&proxy->gate);
	if (wish->number == PROXY_LOST && !wish->rc)
		end_pairs(proxy, PROXY_HOLE);
	if (wish->number == PROXY_CLOSED || wish->rc) {
		gate_shut(&proxy->gate);
		drop_pairs(proxy);
	}
}

int proxy_set_door(struct proxy *proxy, enum proxy_door door)
{
	struct wish wish = { .proxy = proxy, .number = door };

	stage_call(proxy->stage, do_set_door, &wish);
	return wish.rc;
}

static void do_cut(void *arg)
{
	struct wish *wish = arg;

	end_pairs(wish->proxy, (enum proxy_kind)wish->number);
}

void proxy_cut(struct proxy *proxy, enum proxy_kind kind)
{
	struct wish wish = { .proxy = proxy, .number = kind };

	stage_call(proxy->stage, do_cut, &wish);
}

static void do_rule_add(void *arg)
{
	struct wish *wish = arg;
	struct proxy *proxy = wish->proxy;
	struct proxy_rule *rule = &proxy->rules[proxy->nr_rules];

	if (proxy->nr_rules == PROXY_RULES) {
		wish->rc = -ENOSPC;
		return;
	}
	*rule = *wish->rule;
	if (!rule->times)
		rule->times = UINT64_MAX;
	proxy->nr_rules++;
}

int proxy_rule_add(struct proxy *proxy, const struct proxy_rule *rule)
{
	struct wish wish = { .proxy = proxy, .rule = rule };

	if (rule->kind >= PROXY_KINDS || rule->at < PROXY_ANYWHERE)
		return -EINVAL;
	stage_call(proxy->stage, do_rule_add, &wish);
	return wish.rc;
}

static void do_rules_clear(void *arg)
{
	((struct proxy *)arg)->nr_rules = 0;
}

void proxy_rules_clear(struct proxy *proxy)
{
	stage_call(proxy->stage, do_rules_clear, proxy);
}

uint64_t proxy_count(const struct proxy *proxy, enum proxy_count which)
{
	return atomic_load_explicit(&proxy->counts[which],
				    memory_order_relaxed);
}

uint64_t proxy_faults(const struct proxy *proxy, enum proxy_kind kind)
{
	return atomic_load_explicit(&proxy->faults[kind], memory_order_relaxed);
}

bool proxy_wait(const struct proxy *proxy, enum proxy_count which,
		uint64_t at_least, int timeout_ms)
{
	uint64_t end = stage_now() + (uint64_t)timeout_ms * 1000000;

	while (proxy_count(proxy, which) < at_least) {
		if (stage_now() >= end)
			return false;
		stage_nap();
	}
	return true;
}

uint16_t proxy_port(const struct proxy *proxy)
{
	return proxy->gate.port;
}

const char *proxy_name(const struct proxy *proxy)
{
	return proxy->gate.name;
}

int proxy_create(struct proxy **proxy, uint16_t to, uint64_t seed)
{
	struct proxy *made = calloc(1, sizeof(*made));
	int rc;

	if (!made)
		return -ENOMEM;
	made->to = to;
	made->dice = seed;
	made->gate.welcome = welcome;
	made->gate.address = PLUG_LOOPBACK;
	TAILQ_INIT(&made->pairs);
	rc = gate_init(&made->gate, 0);
	if (rc)
		goto err_free;
	rc = stage_create(&made->stage);
	if (rc)
		goto err_gate;
	made->gate.stage = made->stage;
	rc = proxy_set_door(made, PROXY_OPEN);
	if (rc)
		goto err_stage;
	*proxy = made;
	return 0;

err_stage:
	stage_destroy(made->stage);
err_gate:
	gate_exit(&made->gate);
err_free:
	free(made);
	return rc;
}

void proxy_destroy(struct proxy *proxy)
{
	if (!proxy)
		return;
	proxy_set_door(proxy, PROXY_CLOSED);
	stage_destroy(proxy->stage);
	gate_exit(&proxy->gate);
	free(proxy);
}
