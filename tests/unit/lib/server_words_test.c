// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the server that tests of the library run against does wrong when it is
 * told to, word by word, over a plain socket.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../../lib/plain.h"
#include "../../lib/server.h"
#include "../../lib/stage.h"

/* More than anything here takes. */
#define LONG_MS 30000
/* Enough to see that nothing comes. */
#define SHORT_MS 30
#define LONG_NS (LONG_MS * 1000000ull)

static struct server *server;
static struct plain plain;

static int set_up(void **state)
{
	(void)state;
	return server_create(&server, NULL) ||
	       plain_open(&plain, server_port(server));
}

static int tear_down(void **state)
{
	(void)state;
	plain_close(&plain);
	server_destroy(server);
	return 0;
}

static void again(void)
{
	plain_close(&plain);
	assert_int_equal(plain_open(&plain, server_port(server)), 0);
}

static void say(int64_t id, const char *text)
{
	struct plain_call call = {
		.method = "kelp.Echo/Echo",
		.id = id,
		.message = { (const uint8_t *)text, strlen(text) },
	};

	assert_int_equal(plain_send(&plain, &call), 0);
}

static void expect(int64_t id)
{
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_FRAME);
	assert_int_equal(plain.frame.meta.correlation_id, id);
	assert_true(plain.frame.meta.has_response);
}

/* The next call is answered as if nothing had been. */
static void expect_sound(void)
{
	say(99, "sound");
	expect(99);
	assert_int_equal(plain.frame.meta.error_code, 0);
	assert_true(span_is(plain_message(&plain), "sound", 5));
}

/* Bytes of a reply. */
static size_t reply_size(const char *text)
{
	say(1, text);
	expect(1);
	return plain.frame.len;
}

/* So many bytes of a frame come, and no more. */
static void expect_part(size_t len)
{
	uint64_t end = stage_now() + LONG_NS;

	do {
		assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	} while (outlet_left(&plain.in) < len && stage_now() < end);
	assert_int_equal(outlet_left(&plain.in), len);
}

static void words__unknown(void **state)
{
	(void)state;
	say(1, "#laet 5 hello");
	expect(1);
	assert_int_equal(plain.frame.meta.error_code, 1003);
	say(1, "hello #twice ");
	expect(1);
	assert_true(span_is(plain_message(&plain), "hello #twice ", 13));
	expect_sound();
}

static void words__late(void **state)
{
	uint64_t begin = stage_now();

	(void)state;
	say(1, "#late 60 one");
	say(2, "#late 20 two");
	say(3, "three");
	expect(3);
	expect(2);
	expect(1);
	assert_true(span_is(plain_message(&plain), "#late 60 one", 12));
	assert_in_range(stage_now() - begin, 60000000, LONG_NS);
	say(4, "#late 20 four");
	plain_close(&plain);
	assert_true(server_wait(server, SERVER_ORPHANS, 1, LONG_MS));
}

static void words__hold(void **state)
{
	uint64_t begin = stage_now();

	(void)state;
	say(1, "#hold one");
	say(2, "#hold #twice two");
	say(3, "three");
	expect(3);
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	assert_int_equal(server_count(server, SERVER_HELD), 2);
	server_release(server);
	expect(1);
	expect(2);
	expect(2);
	/* those that wait for a time go on waiting */
	say(5, "#late 100 five");
	assert_true(server_wait(server, SERVER_CALLS, 4, LONG_MS));
	server_release(server);
	expect(5);
	assert_in_range(stage_now() - begin, 100000000, LONG_NS);
	say(4, "#hold four");
	assert_true(server_wait(server, SERVER_HELD, 3, LONG_MS));
	plain_close(&plain);
	assert_true(server_wait(server, SERVER_ORPHANS, 1, LONG_MS));
}

static void words__never(void **state)
{
	(void)state;
	say(1, "#never one");
	say(2, "two");
	expect(2);
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	assert_int_equal(server_count(server, SERVER_EXECUTED), 2);
	say(3, "#never #close ");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_CLOSED);
}

static void words__twice(void **state)
{
	(void)state;
	say(1, "#twice one");
	expect(1);
	expect(1);
	assert_true(span_is(plain_message(&plain), "#twice one", 10));
	assert_int_equal(server_count(server, SERVER_REPLIES), 2);
	expect_sound();
}

static void words__code(void **state)
{
	(void)state;
	say(1, "#code 2003 ");
	expect(1);
	assert_int_equal(plain.frame.meta.error_code, 2003);
	assert_int_equal(plain.frame.payload.len, 0);
	assert_true(plain.frame.meta.error_text.len > 0);
	assert_int_equal(server_count(server, SERVER_EXECUTED), 0);
	say(2, "#code -7 #words 300 ");
	expect(2);
	assert_int_equal(plain.frame.meta.error_code, -7);
	assert_int_equal(plain.frame.meta.error_text.len, 300);
	say(3, "#words 0 ");
	expect(3);
	assert_int_equal(plain.frame.meta.error_code, 0);
	assert_int_equal(plain_message(&plain).len, 9);
	assert_int_equal(server_count(server, SERVER_EXECUTED), 2);
	assert_int_equal(server_count(server, SERVER_ERRORS), 2);
}

static void words__large(void **state)
{
	struct plain_call add = { .method = "kelp.Calc/Add", .id = 1,
				  .number = { 1, 2 } };
	struct server_rule rule = { .words = "#large 5000000" };
	struct span message;

	(void)state;
	say(1, "#large 3000000 ");
	expect(1);
	message = plain_message(&plain);
	assert_int_equal(message.len, 3000000);
	assert_int_equal(message.data[0], 'a');
	assert_int_equal(message.data[2999999], 'a' + 2999999 % 26);
	say(2, "#large 0 ");
	expect(2);
	assert_int_equal(plain.frame.meta.error_code, 0);
	assert_int_equal(plain_message(&plain).len, 0);
	say(3, "#large 4000000000 ");
	expect(3);
	assert_int_equal(plain.frame.meta.error_code, 1003);
	assert_int_equal(server_rule_add(server, &rule), 0);
	assert_int_equal(plain_send(&plain, &add), 0);
	expect(1);
	assert_int_equal(plain_number(&plain, 1), 3);
	assert_in_range(plain.frame.payload.len, 5000002, 5000020);
}

/* Words after which no frame can be read. */
static void words__no_frame(void **state)
{
	static const char *const words[] = {
		"#garbage ", "#garbage 1 ", "#magic ", "#meta ", "#longmeta ",
		"#claim 70000000 ",
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < ARRAY_LEN(words); i++) {
		say(1, words[i]);
		assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_NO_FRAME);
		again();
	}
	say(1, "#garbage 1000 ");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_NO_FRAME);
	again();
	size = reply_size("eleven byte");
	say(1, "#claim 1000 ");
	expect_part(size + 1);
}

static void next_frame(int64_t id, const char *words)
{
	say(id, words);
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_FRAME);
}

/* A frame that is one, but wrong. */
static void words__damaged(void **state)
{
	const struct prpc_meta *meta = &plain.frame.meta;
	struct pb_field field;

	(void)state;
	next_frame(1, "#empty ");
	assert_int_equal(plain.frame.len, PRPC_HEAD);
	next_frame(1, "#attachment ");
	assert_int_equal(meta->attachment, INT32_MAX);
	next_frame(1, "#sum ");
	assert_int_equal(meta->checksum_type, 1);
	assert_int_equal(prpc_check_sum(&plain.frame), -1);
	next_frame(1, "#payload ");
	assert_int_equal(pb_next(&plain.frame.payload, &field), -1);
	next_frame(1, "#compress ");
	assert_int_equal(meta->compress, 1);
	next_frame(1, "#compress 77 ");
	assert_int_equal(meta->compress, 77);
	next_frame(1, "#request ");
	assert_true(meta->has_request && !meta->has_response);
	next_frame(1, "#noid ");
	assert_int_equal(meta->correlation_id, 0);
	next_frame(1, "#wrongid ");
	assert_int_equal(meta->correlation_id, ~1ll);
	next_frame(5, "#wrongid 2 ");
	assert_int_equal(meta->correlation_id, 7);
	next_frame(5, "#wrongid -1 #unrun ");
	assert_int_equal(meta->correlation_id, 4);
	assert_int_equal(server_count(server, SERVER_EXECUTED), 10);
	assert_int_equal(server_count(server, SERVER_MISBEHAVED), 11);
	expect_sound();
}

/*
 * The reply cut at each byte: those before it arrive, and so does the reply to a
 * call before it; the one behind it has none.
 */
static void cut_everywhere(const char *word, enum plain_next end)
{
	char text[32];
	size_t at, size;

	again();
	size = reply_size("#late 0 1234567");
	for (at = 0; at <= size + 1; at++) {
		snprintf(text, sizeof(text), "#%s %zu ", word, at);
		memset(text + strlen(text), 'x', sizeof(text) - strlen(text));
		text[15] = '\0';
		again();
		say(1, "before");
		say(2, text);
		expect(1);
		if (at >= size) {
			expect(2);
			assert_int_equal(plain.frame.len, size);
		}
		assert_int_equal(plain_next(&plain, LONG_MS), end);
		assert_int_equal(outlet_left(&plain.in), at < size ? at : 0);
	}
}

static void words__reset(void **state)
{
	(void)state;
	cut_everywhere("reset", PLAIN_RESET);
	again();
	say(1, "#reset ");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	again();
	say(1, "#late 20 #reset 5 x");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	assert_int_equal(outlet_left(&plain.in), 5);
}

/* Bytes that are not in the client's socket yet when all are in the server's. */
static void words__reset_in_a_large_reply(void **state)
{
	int room = 16384;

	(void)state;
	assert_int_equal(setsockopt(plain.fd, SOL_SOCKET, SO_RCVBUF, &room,
				    sizeof(room)), 0);
	say(1, "#large 1500000 #reset 1000000 ");
	assert_true(server_wait(server, SERVER_BYTES_OUT, 100000, LONG_MS));
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	assert_int_equal(outlet_left(&plain.in), 1000000);
}

static void words__close(void **state)
{
	(void)state;
	cut_everywhere("close", PLAIN_CLOSED);
	cut_everywhere("half", PLAIN_CLOSED);
	again();
	say(1, "#close ");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_CLOSED);
	again();
	say(1, "#twice #close 10000 ");
	expect(1);
	expect(1);
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_CLOSED);
}

static void words__shut(void **state)
{
	struct plain_call count = {
		.method = "test.Count/Count",
		.id = 3,
		.message = { (const uint8_t *)"\5\0\0\0\0\0\0\0", 8 },
	};
	uint64_t executed, i;

	(void)state;
	cut_everywhere("shut", PLAIN_CLOSED);
	executed = server_count(server, SERVER_EXECUTED);
	for (i = 1; i < 3; i++) {
		assert_int_equal(plain_send(&plain, &count), 0);
		assert_true(server_wait(server, SERVER_EXECUTED, executed + i,
					LONG_MS));
		assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_CLOSED);
	}
}

static void words__stop(void **state)
{
	uint64_t begin = stage_now();
	int64_t first;

	(void)state;
	say(1, "#stop 50 one");
	expect(1);
	say(2, "two");
	expect(2);
	assert_in_range(stage_now() - begin, 50000000, LONG_NS);
	say(3, "#late 50 three");
	say(4, "#stop four");
	say(5, "five");
	/* usually the last of them, but who knows when they were sent */
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_FRAME);
	first = plain.frame.meta.correlation_id;
	expect(7 - first);
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	assert_int_equal(server_count(server, SERVER_CALLS), 4);
	server_release(server);
	expect(5);
	expect_sound();
}

static void words__pieces(void **state)
{
	uint64_t begin = stage_now();

	(void)state;
	say(1, "#pieces 1 hello");
	say(2, "two");
	expect(1);
	assert_in_range(stage_now() - begin, 30000000, LONG_NS);
	expect(2);
	begin = stage_now();
	expect_sound();
	say(1, "#pieces 5 #reset 12 hello");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	assert_int_equal(outlet_left(&plain.in), 12);
}

/* Calls that nobody reads the replies of do not pile up in the server. */
static void replies__not_read(void **state)
{
	int calls;

	(void)state;
	for (calls = 0; calls < 20; calls++)
		say(calls, "#large 1000000 ");
	assert_false(server_wait(server, SERVER_CALLS, 20, SHORT_MS));
	for (calls = 0; calls < 20; calls++)
		expect(calls);
	assert_int_equal(server_count(server, SERVER_REPLIES), 20);
}

/* Calls cut anywhere, or many at once. */
static void calls__in_pieces(void **state)
{
	struct plain_call call = { .method = "kelp.Echo/Echo", .id = 1 };
	static uint8_t large[300000];
	int i;

	(void)state;
	memset(large, 'x', sizeof(large));
	call.message = (struct span){ large, sizeof(large) };
	for (i = 0; i < 3; i++)
		assert_int_equal(plain_send(&plain, &call), 0);
	for (i = 0; i < 3; i++) {
		expect(1);
		assert_int_equal(plain_message(&plain).len, sizeof(large));
	}
	for (i = 0; i < 1000; i++)
		say(i, "small");
	for (i = 0; i < 1000; i++)
		expect(i);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(words__unknown),
		CASE(words__late),
		CASE(words__hold),
		CASE(words__never),
		CASE(words__twice),
		CASE(words__code),
		CASE(words__large),
		CASE(words__no_frame),
		CASE(words__damaged),
		CASE(words__reset),
		CASE(words__reset_in_a_large_reply),
		CASE(words__close),
		CASE(words__shut),
		CASE(words__stop),
		CASE(words__pieces),
		CASE(replies__not_read),
		CASE(calls__in_pieces),
	};

	return cmocka_run_group_tests_name("server_words", tests, NULL, NULL);
}
