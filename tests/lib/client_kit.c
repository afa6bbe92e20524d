// SPDX-License-Identifier: GPL-2.0-only
/* What tests of clients share, but for batches: see client_kit.h. */
#include "client_kit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bench/prpc.h"
#include "client_pace.h"

#define CROWD_MAX 64

uint64_t kit_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 * KIT_MS + (uint64_t)ts.tv_nsec;
}

int64_t kit_ms_since(uint64_t ns)
{
	return (int64_t)(kit_now() - ns) / (int64_t)KIT_MS;
}

bool kit_in_time(uint64_t begun_ns, uint64_t ended_ns, int ms)
{
	uint64_t due = begun_ns + (uint64_t)ms * KIT_MS;
	uint64_t allowed = due + KIT_SLACK_MS * KIT_MS;

	return ended_ns <= allowed ||
	       ended_ns <= allowed + pace_lost(due, ended_ns);
}

size_t kit_times(size_t usual)
{
	const char *full = getenv("TEST_FULL");

	return full && !strcmp(full, "1") ? 100 * usual : usual;
}

struct kelp_channel_options kit_options(void)
{
	return (struct kelp_channel_options){
		.size = sizeof(struct kelp_channel_options),
		.timeout_ms = 20000,
		.connect_timeout_ms = 10000,
		.health_interval_ms = 10,
		.health_max_ms = 50,
		.breaker_failures = -1,
	};
}

struct kelp_channel *kit_channel(const char *target,
				 const struct kelp_channel_options *options)
{
	struct kelp_channel_options usual = kit_options();
	struct kelp_channel *channel;

	pace_start();
	assert_int_equal(kelp_channel_create(&channel, target,
					     options ? options : &usual), 0);
	return channel;
}

static uint64_t sum_of_classes(const struct kelp_histogram *histogram)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < KELP_HISTOGRAM_CLASSES; i++)
		sum += histogram->classes[i];
	return sum;
}

struct kelp_channel_stats kit_stats(struct kelp_channel *channel)
{
	uint64_t begun = kit_now();
	struct kelp_channel_stats stats;

	do {
		kelp_channel_stats(channel, &stats, sizeof(stats));
		if (stats.pending)
			stage_nap();
	} while (stats.pending && kit_ms_since(begun) < KIT_PATIENCE_MS);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(stats.calls, stats.errors + stats.latency.count);
	assert_int_equal(stats.latency.count, sum_of_classes(&stats.latency));
	assert_true(stats.timeouts + stats.cancelled <= stats.errors);
	assert_true(stats.endpoints_up <= stats.endpoints);
	return stats;
}

int scene_setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct kelp_channel_options options = kit_options();

	pace_start();
	if (!scene || server_create(&scene->server, NULL) ||
	    kelp_channel_create(&scene->channel, server_name(scene->server),
				&options))
		return -1;
	*state = scene;
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *scene = *state;

	kelp_channel_destroy(scene->channel);
	server_destroy(scene->server);
	free(scene);
	return 0;
}

/* One of a crowd. */
struct member {
	pthread_t thread;
	size_t i;
	void (*fn)(size_t i, void *data);
	void *data;
};

static void *member_run(void *arg)
{
	struct member *member = arg;

	member->fn(member->i, member->data);
	return NULL;
}

void kit_crowd(size_t count, void (*fn)(size_t i, void *data), void *data)
{
	struct member members[CROWD_MAX];
	size_t i;

	assert_true(count <= CROWD_MAX);
	for (i = 0; i < count; i++) {
		members[i] = (struct member){ .i = i, .fn = fn, .data = data };
		assert_int_equal(pthread_create(&members[i].thread, NULL,
						member_run, &members[i]), 0);
	}
	for (i = 0; i < count; i++)
		pthread_join(members[i].thread, NULL);
}

struct kelp_bytes kit_pack(struct kelp_bytes bytes)
{
	uint8_t *data = malloc(16 + bytes.len);
	struct span span = { bytes.data, bytes.len };
	uint8_t *end;

	if (!data)
		abort();
	end = pb_put_bytes(data, 1, span);
	return (struct kelp_bytes){ data, (size_t)(end - data) };
}

bool kit_unpack(struct kelp_bytes message, struct kelp_bytes *bytes)
{
	struct span rest = { message.data, message.len };
	struct pb_field field;
	bool found = false;
	int more;

	while ((more = pb_next(&rest, &field)) > 0) {
		if (field.number != 1 || field.type != 2)
			continue;
		*bytes = (struct kelp_bytes){ field.bytes.data,
					      field.bytes.len };
		found = true;
	}
	return found && !more;
}

struct kelp_request kit_request(const char *text)
{
	return (struct kelp_request){
		.service = "kelp.Echo",
		.method = "Echo",
		.message = kit_pack((struct kelp_bytes){ text, strlen(text) }),
	};
}

void kit_request_free(struct kelp_request *request)
{
	free((void *)(uintptr_t)request->message.data);
	request->message = (struct kelp_bytes){ NULL, 0 };
}

bool kit_echoed(const struct kelp_reply *reply, const char *text)
{
	struct kelp_bytes bytes;

	return !reply->code && kit_unpack(reply->message, &bytes) &&
	       bytes.len == strlen(text) && !memcmp(bytes.data, text, bytes.len);
}
