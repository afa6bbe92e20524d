// SPDX-License-Identifier: GPL-2.0-only
/* The ways to make one call: with messages, with bytes, by stubs. */
#include "client_kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kelp_calc.pb-c.h"

static Kelp__AddRequest adding(int64_t a, int64_t b)
{
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;

	request.a = a;
	request.b = b;
	return request;
}

static int add(struct kelp_channel *channel, int64_t a, int64_t b,
	       Kelp__AddResponse **response,
	       const struct kelp_call_options *options)
{
	Kelp__AddRequest request = adding(a, b);

	return kelp_call(channel, "kelp.Calc", "Add", &request.base, response,
			 options);
}

static void kelp_call__learned(void **state)
{
	struct scene *scene = *state;
	Kelp__AddResponse *response;
	int64_t i;

	assert_int_equal(kelp_channel_learn(scene->channel,
					    &kelp__calc__descriptor), 0);
	for (i = -2; i < 3; i++) {
		assert_int_equal(add(scene->channel, i, 40, &response, NULL), 0);
		assert_int_equal(response->sum, 40 + i);
		kelp__add_response__free_unpacked(response, NULL);
	}
	/* one connection did for all */
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 1);
}

static void kelp_call__reply_type(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	Kelp__AddResponse *response;

	options.reply_type = &kelp__add_response__descriptor;
	assert_int_equal(add(scene->channel, 1, 2, &response, &options), 0);
	assert_int_equal(response->sum, 3);
	kelp__add_response__free_unpacked(response, NULL);
}

static void kelp_call__type_unknown(void **state)
{
	struct scene *scene = *state;
	Kelp__AddRequest request = adding(1, 2);
	Kelp__AddResponse *response = (void *)state;

	assert_int_equal(add(scene->channel, 1, 2, &response, NULL), -EINVAL);
	assert_null(response);
	/* the service is known, but not such a method */
	assert_int_equal(kelp_channel_learn(scene->channel,
					    &kelp__calc__descriptor), 0);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Sub",
				   &request.base, &response, NULL), -EINVAL);
	assert_null(response);
	assert_int_equal(server_count(scene->server, SERVER_CALLS), 0);
	/* nobody wants the reply */
	assert_int_equal(add(scene->channel, 1, 2, NULL, NULL), 0);
	assert_int_equal(server_count(scene->server, SERVER_CALLS), 1);
}

static void kelp_call__refused(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	Kelp__AddRequest request = adding(INT64_MAX, 1);
	Kelp__AddResponse *response = (void *)state;

	options.reply_type = &kelp__add_response__descriptor;
	assert_int_equal(add(scene->channel, INT64_MAX, 1, &response, &options),
			 KELP_RPC_EREQUEST);
	assert_null(response);
	response = (void *)state;
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Sub",
				   &request.base, &response, &options),
			 KELP_RPC_ENOMETHOD);
	assert_null(response);
	response = (void *)state;
	assert_int_equal(kelp_call(scene->channel, "kelp.None", "Add",
				   &request.base, &response, &options),
			 KELP_RPC_ENOMETHOD);
	assert_null(response);
}

static void kelp_call__no_such_message(void **state)
{
	struct server_rule rule = { .words = "#payload", .times = 2 };
	struct scene *scene = *state;
	Kelp__AddResponse *response = (void *)state;

	assert_int_equal(kelp_channel_learn(scene->channel,
					    &kelp__calc__descriptor), 0);
	assert_int_equal(server_rule_add(scene->server, &rule), 0);
	assert_int_equal(add(scene->channel, 1, 2, &response, NULL),
			 KELP_RPC_ERESPONSE);
	assert_null(response);
	/* who does not want it does not look at it */
	assert_int_equal(add(scene->channel, 1, 2, NULL, NULL), 0);
	assert_int_equal(add(scene->channel, 1, 2, &response, NULL), 0);
	assert_int_equal(response->sum, 3);
	kelp__add_response__free_unpacked(response, NULL);
}

/* A message of some size with an attachment of another, there and back. */
static void echo(struct scene *scene, enum batch_form form, size_t fill,
		 size_t attachment)
{
	struct batch *batch = batch_create(scene->channel, 1, 20000);
	struct batch_call *call = batch_at(batch, 0);
	char *bytes = malloc(attachment + 1);
	struct server_call last;
	size_t i;

	for (i = 0; i < attachment; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	call->fill = fill;
	call->attachment = (struct kelp_bytes){ bytes, attachment };
	batch_run(batch, 0, form, "", NULL);
	batch_check(batch);
	assert_int_equal(call->code, 0);
	assert_int_equal(call->attempts, 1);
	assert_true(call->latency_ns > 0);
	assert_true(call->latency_ns <= call->ended_ns - call->begun_ns);
	server_last(scene->server, &last);
	assert_int_equal(last.attachment_len, attachment);
	batch_destroy(batch);
	free(bytes);
}

/* Around all that could be the size of a buffer. */
static void kelp_call_raw__sizes(void **state)
{
	static const size_t sizes[] = {
		0, 1, 100, 4000, 4096, 4200, 65000, 65536, 66000, 300000,
		1500000,
	};
	struct scene *scene = *state;
	enum batch_form form;
	size_t i;

	for (form = 0; form < BATCH_FORMS; form++) {
		for (i = 0; i < ARRAY_LEN(sizes); i++) {
			echo(scene, form, sizes[i], 0);
			echo(scene, form, 0, sizes[i]);
		}
		echo(scene, form, 70000, 70000);
	}
	kit_stats(scene->channel);
}

static void kelp_call_raw__nothing_in_it(void **state)
{
	struct kelp_request request = { .service = "kelp.Echo",
					.method = "Echo" };
	struct scene *scene = *state;
	struct kelp_reply reply;

	assert_int_equal(kelp_call_raw(scene->channel, &request, &reply, NULL),
			 0);
	assert_int_equal(reply.code, 0);
	assert_int_equal(reply.message.len, 0);
	assert_int_equal(reply.attachment.len, 0);
	assert_int_equal(reply.attempts, 1);
	assert_string_equal(reply.endpoint, server_name(scene->server));
	assert_string_equal(reply.text, "");
	kelp_reply_clear(&reply);
	assert_null(reply.message.data);
	/* which does no harm twice */
	kelp_reply_clear(&reply);
}

/* What the server says of it, with words that spoil no terminal. */
static void kelp_call_raw__refused(void **state)
{
	static const int codes[] = { 1, 1003, 1008, 2001, 2002, 5000, INT32_MAX };
	struct scene *scene = *state;
	struct kelp_request request;
	struct kelp_reply reply;
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_LEN(codes); i++) {
		snprintf(text, sizeof(text), "#code %d #words 3 ", codes[i]);
		request = kit_request(text);
		assert_int_equal(kelp_call_raw(scene->channel, &request, &reply,
					       NULL), codes[i]);
		assert_int_equal(reply.code, codes[i]);
		assert_string_equal(reply.text, "abc");
		assert_string_equal(reply.endpoint, server_name(scene->server));
		assert_int_equal(reply.attempts, 1);
		assert_int_equal(reply.message.len, 0);
		kelp_reply_clear(&reply);
		kit_request_free(&request);
	}
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 1);
}

/* More words than a reply has room for, or none at all. */
static void kelp_call_raw__words(void **state)
{
	static const char *const words[] = {
		"#code 2001 #words 159 ", "#code 2001 #words 160 ",
		"#code 2001 #words 5000 ", "#code 2001 #words 1000000 ",
		"#code 2001 #words 0 ",
	};
	struct scene *scene = *state;
	struct batch *batch;
	enum batch_form form;
	size_t i;

	for (form = 0; form < BATCH_FORMS; form++) {
		batch = batch_create(scene->channel, ARRAY_LEN(words), 20000);
		for (i = 0; i < ARRAY_LEN(words); i++)
			batch_run(batch, i, form, words[i], NULL);
		batch_check(batch);
		assert_int_equal(batch_tally(batch, KELP_RPC_EINTERNAL),
				 ARRAY_LEN(words));
		batch_destroy(batch);
	}
	/* one for blocking calls, one for the others */
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 2);
}

/* One whose reply's attachment is to go to a room of its own. */
static void room_call(struct scene *scene, enum batch_form form, size_t sent,
		      size_t room)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct batch *batch = batch_create(scene->channel, 2, 20000);
	char bytes[200], place[200], untouched[200];
	struct batch_call *call = batch_at(batch, 0);

	memset(bytes, 'A', sizeof(bytes));
	memset(place, '.', sizeof(place));
	memset(untouched, '.', sizeof(untouched));
	call->attachment = (struct kelp_bytes){ bytes, sent };
	options.attachment_room = place;
	options.attachment_room_len = room;
	batch_run(batch, 0, form, "", &options);
	assert_int_equal(call->code, sent > room ? -EMSGSIZE : 0);
	if (sent > room)
		assert_memory_equal(place, untouched, sizeof(place));
	else
		assert_memory_equal(place, bytes, sent);
	assert_memory_equal(place + room, untouched, sizeof(place) - room);
	batch_run(batch, 1, form, "", NULL);
	assert_int_equal(batch_at(batch, 1)->code, 0);
	batch_check(batch);
	batch_destroy(batch);
}

static void kelp_call_raw__attachment_room(void **state)
{
	enum batch_form form;

	for (form = 0; form < BATCH_FORMS; form++) {
		room_call(*state, form, 100, 200);
		room_call(*state, form, 100, 100);
		room_call(*state, form, 100, 99);
		room_call(*state, form, 100, 0);
		room_call(*state, form, 0, 10);
		room_call(*state, form, 0, 0);
	}
}

/* The reply is where it was asked for, and not in memory of its own. */
static void kelp_call_raw__reply_in_room(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct kelp_request request = kit_request("hello");
	struct kelp_reply reply;
	char place[16];

	request.attachment = (struct kelp_bytes){ "attached", 8 };
	options.attachment_room = place;
	options.attachment_room_len = sizeof(place);
	assert_int_equal(kelp_call_raw(scene->channel, &request, &reply,
				       &options), 0);
	assert_ptr_equal(reply.attachment.data, place);
	assert_int_equal(reply.attachment.len, 8);
	assert_memory_equal(place, "attached", 8);
	assert_true(kit_echoed(&reply, "hello"));
	kelp_reply_clear(&reply);
	assert_memory_equal(place, "attached", 8);
	kit_request_free(&request);
}

/* Nothing of what the caller gave is looked at when that has returned. */
static void kelp_call_start__copies(void **state)
{
	char service[] = "kelp.Echo", method[] = "Echo", bytes[] = "attached";
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct kelp_request request = kit_request("#late 10 hello");
	struct scene *scene = *state;
	struct kelp_queue *queue;
	struct kelp_reply *reply;

	request.service = service;
	request.method = method;
	request.attachment = (struct kelp_bytes){ bytes, 8 };
	assert_int_equal(kelp_queue_create(&queue), 0);
	assert_int_equal(kelp_call_enqueue(scene->channel, &request, &options,
					   queue, NULL, NULL), 0);
	memset(service, 'x', sizeof(service));
	memset(method, 'x', sizeof(method));
	memset(bytes, 'x', sizeof(bytes));
	memset(&options, 'x', sizeof(options));
	kit_request_free(&request);
	reply = kelp_queue_next(queue, KIT_PATIENCE_MS, NULL);
	assert_non_null(reply);
	assert_true(kit_echoed(reply, "#late 10 hello"));
	assert_int_equal(reply->attachment.len, 8);
	assert_memory_equal(reply->attachment.data, "attached", 8);
	kelp_reply_free(reply);
	kelp_queue_destroy(queue);
}

/* Many calls share a connection, and answers come in any order. */
static void kelp_call_start__any_order(void **state)
{
	static const char *const words[] = { "#late 30 ", "", "#late 10 " };
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 300, 20000);
	size_t i;

	for (i = 0; i < 300; i++)
		assert_int_equal(batch_start(batch, i, words[i % 3], NULL), 0);
	assert_true(batch_wait(batch, 300, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 300);
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 1);
	assert_int_equal(kit_stats(scene->channel).calls, 300);
	batch_destroy(batch);
}

static void kelp_call_start__threads_and_connections(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	struct batch *batch;
	size_t i;

	options.io_threads = 3;
	options.io_connections = 2;
	channel = kit_channel(server_name(scene->server), &options);
	batch = batch_create(channel, 300, 20000);
	for (i = 0; i < 300; i++)
		assert_int_equal(batch_start(batch, i, "#late 20 ", NULL), 0);
	assert_true(batch_wait(batch, 300, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), 300);
	assert_int_equal(server_count(scene->server, SERVER_ACCEPTED), 6);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

/* The numbers that the server's logs show, and the time that is left. */
static void kelp_call_start__what_is_sent(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, BATCH_FORMS, 20000);
	struct server_call last;
	enum batch_form form;

	options.log_id = 12345;
	options.timeout_ms = 1500;
	for (form = 0; form < BATCH_FORMS; form++) {
		batch_run(batch, form, form, "", &options);
		server_last(scene->server, &last);
		assert_string_equal(last.service, "test.Count");
		assert_string_equal(last.method, "Count");
		assert_int_equal(last.log_id, 12345);
		assert_int_equal(last.trace_id, 0);
		assert_int_equal(last.secret_len, 0);
		assert_in_range(last.timeout_ms, 1, 1500);
	}
	batch_check(batch);
	batch_destroy(batch);
}

/* Without an end no time is sent, whoever wants it. */
static void kelp_call_start__no_end(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, BATCH_FORMS, 20000);
	struct server_call last;
	enum batch_form form;

	options.timeout_ms = -1;
	for (form = 0; form < BATCH_FORMS; form++) {
		batch_run(batch, form, form, "#late 5 ", &options);
		server_last(scene->server, &last);
		assert_int_equal(last.timeout_ms, 0);
	}
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), BATCH_FORMS);
	batch_destroy(batch);
}

static void trace(uint64_t *log_id, uint64_t *trace_id, uint64_t *span_id,
		  void *data)
{
	*log_id += 1;
	*trace_id = *(uint64_t *)data;
	*span_id = UINT64_MAX;
}

static void kelp_call_start__trace(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct kelp_call_options one = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct kelp_channel *channel;
	uint64_t id = 77;
	struct server_call last;
	enum batch_form form;
	struct batch *batch;

	options.trace = trace;
	options.data = &id;
	one.log_id = 9;
	channel = kit_channel(server_name(scene->server), &options);
	batch = batch_create(channel, BATCH_FORMS, 20000);
	for (form = 0; form < BATCH_FORMS; form++) {
		batch_run(batch, form, form, "", &one);
		server_last(scene->server, &last);
		assert_int_equal(last.log_id, 10);
		assert_int_equal(last.trace_id, 77);
		assert_int_equal(last.span_id, -1);
	}
	batch_check(batch);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(kelp_call__learned),
		scene_test(kelp_call__reply_type),
		scene_test(kelp_call__type_unknown),
		scene_test(kelp_call__refused),
		scene_test(kelp_call__no_such_message),
		scene_test(kelp_call_raw__sizes),
		scene_test(kelp_call_raw__nothing_in_it),
		scene_test(kelp_call_raw__refused),
		scene_test(kelp_call_raw__words),
		scene_test(kelp_call_raw__attachment_room),
		scene_test(kelp_call_raw__reply_in_room),
		scene_test(kelp_call_start__copies),
		scene_test(kelp_call_start__any_order),
		scene_test(kelp_call_start__threads_and_connections),
		scene_test(kelp_call_start__what_is_sent),
		scene_test(kelp_call_start__no_end),
		scene_test(kelp_call_start__trace),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
