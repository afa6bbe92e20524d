// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the counters: names, and sums over the CPUs. Process context or
 * softirq; takes no lock. On 32-bit a sum may be torn by a concurrent add.
 */
#include "stats/stats.h"

#include <linux/compiler.h>
#include <linux/cpumask.h>

static const struct {
	const char *name;
	const char *help;
} kelp_stat_info[KELP_STAT_COUNT] = {
#define KELP_STAT_INFO(sym, name, help) [KELP_STAT_##sym] = { name, help },
	KELP_STATS(KELP_STAT_INFO)
#undef KELP_STAT_INFO
};

/**
 * kelp_stat_sum() - a counter's value over all CPUs
 * @stats: per-CPU counters of the namespace
 * @id: which counter
 *
 * Context: any.
 * Return: the sum; counts made while it is taken may or may not be in it.
 */
u64 kelp_stat_sum(const struct kelp_stats __percpu *stats, enum kelp_stat id)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(stats, cpu)->v[id]);
	return sum;
}

/**
 * kelp_stat_name() - the counter's public name
 * @id: which counter
 *
 * Context: any.
 * Return: a constant string; names never change meaning once released.
 */
const char *kelp_stat_name(enum kelp_stat id)
{
	return kelp_stat_info[id].name;
}

/**
 * kelp_stat_help() - one line that says what the counter counts
 * @id: which counter
 *
 * Context: any.
 * Return: a constant string.
 */
const char *kelp_stat_help(enum kelp_stat id)
{
	return kelp_stat_info[id].help;
}
