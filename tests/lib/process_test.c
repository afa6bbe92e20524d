// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a process that has a channel: it gets signals, and runs out of
 * descriptors. For fork() see fork_test.c.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "client_pace.h"
#include "fleet.h"
#include "stage.h"

#define SIGNAL_MS 1

static const struct kelp_call_options once = {
	.size = sizeof(once),
	.timeout_ms = 10000,
};

static const struct kelp_channel_options steady = {
	.size = sizeof(steady),
	.breaker_failures = -1,
	.health_interval_ms = 5,
	.health_max_ms = 10,
};

/* Signals */

static _Atomic unsigned int rings;

static void ring(int signal)
{
	(void)signal;
	atomic_fetch_add_explicit(&rings, 1, memory_order_relaxed);
}

/* A timer that interrupts whatever waits, every millisecond. */
static void ring_begin(void)
{
	struct sigaction action = { .sa_handler = ring };
	struct itimerval every = {
		{ .tv_usec = SIGNAL_MS * 1000 }, { .tv_usec = SIGNAL_MS * 1000 }
	};

	rings = 0;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void ring_end(void)
{
	struct itimerval never = { { 0 }, { 0 } };

	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	signal(SIGALRM, SIG_DFL);
}

static void calls_of_all_kinds(struct kelp_channel *channel, int count)
{
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	uint8_t room[COUNT_ROOM];
	struct kelp_queue *queue;
	struct kelp_reply *reply;
	int i;

	assert_int_equal(kelp_queue_create(&queue), 0);
	for (i = 0; i < count; i++) {
		/* each is interrupted a few times */
		assert_int_equal(count_call(channel, count_id(), "#late 7 ",
					    &once, NULL), 0);
		assert_int_equal(count_call(channel, count_id(), "#pieces 9 ",
					    &once, NULL), 0);
		assert_int_equal(count_call_started(channel, count_id(),
						    "#late 7 ", &once, NULL),
				 0);
		request.message = count_message(room, count_id(), "#late 7 ");
		assert_int_equal(kelp_call_enqueue(channel, &request, &once,
						   queue, NULL, NULL), 0);
		reply = kelp_queue_next(queue, KIT_PATIENCE_MS, NULL);
		assert_non_null(reply);
		assert_int_equal(reply->code, 0);
		kelp_reply_free(reply);
	}
	assert_null(kelp_queue_next(queue, 20, NULL));
	kelp_queue_destroy(queue);
}

static void assert_time_is_kept(struct kelp_channel *channel)
{
	struct kelp_call_options call = once;
	uint64_t begun = kit_now(), took;

	call.timeout_ms = 100;
	assert_int_equal(count_call(channel, count_id(), "#never ", &call,
				    NULL), KELP_RPC_ERPCTIMEDOUT);
	took = kit_now() - begun;
	assert_in_range(took, 100 * KIT_MS, (100 + KIT_SLACK_MS) * KIT_MS +
			pace_lost(begun, begun + took));
}

/* The library's threads get none, so it is this one that is interrupted. */
static void signals__to_who_calls(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	int i;

	(void)state;
	pace_start();
	fleet_create(&fleet, 2, NULL);
	ring_begin();
	for (i = 0; i < 5; i++) {
		channel = fleet_channel(&fleet, &steady);
		calls_of_all_kinds(channel, 5);
		assert_time_is_kept(channel);
		/* connecting again, by the keeper too */
		server_stop(fleet.server[0]);
		assert_int_equal(count_call(channel, count_id(), "", &once,
					    NULL), 0);
		assert_int_equal(server_start(fleet.server[0]), 0);
		calls_of_all_kinds(channel, 3);
		kelp_channel_destroy(channel);
	}
	ring_end();
	assert_true(rings > 100);
	fleet_destroy(&fleet);
}

/* When nobody else wants one it waits, although the threads do. */
static void signals__not_to_the_library(void **state)
{
	struct sigaction action = { .sa_handler = ring };
	struct kelp_channel *channel;
	sigset_t set, pending;
	struct fleet fleet;

	(void)state;
	rings = 0;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fleet_create(&fleet, 1, NULL);
	/* all threads are there after the first calls, and would inherit this */
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	channel = fleet_channel(&fleet, &steady);
	calls_of_all_kinds(channel, 1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	calls_of_all_kinds(channel, 5);
	assert_int_equal(sigpending(&pending), 0);
	assert_true(sigismember(&pending, SIGUSR1));
	assert_int_equal(rings, 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	assert_int_equal(rings, 1);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Sending to who is not there any more: the process lives. */
static void signals__pipe(void **state)
{
	static uint8_t large[1 << 20];
	struct kelp_request request = {
		.service = "test.Count", .method = "Count",
		.attachment = { large, sizeof(large) },
	};
	struct kelp_channel *channel;
	uint8_t room[COUNT_ROOM];
	struct kelp_reply reply;
	struct fleet fleet;
	uint64_t begun;
	int i;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	fleet_create(&fleet, 1, NULL);
	channel = fleet_channel(&fleet, &steady);
	for (i = 0; i < 20; i++) {
		/* more than a socket takes: the end comes while it is sent */
		request.message = count_message(room, count_id(), "");
		count_call(channel, count_id(), "#reset ", &once, NULL);
		count_call_started(channel, count_id(), "#reset ", &once, NULL);
		server_set_door(fleet.server[0], i % 2 ? SERVER_RESETS :
							 SERVER_SHUTS);
		server_cut(fleet.server[0], true);
		kelp_call_raw(channel, &request, &reply, &once);
		kelp_reply_clear(&reply);
		count_call_started(channel, count_id(), "", &once, NULL);
		server_set_door(fleet.server[0], SERVER_OPEN);
	}
	begun = kit_now();
	while (count_call(channel, count_id(), "", &once, NULL) ||
	       count_call_started(channel, count_id(), "", &once, NULL)) {
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
		stage_nap();
	}
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

/* Descriptors */

/*
 * The lowest one that is free, but for what somebody (a sanitizer's own thread)
 * has open for a moment only.
 */
static rlim_t lowest_free(void)
{
	int lowest = INT_MAX, fd, i;

	for (i = 0; i < 5; i++) {
		fd = dup(0);
		assert_true(fd >= 0);
		close(fd);
		lowest = fd < lowest ? fd : lowest;
		stage_nap();
	}
	return (rlim_t)lowest;
}

/* So many more may be opened; negative: as many as ever. */
static void allow(int more)
{
	static struct rlimit usual;
	struct rlimit now;

	if (!usual.rlim_cur)
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	now = usual;
	if (more >= 0)
		now.rlim_cur = lowest_free() + (rlim_t)more;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

static bool no_descriptors(int code)
{
	return code == -EMFILE || code == -ENFILE;
}

/* A channel cannot be made, or its first call not; then it can. */
static void descriptors__create(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	int more = 0, rc;

	(void)state;
	fleet_create(&fleet, 1, NULL);
	do {
		allow(more++);
		rc = kelp_channel_create(&channel, fleet.target, &steady);
		allow(-1);
		if (rc)
			assert_true(no_descriptors(rc));
		else
			kelp_channel_destroy(channel);
		assert_true(more < 100);
	} while (rc);
	assert_true(more > 1);
	fleet_destroy(&fleet);
}

static void short_of(int (*call)(struct kelp_channel *channel, uint64_t id,
				 const char *words,
				 const struct kelp_call_options *options,
				 struct kelp_reply *reply))
{
	struct kelp_call_options hasty = once;
	struct kelp_channel *channel;
	struct kelp_reply reply;
	struct fleet fleet;
	int more = 0, rc;

	hasty.timeout_ms = 300;
	fleet_create(&fleet, 1, NULL);
	do {
		channel = fleet_channel(&fleet, &steady);
		allow(more++);
		rc = call(channel, count_id(), "", &hasty, &reply);
		allow(-1);
		/* the server may be the one that has none, and does not answer */
		if (rc && !no_descriptors(rc) && rc != KELP_RPC_ERPCTIMEDOUT)
			fail_msg("%d: %s", rc, reply.text);
		/* it was not the server's fault, and all is well again */
		assert_int_equal(call(channel, count_id(), "", &once, &reply),
				 0);
		kelp_channel_destroy(channel);
		assert_true(more < 100);
	} while (rc);
	assert_true(more > 1);
	fleet_destroy(&fleet);
}

static void descriptors__blocking(void **state)
{
	(void)state;
	short_of(count_call);
}

static void descriptors__started(void **state)
{
	(void)state;
	short_of(count_call_started);
}

/* The keeper has none either, and goes on when it has. */
static void descriptors__keeper(void **state)
{
	struct kelp_channel *channel;
	struct fleet fleet;
	const char *name;
	uint64_t failures, begun;

	(void)state;
	fleet_create(&fleet, 1, NULL);
	name = server_name(fleet.server[0]);
	channel = fleet_channel(&fleet, &steady);
	assert_int_equal(count_call(channel, count_id(), "", &once, NULL), 0);
	server_stop(fleet.server[0]);
	assert_int_equal(count_call(channel, count_id(), "", &once, NULL),
			 KELP_RPC_EFAILEDSOCKET);
	assert_true(channel_await(channel, name, KELP_ENDPOINT_DOWN,
				  KIT_PATIENCE_MS));
	allow(0);
	failures = channel_stats(channel).connect_failures;
	begun = kit_now();
	while (channel_stats(channel).connect_failures < failures + 3) {
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
		stage_nap();
	}
	allow(-1);
	assert_int_equal(server_start(fleet.server[0]), 0);
	assert_true(channel_await(channel, name, KELP_ENDPOINT_UP,
				  KIT_PATIENCE_MS));
	assert_int_equal(count_call(channel, count_id(), "", &once, NULL), 0);
	kelp_channel_destroy(channel);
	fleet_destroy(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* before there are threads of the tests that would take it */
		cmocka_unit_test(signals__not_to_the_library),
		cmocka_unit_test(signals__to_who_calls),
		cmocka_unit_test(signals__pipe),
		cmocka_unit_test(descriptors__create),
		cmocka_unit_test(descriptors__blocking),
		cmocka_unit_test(descriptors__started),
		cmocka_unit_test(descriptors__keeper),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
