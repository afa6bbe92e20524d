// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls without memory: in whatever way they are made, the n-th allocation of the
 * library's fails, for each n up to where none is left that could; once so
 * that only this one fails, once so that all behind it do as well. What is asked
 * for succeeds or is an error, a call that was made ends once, the channel works
 * afterwards, and nothing is lost (the sanitizer looks at the end).
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "fleet.h"
#include "kelp_calc.pb-c.h"
#include "stage.h"
#include "starve.h"

#define LARGE 200000
#define SEVERAL 5
#define MANY 150

/* Two servers, and what is asked of them. */
static struct fleet fleet;

static const struct kelp_call_options patient = {
	.size = sizeof(patient),
	.timeout_ms = KIT_PATIENCE_MS,
};

static uint8_t large[LARGE];

static const struct kelp_channel_options options = {
	.size = sizeof(options),
	.secret = "a word",
	.balance = KELP_BALANCE_HASH,
	.io_threads = 2,
	.breaker_failures = -1,
	.health_interval_ms = 5,
	.health_max_ms = 10,
};

/* Each of these is done without memory: see starve_each(). */
static void each(void (*step)(struct kelp_channel *channel))
{
	starve_each(&fleet, &options, step);
}

static void block(struct kelp_channel *channel)
{
	starve_check_code(count_call(channel, count_id(), "", &patient, NULL));
}

/* Longer than what is read at once: the reply, and the words of an error. */
static void block_large(struct kelp_channel *channel)
{
	struct kelp_reply reply;
	int code;

	starve_check_code(count_call(channel, 1, "#large 200000 ", &patient,
				     NULL));
	code = count_call(channel, 2, "#code 4711 #words 20000 ", &patient,
			  &reply);
	starve_check(code == 4711 || code == -ENOMEM, "neither error");
	starve_check(*reply.text, "an error without words");
}

static void first_blocking(void **state)
{
	(void)state;
	each(block);
	each(block_large);
}

/* Names that need more room than there usually is. */
static void block_named(struct kelp_channel *channel)
{
	static char name[1000];
	struct kelp_request request = { .service = name, .method = name };
	struct kelp_reply reply;
	int code;

	memset(name, 'x', sizeof(name) - 1);
	code = kelp_call_raw(channel, &request, &reply, &patient);
	starve_check(code == KELP_RPC_ENOMETHOD || code == KELP_RPC_ENOSERVICE ||
		     code == -ENOMEM, "neither error");
	kelp_reply_clear(&reply);
}

static void blocking__long_names(void **state)
{
	(void)state;
	each(block_named);
}

static void typed(struct kelp_channel *channel)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	Kelp__AddResponse *response;
	int rc;

	request.a = 40;
	request.b = 2;
	rc = kelp_channel_learn(channel, &kelp__calc__descriptor);
	starve_check_code(rc);
	rc = kelp_call(channel, "kelp.Calc", "Add", &request.base, &response,
		       &patient);
	starve_check(!rc || rc == -ENOMEM || rc == -EINVAL, "an unknown code");
	starve_check(!rc == !!response, "an error with a reply");
	if (rc)
		return;
	starve_check(response->sum == 42, "a wrong sum");
	kelp__add_response__free_unpacked(response, NULL);
}

static void blocking__typed(void **state)
{
	(void)state;
	each(typed);
}

/* Calls that were started: told once each, if they were. */
struct tale {
	_Atomic size_t told;
	size_t begun;
};

static void tell(const struct kelp_reply *reply, void *data)
{
	struct tale *tale = data;

	starve_check_code(reply->code);
	starve_check(!reply->code == !*reply->text, "words without an error");
	atomic_fetch_add(&tale->told, 1);
}

static void tale_start(struct tale *tale, struct kelp_channel *channel,
		       const struct kelp_request *request,
		       const struct kelp_call_options *call)
{
	int rc = kelp_call_start(channel, request, call, tell, tale, NULL);

	starve_check_code(rc);
	tale->begun += !rc;
}

static void tale_end(struct tale *tale)
{
	uint64_t begun = kit_now();

	while (atomic_load(&tale->told) < tale->begun) {
		if (kit_ms_since(begun) > KIT_PATIENCE_MS) {
			starve_check(false, "a call has not ended");
			return;
		}
		stage_nap();
	}
	starve_check(atomic_load(&tale->told) == tale->begun,
		     "told of too many ends");
}

static void start(struct kelp_channel *channel)
{
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	uint8_t room[COUNT_ROOM];
	struct tale tale = { 0 };

	request.message = count_message(room, count_id(), "#late 1 ");
	tale_start(&tale, channel, &request, &patient);
	tale_start(&tale, channel, &request, &patient);
	tale_end(&tale);
}

static void start_large(struct kelp_channel *channel)
{
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	uint8_t room[COUNT_ROOM];
	struct tale tale = { 0 };

	request.message = count_message(room, count_id(), "#large 200000 ");
	request.attachment = (struct kelp_bytes){ large, sizeof(large) };
	tale_start(&tale, channel, &request, &patient);
	tale_end(&tale);
}

static void first_started(void **state)
{
	(void)state;
	each(start);
	each(start_large);
}

static void start_hedged(struct kelp_channel *channel)
{
	struct kelp_call_options call = patient;

	call.idempotent = true;
	call.hedge_ms = 2;
	starve_check_code(count_call(channel, count_id(), "#late 10 ", &call,
				     NULL));
}

static void started__hedged(void **state)
{
	(void)state;
	each(start_hedged);
}

/* So many that tables and heaps have to grow: not each n, that takes too long. */
static void started__many(void **state)
{
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	struct kelp_channel *channel;
	uint8_t room[COUNT_ROOM];
	struct tale tale;
	bool had_failed;
	size_t i;
	long n = 0;

	(void)state;
	do {
		channel = fleet_channel(&fleet, &options);
		starve_assert_works(channel);
		tale = (struct tale){ 0 };
		starve_from(n, false);
		for (i = 0; i < MANY; i++) {
			request.message = count_message(room, count_id(),
							"#late 5 ");
			tale_start(&tale, channel, &request, &patient);
		}
		tale_end(&tale);
		had_failed = starve_over();
		if (starve_wrong())
			fail_msg("allocation %ld: %s", n,
				 starve_wrong());
		/* one has failed at most, and those on its connection */
		starve_assert_works(channel);
		kelp_channel_destroy(channel);
		n += test_full() ? 1 : 7;
	} while (had_failed);
	assert_true(n > MANY);
}

static void enqueue(struct kelp_channel *channel)
{
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	struct kelp_queue *queue;
	struct kelp_reply *reply;
	uint8_t room[COUNT_ROOM];
	size_t begun = 0, i;
	int rc, mark;
	void *data;

	rc = kelp_queue_create(&queue);
	starve_check_code(rc);
	if (rc)
		return;
	for (i = 0; i < 3; i++) {
		request.message = count_message(room, count_id(), "");
		rc = kelp_call_enqueue(channel, &request, &patient, queue,
				       &mark, NULL);
		starve_check_code(rc);
		begun += !rc;
	}
	for (; begun; begun--) {
		reply = kelp_queue_next(queue, KIT_PATIENCE_MS, &data);
		starve_check(reply, "a reply is missing");
		if (!reply)
			break;
		starve_check_code(reply->code);
		starve_check(data == &mark, "it is somebody else's");
		kelp_reply_free(reply);
	}
	starve_check(!kelp_queue_next(queue, 0, NULL), "a reply too many");
	kelp_queue_destroy(queue);
}

static void enqueue__several(void **state)
{
	(void)state;
	each(enqueue);
}

static void fan_out_with(struct kelp_channel *channel, size_t fail_limit)
{
	struct kelp_fanout_part part[SEVERAL];
	uint8_t room[COUNT_ROOM];
	size_t i, bad, found = 0;

	for (i = 0; i < SEVERAL; i++)
		part[i] = (struct kelp_fanout_part){
			.channel = channel, .options = &patient,
			.request = {
				.service = "test.Count", .method = "Count",
				.message = count_message(room, 1, "#late 3 "),
			},
		};
	bad = kelp_fanout(part, SEVERAL, fail_limit);
	for (i = 0; i < SEVERAL; i++) {
		found += part[i].reply.code != 0;
		if (!fail_limit || part[i].reply.code != -ECANCELED)
			starve_check_code(part[i].reply.code);
		kelp_reply_clear(&part[i].reply);
	}
	starve_check(bad == found, "the number of failures is wrong");
}

static void fan_out(struct kelp_channel *channel)
{
	fan_out_with(channel, 0);
}

static void fan_out_limited(struct kelp_channel *channel)
{
	fan_out_with(channel, 1);
}

static void fanout__both(void **state)
{
	(void)state;
	each(fan_out);
	each(fan_out_limited);
}

static void stub_close(const Kelp__AddResponse *response, void *data)
{
	struct tale *tale = data;

	starve_check(!response == !!kelp_service_error(), "an error with a reply");
	starve_check_code(kelp_service_error());
	starve_check(!response || response->sum == 42, "a wrong sum");
	atomic_fetch_add(&tale->told, 1);
}

static void stub_call(struct kelp_channel *channel, enum kelp_service_mode mode)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	struct tale tale = { .begun = 1 };
	ProtobufCService *service;

	request.a = 40;
	request.b = 2;
	service = kelp_channel_service(channel, &kelp__calc__descriptor, mode,
				       &patient);
	if (!service)
		return;
	kelp__calc__add(service, &request, stub_close, &tale);
	tale_end(&tale);
	protobuf_c_service_destroy(service);
}

static void stub_block(struct kelp_channel *channel)
{
	stub_call(channel, KELP_SERVICE_BLOCKING);
}

static void stub_start(struct kelp_channel *channel)
{
	stub_call(channel, KELP_SERVICE_STARTING);
}

static void stub__both(void **state)
{
	(void)state;
	each(stub_block);
	each(stub_start);
}

static int servers_start(void **state)
{
	(void)state;
	fleet_create(&fleet, 2, NULL);
	return 0;
}

static int servers_end(void **state)
{
	(void)state;
	fleet_destroy(&fleet);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_blocking),
		cmocka_unit_test(blocking__long_names),
		cmocka_unit_test(blocking__typed),
		cmocka_unit_test(first_started),
		cmocka_unit_test(started__hedged),
		cmocka_unit_test(started__many),
		cmocka_unit_test(enqueue__several),
		cmocka_unit_test(fanout__both),
		cmocka_unit_test(stub__both),
	};

	return cmocka_run_group_tests_name("nomem", tests, servers_start,
					   servers_end);
}
