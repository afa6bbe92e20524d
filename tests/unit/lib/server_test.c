// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server that tests of the library run against, over a plain socket: its
 * methods, how it comes and goes, what it counts. server_words_test.c has what
 * it does wrong.
 */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include "../../lib/executions.h"
#include "../../lib/plain.h"
#include "../../lib/server.h"
#include "../../lib/stage.h"
#include "fail_alloc.h"

/* More than anything here takes. */
#define LONG_MS 30000
/* Enough to see that nothing comes. */
#define SHORT_MS 30

#define SPAN(text) { (const uint8_t *)(text), sizeof(text) - 1 }

/* A server and a connection to it. */
struct both {
	struct server *server;
	struct plain plain;
};

static void begin(struct both *both, const struct server_options *options)
{
	assert_int_equal(server_create(&both->server, options), 0);
	assert_int_equal(plain_open(&both->plain, server_port(both->server)), 0);
}

static void end(struct both *both)
{
	plain_close(&both->plain);
	server_destroy(both->server);
}

static enum plain_next call(struct plain *plain, const struct plain_call *what)
{
	if (plain_send(plain, what))
		return PLAIN_RESET;
	return plain_next(plain, LONG_MS);
}

static int32_t code_of(struct plain *plain, const struct plain_call *what)
{
	assert_int_equal(call(plain, what), PLAIN_FRAME);
	assert_int_equal(plain->frame.meta.correlation_id, what->id);
	return plain->frame.meta.error_code;
}

static const struct plain_call hello = {
	.method = "kelp.Echo/Echo",
	.id = 7,
	.message = SPAN("hello"),
};

static void server_create__methods(void **state)
{
	struct plain_call echo = hello, add = {
		.method = "kelp.Calc/Add",
		.id = -1,
		.number = { 40, 2 },
	};
	struct both both;

	(void)state;
	begin(&both, NULL);
	echo.attachment = (struct span)SPAN("attached");
	echo.summed = true;
	assert_int_equal(code_of(&both.plain, &echo), 0);
	assert_true(span_is(plain_message(&both.plain), "hello", 5));
	assert_true(span_is(both.plain.frame.attachment, "attached", 8));
	assert_int_equal(both.plain.frame.meta.checksum_type, 1);
	assert_int_equal(prpc_check_sum(&both.plain.frame), 0);
	assert_int_equal(code_of(&both.plain, &add), 0);
	assert_int_equal(plain_number(&both.plain, 1), 42);
	add.number[0] = INT64_MAX;
	assert_int_equal(code_of(&both.plain, &add), 1003);
	add.method = "Calc/Add";
	add.number[1] = -1;
	assert_int_equal(code_of(&both.plain, &add), 0);
	assert_int_equal(plain_number(&both.plain, 1), INT64_MAX - 1);
	add.method = "kelp.Calc/Subtract";
	assert_int_equal(code_of(&both.plain, &add), 1002);
	assert_int_equal(server_count(both.server, SERVER_EXECUTED), 4);
	assert_int_equal(server_count(both.server, SERVER_REFUSED), 1);
	assert_int_equal(server_count(both.server, SERVER_MISBEHAVED), 0);
	end(&both);
}

/* The first eight bytes are the call's number. */
static int32_t count_code(struct plain *plain, uint64_t id, const char *words)
{
	uint8_t message[64];
	struct plain_call count = {
		.method = "test.Count/Count",
		.id = 1,
		.message = { message, sizeof(id) + strlen(words) },
	};

	memcpy(message, &id, sizeof(id));
	memcpy(message + sizeof(id), words, strlen(words));
	return code_of(plain, &count);
}

static void server_create__counts_executions(void **state)
{
	struct server_options options = { .executions = executions_create() };
	struct plain_call less = { .method = "test.Count/Count", .id = 1,
				   .message = SPAN("1234567") };
	struct executions_sum sum;
	struct both both, other;
	uint64_t id;

	(void)state;
	assert_non_null(options.executions);
	begin(&both, &options);
	begin(&other, &options);
	for (id = 0; id < 3000; id++)
		assert_int_equal(count_code(&both.plain, id, ""), 0);
	assert_int_equal(count_code(&other.plain, 77, "hello"), 0);
	assert_int_equal(plain_number(&other.plain, 2), 2);
	assert_int_equal(plain_message(&other.plain).len, 13);
	assert_int_equal(count_code(&other.plain, 78, "#unrun "), 0);
	assert_int_equal(count_code(&other.plain, 78, "#code 2004"), 2004);
	assert_int_equal(count_code(&other.plain, 79, "#code 2001"), 2001);
	assert_int_equal(count_code(&other.plain, 77, "#code 5"), 5);
	assert_int_equal(code_of(&other.plain, &less), 1003);
	executions_sum(options.executions, &sum);
	assert_int_equal(sum.total, 3003);
	assert_int_equal(sum.ids, 3000);
	assert_int_equal(sum.twice, 2);
	assert_int_equal(sum.most, 3);
	assert_int_equal(sum.worst, 77);
	assert_int_equal(executions_of(options.executions, 78), 1);
	assert_int_equal(executions_of(options.executions, 3001), 0);
	assert_ptr_equal(server_executions(both.server), options.executions);
	executions_clear(options.executions);
	assert_int_equal(executions_of(options.executions, 78), 0);
	end(&both);
	end(&other);
	executions_destroy(options.executions);
}

static void server_create__options(void **state)
{
	struct server_options options = { .secret = "open", .body_max = 100 };
	struct plain_call with = hello, large = hello;
	uint8_t bytes[100] = { 0 };
	struct server *second;
	struct both both;

	(void)state;
	begin(&both, &options);
	assert_int_equal(code_of(&both.plain, &hello), 1004);
	assert_int_equal(plain_next(&both.plain, LONG_MS), PLAIN_CLOSED);
	plain_close(&both.plain);
	assert_int_equal(plain_open(&both.plain, server_port(both.server)), 0);
	with.secret = "open";
	assert_int_equal(code_of(&both.plain, &with), 0);
	assert_int_equal(code_of(&both.plain, &hello), 0);
	large.message = (struct span){ bytes, sizeof(bytes) };
	assert_int_equal(call(&both.plain, &large), PLAIN_CLOSED);
	assert_int_equal(server_count(both.server, SERVER_BROKEN), 1);
	options.port = server_port(both.server);
	assert_int_equal(server_create(&second, &options), -EADDRINUSE);
	end(&both);
}

static void server_create__no_memory(void **state)
{
	struct server *made = NULL;
	size_t n;
	int rc;

	(void)state;
	for (n = 0;; n++) {
		fail_alloc_at(n);
		rc = server_create(&made, NULL);
		if (!fail_alloc_off())
			break;
		assert_int_equal(rc, -ENOMEM);
	}
	assert_int_equal(rc, 0);
	assert_true(n > 2);
	server_destroy(made);
}

/* Whatever is missing, by then or later: a connection is lost at most. */
static void server_create__no_memory_later(void **state)
{
	struct plain_call needy = hello;
	enum plain_next next;
	struct both both;
	size_t n;

	(void)state;
	needy.message = (struct span)SPAN("#late 1 #large 100000 #twice ");
	for (n = 0;; n++) {
		/* what a server keeps is allocated once */
		begin(&both, NULL);
		plain_close(&both.plain);
		fail_alloc_at(n);
		next = PLAIN_RESET;
		if (!plain_open(&both.plain, server_port(both.server)))
			next = call(&both.plain, &needy);
		if (!fail_alloc_off())
			break;
		plain_close(&both.plain);
		assert_int_equal(plain_open(&both.plain,
					    server_port(both.server)), 0);
		assert_int_equal(code_of(&both.plain, &needy), 0);
		end(&both);
	}
	assert_int_equal(next, PLAIN_FRAME);
	assert_true(n > 5);
	end(&both);
}

static void server_stop__and_start(void **state)
{
	struct both both;
	uint16_t port;
	int round;

	(void)state;
	begin(&both, NULL);
	port = server_port(both.server);
	for (round = 0; round < 3; round++) {
		assert_int_equal(code_of(&both.plain, &hello), 0);
		server_stop(both.server);
		assert_int_equal(plain_next(&both.plain, LONG_MS), PLAIN_RESET);
		plain_close(&both.plain);
		assert_int_equal(plain_open(&both.plain, port), -ECONNREFUSED);
		server_stop(both.server);
		assert_int_equal(server_start(both.server), 0);
		assert_int_equal(server_start(both.server), 0);
		assert_int_equal(plain_open(&both.plain, port), 0);
	}
	assert_int_equal(server_port(both.server), port);
	assert_int_equal(server_count(both.server, SERVER_CLOSED), 3);
	end(&both);
}

static void server_drain__says_so(void **state)
{
	struct plain_call held = hello;
	struct both both;
	struct plain late;

	(void)state;
	begin(&both, NULL);
	held.message = (struct span)SPAN("#hold x");
	held.id = 1;
	assert_int_equal(plain_send(&both.plain, &held), 0);
	assert_true(server_wait(both.server, SERVER_HELD, 1, LONG_MS));
	server_drain(both.server);
	assert_int_equal(plain_open(&late, server_port(both.server)),
			 -ECONNREFUSED);
	assert_int_equal(code_of(&both.plain, &hello), 2003);
	server_release(both.server);
	assert_int_equal(plain_next(&both.plain, LONG_MS), PLAIN_FRAME);
	assert_int_equal(both.plain.frame.meta.correlation_id, 1);
	assert_int_equal(server_count(both.server, SERVER_EXECUTED), 1);
	assert_int_equal(server_start(both.server), 0);
	assert_int_equal(code_of(&both.plain, &hello), 0);
	end(&both);
}

static void server_cut__both_ways(void **state)
{
	struct both both;

	(void)state;
	begin(&both, NULL);
	assert_int_equal(code_of(&both.plain, &hello), 0);
	server_cut(both.server, false);
	assert_int_equal(plain_next(&both.plain, LONG_MS), PLAIN_CLOSED);
	plain_close(&both.plain);
	assert_int_equal(plain_open(&both.plain, server_port(both.server)), 0);
	assert_int_equal(code_of(&both.plain, &hello), 0);
	server_cut(both.server, true);
	assert_int_equal(plain_next(&both.plain, LONG_MS), PLAIN_RESET);
	assert_int_equal(server_count(both.server, SERVER_LEFT), 0);
	end(&both);
}

static enum plain_next enter(struct both *both, enum server_door door, int ms)
{
	int rc;

	server_set_door(both->server, door);
	plain_close(&both->plain);
	rc = plain_open(&both->plain, server_port(both->server));
	if (rc == -ECONNRESET)
		return PLAIN_RESET;
	assert_int_equal(rc, 0);
	plain_send(&both->plain, &hello);
	return plain_next(&both->plain, ms);
}

/* What was sent may have come before FIN or behind it: RST then. */
static void server_set_door__each(void **state)
{
	enum plain_next next;
	struct both both;

	(void)state;
	begin(&both, NULL);
	assert_int_equal(enter(&both, SERVER_RESETS, LONG_MS), PLAIN_RESET);
	next = enter(&both, SERVER_SHUTS, LONG_MS);
	assert_true(next == PLAIN_CLOSED || next == PLAIN_RESET);
	assert_int_equal(enter(&both, SERVER_DEAF, SHORT_MS), PLAIN_SILENT);
	server_release(both.server);
	assert_int_equal(plain_next(&both.plain, LONG_MS), PLAIN_FRAME);
	assert_int_equal(enter(&both, SERVER_OPEN, LONG_MS), PLAIN_FRAME);
	assert_int_equal(server_count(both.server, SERVER_ACCEPTED), 5);
	assert_true(server_wait(both.server, SERVER_CLOSED, 4, LONG_MS));
	end(&both);
}

static void server_rule_add__order_and_number(void **state)
{
	static const struct server_rule rules[] = {
		{ .words = "#code 11", .skip = 1, .times = 2 },
		{ .words = "#code 12", .method = "kelp.Calc/Add" },
		{ .words = "#code 13", .times = 1 },
	};
	struct plain_call add = { .method = "kelp.Calc/Add", .id = 1 };
	struct both both;
	size_t i;

	(void)state;
	begin(&both, NULL);
	for (i = 0; i < ARRAY_LEN(rules); i++)
		assert_int_equal(server_rule_add(both.server, &rules[i]), 0);
	assert_int_equal(code_of(&both.plain, &hello), 13);
	assert_int_equal(code_of(&both.plain, &add), 11);
	assert_int_equal(code_of(&both.plain, &hello), 11);
	assert_int_equal(code_of(&both.plain, &hello), 0);
	assert_int_equal(code_of(&both.plain, &add), 12);
	server_rules_clear(both.server);
	assert_int_equal(code_of(&both.plain, &add), 0);
	assert_int_equal(server_count(both.server, SERVER_MISBEHAVED), 4);
	assert_int_equal(server_count(both.server, SERVER_ERRORS), 4);
	end(&both);
}

static void server_rule_add__by_chance(void **state)
{
	struct server_rule rule = { .words = "#code 9", .per_million = 100000 };
	struct both both;
	int i, hit = 0;

	(void)state;
	begin(&both, NULL);
	assert_int_equal(server_rule_add(both.server, &rule), 0);
	for (i = 0; i < 2000; i++)
		hit += code_of(&both.plain, &hello) == 9;
	assert_in_range(hit, 130, 270);
	end(&both);
}

static void server_rule_add__refused(void **state)
{
	static const char *const words[] = {
		"late 5", "#", "#late", "#late x", "#late -1", "#twice#never",
		"#wrongid 99999999999", "#unheard-of", "#code 5x",
		"#twice hello", "#code 4294967296",
	};
	struct server_rule rule = { .method = "a.method.that.has.a.name.of.more."
		"than.sixty.three/bytes.altogether" };
	struct both both;
	size_t i;

	(void)state;
	begin(&both, NULL);
	assert_int_equal(server_rule_add(both.server, &rule), -EINVAL);
	rule.method = NULL;
	for (i = 0; i < ARRAY_LEN(words); i++) {
		rule.words = words[i];
		assert_int_equal(server_rule_add(both.server, &rule), -EINVAL);
	}
	rule.words = NULL;
	for (i = 0; i < 16; i++)
		assert_int_equal(server_rule_add(both.server, &rule), 0);
	assert_int_equal(server_rule_add(both.server, &rule), -ENOSPC);
	end(&both);
}

static void server_accepts__where_and_when(void **state)
{
	struct server_options options = { .everywhere = true };
	struct server_accept list[4];
	uint64_t before = stage_now();
	struct plain more[2];
	struct both both;
	size_t i;

	(void)state;
	begin(&both, &options);
	for (i = 0; i < 2; i++)
		assert_int_equal(plain_open(&more[i],
					    server_port(both.server)), 0);
	assert_true(server_wait(both.server, SERVER_ACCEPTED, 3, LONG_MS));
	assert_int_equal(server_accepts(both.server, list, 2), 3);
	assert_int_equal(list[1].address, 0x7f000001);
	assert_true(list[0].client_port != list[1].client_port);
	assert_true(before <= list[0].at_ns && list[0].at_ns <= list[1].at_ns);
	assert_true(list[1].at_ns <= stage_now());
	assert_int_equal(server_busiest_second(both.server, 0, 0), 3);
	assert_int_equal(server_busiest_second(both.server, 0,
					       list[1].at_ns + 1), 1);
	assert_int_equal(server_busiest_second(both.server, 0x7f000002, 0), 0);
	for (i = 0; i < 2; i++)
		plain_close(&more[i]);
	end(&both);
}

static void server_last__tells_all(void **state)
{
	struct plain_call full = hello;
	struct server_call last;
	struct both both;

	(void)state;
	begin(&both, NULL);
	full.log_id = 1;
	full.trace_id = 2;
	full.span_id = -3;
	full.timeout_ms = 4;
	full.secret = "five5";
	full.attachment = (struct span)SPAN("sixsix");
	full.summed = true;
	assert_int_equal(code_of(&both.plain, &full), 0);
	server_last(both.server, &last);
	assert_string_equal(last.service, "kelp.Echo");
	assert_string_equal(last.method, "Echo");
	assert_int_equal(last.correlation_id, 7);
	assert_int_equal(last.log_id, 1);
	assert_int_equal(last.trace_id, 2);
	assert_int_equal(last.span_id, -3);
	assert_int_equal(last.timeout_ms, 4);
	assert_int_equal(last.secret_len, 5);
	assert_int_equal(last.attachment_len, 6);
	assert_int_equal(last.message_len, 7);
	assert_int_equal(last.checksum_type, 1);
	end(&both);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_create__methods),
		cmocka_unit_test(server_create__counts_executions),
		cmocka_unit_test(server_create__options),
		cmocka_unit_test(server_create__no_memory),
		cmocka_unit_test(server_create__no_memory_later),
		cmocka_unit_test(server_stop__and_start),
		cmocka_unit_test(server_drain__says_so),
		cmocka_unit_test(server_cut__both_ways),
		cmocka_unit_test(server_set_door__each),
		cmocka_unit_test(server_rule_add__order_and_number),
		cmocka_unit_test(server_rule_add__by_chance),
		cmocka_unit_test(server_rule_add__refused),
		cmocka_unit_test(server_accepts__where_and_when),
		cmocka_unit_test(server_last__tells_all),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
