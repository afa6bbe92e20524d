// SPDX-License-Identifier: GPL-2.0-only
/*
 * As many services as one likes, bench.S0, bench.S1, …, each with the one
 * method Echo: does a call cost more when there are more of them?
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "kelp/service.h"

#define NAME_ROOM 24

static unsigned int count = 1;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "how many services (1)");

/**
 * struct bench_service - one of them
 * @service: as it is registered
 * @name: its name
 */
struct bench_service {
	struct kelp_service service;
	char name[NAME_ROOM];
};

static struct bench_service *services;

static int bench_echo(struct kelp_call *call)
{
	size_t len;
	const void *data = kelp_call_message(call, &len);

	return kelp_call_reply_bytes(call, data, len, GFP_ATOMIC);
}

static const struct kelp_method bench_methods[] = {
	{ .name = "Echo", .call = bench_echo },
};

static void bench_unregister(unsigned int nr)
{
	while (nr--)
		kelp_service_unregister(&services[nr].service);
	kvfree(services);
}

static int __init bench_init(void)
{
	unsigned int i;
	int err;

	services = kvcalloc(count, sizeof(*services), GFP_KERNEL);
	if (!services)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct bench_service *one = &services[i];

		snprintf(one->name, NAME_ROOM, "bench.S%u", i);
		one->service.name = one->name;
		one->service.methods = bench_methods;
		one->service.nr_methods = ARRAY_SIZE(bench_methods);
		err = kelp_service_register(&one->service);
		if (err) {
			bench_unregister(i);
			return err;
		}
	}
	return 0;
}

static void __exit bench_exit(void)
{
	bench_unregister(count);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("Many services, to see what they cost");
MODULE_LICENSE("GPL");
