// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that break: at each byte of a reply and of a request, in one
 * direction only, while nobody uses them, and with the server gone for good.
 */
#include "client_kit.h"

#include <stdio.h>
#include <string.h>

#include "executions.h"
#include "proxy.h"

/* No reply or request here has so many bytes. */
#define FRAME 200

/* A way in which a connection ends, and what it is called then. */
struct cut {
	const char *word;
	int code;
};

static const struct cut cuts[] = {
	{ "reset", KELP_RPC_EFAILEDSOCKET },
	{ "close", KELP_RPC_EEOF },
	{ "shut", KELP_RPC_EEOF },
};

static uint64_t times_executed(const struct scene *scene,
			       const struct batch_call *call)
{
	return executions_of(server_executions(scene->server), call->number);
}

/* Cut behind @at bytes of the reply. Return: was that behind the last one? */
static bool cut_once(struct scene *scene, struct batch *batch, size_t at,
		     enum batch_form form, const struct cut *cut)
{
	const struct batch_call *call;
	char words[32];

	snprintf(words, sizeof(words), "#%s %zu ", cut->word, at);
	call = batch_run(batch, at, form, words, NULL);
	if (call->attempts != 1 || (call->code && call->code != cut->code))
		fail_msg("%s, #%s %zu: code %d \"%s\", %u attempts",
			 batch_form_name(form), cut->word, at, call->code,
			 call->text, call->attempts);
	assert_int_equal(times_executed(scene, call), 1);
	return !call->code;
}

/*
 * The server is killed at each byte of a reply: the call ends once, with an error
 * that says so, and is not made again. The next one has another connection.
 */
static void reply__cut_at_each_byte(void **state)
{
	struct scene *scene = *state;
	struct kelp_channel *channel;
	enum batch_form form;
	struct batch *batch;
	size_t i, at;

	for (form = 0; form < BATCH_FORMS; form++) {
		for (i = 0; i < ARRAY_LEN(cuts); i++) {
			/* which has no connection from the last round */
			channel = kit_channel(server_name(scene->server), NULL);
			batch = batch_create(channel, FRAME, 20000);
			for (at = 0; !cut_once(scene, batch, at, form,
					       &cuts[i]); at++)
				assert_true(at < FRAME);
			/* head and meta are before the last byte */
			assert_true(at > 30);
			batch_check(batch);
			assert_int_equal(kit_stats(channel).errors, at);
			kelp_channel_destroy(channel);
			batch_destroy(batch);
		}
	}
}

/* The same of a call that may be made twice: it is, and succeeds. */
static void reply__cut_and_made_again(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct server_rule rule = { .times = 1 };
	struct scene *scene = *state;
	const struct batch_call *call;
	enum batch_form form;
	struct batch *batch;
	char words[32];
	size_t at;

	options.idempotent = true;
	for (form = 0; form < BATCH_FORMS; form++) {
		batch = batch_create(scene->channel, FRAME, 20000);
		for (at = 0; at < 60; at += 3) {
			snprintf(words, sizeof(words), "#%s %zu",
				 cuts[at % ARRAY_LEN(cuts)].word, at);
			rule.words = words;
			server_rules_clear(scene->server);
			assert_int_equal(server_rule_add(scene->server, &rule),
					 0);
			call = batch_run(batch, at, form, "", &options);
			assert_int_equal(call->code, 0);
			assert_in_range(call->attempts, 1, 2);
			assert_int_equal(times_executed(scene, call),
					 call->attempts);
		}
		assert_int_equal(batch_at(batch, 0)->attempts, 2);
		batch_check(batch);
		batch_destroy(batch);
	}
	assert_true(kit_stats(scene->channel).retries > 30);
}

/* So many bytes has the request at least that is cut. */
#define REQUEST 55

static void cut_request(struct scene *scene, struct proxy *proxy,
			struct kelp_channel *channel, enum batch_form form,
			enum proxy_kind kind)
{
	struct proxy_rule rule = { .kind = kind, .requests = true, .times = 1 };
	struct batch *batch = batch_create(channel, FRAME, 20000);
	const struct batch_call *call;
	size_t at;

	for (at = 0; at < REQUEST; at++) {
		rule.at = (int64_t)at;
		proxy_rules_clear(proxy);
		assert_int_equal(proxy_rule_add(proxy, &rule), 0);
		call = batch_run(batch, at, form, "some words", NULL);
		if (call->code != KELP_RPC_EFAILEDSOCKET &&
		    call->code != KELP_RPC_EEOF)
			fail_msg("%s, %d at %zu: %d \"%s\"",
				 batch_form_name(form), kind, at, call->code,
				 call->text);
		assert_int_equal(call->attempts, 1);
		assert_int_equal(times_executed(scene, call), 0);
	}
	call = batch_run(batch, at, form, "some words", NULL);
	assert_int_equal(call->code, 0);
	batch_check(batch);
	batch_destroy(batch);
}

static void request__cut_at_each_byte(void **state)
{
	static const enum proxy_kind kinds[] = { PROXY_RESET, PROXY_CLOSE,
						 PROXY_SHUT };
	struct scene *scene = *state;
	struct kelp_channel *channel;
	enum batch_form form;
	struct proxy *proxy;
	size_t i;

	assert_int_equal(proxy_create(&proxy, server_port(scene->server), 1),
			 0);
	channel = kit_channel(proxy_name(proxy), NULL);
	for (form = 0; form < BATCH_FORMS; form++)
		for (i = 0; i < ARRAY_LEN(kinds); i++)
			cut_request(scene, proxy, channel, form, kinds[i]);
	kit_stats(channel);
	kelp_channel_destroy(channel);
	proxy_destroy(proxy);
}

/* One of many on a connection breaks it: all end, and those before it well. */
static void reply__cut_among_others(void **state)
{
	struct scene *scene = *state;
	struct batch *batch;
	size_t i, n, well;
	char words[32];

	for (n = 0; n < 3 * 40; n++) {
		snprintf(words, sizeof(words), "#%s %zu ", cuts[n % 3].word,
			 n / 3);
		batch = batch_create(scene->channel, 16, 20000);
		for (i = 0; i < 16; i++)
			assert_int_equal(batch_start(batch, i,
						     i == 8 ? words : "", NULL),
					 0);
		assert_true(batch_wait(batch, 16, KIT_PATIENCE_MS));
		batch_check(batch);
		for (i = 0; i < 8; i++)
			assert_int_equal(batch_at(batch, i)->code, 0);
		well = batch_tally(batch, 0);
		assert_int_equal(well + batch_tally(batch, cuts[n % 3].code) +
				 batch_tally(batch, KELP_RPC_EFAILEDSOCKET) *
				 (cuts[n % 3].code != KELP_RPC_EFAILEDSOCKET),
				 16);
		batch_destroy(batch);
	}
	kit_stats(scene->channel);
}

static void block_held(size_t i, void *data)
{
	batch_block(data, i, "#hold ", NULL);
}

static void stop_when_held(size_t i, void *data)
{
	struct scene *scene = data;

	(void)i;
	server_wait(scene->server, SERVER_HELD, 60, KIT_PATIENCE_MS);
	server_stop(scene->server);
}

struct crowd {
	struct scene *scene;
	struct batch *batch;
};

static void crowd_run(size_t i, void *data)
{
	struct crowd *crowd = data;

	if (i)
		block_held(49 + i, crowd->batch);
	else
		stop_when_held(i, crowd->scene);
}

/* All that are under way end soon, and long before their time is up. */
static void server__killed(void **state)
{
	struct kelp_call_options patient = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 60, 20000);
	struct batch *after;
	struct crowd crowd = { scene, batch };
	size_t i;

	for (i = 0; i < 50; i++)
		assert_int_equal(batch_start(batch, i, "#hold ", NULL), 0);
	kit_crowd(11, crowd_run, &crowd);
	assert_true(batch_wait(batch, 60, KIT_PATIENCE_MS));
	batch_check(batch);
	assert_int_equal(batch_tally(batch, KELP_RPC_EFAILEDSOCKET) +
			 batch_tally(batch, KELP_RPC_EEOF), 60);
	/* while it is away each call says so at once */
	after = batch_create(scene->channel, 200, 20000);
	for (i = 0; i < 2 * BATCH_FORMS; i++) {
		batch_run(after, i, i % BATCH_FORMS, "", NULL);
		assert_int_equal(batch_at(after, i)->code,
				 KELP_RPC_EFAILEDSOCKET);
		assert_true(batch_at(after, i)->latency_ns < 1000 * KIT_MS);
	}
	/* and when it is back it is used again */
	patient.idempotent = true;
	assert_int_equal(server_start(scene->server), 0);
	while (batch_run(after, i, i % BATCH_FORMS, "", &patient)->code) {
		assert_true(++i < 200);
		stage_nap();
	}
	batch_check(after);
	kit_stats(scene->channel);
	batch_destroy(batch);
	batch_destroy(after);
}

/* A connection that ended while nobody used it costs no call. */
static void idle__cut(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 200, 20000);
	enum batch_form form;
	size_t i = 0, n;

	for (n = 0; n < 20; n++) {
		for (form = 0; form < BATCH_FORMS; form++) {
			batch_run(batch, i++, form, "", NULL);
			server_cut(scene->server, n % 2);
			batch_run(batch, i++, form, "", NULL);
		}
	}
	batch_check(batch);
	assert_int_equal(batch_tally(batch, 0), i);
	batch_destroy(batch);
}

/* The reply is whole, and then the connection ends in some way. */
static void idle__cut_behind_reply(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, 100, 20000);
	enum batch_form form;
	size_t i = 0, n;

	for (n = 0; n < 4; n++) {
		for (form = 0; form < BATCH_FORMS; form++) {
			batch_run(batch, i++, form, "#reset 9999 ", NULL);
			batch_run(batch, i++, form, "#close 9999 ", NULL);
			batch_run(batch, i++, form, "#shut 9999 ", NULL);
		}
	}
	for (; n; n--)
		batch_run(batch, i++, n % BATCH_FORMS, "", NULL);
	batch_check(batch);
	/*
	 * Whether the next call is sent before the end is noticed is a matter of
	 * chance; then nobody knows whether it was carried out, and says so.
	 */
	assert_int_equal(batch_tally(batch, 0) + batch_tally(batch,
			 KELP_RPC_EEOF) + batch_tally(batch,
			 KELP_RPC_EFAILEDSOCKET), i);
	assert_true(batch_tally(batch, 0) > i / 2);
	batch_destroy(batch);
}

/* Connections that come about, and are of no use. */
static void door__shut_in_the_face(void **state)
{
	static const enum server_door doors[] = { SERVER_SHUTS, SERVER_RESETS };
	struct scene *scene = *state;
	struct batch *batch;
	enum batch_form form;
	uint64_t open;
	size_t i, n;

	for (i = 0; i < 2 * BATCH_FORMS; i++) {
		form = i % BATCH_FORMS;
		batch = batch_create(scene->channel, 200, 20000);
		server_cut(scene->server, true);
		server_set_door(scene->server, doors[i % 2]);
		assert_int_not_equal(batch_run(batch, 0, form, "", NULL)->code,
				     0);
		assert_int_not_equal(batch_run(batch, 1, form, "", NULL)->code,
				     0);
		server_set_door(scene->server, SERVER_OPEN);
		open = kit_now();
		n = 2;
		assert_int_equal(server_count(scene->server, SERVER_EXECUTED),
				 i);
		/* it may count as one that cannot be reached */
		while (batch_run(batch, n, form, "", NULL)->code) {
			assert_true(++n < 200);
			stage_nap();
		}
		assert_true(kit_ms_since(open) < KIT_PATIENCE_MS);
		batch_check(batch);
		batch_destroy(batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(reply__cut_at_each_byte),
		scene_test(reply__cut_and_made_again),
		scene_test(request__cut_at_each_byte),
		scene_test(reply__cut_among_others),
		scene_test(server__killed),
		scene_test(idle__cut),
		scene_test(idle__cut_behind_reply),
		scene_test(door__shut_in_the_face),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
