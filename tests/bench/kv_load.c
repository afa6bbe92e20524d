// SPDX-License-Identifier: GPL-2.0-only
/*
 * kv_load - get and set values of memcached, or of kelp's kelp.KV, as often as
 * that is answered, and say how often that was. The same loop for both; every
 * value is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kv.h"

static const char usage[] =
"usage: kv_load --protocol memcached|kelp [OPTION]... HOST:PORT\n"
"\n"
"  -t N                threads (1)\n"
"  -c N                connections (1)\n"
"  -d SECONDS          how long (2)\n"
"  -j                  print JSON\n"
"  --pipeline N        requests in flight per connection (1)\n"
"  --protocol NAME     memcached: its text protocol; kelp: kelp.KV over\n"
"                      baidu_std\n"
"  --keys N            keys (10000)\n"
"  --value BYTES       of each value, 12 to 1000000 (100)\n"
"  --set PERCENT       of the requests set, the others get (10)\n"
"  --zipf S            key n is chosen in proportion to n^-S, not all alike\n"
"  --seed N            other choices (0)\n"
"  --fill              set every key first, before the clock starts\n"
"\n"
"A key without a value is an error: use --fill, or have an earlier run have\n"
"filled them. HOST is an IPv4 address. The status is 0 when every request was\n"
"answered, and rightly, else 1; 2 for wrong usage.\n";

enum {
	PROTOCOL = 256,
	KEYS,
	VALUE,
	SET,
	ZIPF,
	FILL,
};

static const struct option own_options[] = {
	{ "protocol", required_argument, NULL, PROTOCOL },
	{ "keys", required_argument, NULL, KEYS },
	{ "value", required_argument, NULL, VALUE },
	{ "set", required_argument, NULL, SET },
	{ "zipf", required_argument, NULL, ZIPF },
	{ "fill", no_argument, NULL, FILL },
	{ NULL, 0, NULL, 0 },
};

static double zipf;

static void read_protocol(struct load *load, const char *name)
{
	if (!strcmp(name, "memcached"))
		load->protocol = &kv_memcached;
	else if (!strcmp(name, "kelp"))
		load->protocol = &kv_kelp;
	else
		load_wrong("--protocol is memcached or kelp, not %s", name);
}

static void read_option(struct load *load, int option, const char *argument)
{
	struct kv *kv = load->what;

	switch (option) {
	case PROTOCOL:
		read_protocol(load, argument);
		break;
	case KEYS:
		kv->count = load_number(argument, KV_KEYS_MAX);
		break;
	case VALUE:
		kv->value_len = load_number(argument, KV_VALUE_MAX);
		break;
	case SET:
		if (load_decimal(argument) > 100)
			load_wrong("--set is 0 to 100 per cent");
		kv->sets = load_decimal(argument) * 100;
		break;
	case ZIPF:
		zipf = load_decimal(argument);
		break;
	case FILL:
		load->fill = true;
		break;
	}
}

int main(int argc, char **argv)
{
	static const struct load_program program = {
		.usage = usage, .options = own_options, .read = read_option,
	};
	struct kv kv = { .count = 10000, .value_len = 100, .sets = 1000 };
	struct load load = { .what = &kv };

	load_options(&load, &program, argc, argv);
	if (!load.protocol)
		load_wrong("--protocol memcached or --protocol kelp is missing");
	if (!kv.count)
		load_wrong("without --keys there is nothing to do");
	if (kv.value_len < KV_VALUE_MIN)
		load_wrong("--value: a value has %d bytes at least",
			   KV_VALUE_MIN);
	kv_init(&kv, zipf);
	if (load.protocol == &kv_memcached)
		kv_memcached_init(&load);
	else
		kv_kelp_init(&load);
	return load_run(&load);
}
