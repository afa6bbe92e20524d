// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies that are none: each way in which the server can send one. The call ends
 * with an error that says so, never with a wrong answer, and the next call on the
 * channel is as if nothing had been.
 */
#include "client_kit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kelp_calc.pb-c.h"

/* The channel's limit, and time for what is never answered. */
#define MAX_REPLY 100000
#define BRIEF 60

#define RESPONSE KELP_RPC_ERESPONSE
#define TIMEOUT KELP_RPC_ERPCTIMEDOUT
/* Any of the two: who has the connection for himself sees it at once. */
#define NO_ID -1

/* What the server is told, and what the call ends with. */
static const struct {
	const char *words;
	int code;
} kinds[] = {
	{ "#garbage ", RESPONSE },
	{ "#garbage 1 ", RESPONSE },
	{ "#garbage 3 ", RESPONSE },
	{ "#garbage 11 ", RESPONSE },
	{ "#garbage 12 ", RESPONSE },
	{ "#garbage 5000 ", RESPONSE },
	{ "#garbage 300000 ", RESPONSE },
	{ "#magic ", RESPONSE },
	{ "#meta ", RESPONSE },
	{ "#empty ", RESPONSE },
	{ "#longmeta ", RESPONSE },
	{ "#claim 0 ", RESPONSE },
	{ "#claim 5 ", RESPONSE },
	{ "#claim 4294967295 ", RESPONSE },
	{ "#claim 2147483648 ", RESPONSE },
	{ "#claim 100001 ", RESPONSE },
	{ "#claim 100000 ", TIMEOUT },
	{ "#claim 90 ", TIMEOUT },
	{ "#attachment ", RESPONSE },
	{ "#compress ", RESPONSE },
	{ "#compress 2 ", RESPONSE },
	{ "#compress 99 ", RESPONSE },
	{ "#request ", RESPONSE },
	{ "#noid ", NO_ID },
	{ "#wrongid ", NO_ID },
	{ "#wrongid -1000000 ", NO_ID },
	{ "#large 200000 ", RESPONSE },
	{ "#large 99990 ", RESPONSE },
	{ "#code -1 ", RESPONSE },
	{ "#code -125 ", RESPONSE },
	{ "#code -2147483648 ", RESPONSE },
	{ "#code 2001 #words 200000 ", RESPONSE },
	{ "#code 2001 #magic ", RESPONSE },
	{ "#garbage #close 9999 ", RESPONSE },
	{ "#garbage #reset 9999 ", RESPONSE },
	{ "#magic #twice ", RESPONSE },
	{ "#empty #twice ", RESPONSE },
	{ "#meta #pieces 1 ", RESPONSE },
	{ "#claim 100000 #close 30 ", KELP_RPC_EEOF },
	{ "#claim 100000 #reset 30 ", KELP_RPC_EFAILEDSOCKET },
	{ "#never ", TIMEOUT },
	{ "#never #close ", KELP_RPC_EEOF },
	{ "#never #reset ", KELP_RPC_EFAILEDSOCKET },
	{ "#never #shut ", KELP_RPC_EEOF },
};

/*
 * A length that takes in the next reply: who waits for that one learns of it when
 * his time is up, if the first part came so late that it might have gone on.
 */
static bool swallows(size_t kind)
{
	return !strcmp(kinds[kind].words, "#claim 90 ");
}

static struct kelp_channel *limited(struct scene *scene)
{
	struct kelp_channel_options options = kit_options();

	options.max_reply = MAX_REPLY;
	return kit_channel(server_name(scene->server), &options);
}

/* Is it what it has to be? */
static bool right_code(size_t kind, enum batch_form form, int code)
{
	if (kinds[kind].code != NO_ID)
		return code == kinds[kind].code;
	return code == (form == BATCH_BLOCK ? RESPONSE : TIMEOUT);
}

/* One in each form, and a call behind each. */
static void reply__malformed(void **state)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct kelp_channel *channel = limited(scene);
	struct batch *batch;
	const struct batch_call *call;
	enum batch_form form;
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		batch = batch_create(channel, 2 * BATCH_FORMS, 20000);
		for (form = 0; form < BATCH_FORMS; form++) {
			/* those that end otherwise have all the time they want */
			brief.timeout_ms = right_code(i, form, TIMEOUT) ?
						   BRIEF : 5000;
			call = batch_run(batch, form, form, kinds[i].words,
					 &brief);
			if (!right_code(i, form, call->code) ||
			    call->attempts != 1)
				fail_msg("%s, %s: code %d \"%s\", %u attempts",
					 kinds[i].words, batch_form_name(form),
					 call->code, call->text,
					 call->attempts);
			brief.timeout_ms = swallows(i) ? 500 : 20000;
			call = batch_run(batch, BATCH_FORMS + form, form, "",
					 &brief);
			if (call->code && !swallows(i))
				fail_msg("behind %s, %s: code %d \"%s\"",
					 kinds[i].words, batch_form_name(form),
					 call->code, call->text);
		}
		batch_check(batch);
		batch_destroy(batch);
	}
	kit_stats(channel);
	kelp_channel_destroy(channel);
}

/* The others on the connection: they end once, with an error or well. */
static void reply__malformed_among_others(void **state)
{
	struct kelp_call_options brief = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct kelp_channel *channel = limited(scene);
	struct batch *batch;
	size_t i, j;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		brief.timeout_ms = right_code(i, BATCH_START, TIMEOUT) ?
					   2 * BRIEF : 20000;
		if (swallows(i))
			continue;
		batch = batch_create(channel, 13, 20000);
		for (j = 0; j < 12; j++)
			assert_int_equal(batch_start(batch, j, j == 6 ?
						     kinds[i].words :
						     "", &brief), 0);
		assert_true(batch_wait(batch, 12, KIT_PATIENCE_MS));
		/* these are answered before; on a busy machine perhaps not */
		for (j = 0; j < 6; j++)
			if (brief.timeout_ms > 2 * BRIEF)
				assert_int_equal(batch_at(batch, j)->code, 0);
		if (!batch_at(batch, 6)->code)
			fail_msg("%s: a reply", kinds[i].words);
		assert_int_equal(batch_run(batch, 12, BATCH_START, "",
					   NULL)->code, 0);
		batch_check(batch);
		batch_destroy(batch);
	}
	kit_stats(channel);
	kelp_channel_destroy(channel);
}

/*
 * What comes behind a checksum that is wrong is not what the server has, or it
 * is and nobody has asked for a checksum: never anything else.
 */
static void reply__checksum(void **state)
{
	struct scene *scene = *state;
	struct batch *batch = batch_create(scene->channel, BATCH_FORMS, 20000);
	const struct batch_call *call;
	enum batch_form form;

	for (form = 0; form < BATCH_FORMS; form++) {
		call = batch_run(batch, form, form, "#sum ", NULL);
		assert_true(!call->code || call->code == RESPONSE);
	}
	batch_check(batch);
	batch_destroy(batch);
}

/* Bytes are not looked at, messages are. */
static void reply__no_such_payload(void **state)
{
	struct server_rule rule = { .words = "#payload" };
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	struct scene *scene = *state;
	struct kelp_request raw = kit_request("hello");
	Kelp__AddResponse *response;
	struct kelp_reply reply;

	assert_int_equal(server_rule_add(scene->server, &rule), 0);
	assert_int_equal(kelp_call_raw(scene->channel, &raw, &reply, NULL), 0);
	assert_int_equal(reply.message.len, 1);
	assert_false(kit_echoed(&reply, "hello"));
	kelp_reply_clear(&reply);
	kit_request_free(&raw);
	assert_int_equal(kelp_channel_learn(scene->channel,
					    &kelp__calc__descriptor), 0);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Add",
				   &request.base, &response, NULL), RESPONSE);
	assert_null(response);
	server_rules_clear(scene->server);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Add",
				   &request.base, &response, NULL), 0);
	kelp__add_response__free_unpacked(response, NULL);
}

/* Exactly as large as may be, and a byte more. */
static void reply__just_too_large(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	struct kelp_channel *channel;
	const struct batch_call *call;
	enum batch_form form;
	struct batch *batch;
	size_t fill, largest[BATCH_FORMS];

	options.max_reply = 500;
	channel = kit_channel(server_name(scene->server), &options);
	for (form = 0; form < BATCH_FORMS; form++) {
		batch = batch_create(channel, 400, 20000);
		for (fill = 400; ; fill++) {
			batch_at(batch, fill - 400)->fill = fill;
			call = batch_run(batch, fill - 400, form, "", NULL);
			if (call->code)
				break;
		}
		assert_int_equal(call->code, RESPONSE);
		largest[form] = fill;
		batch_check(batch);
		batch_destroy(batch);
	}
	/* whose meta is not the same to a byte: ids are of another kind */
	assert_in_range(largest[BATCH_BLOCK], 440, 500);
	assert_in_range(largest[BATCH_START], largest[BATCH_BLOCK] - 10,
			largest[BATCH_BLOCK]);
	assert_int_equal(largest[BATCH_START], largest[BATCH_ENQUEUE]);
	kelp_channel_destroy(channel);
}

/* Whatever is damaged, in any of the calls, among many: nothing is crossed. */
static void reply__now_and_then(void **state)
{
	static const char *const words[] = {
		"#garbage", "#magic", "#meta", "#empty", "#longmeta",
		"#attachment", "#compress", "#request", "#wrongid", "#twice",
		"#reset 20", "#close 20", "#code -5", "#claim 99999",
	};
	struct server_rule rule = { .per_million = 10000 };
	struct scene *scene = *state;
	struct kelp_channel *channel = limited(scene);
	size_t i, count = kit_times(4000), bad;
	struct batch *batch = batch_create(channel, count, 40);

	for (i = 0; i < ARRAY_LEN(words); i++) {
		rule.words = words[i];
		assert_int_equal(server_rule_add(scene->server, &rule), 0);
	}
	for (i = 0; i < count; i++) {
		assert_true(batch_room(batch, 8));
		if (i % 4)
			batch_start(batch, i, "", NULL);
		else
			batch_block(batch, i, "", NULL);
	}
	assert_true(batch_wait(batch, count, KIT_PATIENCE_MS));
	batch_check(batch);
	bad = count - batch_tally(batch, 0);
	assert_true(bad > 0);
	assert_int_equal(batch_tally(batch, RESPONSE) +
			 batch_tally(batch, TIMEOUT) +
			 batch_tally(batch, KELP_RPC_EEOF) +
			 batch_tally(batch, KELP_RPC_EFAILEDSOCKET), bad);
	kit_stats(channel);
	kelp_channel_destroy(channel);
	batch_destroy(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(reply__malformed),
		scene_test(reply__malformed_among_others),
		scene_test(reply__checksum),
		scene_test(reply__no_such_payload),
		scene_test(reply__just_too_large),
		scene_test(reply__now_and_then),
	};

	return cmocka_run_group_tests_name("malformed", tests, NULL, NULL);
}
