// SPDX-License-Identifier: MIT
/*
 * Channels: making and ending them, and what their calls share. Any thread.
 */
#include "channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "endpoint.h"
#include "fork.h"
#include "keeper.h"
#include "naming.h"
#include "options.h"
#include "pool.h"
#include "set.h"
#include "started.h"

static int cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return -err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

static int channel_locks(struct kelp_channel *channel)
{
	int err = -pthread_mutex_init(&channel->lock, NULL);

	if (err)
		return err;
	err = -pthread_mutex_init(&channel->full_lock, NULL);
	if (err)
		goto err_lock;
	err = cond_init(&channel->room);
	if (err)
		goto err_full_lock;
	return 0;

err_full_lock:
	pthread_mutex_destroy(&channel->full_lock);
err_lock:
	pthread_mutex_destroy(&channel->lock);
	return err;
}

static void channel_unlocks(struct kelp_channel *channel)
{
	pthread_cond_destroy(&channel->room);
	pthread_mutex_destroy(&channel->full_lock);
	pthread_mutex_destroy(&channel->lock);
}

/* Which servers there are at first. */
static int channel_resolve(struct kelp_channel *channel)
{
	struct address *list;
	size_t count;
	int err = naming_resolve(channel->naming, &list, &count);

	/* what may be different the next time need not be there yet */
	if (err && naming_changes(channel->naming) && err != -ENOENT &&
	    err != -ENOMEM && err != -EBADMSG) {
		channel_log(channel, KELP_LOG_WARNING,
			    "where the servers are cannot be found out: %s",
			    kelp_strerror(err));
		list = NULL;
		count = 0;
	} else if (err) {
		return err == -EBADMSG ? -EINVAL : err;
	}
	channel->set = set_create(list, count, NULL, &channel->options);
	free(list);
	return channel->set ? 0 : -ENOMEM;
}

/* The connections that pool_initial asks for. Who cannot be reached, cannot. */
static void channel_open(struct kelp_channel *channel)
{
	const struct kelp_channel_options *options = &channel->options;
	struct endpoint *endpoint;
	unsigned int nr;
	size_t i;
	int err;

	for (i = 0; i < channel->set->count; i++) {
		endpoint = channel->set->endpoint[i];
		for (nr = 0, err = 0; nr < options->pool_initial && !err; nr++) {
			err = pool_open(&endpoint->pool, &endpoint->address,
					clock_in(clock_now(),
						 options->connect_timeout_ms));
			count(err ? &channel->counters.connect_failures :
				    &channel->counters.connects);
		}
	}
}

static void channel_free(struct kelp_channel *channel)
{
	if (channel->set)
		set_put(channel->set);
	naming_destroy(channel->naming);
	/* threads that another process has left there would be waited for */
	if (!channel_is_orphan(channel))
		channel_unlocks(channel);
	free(channel->learned);
	free(channel->secret);
	free(channel);
}

static int channel_prepare(struct kelp_channel *channel)
{
	const char *secret = channel->options.secret;
	int err;

	if (secret) {
		channel->secret = strdup(secret);
		if (!channel->secret)
			return -ENOMEM;
		channel->options.secret = channel->secret;
	}
	budget_init(&channel->budget,
		    (unsigned int)channel->options.retry_budget_percent,
		    clock_now());
	err = channel_resolve(channel);
	if (err)
		return err;
	channel_open(channel);
	return keeper_start(&channel->keeper, channel);
}

int kelp_channel_create(struct kelp_channel **result, const char *target,
			const struct kelp_channel_options *options)
{
	struct kelp_channel *channel;
	struct naming *naming;
	int err;

	if (!result || !target)
		return -EINVAL;
	err = naming_create(&naming, target);
	if (err)
		return err;
	channel = calloc(1, sizeof(*channel));
	if (!channel) {
		naming_destroy(naming);
		return -ENOMEM;
	}
	err = options_channel(options, naming, &channel->options);
	if (!err)
		err = channel_locks(channel);
	if (err) {
		naming_destroy(naming);
		free(channel);
		return err;
	}
	channel->naming = naming;
	channel->born = fork_generation();
	err = channel_prepare(channel);
	if (err) {
		channel_free(channel);
		return err;
	}
	*result = channel;
	return 0;
}

void kelp_channel_destroy(struct kelp_channel *channel)
{
	if (!channel)
		return;
	if (channel_is_orphan(channel)) {
		started_forget(channel);
		keeper_forget(channel->keeper);
	} else {
		started_stop(channel);
		keeper_stop(channel->keeper);
	}
	channel_free(channel);
}

int kelp_channel_learn(struct kelp_channel *channel,
		       const ProtobufCServiceDescriptor *descriptor)
{
	const ProtobufCServiceDescriptor **learned;
	int err = 0;

	pthread_mutex_lock(&channel->lock);
	learned = realloc(channel->learned,
			  (channel->nr_learned + 1) * sizeof(*learned));
	if (learned) {
		learned[channel->nr_learned++] = descriptor;
		channel->learned = learned;
	} else {
		err = -ENOMEM;
	}
	pthread_mutex_unlock(&channel->lock);
	return err;
}

const ProtobufCMessageDescriptor *
channel_reply_type(struct kelp_channel *channel, const char *service,
		   const char *method)
{
	const ProtobufCServiceDescriptor *found = NULL;
	const ProtobufCMethodDescriptor *its;
	size_t i;

	pthread_mutex_lock(&channel->lock);
	for (i = 0; i < channel->nr_learned && !found; i++)
		if (!strcmp(channel->learned[i]->name, service))
			found = channel->learned[i];
	pthread_mutex_unlock(&channel->lock);
	if (!found)
		return NULL;
	its = protobuf_c_service_descriptor_get_method_by_name(found, method);
	return its ? its->output : NULL;
}

struct set *channel_set(struct kelp_channel *channel)
{
	struct set *set;

	pthread_mutex_lock(&channel->lock);
	set = set_get(channel->set);
	pthread_mutex_unlock(&channel->lock);
	return set;
}

void channel_set_replace(struct kelp_channel *channel, struct set *set)
{
	struct set *old;

	pthread_mutex_lock(&channel->lock);
	old = channel->set;
	channel->set = set;
	/* release: pairs with io_set() in io.c */
	atomic_fetch_add_explicit(&channel->version, 1, memory_order_release);
	pthread_mutex_unlock(&channel->lock);
	set_put(old);
}

bool channel_is_orphan(const struct kelp_channel *channel)
{
	return channel->born != fork_generation();
}

void channel_rng(struct kelp_channel *channel, struct rng *rng)
{
	uint64_t seed = atomic_fetch_add_explicit(&channel->seeds, 1,
						  memory_order_relaxed);

	rng_init(rng, clock_now() ^ ((uint64_t)getpid() << 32) ^
			      (uint64_t)(uintptr_t)channel ^
			      seed * 0x9e3779b97f4a7c15ull);
}

void channel_log(const struct kelp_channel *channel, enum kelp_log_level level,
		 const char *format, ...)
{
	char text[256];
	va_list args;

	if (!channel->options.log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	channel->options.log(level, text, channel->options.data);
}

void channel_attempted(struct kelp_channel *channel, struct endpoint *endpoint,
		       int code, bool unreached, uint64_t took_ns, uint64_t now)
{
	if (!endpoint_end(endpoint, &channel->options, code, unreached, took_ns,
			  now))
		return;
	channel_log(channel, KELP_LOG_WARNING, "%s is out of use: %s",
		    endpoint->name, kelp_strerror(code));
	keeper_wake(channel->keeper);
}

void channel_ended(struct kelp_channel *channel, const struct kelp_reply *reply)
{
	struct counters *counters = &channel->counters;

	count(&counters->calls);
	switch (reply->code) {
	case 0:
		latency_add(&counters->latency, reply->latency_ns);
		return;
	case KELP_RPC_ERPCTIMEDOUT:
		count(&counters->timeouts);
		break;
	case KELP_RPC_EOVERCROWDED:
		count(&counters->overcrowded);
		break;
	case -ECANCELED:
		count(&counters->cancelled);
		break;
	}
	count(&counters->errors);
}
