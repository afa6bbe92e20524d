// SPDX-License-Identifier: MIT
/*
 * Servers: counting how their calls go, and whether they are in use. Any thread;
 * knows nothing of channels.
 */
#include "endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dial.h"
#include "retry.h"

/* FNV-1a: only spreads, and is the same everywhere. */
static uint64_t name_key(const char *name)
{
	uint64_t key = 0xcbf29ce484222325ull;

	for (; *name; name++)
		key = (key ^ (unsigned char)*name) * 0x100000001b3ull;
	return key;
}

struct endpoint *endpoint_create(const struct address *address,
				 const struct kelp_channel_options *options)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));

	if (!endpoint)
		return NULL;
	if (pthread_mutex_init(&endpoint->lock, NULL)) {
		free(endpoint);
		return NULL;
	}
	if (pool_init(&endpoint->pool, options)) {
		pthread_mutex_destroy(&endpoint->lock);
		free(endpoint);
		return NULL;
	}
	atomic_init(&endpoint->refs, 1);
	endpoint->address = *address;
	address_print(address, endpoint->name, sizeof(endpoint->name));
	endpoint->load.weight = address->weight;
	endpoint->load.key = name_key(endpoint->name);
	atomic_init(&endpoint->load.usable, 1);
	backoff_init(&endpoint->backoff,
		     (uint64_t)options->health_interval_ms * NS_PER_MS,
		     (uint64_t)options->health_max_ms * NS_PER_MS);
	return endpoint;
}

struct endpoint *endpoint_get(struct endpoint *endpoint)
{
	atomic_fetch_add_explicit(&endpoint->refs, 1, memory_order_relaxed);
	return endpoint;
}

void endpoint_put(struct endpoint *endpoint)
{
	/* all uses come before the free */
	if (atomic_fetch_sub_explicit(&endpoint->refs, 1,
				      memory_order_acq_rel) != 1)
		return;
	pool_exit(&endpoint->pool);
	pthread_mutex_destroy(&endpoint->lock);
	free(endpoint);
}

static int endpoint_mode(const struct endpoint *endpoint)
{
	return atomic_load_explicit(&endpoint->mode, memory_order_relaxed);
}

/* Context: endpoint->lock. */
static void endpoint_set(struct endpoint *endpoint, enum endpoint_mode mode)
{
	bool usable = mode == ENDPOINT_UP || mode == ENDPOINT_TRIAL;

	atomic_store_explicit(&endpoint->mode, mode, memory_order_relaxed);
	endpoint->trial_taken = false;
	atomic_store_explicit(&endpoint->load.usable, usable,
			      memory_order_relaxed);
}

/*
 * The one call of a trial: only under the lock, because a trial that ends in this
 * moment has put the server into use, which must not be taken back.
 */
static bool trial_take(struct endpoint *endpoint)
{
	bool mine = true;

	pthread_mutex_lock(&endpoint->lock);
	if (endpoint_mode(endpoint) == ENDPOINT_TRIAL) {
		mine = !endpoint->trial_taken;
		endpoint->trial_taken = true;
		atomic_store_explicit(&endpoint->load.usable, 0,
				      memory_order_relaxed);
	}
	pthread_mutex_unlock(&endpoint->lock);
	return mine;
}

bool endpoint_begin(struct endpoint *endpoint)
{
	if (endpoint_mode(endpoint) == ENDPOINT_TRIAL && !trial_take(endpoint))
		return false;
	load_begin(&endpoint->load);
	return true;
}

/* Out of use; true unless it was already. */
static bool endpoint_down(struct endpoint *endpoint, enum endpoint_mode mode,
			  bool tripped)
{
	bool was;

	pthread_mutex_lock(&endpoint->lock);
	was = endpoint_mode(endpoint) == ENDPOINT_DOWN ||
	      endpoint_mode(endpoint) == ENDPOINT_LEAVING;
	if (!was) {
		endpoint_set(endpoint, mode);
		endpoint->tripped = tripped;
		endpoint->probe_at = 0;
		atomic_fetch_add_explicit(&endpoint->downs, 1,
					  memory_order_relaxed);
	}
	pthread_mutex_unlock(&endpoint->lock);
	if (!was)
		pool_drain(&endpoint->pool);
	return !was;
}

/* An attempt ended well, or at least not by the server's fault. */
static void endpoint_good(struct endpoint *endpoint)
{
	if (atomic_load_explicit(&endpoint->failures, memory_order_relaxed))
		atomic_store_explicit(&endpoint->failures, 0,
				      memory_order_relaxed);
	if (endpoint_mode(endpoint) != ENDPOINT_TRIAL)
		return;
	pthread_mutex_lock(&endpoint->lock);
	if (endpoint_mode(endpoint) == ENDPOINT_TRIAL)
		endpoint_set(endpoint, ENDPOINT_UP);
	pthread_mutex_unlock(&endpoint->lock);
}

/* It says nothing of the server: on trial, the next call shows. */
static void endpoint_untold(struct endpoint *endpoint)
{
	if (endpoint_mode(endpoint) != ENDPOINT_TRIAL)
		return;
	pthread_mutex_lock(&endpoint->lock);
	if (endpoint_mode(endpoint) == ENDPOINT_TRIAL)
		endpoint_set(endpoint, ENDPOINT_TRIAL);
	pthread_mutex_unlock(&endpoint->lock);
}

static bool endpoint_bad(struct endpoint *endpoint, int most, bool unreached)
{
	unsigned int row;

	atomic_fetch_add_explicit(&endpoint->failed, 1, memory_order_relaxed);
	if (unreached)
		return endpoint_down(endpoint, ENDPOINT_DOWN, false);
	row = atomic_fetch_add_explicit(&endpoint->failures, 1,
					memory_order_relaxed) + 1;
	if (endpoint_mode(endpoint) == ENDPOINT_TRIAL ||
	    (most > 0 && row >= (unsigned int)most))
		return endpoint_down(endpoint, ENDPOINT_DOWN, true);
	return false;
}

/* It did not come to the server, or nobody waited for what it had to say. */
static bool says_nothing(int code)
{
	return code == -ECANCELED || code == KELP_RPC_EOVERCROWDED ||
	       dial_is_local(code);
}

/*
 * What it took, as far as that says how quick the server is; 0 if it does not.
 * One that was given up, perhaps because another server was quicker, would have
 * taken longer still. A server that is always given up has no other sample.
 */
static uint64_t known_ns(const struct endpoint *endpoint, int code,
			 uint64_t took_ns)
{
	uint64_t ewma = atomic_load_explicit(&endpoint->load.ewma_ns,
					     memory_order_relaxed);

	if (says_nothing(code) && !(code == -ECANCELED && took_ns > ewma))
		return 0;
	return took_ns;
}

bool endpoint_end(struct endpoint *endpoint,
		  const struct kelp_channel_options *options, int code,
		  bool unreached, uint64_t took_ns, uint64_t now)
{
	bool blamed = unreached || retry_blames(code);

	load_end(&endpoint->load, known_ns(endpoint, code, took_ns), !blamed,
		 now);
	atomic_fetch_add_explicit(&endpoint->attempts, 1, memory_order_relaxed);
	if (!code)
		latency_add(&endpoint->latency, took_ns);
	if (blamed)
		return endpoint_bad(endpoint, options->breaker_failures,
				    unreached);
	if (says_nothing(code)) {
		endpoint_untold(endpoint);
		return false;
	}
	endpoint_good(endpoint);
	if (code == KELP_RPC_ELOGOFF)
		return endpoint_down(endpoint, ENDPOINT_LEAVING, false);
	return false;
}

void endpoint_reached(struct endpoint *endpoint)
{
	/* else the failures of then would keep calls away for seconds more */
	load_forget(&endpoint->load);
	pthread_mutex_lock(&endpoint->lock);
	endpoint_set(endpoint, endpoint->tripped ? ENDPOINT_TRIAL :
						   ENDPOINT_UP);
	endpoint->tripped = false;
	pthread_mutex_unlock(&endpoint->lock);
	atomic_store_explicit(&endpoint->failures, 0, memory_order_relaxed);
}

enum kelp_endpoint_state endpoint_state(const struct endpoint *endpoint)
{
	switch (endpoint_mode(endpoint)) {
	case ENDPOINT_DOWN:
		return KELP_ENDPOINT_DOWN;
	case ENDPOINT_LEAVING:
		return KELP_ENDPOINT_LEAVING;
	default:
		return KELP_ENDPOINT_UP;
	}
}
