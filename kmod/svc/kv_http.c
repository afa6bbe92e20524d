// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handler "kv": a key-value store below a prefix.
 *
 *   GET, HEAD PREFIX/KEY	the value, of the type it was kept with, and its
 *				version as ETag; 404
 *   PUT PREFIX/KEY		keep the body: 201 or 204; 413, 507
 *   DELETE PREFIX/KEY		204; 404
 *
 * If-Match and If-None-Match hold for all of them (304, 412); for PUT and
 * DELETE at the very moment of the change. A PUT may say how long the value
 * lives, in the query (ttl=60, ttl=1500ms) or in the field Kelp-TTL.
 *
 * Arguments: store=default, and its bounds: bytes=16M entries=65536 value=1M
 * ttl=0. Those that are given hold from then on, also for others who show the
 * store: routes, and kelp.KV, which has the one called "default".
 *
 * Look-ups are answered in softirq, the value as it lies in the store.
 */
#include "svc/kv_http.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "http/handlers/args.h"
#include "http/syntax/condition.h"
#include "http/handlers/rq.h"
#include "svc/kv.h"
#include "svc/kv_store.h"

/* A PUT or DELETE whose condition is about a version that keeps changing. */
#define KV_TRIES 16

/* 292 years in milliseconds: what is more is for ever. */
#define KV_TTL_MOST (292ULL * 365 * 86400 * 1000)

/* The largest value that a store may be told to take. */
#define KV_VALUE_MOST (64 << 20)

/**
 * struct kv_route - what a route keeps
 * @store: the store that it shows; a reference is held; set once
 * @bounds: what its arguments say, KELP_KV_SAME for the others; set once
 */
struct kv_route {
	struct kelp_kv_store *store;
	struct kelp_kv_config bounds;
};

/**
 * struct kv_state - what is at a key, as far as conditions ask
 * @version: 0 when there is nothing
 * @etag: the version as an entity-tag
 */
struct kv_state {
	u64 version;
	char etag[24];
};

static int kv_bounds(struct kelp_http_args *args, struct kelp_kv_config *bounds)
{
	*bounds = (struct kelp_kv_config){
		KELP_KV_SAME, KELP_KV_SAME, KELP_KV_SAME, KELP_KV_SAME,
	};
	return kelp_http_arg_size(args, "bytes", 4096, 1ULL << 40,
				  &bounds->bytes) ?:
	       kelp_http_arg_size(args, "entries", 1, 1 << 30,
				  &bounds->entries) ?:
	       kelp_http_arg_size(args, "value", 0, KV_VALUE_MOST,
				  &bounds->value) ?:
	       kelp_http_arg_time(args, "ttl", KV_TTL_MOST, &bounds->ttl_ms);
}

static void *kv_http_create(struct kelp_http_args *args)
{
	const char *name = kelp_http_arg(args, "store") ?:
			   KELP_KV_STORE_DEFAULT;
	struct kv_route *route;
	int err;

	if (!kelp_kv_store_name_valid(name)) {
		err = kelp_http_arg_refuse(args, "a name has 1 to 63 letters, digits, or . - _");
		return ERR_PTR(err);
	}
	route = kmalloc(sizeof(*route), GFP_KERNEL);
	if (!route)
		return ERR_PTR(-ENOMEM);
	err = kv_bounds(args, &route->bounds);
	if (err)
		goto err_free;
	route->store = kelp_kv_store_get(kelp_http_arg_net(args), name);
	err = PTR_ERR_OR_ZERO(route->store);
	if (err)
		goto err_free;
	/* the store decides, when the request is there */
	kelp_http_arg_body(args, KV_VALUE_MOST);
	return route;

err_free:
	kfree(route);
	return ERR_PTR(err);
}

/* Not before: a route that is refused takes nothing from the store. */
static void kv_http_added(void *state)
{
	const struct kv_route *route = state;

	kelp_kv_bound(route->store->kv, &route->bounds);
}

static void kv_http_destroy(void *state)
{
	struct kv_route *route = state;

	kelp_kv_store_put(route->store);
	kfree(route);
}

/* The store that the request is about. */
static struct kelp_kv *kv_of(const struct kelp_http_rq *rq)
{
	const struct kv_route *route = kelp_http_state(rq);

	return route->store->kv;
}

/* The key is the path without its slash; NULL when it is none. */
static const char *kv_key(const struct kelp_http_rq *rq, size_t *len)
{
	const char *path = kelp_http_path(rq, len);

	if (*len < 2 || *len > KELP_KV_KEY + 1)
		return NULL;
	--*len;
	return path + 1;
}

static void kv_state_fill(struct kv_state *state,
			  const struct kelp_kv_entry *entry)
{
	state->version = entry ? entry->version : 0;
	scnprintf(state->etag, sizeof(state->etag), "\"%llx\"",
		  state->version);
}

static unsigned int kv_condition(const struct kelp_http_rq *rq,
				 const struct kv_state *state)
{
	return kelp_http_condition(rq, state->version, state->etag, 0);
}

static int kv_add_etag(struct kelp_http_rq *rq, u64 version)
{
	char etag[24];
	int n = scnprintf(etag, sizeof(etag), "\"%llx\"", version);

	return kelp_http_add_bytes(rq, "ETag", etag, n);
}

static int kv_http_value(struct kelp_http_rq *rq,
			 const struct kelp_kv_entry *entry)
{
	int err = 0;

	if (entry->type_len)
		err = kelp_http_add_bytes(rq, "Content-Type",
					  kelp_kv_type(entry), entry->type_len);
	if (err)
		return err;
	if (entry->blob)
		return kelp_http_answer_blob(rq, entry->blob);
	return kelp_http_answer_rcu(rq, kelp_kv_value(entry), entry->len);
}

static int kv_http_get(struct kelp_http_rq *rq, const char *key, size_t len)
{
	const struct kelp_kv_entry *entry;
	struct kv_state state;
	unsigned int status;

	entry = kelp_kv_get(kv_of(rq), key, len);
	kv_state_fill(&state, entry);
	if (!entry)
		return kelp_http_answer_status(rq, 404);
	status = kv_condition(rq, &state);
	if (status == 412)
		return kelp_http_answer_status(rq, 412);
	return kv_add_etag(rq, entry->version) ?:
	       (status ? kelp_http_answer_status(rq, status) :
			 kv_http_value(rq, entry));
}

/* What is there now, and does the request want to change that? */
static unsigned int kv_http_allowed(struct kelp_http_rq *rq, const char *key,
				    size_t len, struct kv_state *state)
{
	rcu_read_lock();
	kv_state_fill(state, kelp_kv_get(kv_of(rq), key, len));
	rcu_read_unlock();
	return kv_condition(rq, state);
}

static bool kv_conditional(const struct kelp_http_rq *rq)
{
	return rq->req->seen & HTTP_SEEN_CONDITION;
}

/* What was judged is what has to be there when it is changed. */
static enum kelp_kv_if kv_if(const struct kelp_http_rq *rq,
			     const struct kv_state *state)
{
	if (!kv_conditional(rq))
		return KELP_KV_ALWAYS;
	return state->version ? KELP_KV_IF_VERSION : KELP_KV_IF_ABSENT;
}

static bool kv_raced(int err)
{
	return err == -ESTALE || err == -EEXIST;
}

static int kv_http_delete(struct kelp_http_rq *rq, const char *key, size_t len)
{
	struct kv_state state;
	int err, tries;

	for (tries = 0; tries < KV_TRIES; tries++) {
		if (kv_http_allowed(rq, key, len, &state))
			return kelp_http_answer_status(rq, 412);
		err = kelp_kv_delete(kv_of(rq), key, len,
				     kv_if(rq, &state), state.version);
		if (!kv_raced(err))
			return kelp_http_answer_status(rq, err ? 404 : 204);
	}
	return kelp_http_answer_status(rq, 503);
}

static int kv_http_request(struct kelp_http_rq *rq)
{
	size_t len;
	const char *key = kv_key(rq, &len);

	if (!key)
		return kelp_http_answer_status(rq, 404);
	switch (kelp_http_method(rq)) {
	case KELP_HTTP_PUT:
		return KELP_HTTP_SLEEP;
	case KELP_HTTP_DELETE:
		return kv_http_delete(rq, key, len);
	default:
		return kv_http_get(rq, key, len);
	}
}

/* How long the client wants the value to live; 0 when it says nothing. */
static int kv_http_ttl(const struct kelp_http_rq *rq, u64 *ms)
{
	size_t len;
	const char *text = kelp_http_query_arg(rq, "ttl", &len) ?:
			   kelp_http_field(rq, "Kelp-TTL", &len);

	*ms = 0;
	if (!text)
		return 0;
	return http_time_parse(text, len, ms) ?:
	       (*ms && *ms <= KV_TTL_MOST ? 0 : -EINVAL);
}

static int kv_http_stored(struct kelp_http_rq *rq,
			  const struct kelp_kv_set *set, int err)
{
	switch (err) {
	case 0:
		return kv_add_etag(rq, set->version) ?:
		       kelp_http_answer_status(rq, set->created ? 201 : 204);
	case -E2BIG:
		return kelp_http_answer_status(rq, 413);
	case -ENOSPC:
		return kelp_http_answer_status(rq, 507);
	case -EINVAL:
		return kelp_http_answer_status(rq, 400);
	default:
		return kelp_http_answer_status(rq, 503);
	}
}

/* The body is there: keep it, under the condition that was judged. */
static int kv_http_keep(struct kelp_http_rq *rq, struct kelp_kv_set *set)
{
	struct kv_state state;
	int err = -EAGAIN, tries;

	for (tries = 0; tries < KV_TRIES; tries++) {
		if (kv_http_allowed(rq, set->key, set->key_len, &state))
			return kelp_http_answer_status(rq, 412);
		set->condition = kv_if(rq, &state);
		set->if_version = state.version;
		err = kelp_kv_set(kv_of(rq), set, GFP_KERNEL);
		if (!kv_raced(err) && err != -ENOENT)
			break;
	}
	return kv_http_stored(rq, set, err);
}

static int kv_http_put(struct kelp_http_rq *rq)
{
	struct kelp_kv *kv = kv_of(rq);
	struct kelp_kv_set set = {};
	struct kv_state state;
	void *data;
	int err;

	set.key = kv_key(rq, &set.key_len);
	set.type = kelp_http_field(rq, "Content-Type", &set.type_len);
	if (kv_http_ttl(rq, &set.ttl_ms) || set.type_len > KELP_KV_TYPE)
		return kelp_http_answer_status(rq, 400);
	/* before a body that would be in vain */
	if (kv_http_allowed(rq, set.key, set.key_len, &state))
		return kelp_http_answer_status(rq, 412);
	/* the length that was announced, -1 when there was none */
	if (kelp_http_body_length(rq) > (s64)kelp_kv_value_most(kv))
		return kelp_http_answer_status(rq, 413);
	err = kelp_http_read_all(rq, kelp_kv_value_most(kv), &data, &set.len);
	if (err == -E2BIG)
		return kelp_http_answer_status(rq, 413);
	if (err)
		return err;
	set.data = data;
	err = kv_http_keep(rq, &set);
	kvfree(data);
	return err;
}

const struct kelp_http_handler kelp_kv_http = {
	.name = "kv",
	.methods = KELP_HTTP_GET | KELP_HTTP_PUT | KELP_HTTP_DELETE,
	.own_conditions = true,
	.create = kv_http_create,
	.added = kv_http_added,
	.destroy = kv_http_destroy,
	.on_request = kv_http_request,
	.serve = kv_http_put,
};
