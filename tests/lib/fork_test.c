// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process forks while it has a channel: the child gets errors at once, the
 * parent notices nothing. The children make no server of their own, and leave by
 * _exit().
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "executions.h"
#include "fleet.h"
#include "kelp_calc.pb-c.h"
#include "stage.h"
#include "traffic.h"

/* A child that hangs is seen by that. */
#define CHILD_SECONDS 20
#define FORKS 20

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

static void ignore(const struct kelp_reply *reply, void *data)
{
	(void)reply;
	(void)data;
}

/*
 * What a child finds, as its exit status: 0, or the line. No checks of cmocka
 * there, nothing that a thread of the parent may have locked, and no end that
 * runs what the parent has registered.
 */
#define child_check(good) \
	do { \
		if (!(good)) \
			_exit(__LINE__ % 255 + 1); \
	} while (0)

static void child_calls(struct kelp_channel *channel, struct kelp_queue *queue)
{
	Kelp__AddRequest add = KELP__ADD_REQUEST__INIT;
	Kelp__AddResponse *sum;
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	struct kelp_call_options hedged = once;
	struct kelp_fanout_part part = { .channel = channel };
	struct kelp_reply reply;
	struct kelp_call *call = NULL;
	uint8_t room[COUNT_ROOM];

	request.message = count_message(room, 1, "");
	part.request = request;
	hedged.idempotent = true;
	hedged.hedge_ms = 5;
	child_check(kelp_call_raw(channel, &request, &reply, NULL) ==
		    -EOWNERDEAD);
	child_check(reply.code == -EOWNERDEAD && !reply.attempts &&
		    *reply.text);
	kelp_reply_clear(&reply);
	child_check(kelp_call_raw(channel, &request, &reply, &hedged) ==
		    -EOWNERDEAD);
	kelp_reply_clear(&reply);
	child_check(kelp_call(channel, "kelp.Calc", "Add", &add.base, &sum,
			      &once) == -EOWNERDEAD);
	child_check(!sum);
	child_check(kelp_call_start(channel, &request, NULL, ignore, NULL,
				    &call) == -EOWNERDEAD);
	child_check(kelp_call_enqueue(channel, &request, NULL, queue, NULL,
				      &call) == -EOWNERDEAD);
	child_check(!call);
	child_check(kelp_fanout(&part, 1, 0) == 1);
	child_check(part.reply.code == -EOWNERDEAD);
	kelp_reply_clear(&part.reply);
}

static void child(struct kelp_channel *channel, struct kelp_queue *queue,
		  struct kelp_call *call)
{
	uint64_t begun = kit_now();

	alarm(CHILD_SECONDS);
	child_calls(channel, queue);
	/* of a call of the parent's; it is the parent's that goes on */
	kelp_call_cancel(call);
	kelp_call_put(call);
	kelp_channel_destroy(channel);
	/* at once, if the machine has time for it */
	child_check(kit_now() - begun < 2000 * KIT_MS);
	_exit(0);
}

static void assert_child(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	if (WIFSIGNALED(status))
		fail_msg("the child died of signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		fail_msg("the child failed, in line %d (modulo 255)",
			 WEXITSTATUS(status) - 1);
}

/* While calls of all kinds are under way, and go on. */
static void fork__under_load(void **state)
{
	struct traffic_options calls = {
		.blocking = 4, .started = 8, .words = "#late 2 ", .call = &once,
	};
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	struct executions_sum executed;
	uint8_t room[COUNT_ROOM];
	struct kelp_queue *queue;
	struct traffic *traffic;
	struct kelp_call *call;
	struct traffic_sum sum;
	struct fleet fleet;
	pid_t pid;
	int i;

	(void)state;
	fleet_create(&fleet, 2, NULL);
	calls.channel = fleet_channel(&fleet, &steady);
	assert_int_equal(kelp_channel_learn(calls.channel,
					    &kelp__calc__descriptor), 0);
	assert_int_equal(kelp_queue_create(&queue), 0);
	request.message = count_message(room, count_id(), "#hold ");
	assert_int_equal(kelp_call_start(calls.channel, &request, &once, ignore,
					 NULL, &call), 0);
	traffic = traffic_begin(&calls);
	for (i = 0; i < FORKS; i++) {
		assert_true(traffic_wait(traffic, 20, KIT_PATIENCE_MS));
		pid = fork();
		if (!pid)
			child(calls.channel, queue, call);
		assert_child(pid);
	}
	assert_true(traffic_wait(traffic, 100, KIT_PATIENCE_MS));
	traffic_end(traffic, &sum);
	if (sum.failed)
		fail_msg("%lu of %lu calls failed, %s", (long)sum.failed,
			 (long)sum.calls, sum.words);
	executions_sum(fleet.executions, &executed);
	assert_int_equal(executed.twice, 0);
	kelp_call_put(call);
	kelp_channel_destroy(calls.channel);
	kelp_queue_destroy(queue);
	fleet_destroy(&fleet);
}

/* Threads of the parent that wait for room, for a connection, for a reply. */
struct crowd {
	struct kelp_channel *channel;
	pthread_t thread[3];
};

static void *wait_for_room(void *arg)
{
	struct crowd *crowd = arg;

	count_call_started(crowd->channel, count_id(), "#hold ", &once, NULL);
	return NULL;
}

static void *wait_for_link(void *arg)
{
	struct crowd *crowd = arg;

	count_call(crowd->channel, count_id(), "#hold ", &once, NULL);
	return NULL;
}

/* What somebody of the parent's waits for is not waited for by the child. */
static void fork__beside_who_waits(void **state)
{
	struct kelp_channel_options options = steady;
	struct kelp_request request = { "test.Count", "Count", { 0 }, { 0 } };
	uint8_t room[COUNT_ROOM];
	struct kelp_call *call;
	struct crowd crowd;
	struct fleet fleet;
	uint64_t begun;
	size_t i;
	pid_t pid;

	(void)state;
	options.max_pending = 1;
	options.block_when_full = true;
	options.pool_max_total = 1;
	fleet_create(&fleet, 1, NULL);
	crowd.channel = fleet_channel(&fleet, &options);
	request.message = count_message(room, count_id(), "#hold ");
	assert_int_equal(kelp_call_start(crowd.channel, &request, &once, ignore,
					 NULL, &call), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&crowd.thread[i], NULL,
						i ? wait_for_link :
						    wait_for_room, &crowd), 0);
	/* one of them has the connection, and the others had time to wait */
	assert_true(server_wait(fleet.server[0], SERVER_HELD, 2,
				KIT_PATIENCE_MS));
	for (i = 0; i < 20; i++)
		stage_nap();
	pid = fork();
	if (!pid) {
		alarm(CHILD_SECONDS);
		kelp_call_put(call);
		kelp_channel_destroy(crowd.channel);
		_exit(0);
	}
	assert_child(pid);
	/* until all of them have had their turn */
	begun = kit_now();
	while (channel_stats(crowd.channel).calls < 4) {
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
		server_release(fleet.server[0]);
		stage_nap();
	}
	for (i = 0; i < 3; i++)
		pthread_join(crowd.thread[i], NULL);
	assert_int_equal(channel_stats(crowd.channel).errors, 0);
	kelp_call_put(call);
	kelp_channel_destroy(crowd.channel);
	fleet_destroy(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fork__under_load),
		cmocka_unit_test(fork__beside_who_waits),
	};

	return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
