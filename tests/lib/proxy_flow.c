// SPDX-License-Identifier: GPL-2.0-only
/*
 * One direction of a proxied connection: where frames begin, which of them are
 * cut, and what happens there. Runs on the proxy's stage; does no I/O.
 */
#include "proxy_int.h"

#include "../bench/prpc.h"
#include "dice.h"

#define MS 1000000ull
/* A head that says more is none. */
#define BODY_MAX 0x7fffffff

/* Is the rule about it, this time? */
static bool applies(struct proxy *proxy, struct proxy_rule *rule, bool requests)
{
	if (!rule->times || rule->requests != requests)
		return false;
	if (rule->skip) {
		rule->skip--;
		return false;
	}
	if (rule->per_million &&
	    dice_below(&proxy->dice, 1000000) >= rule->per_million)
		return false;
	if (rule->times != UINT64_MAX)
		rule->times--;
	return true;
}

/* A frame of @flow->left bytes begins: what happens to it? */
static void ask_rules(struct flow *flow)
{
	struct proxy *proxy = flow->pair->proxy;
	struct proxy_rule *rule;
	size_t i;

	for (i = 0; i < proxy->nr_rules; i++) {
		rule = &proxy->rules[i];
		if (!applies(proxy, rule, flow->requests))
			continue;
		flow->faulty = true;
		flow->fault = *rule;
		flow->until = (uint64_t)rule->at;
		if (rule->at == PROXY_ANYWHERE)
			flow->until = dice_below(&proxy->dice, flow->left + 1);
		if (flow->until > flow->left)
			flow->until = flow->left;
		return;
	}
}

/* At the end of a frame. Return: is it known how to go on? */
static bool begin_frame(struct flow *flow)
{
	struct span data = { outlet_first(&flow->in), outlet_left(&flow->in) };
	long need;

	if (!data.len)
		return false;
	need = prpc_need(data, BODY_MAX);
	if (!need && !flow->eof)
		return false;
	if (need <= 0) {
		flow->raw = true;
		return true;
	}
	flow->left = (uint64_t)need;
	proxy_add(flow->pair->proxy,
		  flow->requests ? PROXY_REQUESTS : PROXY_REPLIES, 1);
	ask_rules(flow);
	return true;
}

static void do_fault(struct flow *flow)
{
	struct proxy *proxy = flow->pair->proxy;

	flow->faulty = false;
	atomic_fetch_add_explicit(&proxy->faults[flow->fault.kind], 1,
				  memory_order_relaxed);
	switch (flow->fault.kind) {
	case PROXY_RESET:
		pair_end(flow->pair, ENDING_RESET);
		break;
	case PROXY_CLOSE:
		pair_end(flow->pair, ENDING_CLOSE);
		break;
	case PROXY_SHUT:
		flow->discard = true;
		flow->fin = true;
		break;
	case PROXY_DELAY:
		flow->paused = true;
		if (stage_later(proxy->stage, &flow->wake, stage_now() +
				(uint64_t)flow->fault.ms * MS))
			pair_end(flow->pair, ENDING_RESET);
		break;
	case PROXY_HOLE:
		pair_hole(flow->pair);
		break;
	case PROXY_KINDS:
		break;
	}
}

/* Hand on as much as is the same for all. Return: was there something? */
static bool hand_on(struct flow *flow)
{
	uint64_t len = outlet_left(&flow->in);

	if (!flow->raw && len > flow->left)
		len = flow->left;
	if (flow->faulty && len > flow->until)
		len = flow->until;
	if (!len)
		return false;
	/* who takes nothing any more is no reason not to carry on */
	if (!flow->to->dead &&
	    outlet_add(&flow->to->out, outlet_first(&flow->in), len)) {
		pair_end(flow->pair, ENDING_RESET);
		return false;
	}
	outlet_drop(&flow->in, len);
	proxy_add(flow->pair->proxy,
		  flow->requests ? PROXY_BYTES_UP : PROXY_BYTES_DOWN, len);
	if (!flow->raw)
		flow->left -= len;
	if (flow->faulty)
		flow->until -= len;
	return true;
}

void flow_pass(struct flow *flow)
{
	while (!flow->paused && !flow->pair->ending) {
		if (flow->discard) {
			outlet_drop(&flow->in, outlet_left(&flow->in));
			break;
		}
		if (flow->faulty && !flow->until) {
			do_fault(flow);
			continue;
		}
		if (!flow->raw && !flow->left && !begin_frame(flow))
			break;
		if (flow->faulty && !flow->until)
			continue;
		if (!hand_on(flow))
			break;
	}
	if (!flow->eof || flow->paused || outlet_left(&flow->in))
		return;
	if (flow->broken)
		pair_end(flow->pair, ENDING_RESET);
	else if (!flow->pair->hole)
		flow->fin = true;
}
