// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelp.Status: what may be called, and how calls have been doing. In the
 * dispatcher, as the list of services is walked under a mutex.
 * include/proto/kelp_status.proto says what the messages mean.
 */
#include "svc/status.h"

#include <linux/errno.h>
#include <linux/kernel.h>

#include "kelp/pb.h"
#include "kelp/pb_write.h"
#include "kelp/service.h"
#include "rpc/call.h"
#include "rpc/service.h"

/* Calls go on and services come while an answer is written. */
#define STATUS_TRIES 8
#define STATUS_SPARE 256

/**
 * struct status - an answer in the making
 * @w: where it is written to
 * @call: the call
 */
struct status {
	struct kelp_pb_w w;
	const struct kelp_call *call;
};

static bool status_read(struct kelp_call *call)
{
	struct kelp_pb_field field;
	struct kelp_pb pb;
	const void *data;
	size_t len;
	int ret;

	data = kelp_call_message(call, &len);
	kelp_pb_init(&pb, data, len, &kelp_pb_limits_usual);
	while ((ret = kelp_pb_next(&pb, &field)) > 0)
		;	/* requests have no fields */
	return !ret;
}

/* The reply is what @fn writes about the services. */
static int status_answer(struct kelp_call *call,
			 int (*fn)(const struct rpc_service *service,
				   void *status))
{
	struct status status = { .call = call };
	struct kelp_pb_w *w = &status.w;
	size_t len = 0;
	u8 *room = NULL;
	int tries;

	if (!status_read(call))
		return -EBADMSG;
	/* the first finds out how much room it takes */
	for (tries = 0; tries < STATUS_TRIES; tries++) {
		kelp_pb_w_init(w, room, len);
		rpc_service_for_each(fn, &status);
		if (kelp_pb_w_ok(w)) {
			kelp_call_reply_trim(call, w->len);
			return 0;
		}
		len = w->len + STATUS_SPARE;
		room = kelp_call_reply(call, len, GFP_KERNEL);
		if (!room)
			return kelp_call_fail(call, KELP_RPC_ELIMIT,
					      "no memory");
	}
	return -EAGAIN;
}

/* List: services = 1: name = 1, methods = 2: name = 1, softirq = 2, async = 3 */

static int list_service(const struct rpc_service *service, void *arg)
{
	const struct kelp_method *method;
	struct status *status = arg;
	struct kelp_pb_w *w = &status->w;
	size_t outer, inner;
	unsigned int i;

	if (!rpc_call_offers(status->call, service->def->name))
		return 0;
	outer = kelp_pb_begin(w, 1);
	kelp_pb_put_string(w, 1, service->def->name);
	for (i = 0; i < service->nr; i++) {
		method = service->method[i].def;
		inner = kelp_pb_begin(w, 2);
		kelp_pb_put_string(w, 1, method->name);
		if (!(method->flags & KELP_METHOD_SLEEPS))
			kelp_pb_put_varint(w, 2, true);
		if (method->flags)
			kelp_pb_put_varint(w, 3, true);
		kelp_pb_end(w, inner);
	}
	kelp_pb_end(w, outer);
	return 0;
}

static int status_list(struct kelp_call *call)
{
	return status_answer(call, list_service);
}

/*
 * Stats: methods = 1: service = 1, method = 2, calls = 3, errors = 4,
 * in_flight = 5, latency_log2_us = 6
 */

static void stats_latency(struct kelp_pb_w *w,
			  const struct rpc_method_stats *stats)
{
	unsigned int i, nr = RPC_LATENCIES;
	size_t packed;

	while (nr && !stats->latency[nr - 1])
		nr--;
	if (!nr)
		return;
	packed = kelp_pb_begin(w, 6);
	for (i = 0; i < nr; i++)
		kelp_pb_raw_varint(w, stats->latency[i]);
	kelp_pb_end(w, packed);
}

static int stats_service(const struct rpc_service *service, void *arg)
{
	struct rpc_method_stats stats;
	struct status *status = arg;
	struct kelp_pb_w *w = &status->w;
	unsigned int i;
	size_t outer;

	if (!rpc_call_offers(status->call, service->def->name))
		return 0;
	for (i = 0; i < service->nr; i++) {
		rpc_method_sum(&service->method[i], &stats);
		outer = kelp_pb_begin(w, 1);
		kelp_pb_put_string(w, 1, service->def->name);
		kelp_pb_put_string(w, 2, service->method[i].def->name);
		kelp_pb_put_varint(w, 3, stats.ended);
		kelp_pb_put_varint(w, 4, stats.errors);
		kelp_pb_put_varint(w, 5, stats.begun - stats.ended);
		stats_latency(w, &stats);
		kelp_pb_end(w, outer);
	}
	return 0;
}

static int status_stats(struct kelp_call *call)
{
	return status_answer(call, stats_service);
}

static const struct kelp_method status_methods[] = {
	{ .name = "List", .call = status_list, .flags = KELP_METHOD_SLEEPS },
	{ .name = "Stats", .call = status_stats, .flags = KELP_METHOD_SLEEPS },
};

const struct kelp_service kelp_status_service = {
	.name = "kelp.Status",
	.methods = status_methods,
	.nr_methods = ARRAY_SIZE(status_methods),
};
