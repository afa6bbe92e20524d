// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is counted for each method, per CPU, in any context: calls, errors, and
 * how long they took.
 */
#include "rpc/service.h"

#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/time64.h>

#include "hot.h"

/**
 * rpc_method_begin() - a call has come
 * @method: the method
 *
 * Context: any.
 */
__kelp_hot
void rpc_method_begin(const struct rpc_method *method)
{
	this_cpu_inc(method->stats->begun);
}

/**
 * rpc_method_undo() - the call that has come comes again
 * @method: the method
 *
 * Context: any.
 */
void rpc_method_undo(const struct rpc_method *method)
{
	this_cpu_dec(method->stats->begun);
}

/* 0: less than 1 µs, 1: less than 2 µs, and so on. */
static unsigned int latency_class(s64 ns)
{
	u64 us = ns > 0 ? div_u64(ns, NSEC_PER_USEC) : 0;

	return us ? min_t(unsigned int, ilog2(us) + 1, RPC_LATENCIES - 1) : 0;
}

/**
 * rpc_method_end() - a call is over
 * @method: the method
 * @arrived: when it had come, in local_clock() ns
 * @error: it was answered with an error
 *
 * Context: any.
 * Return: local_clock() now.
 */
__kelp_hot
u64 rpc_method_end(const struct rpc_method *method, u64 arrived, bool error)
{
	struct rpc_method_stats __percpu *stats = method->stats;
	u64 now = local_clock();

	/* clocks of different CPUs may disagree by a little */
	this_cpu_inc(stats->latency[latency_class(now - arrived)]);
	this_cpu_inc(stats->ended);
	if (unlikely(error))
		this_cpu_inc(stats->errors);
	return now;
}

/**
 * rpc_method_sum() - what all CPUs counted
 * @method: the method
 * @sum: set to it; not a snapshot, calls go on meanwhile
 *
 * Context: any.
 */
void rpc_method_sum(const struct rpc_method *method,
		    struct rpc_method_stats *sum)
{
	unsigned int cpu, i;

	*sum = (struct rpc_method_stats){};
	for_each_possible_cpu(cpu) {
		const struct rpc_method_stats *s =
			per_cpu_ptr(method->stats, cpu);

		/* first what ended, so that it is never more than what began */
		sum->ended += READ_ONCE(s->ended);
		sum->errors += READ_ONCE(s->errors);
		for (i = 0; i < RPC_LATENCIES; i++)
			sum->latency[i] += READ_ONCE(s->latency[i]);
	}
	for_each_possible_cpu(cpu)
		sum->begun += READ_ONCE(per_cpu_ptr(method->stats, cpu)->begun);
}
