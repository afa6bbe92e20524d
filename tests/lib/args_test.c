// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that make no sense, and options of callers that were compiled with
 * another version of the library.
 */
#include "client_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kelp_calc.pb-c.h"

static int create(const char *target, const struct kelp_channel_options *options)
{
	struct kelp_channel *channel = NULL;
	int rc = kelp_channel_create(&channel, target, options);

	assert_true(!rc == !!channel);
	kelp_channel_destroy(channel);
	return rc;
}

static void kelp_channel_create__targets(void **state)
{
	static const char *const wrong[] = {
		"", "x", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:8x", "127.0.0.1:-1", "[::1]",
		"[::1:80", "list://", "list://,", "list://127.0.0.1",
		"list://127.0.0.1:80*0", "list://127.0.0.1:80*1001",
		"list://127.0.0.1:80*x", "list://127.0.0.1:80,", "ftp://x:1",
		"file://", "dns://", "dns://x",
	};
	static const char *const right[] = {
		"127.0.0.1:80", "[::1]:80", "list://127.0.0.1:80",
		"list://127.0.0.1:80*1000,[::1]:81*2,127.0.0.1:65535",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		if (create(wrong[i], NULL) != -EINVAL)
			fail_msg("\"%s\": %d", wrong[i], create(wrong[i], NULL));
	for (i = 0; i < ARRAY_LEN(right); i++)
		if (create(right[i], NULL))
			fail_msg("\"%s\": %d", right[i], create(right[i], NULL));
	assert_int_equal(create("file:///proc/none/here", NULL), -ENOENT);
	assert_int_equal(create(NULL, NULL), -EINVAL);
	assert_int_equal(kelp_channel_create(NULL, "127.0.0.1:80", NULL),
			 -EINVAL);
	kelp_channel_destroy(NULL);
}

#define REFUSED(field, value) do {					\
	options = kit_options();					\
	options.field = (value);					\
	assert_int_equal(create("127.0.0.1:80", &options), -EINVAL);	\
} while (0)

static void kelp_channel_create__options(void **state)
{
	struct kelp_channel_options options;

	(void)state;
	REFUSED(balance, 99);
	REFUSED(connect_timeout_ms, -1);
	REFUSED(retry_budget_percent, -1);
	REFUSED(pool_initial, 65);
	REFUSED(io_threads, 1000);
	REFUSED(io_connections, 100000);
	REFUSED(health_interval_ms, -1);
	REFUSED(refresh_ms, -1);
	REFUSED(size, 0);
	REFUSED(size, 7);
	REFUSED(size, 100000);
	options = kit_options();
	options.pool_initial = 64;
	options.timeout_ms = -1;
	options.max_retries = -1;
	options.pool_wait_ms = -1;
	options.breaker_failures = -1;
	assert_int_equal(create("127.0.0.1:80", &options), 0);
}

/* Options as another version has them, in memory of exactly their size. */
static void *resized(const void *options, size_t known, size_t size,
		     unsigned char more)
{
	unsigned char *other = malloc(size);

	assert_non_null(other);
	memset(other, more, size);
	memcpy(other, options, known < size ? known : size);
	memcpy(other, &size, sizeof(size));
	return other;
}

static void kelp_channel_create__sizes(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	size_t size, end = sizeof(options);
	void *other;

	for (size = sizeof(size_t); size <= end + 64; size++) {
		other = resized(&options, end, size, 0);
		assert_int_equal(create(server_name(scene->server), other), 0);
		free(other);
	}
	/* what this version does not know must not be wanted */
	for (size = end + 1; size <= end + 64; size += 9) {
		other = resized(&options, end, size, 1);
		assert_int_equal(create(server_name(scene->server), other),
				 -EINVAL);
		free(other);
	}
}

/* What an old caller did say counts, and nothing else does. */
static void kelp_channel_create__older(void **state)
{
	struct kelp_channel_options options = kit_options();
	struct scene *scene = *state;
	size_t size = offsetof(struct kelp_channel_options, connect_timeout_ms);
	struct kelp_channel_options *other;
	struct kelp_channel *channel;
	struct kelp_request request = kit_request("#never ");
	struct kelp_reply reply;
	uint64_t begun;

	options.timeout_ms = 60;
	other = resized(&options, sizeof(options), size, 0);
	channel = kit_channel(server_name(scene->server), other);
	free(other);
	begun = kit_now();
	assert_int_equal(kelp_call_raw(channel, &request, &reply, NULL),
			 KELP_RPC_ERPCTIMEDOUT);
	assert_true(kit_ms_since(begun) >= 60);
	assert_true(kit_in_time(begun, kit_now(), 60));
	kelp_reply_clear(&reply);
	kit_request_free(&request);
	kelp_channel_destroy(channel);
}

static void never_done(const struct kelp_reply *reply, void *data)
{
	(void)reply;
	(void)data;
	abort();
}

/* The same of each way to make a call, which are not made. */
static int call_refused(struct kelp_channel *channel,
			const struct kelp_request *request,
			const struct kelp_call_options *options)
{
	struct kelp_call *handle = (void *)channel;
	struct kelp_queue *queue;
	struct kelp_reply reply;
	int rc;

	rc = kelp_call_raw(channel, request, &reply, options);
	assert_int_equal(rc, reply.code);
	assert_true(reply.text[0]);
	assert_int_equal(reply.attempts, 0);
	assert_string_equal(reply.endpoint, "");
	kelp_reply_clear(&reply);
	assert_int_equal(kelp_call_start(channel, request, options, never_done,
					 NULL, &handle), rc);
	assert_int_equal(kelp_queue_create(&queue), 0);
	assert_int_equal(kelp_call_enqueue(channel, request, options, queue,
					   NULL, &handle), rc);
	assert_null(kelp_queue_next(queue, 0, NULL));
	kelp_queue_destroy(queue);
	return rc;
}

static void kelp_call_raw__wrong(void **state)
{
	struct scene *scene = *state;
	struct kelp_request wrong, right = kit_request("hello");
	struct server_call last;
	char long_name[2000];

	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
#define WRONG(field, value, rc) do {					\
	wrong = right;							\
	wrong.field = (value);						\
	assert_int_equal(call_refused(scene->channel, &wrong, NULL), rc); \
} while (0)
	WRONG(service, NULL, -EINVAL);
	WRONG(service, "", -EINVAL);
	WRONG(service, long_name, -EINVAL);
	WRONG(method, NULL, -EINVAL);
	WRONG(method, "", -EINVAL);
	WRONG(method, long_name, -EINVAL);
	WRONG(message.data, NULL, -EINVAL);
	WRONG(message.len, (size_t)INT32_MAX, -EMSGSIZE);
	WRONG(attachment.len, 1, -EINVAL);
#undef WRONG
	wrong = right;
	wrong.attachment = (struct kelp_bytes){ long_name, SIZE_MAX };
	assert_int_equal(call_refused(scene->channel, &wrong, NULL), -EMSGSIZE);
	server_last(scene->server, &last);
	assert_string_equal(last.service, "");
	assert_int_equal(kit_stats(scene->channel).calls, 0);
	kit_request_free(&right);
}

static void kelp_call_start__nobody_to_tell(void **state)
{
	struct scene *scene = *state;
	struct kelp_request request = kit_request("hello");

	assert_int_equal(kelp_call_start(scene->channel, &request, NULL, NULL,
					 NULL, NULL), -EINVAL);
	assert_int_equal(kelp_call_enqueue(scene->channel, &request, NULL, NULL,
					   NULL, NULL), -EINVAL);
	kit_request_free(&request);
	kelp_call_put(NULL);
	kelp_reply_free(NULL);
	kelp_queue_destroy(NULL);
}

static void kelp_call_raw__sizes_of_options(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	struct scene *scene = *state;
	struct kelp_request request = kit_request("hello");
	size_t size, end = sizeof(options);
	struct kelp_reply reply;
	void *other;

	options.timeout_ms = 20000;
	for (size = sizeof(size_t); size <= end + 64; size++) {
		other = resized(&options, end, size, 0);
		assert_int_equal(kelp_call_raw(scene->channel, &request, &reply,
					       other), 0);
		assert_true(kit_echoed(&reply, "hello"));
		kelp_reply_clear(&reply);
		free(other);
	}
	for (size = end + 1; size <= end + 64; size += 9) {
		other = resized(&options, end, size, 1);
		assert_int_equal(call_refused(scene->channel, &request, other),
				 -EINVAL);
		free(other);
	}
	options.size = 0;
	assert_int_equal(call_refused(scene->channel, &request, &options),
			 -EINVAL);
	options.size = 100000;
	assert_int_equal(call_refused(scene->channel, &request, &options),
			 -EINVAL);
	options.size = end;
	options.attachment_room_len = 1;
	assert_int_equal(call_refused(scene->channel, &request, &options),
			 -EINVAL);
	kit_request_free(&request);
}

/* Old callers had no reply type; the channel has to know it. */
static void kelp_call__older(void **state)
{
	struct kelp_call_options options = KELP_CALL_OPTIONS_INIT;
	size_t size = offsetof(struct kelp_call_options, reply_type);
	Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
	struct scene *scene = *state;
	Kelp__AddResponse *response;
	void *other;

	options.reply_type = &kelp__add_response__descriptor;
	other = resized(&options, sizeof(options), size, 0);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Add",
				   &request.base, &response, other), -EINVAL);
	assert_int_equal(kelp_channel_learn(scene->channel,
					    &kelp__calc__descriptor), 0);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Add",
				   &request.base, &response, other), 0);
	kelp__add_response__free_unpacked(response, NULL);
	free(other);
	/* and new ones have more */
	other = resized(&options, sizeof(options), sizeof(options) + 40, 0);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", "Add",
				   &request.base, &response, other), 0);
	kelp__add_response__free_unpacked(response, NULL);
	free(other);
	assert_int_equal(kelp_call(scene->channel, NULL, "Add", &request.base,
				   NULL, NULL), -EINVAL);
	assert_int_equal(kelp_call(scene->channel, "kelp.Calc", NULL,
				   &request.base, &response, NULL), -EINVAL);
	assert_null(response);
}

static void kelp_channel_stats__sizes(void **state)
{
	struct scene *scene = *state;
	struct kelp_channel_stats stats;
	size_t end = sizeof(stats), i;
	unsigned char *other;

	kelp_channel_stats(scene->channel, &stats, sizeof(stats));
	assert_int_equal(stats.endpoints, 1);
	/* fewer are filled, and nothing behind them is touched */
	other = malloc(16);
	kelp_channel_stats(scene->channel, (void *)other, 16);
	assert_memory_equal(other, &stats, 16);
	free(other);
	/* what a newer caller has besides is 0 */
	other = malloc(end + 50);
	memset(other, 1, end + 50);
	kelp_channel_stats(scene->channel, (void *)other, end + 50);
	assert_int_equal(((struct kelp_channel_stats *)(void *)other)->endpoints,
			 1);
	for (i = end; i < end + 50; i++)
		assert_int_equal(other[i], 0);
	free(other);
}

static void kelp_channel_endpoints__sizes(void **state)
{
	struct kelp_endpoint_stats stats[3];
	struct kelp_channel *channel;
	char names[2][KELP_REPLY_ENDPOINT];

	(void)state;
	channel = kit_channel("list://127.0.0.1:1*2,127.0.0.1:3,[::1]:5*7",
			      NULL);
	assert_int_equal(kelp_channel_endpoints(channel, NULL, 0,
						sizeof(stats[0])), 3);
	memset(stats, 1, sizeof(stats));
	assert_int_equal(kelp_channel_endpoints(channel, stats, 2,
						sizeof(stats[0])), 3);
	assert_string_equal(stats[0].name, "127.0.0.1:1");
	assert_int_equal(stats[0].weight, 2);
	assert_string_equal(stats[1].name, "127.0.0.1:3");
	assert_int_equal(stats[1].weight, 1);
	assert_int_equal(stats[2].weight, 0x01010101);
	assert_int_equal(kelp_channel_endpoints(channel, stats, 3,
						sizeof(stats[0])), 3);
	assert_string_equal(stats[2].name, "[::1]:5");
	assert_int_equal(stats[2].state, KELP_ENDPOINT_UP);
	/* an older caller's elements are smaller */
	assert_int_equal(kelp_channel_endpoints(channel, (void *)names, 2,
						sizeof(names[0])), 3);
	assert_string_equal(names[1], "127.0.0.1:3");
	kelp_channel_destroy(channel);
}

static void kelp_strerror__all(void **state)
{
	int code;

	(void)state;
	for (code = -200; code < 2100; code++)
		assert_true(strlen(kelp_strerror(code)) > 3);
	assert_true(strlen(kelp_strerror(INT32_MAX)) > 3);
	assert_true(strlen(kelp_strerror(INT32_MIN)) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kelp_channel_create__targets),
		cmocka_unit_test(kelp_channel_create__options),
		scene_test(kelp_channel_create__sizes),
		scene_test(kelp_channel_create__older),
		scene_test(kelp_call_raw__wrong),
		scene_test(kelp_call_start__nobody_to_tell),
		scene_test(kelp_call_raw__sizes_of_options),
		scene_test(kelp_call__older),
		scene_test(kelp_channel_stats__sizes),
		cmocka_unit_test(kelp_channel_endpoints__sizes),
		cmocka_unit_test(kelp_strerror__all),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
