// SPDX-License-Identifier: MIT
/*
 * Options: defaults, and whether what is given makes sense. Pure; any thread.
 */
#include "options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "naming.h"

/* Sizes that no channel of this library ever had. */
#define OPTIONS_LEAST sizeof(size_t)

/*
 * A caller that was compiled with another version has other options: those that
 * it does not know are 0, those that this library does not know must be.
 */
static int options_copy(void *to, size_t size, const void *from)
{
	const unsigned char *extra = from;
	size_t given, i;

	memset(to, 0, size);
	if (!from)
		return 0;
	memcpy(&given, from, sizeof(given));
	if (given < OPTIONS_LEAST || given > 4096)
		return -EINVAL;
	for (i = size; i < given; i++)
		if (extra[i])
			return -EINVAL;
	memcpy(to, from, given < size ? given : size);
	return 0;
}

static void default_int(int *value, int otherwise)
{
	if (!*value)
		*value = otherwise;
}

static void default_unsigned(unsigned int *value, unsigned int otherwise)
{
	if (!*value)
		*value = otherwise;
}

static void options_default(struct kelp_channel_options *o)
{
	default_int(&o->timeout_ms, 1000);
	default_int(&o->connect_timeout_ms, 300);
	default_int(&o->max_retries, 3);
	default_int(&o->retry_budget_percent, 20);
	default_unsigned(&o->pool_max_idle, 8);
	default_unsigned(&o->pool_max_total, 64);
	default_int(&o->pool_wait_ms, -1);
	default_unsigned(&o->io_threads, 1);
	default_unsigned(&o->io_connections, 1);
	default_unsigned(&o->max_pending, 10000);
	if (!o->max_reply)
		o->max_reply = 64 << 20;
	default_int(&o->health_interval_ms, 500);
	default_int(&o->health_max_ms, 3000);
	default_int(&o->breaker_failures, 5);
	if (o->health_max_ms < o->health_interval_ms)
		o->health_max_ms = o->health_interval_ms;
}

int options_channel(const struct kelp_channel_options *given,
		    const struct naming *naming,
		    struct kelp_channel_options *o)
{
	int err = options_copy(o, sizeof(*o), given);

	if (err)
		return err;
	options_default(o);
	default_int(&o->refresh_ms, naming_refresh_ms(naming));
	if (o->balance > KELP_BALANCE_HASH || o->connect_timeout_ms < 0 ||
	    o->retry_budget_percent < 0 || o->retry_budget_percent > 1000 ||
	    o->pool_max_total > 65536 || o->pool_initial > o->pool_max_total ||
	    o->io_threads > 64 || o->io_connections > 1024 ||
	    o->health_interval_ms < 0 || o->refresh_ms < 0 ||
	    o->max_reply > UINT32_MAX)
		return -EINVAL;
	return 0;
}

int options_call(const struct kelp_channel_options *channel,
		 const struct kelp_call_options *given,
		 struct kelp_call_options *o)
{
	int err = options_copy(o, sizeof(*o), given);

	if (err)
		return err;
	default_int(&o->timeout_ms, channel->timeout_ms);
	default_int(&o->max_retries, channel->max_retries);
	if (o->hedge_ms < 0 || !o->idempotent)
		o->hedge_ms = 0;
	if (!o->attachment_room && o->attachment_room_len)
		return -EINVAL;
	/* so that they can be given to another call as they are */
	o->size = sizeof(*o);
	return 0;
}
