// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking the census when the module goes. Process context, after the last
 * RCU callback has run, so nobody counts any more.
 */
#include "stats/census.h"

#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/printk.h>

DEFINE_PER_CPU(struct kelp_census_cpu, kelp_census_cpu);

static const char *const kelp_census_name[KELP_CENSUS_COUNT] = {
#define KELP_CENSUS_NAME(sym, name, what) name,
	KELP_CENSUS(KELP_CENSUS_NAME)
#undef KELP_CENSUS_NAME
};

/* Enough for each name and two 64-bit numbers. */
#define CENSUS_LINE (KELP_CENSUS_COUNT * 56)

static void census_sum(struct kelp_census_cpu *sum)
{
	int cpu, type;

	for_each_possible_cpu(cpu) {
		const struct kelp_census_cpu *one =
			per_cpu_ptr(&kelp_census_cpu, cpu);

		for (type = 0; type < KELP_CENSUS_COUNT; type++) {
			sum->created[type] += one->created[type];
			sum->destroyed[type] += one->destroyed[type];
		}
	}
}

static void census_print(const struct kelp_census_cpu *sum)
{
	char line[CENSUS_LINE];
	size_t len = 0;
	int type;

	for (type = 0; type < KELP_CENSUS_COUNT; type++)
		len += scnprintf(line + len, sizeof(line) - len, "%s %s %lu %lu",
				 type ? "," : "", kelp_census_name[type],
				 sum->created[type], sum->destroyed[type]);
	pr_info("kelp: census:%s\n", line);
}

/**
 * kelp_census_report() - compare what was created with what was destroyed
 * @print: also print one line with all the numbers, for whoever tests
 *
 * Context: process, after rcu_barrier(), when nothing of the module runs.
 * Return: true when every type balances. What does not is named in the
 * kernel log, with a warning.
 */
bool kelp_census_report(bool print)
{
	struct kelp_census_cpu sum = {};
	bool balanced = true;
	int type;

	census_sum(&sum);
	if (print)
		census_print(&sum);

	for (type = 0; type < KELP_CENSUS_COUNT; type++) {
		if (sum.created[type] == sum.destroyed[type])
			continue;
		balanced = false;
		pr_err("kelp: census: %lu %s created, %lu destroyed\n",
		       sum.created[type], kelp_census_name[type],
		       sum.destroyed[type]);
	}
	WARN_ON_ONCE(!balanced);
	return balanced;
}
