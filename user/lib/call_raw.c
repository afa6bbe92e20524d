// SPDX-License-Identifier: MIT
/*
 * Blocking calls: attempts, one behind the other, until one succeeds or no other
 * is allowed. The caller's thread.
 */
#include <errno.h>
#include <string.h>

#include <kelp/client.h>

#include "blocking.h"
#include "channel.h"
#include "clock.h"
#include "endpoint.h"
#include "frame.h"
#include "options.h"
#include "reply.h"
#include "retry.h"
#include "set.h"
#include "waiting.h"

/**
 * struct tries - the attempts of a call
 * @set: the servers
 * @avoid: those that failed, a reference each
 * @nr: how many of them
 * @rng: for choosing
 */
struct tries {
	struct set *set;
	struct endpoint *avoid[SET_AVOID];
	size_t nr;
	struct rng rng;
};

static void tries_avoid(struct tries *tries, struct endpoint *endpoint)
{
	if (tries->nr < SET_AVOID)
		tries->avoid[tries->nr++] = endpoint;
	else
		endpoint_put(endpoint);
}

/* Once; false when there was no server for it. */
static bool try_once(struct blocking *call, struct tries *tries,
		     struct blocked *how)
{
	struct kelp_reply *reply = call->reply;
	struct endpoint *endpoint;
	uint64_t begun = clock_now(), now;

	endpoint = set_pick(tries->set, call->options->hash, tries->avoid,
			    tries->nr, false, begun, &tries->rng);
	if (!endpoint) {
		if (!reply->attempts)
			reply_fail(reply, KELP_RPC_EFAILEDSOCKET,
				   tries->set->count ?
					   "no server can be reached at present" :
					   "no server is known");
		return false;
	}
	reply->attempts++;
	reply_endpoint(reply, endpoint);
	*how = blocking_attempt(call, endpoint);
	now = clock_now();
	channel_attempted(call->channel, endpoint, reply->code, how->unreached,
			  now - begun, now);
	tries_avoid(tries, endpoint);
	return true;
}

/* Is there another attempt? */
static bool try_again(struct blocking *call, const struct tries *tries,
		      const struct blocked *how)
{
	struct kelp_channel *channel = call->channel;
	const struct kelp_reply *reply = call->reply;
	const struct retry_case failed = {
		.code = reply->code, .sent = how->sent,
		.idempotent = call->options->idempotent,
	};
	uint64_t now;

	if (!reply->code || retry_verdict(&failed) == RETRY_NO ||
	    reply->attempts > options_retries(call->options))
		return false;
	now = clock_now();
	if (now >= call->deadline || !set_has_other(tries->set, NULL, 0))
		return false;
	/* who leaves says so once, and has not carried it out */
	if (reply->code != KELP_RPC_ELOGOFF &&
	    !budget_spend(&channel->budget, now)) {
		count(&channel->counters.retries_denied);
		return false;
	}
	count(&channel->counters.retries);
	return true;
}

static void call_made(struct blocking *call)
{
	struct tries tries = { .set = channel_set(call->channel) };
	struct blocked how = { false, false };

	channel_rng(call->channel, &tries.rng);
	while (try_once(call, &tries, &how) && try_again(call, &tries, &how))
		;
	while (tries.nr)
		endpoint_put(tries.avoid[--tries.nr]);
	set_put(tries.set);
}

int kelp_call_raw(struct kelp_channel *channel,
		  const struct kelp_request *request, struct kelp_reply *reply,
		  const struct kelp_call_options *given)
{
	struct kelp_call_options options;
	struct blocking call = {
		.channel = channel, .request = request, .options = &options,
		.reply = reply,
	};
	uint64_t begun = clock_now();
	int err;

	*reply = (struct kelp_reply){ 0 };
	err = options_call(&channel->options, given, &options);
	if (!err)
		err = frame_check(request);
	if (!err && channel_is_orphan(channel))
		err = -EOWNERDEAD;
	if (err) {
		reply_fail(reply, err, "%s", kelp_strerror(err));
		return err;
	}
	if (options.hedge_ms)
		return waiting_call(channel, request, reply, &options);
	call.deadline = clock_in(begun, options.timeout_ms);
	call.log_id = options.log_id;
	if (channel->options.trace)
		channel->options.trace(&call.log_id, &call.trace_id,
				       &call.span_id, channel->options.data);
	budget_earn(&channel->budget);
	call_made(&call);
	reply->latency_ns = clock_now() - begun;
	channel_ended(channel, reply);
	return reply->code;
}
