// SPDX-License-Identifier: MIT
/*
 * The course of a call that was started: attempts, until one succeeds or no
 * other is allowed. The I/O thread's; knows connections only as what attempts are
 * given to.
 */
#include "course.h"

#include <errno.h>
#include <string.h>

#include "channel.h"
#include "clock.h"
#include "container.h"
#include "dial.h"
#include "endpoint.h"
#include "frame.h"
#include "io.h"
#include "mux.h"
#include "options.h"
#include "reply.h"
#include "retry.h"
#include "started.h"

/* An attempt is over, one way or the other. The call may go on. */
static void attempt_end(struct attempt *attempt, int code, bool unreached)
{
	struct kelp_call *call = attempt->call;
	struct io *io = call->io;

	table_take(&io->table, attempt->id);
	channel_attempted(io->channel, attempt->endpoint, code, unreached,
			  io->now - attempt->begun, io->now);
	if (attempt->mux && mux_is_stale(attempt->mux))
		io->stale = true;
	if (call->nr_avoid < SET_AVOID)
		call->avoid[call->nr_avoid++] = attempt->endpoint;
	else
		endpoint_put(attempt->endpoint);
	attempt->endpoint = NULL;
	attempt->mux = NULL;
}

/* Whatever is under way is of no interest any more. */
static void attempts_drop(struct kelp_call *call, int code)
{
	struct attempt *attempt;
	size_t i;

	for (i = 0; i < CALL_ATTEMPTS; i++) {
		attempt = &call->attempt[i];
		if (!attempt->mux)
			continue;
		mux_leave(attempt);
		attempt_end(attempt, code, false);
	}
}

static bool call_is_tried(const struct kelp_call *call)
{
	size_t i;

	for (i = 0; i < CALL_ATTEMPTS; i++)
		if (call->attempt[i].mux)
			return true;
	return false;
}

/* Its reply is complete. Not to be touched afterwards. */
static void course_end(struct kelp_call *call)
{
	struct io *io = call->io;

	call->ended = true;
	if (call->prev)
		call->prev->next = call->next;
	else
		io->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	timers_del(&io->timers, &call->time);
	timers_del(&io->timers, &call->hedge);
	while (call->nr_avoid)
		endpoint_put(call->avoid[--call->nr_avoid]);
	started_done(call);
}

/* The first that is free; @attempt is in the table and has a server. */
static int attempt_begin(struct kelp_call *call, struct attempt *attempt,
			 struct endpoint *endpoint)
{
	struct io *io = call->io;
	struct mux *mux;
	int err;

	attempt->call = call;
	attempt->endpoint = endpoint;
	attempt->begun = io->now;
	attempt->id = table_put(&io->table, attempt);
	if (!attempt->id)
		return -ENOMEM;
	mux = mux_for(io, endpoint, &err);
	if (!mux)
		return err;
	attempt->mux = mux;
	return mux_send(mux, attempt);
}

static void fail_connect(struct kelp_call *call,
			 const struct endpoint *endpoint, int err)
{
	if (err == -ENOMEM || dial_is_local(err))
		reply_fail(&call->reply, err, "no connection: %s",
			   kelp_strerror(err));
	else
		reply_fail(&call->reply, KELP_RPC_EFAILEDSOCKET,
			   "cannot connect to %s: %s", endpoint->name,
			   kelp_strerror(err));
}

/* One attempt. False when it failed at once; then the reply says why. */
static bool course_try(struct kelp_call *call, struct attempt *attempt,
		       bool elsewhere, bool *found)
{
	struct io *io = call->io;
	struct set *set = io_set(io);
	struct endpoint *endpoint;
	bool unreached;
	int err;

	endpoint = set_pick(set, call->options.hash, call->avoid,
			    call->nr_avoid, elsewhere, io->now, &io->rng);
	*found = endpoint;
	if (!endpoint) {
		if (!call->reply.attempts)
			reply_fail(&call->reply, KELP_RPC_EFAILEDSOCKET,
				   set->count ?
					   "no server can be reached at present" :
					   "no server is known");
		return false;
	}
	call->reply.attempts++;
	err = attempt_begin(call, attempt, endpoint);
	if (!err)
		return true;
	unreached = err != -ENOMEM && !dial_is_local(err);
	reply_endpoint(&call->reply, endpoint);
	fail_connect(call, endpoint, err);
	attempt_end(attempt, call->reply.code, unreached);
	return false;
}

/* May there be another attempt behind one that failed? */
static bool course_may_retry(struct kelp_call *call, bool sent)
{
	const struct retry_case failed = {
		.code = call->reply.code, .sent = sent,
		.idempotent = call->options.idempotent,
	};
	struct kelp_channel *channel = call->channel;

	if (retry_verdict(&failed) == RETRY_NO ||
	    call->reply.attempts > options_retries(&call->options) ||
	    call->io->now >= call->deadline ||
	    !set_has_other(io_set(call->io), NULL, 0))
		return false;
	/* who leaves says so once, and has not carried it out */
	if (call->reply.code != KELP_RPC_ELOGOFF &&
	    !budget_spend(&channel->budget, call->io->now)) {
		count(&channel->counters.retries_denied);
		return false;
	}
	count(&channel->counters.retries);
	return true;
}

/*
 * The last attempt under way has failed, or there was none: others, as long as
 * they fail at once, or the end.
 */
static void course_go_on(struct kelp_call *call, bool first, bool sent)
{
	bool found = true;

	while (found && (first || course_may_retry(call, sent))) {
		if (course_try(call, &call->attempt[0], false, &found))
			return;
		first = false;
		sent = false;
	}
	course_end(call);
}

static void course_give_up(struct kelp_call *call, int code)
{
	attempts_drop(call, code);
	course_end(call);
}

static void course_timeout(struct kelp_call *call)
{
	size_t i;

	for (i = 0; i < CALL_ATTEMPTS; i++) {
		if (!call->attempt[i].mux)
			continue;
		mux_missed(&call->attempt[i]);
		reply_endpoint(&call->reply, call->attempt[i].endpoint);
	}
	reply_fail(&call->reply, KELP_RPC_ERPCTIMEDOUT, "no reply in %d ms",
		   call->options.timeout_ms);
	course_give_up(call, KELP_RPC_ERPCTIMEDOUT);
}

/* Only on another server; where there is none the first goes on alone. */
static void course_hedge(struct kelp_call *call)
{
	struct attempt *first = &call->attempt[0];
	struct attempt *second = &call->attempt[1];
	bool found;

	if (!first->mux || second->mux || call->nr_avoid >= SET_AVOID)
		return;
	call->avoid[call->nr_avoid++] = endpoint_get(first->endpoint);
	/* before it costs anything */
	if (!set_has_other(io_set(call->io), call->avoid, call->nr_avoid))
		return;
	if (!budget_spend(&call->channel->budget, call->io->now)) {
		count(&call->channel->counters.retries_denied);
		return;
	}
	if (course_try(call, second, true, &found))
		count(&call->channel->counters.hedges);
}

static void time_fire(struct timer *timer)
{
	course_timeout(container_of(timer, struct kelp_call, time));
}

static void hedge_fire(struct timer *timer)
{
	course_hedge(container_of(timer, struct kelp_call, hedge));
}

void course_begin(struct io *io, struct kelp_call *call)
{
	call->prev = NULL;
	call->next = io->calls;
	if (call->next)
		call->next->prev = call;
	io->calls = call;
	call->time.fire = time_fire;
	call->hedge.fire = hedge_fire;
	/* its two dates, beside all there are */
	if (timers_reserve(&io->timers, io->timers.count + 2)) {
		reply_fail(&call->reply, -ENOMEM, "no memory for a timer");
		course_end(call);
		return;
	}
	if (io->now >= call->deadline) {
		reply_fail(&call->reply, KELP_RPC_ERPCTIMEDOUT,
			   "its %d ms were over before it was sent",
			   call->options.timeout_ms);
		course_end(call);
		return;
	}
	if (call->deadline != CLOCK_NEVER)
		timers_add(&io->timers, &call->time, call->deadline);
	if (call->options.hedge_ms)
		timers_add(&io->timers, &call->hedge,
			   clock_in(io->now, call->options.hedge_ms));
	course_go_on(call, true, false);
}

void course_cancel(struct kelp_call *call)
{
	if (!call->ended) {
		reply_fail(&call->reply, -ECANCELED, "cancelled");
		course_give_up(call, -ECANCELED);
	}
	kelp_call_put(call);
}

void course_stop(struct kelp_call *call)
{
	reply_fail(&call->reply, -ECANCELED, "the channel was destroyed");
	course_give_up(call, -ECANCELED);
}

void course_replied(struct attempt *attempt, const struct frame_reply *frame,
		    const uint8_t *data)
{
	struct kelp_call *call = attempt->call;
	void *message, *room;

	if (frame->code) {
		mux_leave(attempt);
		reply_refused(&call->reply, frame);
		course_failed(attempt, frame->code, true, false, NULL);
		return;
	}
	mux_leave(attempt);
	reply_endpoint(&call->reply, attempt->endpoint);
	if (reply_room(&call->reply, frame, &call->options, &message, &room)) {
		memcpy(message, data + frame->begin, frame->message_len);
		if (frame->attachment_len)
			memcpy(room, data + frame->begin + frame->message_len,
			       frame->attachment_len);
	}
	attempt_end(attempt, 0, false);
	/* what else is under way is late */
	attempts_drop(call, -ECANCELED);
	course_end(call);
}

void course_failed(struct attempt *attempt, int code, bool sent, bool unreached,
		   const char *text)
{
	struct kelp_call *call = attempt->call;

	/* the words of a reply are there already */
	if (text)
		reply_fail(&call->reply, code, "%s", text);
	reply_endpoint(&call->reply, attempt->endpoint);
	attempt_end(attempt, code, unreached);
	/* one of two that failed is no failure of the call */
	if (!call_is_tried(call))
		course_go_on(call, false, sent);
}
