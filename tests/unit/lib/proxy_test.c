// SPDX-License-Identifier: GPL-2.0-only
/*
 * The proxy that breaks connections for tests of the library, between a plain
 * socket and the server.
 */
#include "harness.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "../../lib/plain.h"
#include "../../lib/proxy.h"
#include "../../lib/server.h"
#include "../../lib/stage.h"
#include "fail_alloc.h"

/* More than anything here takes. */
#define LONG_MS 30000
/* Enough to see that nothing comes. */
#define SHORT_MS 30
#define LONG_NS (LONG_MS * 1000000ull)

static struct server *server;
static struct proxy *proxy;
static struct plain plain;

static int set_up(void **state)
{
	(void)state;
	return server_create(&server, NULL) ||
	       proxy_create(&proxy, server_port(server), 1) ||
	       plain_open(&plain, proxy_port(proxy));
}

static int tear_down(void **state)
{
	(void)state;
	plain_close(&plain);
	proxy_destroy(proxy);
	server_destroy(server);
	return 0;
}

static void again(void)
{
	plain_close(&plain);
	assert_int_equal(plain_open(&plain, proxy_port(proxy)), 0);
}

static int try_to_say(int64_t id, const char *text)
{
	struct plain_call call = {
		.method = "kelp.Echo/Echo",
		.id = id,
		.message = { (const uint8_t *)text, strlen(text) },
	};

	return plain_send(&plain, &call);
}

static void say(int64_t id, const char *text)
{
	assert_int_equal(try_to_say(id, text), 0);
}

static void expect(int64_t id)
{
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_FRAME);
	assert_int_equal(plain.frame.meta.correlation_id, id);
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

static void add_rule(struct proxy_rule rule)
{
	assert_int_equal(proxy_rule_add(proxy, &rule), 0);
}

static void proxy_create__hands_on(void **state)
{
	int64_t i;

	(void)state;
	for (i = 1; i <= 500; i++)
		say(i, "hello");
	for (i = 1; i <= 500; i++)
		expect(i);
	say(1, "#large 3000000 ");
	expect(1);
	assert_int_equal(plain_message(&plain).len, 3000000);
	assert_int_equal(proxy_count(proxy, PROXY_REQUESTS), 501);
	assert_int_equal(proxy_count(proxy, PROXY_REPLIES), 501);
	assert_int_equal(proxy_count(proxy, PROXY_BYTES_UP),
			 server_count(server, SERVER_BYTES_IN));
	assert_true(server_wait(server, SERVER_BYTES_OUT,
				proxy_count(proxy, PROXY_BYTES_DOWN), LONG_MS));
	plain_close(&plain);
	assert_true(proxy_wait(proxy, PROXY_ENDED, 1, LONG_MS));
	assert_true(server_wait(server, SERVER_LEFT, 1, LONG_MS));
}

/* What the server does wrong is seen through the proxy. */
static void proxy_create__hands_on_faults(void **state)
{
	static const struct {
		const char *words;
		enum plain_next next;
		size_t left;
	} cases[] = {
		{ "#reset 5 ", PLAIN_RESET, 5 },
		{ "#reset 20 ", PLAIN_RESET, 20 },
		{ "#close 5 ", PLAIN_CLOSED, 5 },
		{ "#half 13 ", PLAIN_CLOSED, 13 },
		{ "#shut 0 ", PLAIN_CLOSED, 0 },
		{ "#large 1500000 #reset 1000000 ", PLAIN_RESET, 1000000 },
		{ "#pieces 1 #close 30 ", PLAIN_CLOSED, 30 },
		{ "#claim 1000 #close 999 ", PLAIN_CLOSED, 0 },
	};
	int room = 16384;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		/* so little that a large reply waits in the proxy's socket */
		assert_int_equal(setsockopt(plain.fd, SOL_SOCKET, SO_RCVBUF,
					    &room, sizeof(room)), 0);
		say(1, "before");
		say(2, cases[i].words);
		expect(1);
		if (cases[i].left > 65536)
			assert_true(server_wait(server, SERVER_BYTES_OUT,
						cases[i].left, LONG_MS));
		assert_int_equal(plain_next(&plain, LONG_MS), cases[i].next);
		if (cases[i].left)
			assert_int_equal(outlet_left(&plain.in), cases[i].left);
		again();
	}
	say(1, "#garbage 100 ");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_NO_FRAME);
	assert_true(proxy_wait(proxy, PROXY_ENDED, ARRAY_LEN(cases), LONG_MS));
}

static void proxy_create__server_away(void **state)
{
	(void)state;
	server_stop(server);
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	plain_close(&plain);
	if (!plain_open(&plain, proxy_port(proxy)))
		assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	assert_int_equal(server_start(server), 0);
	again();
	say(1, "hello");
	expect(1);
}

static void proxy_create__no_memory(void **state)
{
	struct proxy *made = NULL;
	size_t n;
	int rc;

	(void)state;
	/* the other threads have what they need */
	say(1, "hello");
	expect(1);
	for (n = 0;; n++) {
		fail_alloc_at(n);
		rc = proxy_create(&made, server_port(server), 1);
		if (!fail_alloc_off())
			break;
		assert_int_equal(rc, -ENOMEM);
	}
	assert_int_equal(rc, 0);
	assert_true(n > 1);
	proxy_destroy(made);
}

/* Whatever is missing, by then or later: a connection is lost at most. */
static void proxy_create__no_memory_later(void **state)
{
	enum plain_next next;
	size_t n;

	for (n = 0;; n++) {
		/* what a proxy keeps is allocated once */
		tear_down(state);
		assert_int_equal(set_up(state), 0);
		plain_close(&plain);
		add_rule((struct proxy_rule){
			.kind = PROXY_DELAY, .at = 50, .ms = 1,
		});
		fail_alloc_at(n);
		next = PLAIN_RESET;
		if (!plain_open(&plain, proxy_port(proxy)) &&
		    !try_to_say(1, "#large 100000 "))
			next = plain_next(&plain, LONG_MS);
		if (!fail_alloc_off())
			break;
		again();
		say(1, "hello");
		expect(1);
	}
	assert_int_equal(next, PLAIN_FRAME);
	assert_true(n > 5);
}

/* A frame cut at each byte, from before its first to behind its last one. */
static void cut_replies(enum proxy_kind kind, enum plain_next next)
{
	size_t size, at;

	again();
	say(1, "hello");
	expect(1);
	size = plain.frame.len;
	for (at = 0; at <= size + 1; at++) {
		add_rule((struct proxy_rule){
			.kind = kind, .at = (int64_t)at, .skip = 1, .times = 1,
		});
		again();
		say(1, "before");
		say(2, "hello");
		expect(1);
		if (at >= size)
			expect(2);
		assert_int_equal(plain_next(&plain, LONG_MS), next);
		assert_int_equal(outlet_left(&plain.in), at < size ? at : 0);
		proxy_rules_clear(proxy);
	}
	assert_int_equal(proxy_faults(proxy, kind), size + 2);
}

static void proxy_rule_add__reset_replies(void **state)
{
	(void)state;
	cut_replies(PROXY_RESET, PLAIN_RESET);
}

static void proxy_rule_add__close_replies(void **state)
{
	(void)state;
	cut_replies(PROXY_CLOSE, PLAIN_CLOSED);
}

static void proxy_rule_add__shut_replies(void **state)
{
	uint64_t executed;

	(void)state;
	cut_replies(PROXY_SHUT, PLAIN_CLOSED);
	executed = server_count(server, SERVER_EXECUTED);
	say(3, "still carried out");
	assert_true(server_wait(server, SERVER_EXECUTED, executed + 1, LONG_MS));
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_CLOSED);
}

/* A call of which the server gets a part is not carried out. */
static void proxy_rule_add__cut_requests(void **state)
{
	static const enum proxy_kind kinds[] = {
		PROXY_RESET, PROXY_CLOSE, PROXY_SHUT,
	};
	enum plain_next next;
	uint64_t in, calls = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_LEN(kinds); i++) {
		add_rule((struct proxy_rule){
			.kind = kinds[i / 2], .requests = true, .times = 1,
			.at = i % 2 ? 1000 : 20,
		});
		again();
		in = server_count(server, SERVER_BYTES_IN);
		say(1, "hello");
		next = plain_next(&plain, LONG_MS);
		if (i % 2 && next == PLAIN_FRAME)
			next = plain_next(&plain, LONG_MS);
		assert_int_equal(next, i < 2 ? PLAIN_RESET : PLAIN_CLOSED);
		calls += i % 2;
		assert_true(server_wait(server, SERVER_CALLS, calls, LONG_MS));
		if (i % 2 == 0)
			assert_true(server_wait(server, SERVER_BYTES_IN,
						in + 20, LONG_MS));
		proxy_rules_clear(proxy);
	}
	again();
	say(1, "hello");
	expect(1);
	assert_int_equal(server_count(server, SERVER_CALLS), calls + 1);
}

static void proxy_rule_add__delay(void **state)
{
	uint64_t begin = stage_now();

	(void)state;
	add_rule((struct proxy_rule){
		.kind = PROXY_DELAY, .at = 15, .ms = 50, .skip = 1, .times = 1,
	});
	say(1, "one");
	say(2, "two");
	say(3, "three");
	expect(1);
	expect(2);
	assert_in_range(stage_now() - begin, 50000000, LONG_NS);
	expect(3);
	/* the server is gone before it is handed on */
	add_rule((struct proxy_rule){
		.kind = PROXY_DELAY, .ms = 50, .times = 1,
	});
	begin = stage_now();
	say(4, "#reset 15 ");
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	assert_in_range(stage_now() - begin, 50000000, LONG_NS);
	assert_int_equal(outlet_left(&plain.in), 15);
}

static void proxy_rule_add__hole(void **state)
{
	(void)state;
	add_rule((struct proxy_rule){
		.kind = PROXY_HOLE, .at = 15, .skip = 1, .times = 1,
	});
	say(1, "one");
	expect(1);
	say(2, "two");
	expect_part(15);
	say(3, "three");
	server_cut(server, true);
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	assert_int_equal(server_count(server, SERVER_CALLS), 2);
	plain_close(&plain);
	assert_true(proxy_wait(proxy, PROXY_ENDED, 1, LONG_MS));
	/* the client goes first */
	add_rule((struct proxy_rule){
		.kind = PROXY_HOLE, .requests = true, .times = 1,
	});
	again();
	say(4, "four");
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	plain_close(&plain);
	assert_true(server_wait(server, SERVER_LEFT, 1, LONG_MS));
	assert_int_equal(server_count(server, SERVER_CALLS), 2);
}

static void proxy_rule_add__refused(void **state)
{
	struct proxy_rule rule = { .at = -2 };
	int i;

	(void)state;
	assert_int_equal(proxy_rule_add(proxy, &rule), -EINVAL);
	rule = (struct proxy_rule){ .kind = PROXY_KINDS };
	assert_int_equal(proxy_rule_add(proxy, &rule), -EINVAL);
	rule = (struct proxy_rule){ .skip = 1000 };
	for (i = 0; i < 16; i++)
		assert_int_equal(proxy_rule_add(proxy, &rule), 0);
	assert_int_equal(proxy_rule_add(proxy, &rule), -ENOSPC);
	proxy_rules_clear(proxy);
	say(1, "hello");
	expect(1);
}

/* Of what was sent by a client that connects anew each reply is the right one. */
static void proxy_rule_add__by_chance(void **state)
{
	const int calls = 10000;
	uint64_t faults = 0;
	int i, lost = 0;

	(void)state;
	add_rule((struct proxy_rule){
		.kind = PROXY_RESET, .at = PROXY_ANYWHERE, .per_million = 5000,
	});
	add_rule((struct proxy_rule){
		.kind = PROXY_CLOSE, .at = PROXY_ANYWHERE, .per_million = 5000,
		.requests = true,
	});
	for (i = 1; i <= calls; i++) {
		if (!try_to_say(i, "hello") &&
		    plain_next(&plain, LONG_MS) == PLAIN_FRAME) {
			assert_int_equal(plain.frame.meta.correlation_id, i);
			continue;
		}
		lost++;
		again();
	}
	faults += proxy_faults(proxy, PROXY_RESET);
	faults += proxy_faults(proxy, PROXY_CLOSE);
	assert_in_range(faults, 50, 160);
	/* a fault behind the last byte is seen by the next call */
	assert_in_range(lost, faults - 1, faults);
}

static void proxy_set_door__closed(void **state)
{
	(void)state;
	say(1, "one");
	expect(1);
	assert_int_equal(proxy_set_door(proxy, PROXY_CLOSED), 0);
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	plain_close(&plain);
	assert_int_equal(plain_open(&plain, proxy_port(proxy)), -ECONNREFUSED);
	assert_int_equal(proxy_set_door(proxy, PROXY_OPEN), 0);
	again();
	say(1, "one");
	expect(1);
}

static void proxy_set_door__lost(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		say(1, "one");
		expect(1);
		assert_int_equal(proxy_set_door(proxy, PROXY_LOST), 0);
		say(2, "two");
		assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
		plain_close(&plain);
		assert_int_equal(plain_open(&plain, proxy_port(proxy)),
				 -ETIMEDOUT);
		assert_int_equal(proxy_set_door(proxy, PROXY_OPEN), 0);
		again();
	}
	say(3, "three");
	expect(3);
	assert_int_equal(proxy_count(proxy, PROXY_ACCEPTED), 3);
}

static void proxy_cut__each(void **state)
{
	(void)state;
	say(1, "one");
	expect(1);
	proxy_cut(proxy, PROXY_CLOSE);
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_CLOSED);
	again();
	say(1, "one");
	expect(1);
	proxy_cut(proxy, PROXY_RESET);
	assert_int_equal(plain_next(&plain, LONG_MS), PLAIN_RESET);
	again();
	say(1, "one");
	expect(1);
	proxy_cut(proxy, PROXY_HOLE);
	say(2, "two");
	assert_int_equal(plain_next(&plain, SHORT_MS), PLAIN_SILENT);
	assert_int_equal(proxy_faults(proxy, PROXY_HOLE), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(proxy_create__hands_on),
		CASE(proxy_create__hands_on_faults),
		CASE(proxy_create__server_away),
		CASE(proxy_create__no_memory),
		CASE(proxy_create__no_memory_later),
		CASE(proxy_rule_add__reset_replies),
		CASE(proxy_rule_add__close_replies),
		CASE(proxy_rule_add__shut_replies),
		CASE(proxy_rule_add__cut_requests),
		CASE(proxy_rule_add__delay),
		CASE(proxy_rule_add__hole),
		CASE(proxy_rule_add__refused),
		CASE(proxy_rule_add__by_chance),
		CASE(proxy_set_door__closed),
		CASE(proxy_set_door__lost),
		CASE(proxy_cut__each),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
