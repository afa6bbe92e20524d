// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets that change while a channel is in use: a file that is rewritten, and
 * names that are looked up.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kelp/client.h>

#include "client_kit.h"
#include "client_pace.h"
#include "fleet.h"
#include "stage.h"
#include "traffic.h"

/* A change is noticed within 200 ms; a file that is young is looked at again. */
#define NOTICED_MS 500

static const struct kelp_call_options once = {
	.size = sizeof(once),
	.timeout_ms = 2000,
};

/* A folder of its own, the file in there, two servers, and a channel. */
struct place {
	char folder[64];
	char file[80];
	char other[80];
	char target[96];
	struct fleet fleet;
	struct kelp_channel *channel;
	_Atomic unsigned int warnings;
};

static void note_warning(enum kelp_log_level level, const char *text, void *data)
{
	struct place *place = data;

	(void)text;
	if (level == KELP_LOG_WARNING)
		atomic_fetch_add_explicit(&place->warnings, 1,
					  memory_order_relaxed);
}

/* By truncating it and writing to it. */
static void write_to(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
}

/* By putting another one into its place. */
static void put_over(struct place *place, const char *text)
{
	write_to(place->other, text);
	assert_int_equal(rename(place->other, place->file), 0);
}

static const char *line_of(struct place *place, size_t which)
{
	static char line[64];

	snprintf(line, sizeof(line), "%s\n",
		 server_name(place->fleet.server[which]));
	return line;
}

static struct kelp_channel *place_channel(struct place *place)
{
	const struct kelp_channel_options options = {
		.size = sizeof(options),
		.log = note_warning,
		.data = place,
		.health_interval_ms = 20,
		.health_max_ms = 50,
	};
	struct kelp_channel *channel;

	assert_int_equal(kelp_channel_create(&channel, place->target, &options),
			 0);
	return channel;
}

static int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	pace_start();
	snprintf(place->folder, sizeof(place->folder), "/tmp/place.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->file, sizeof(place->file), "%s/servers", place->folder);
	snprintf(place->other, sizeof(place->other), "%s/new", place->folder);
	snprintf(place->target, sizeof(place->target), "file://%s",
		 place->file);
	fleet_create(&place->fleet, 2, NULL);
	write_to(place->file, line_of(place, 0));
	place->channel = place_channel(place);
	*state = place;
	return 0;
}

static int place_teardown(void **state)
{
	struct place *place = *state;

	kelp_channel_destroy(place->channel);
	fleet_destroy(&place->fleet);
	unlink(place->file);
	unlink(place->other);
	rmdir(place->folder);
	free(place);
	return 0;
}

static bool goes_to(struct place *place, size_t which)
{
	struct kelp_reply reply;

	return !count_call(place->channel, count_id(), "", &once, &reply) &&
	       !strcmp(reply.endpoint,
		       server_name(place->fleet.server[which]));
}

/* Calls go there in time, and stay there. */
static void assert_goes_to(struct place *place, size_t which)
{
	uint64_t begun = kit_now(), now;
	int i;

	while (!goes_to(place, which)) {
		now = kit_now();
		assert_in_range(now - begun, 0, NOTICED_MS * KIT_MS +
				pace_lost(begun, now));
		stage_nap();
	}
	for (i = 0; i < 50; i++)
		assert_true(goes_to(place, which));
}

static void file__rewritten(void **state)
{
	struct place *place = *state;
	size_t i;

	assert_goes_to(place, 0);
	for (i = 1; i < 4; i++) {
		write_to(place->file, line_of(place, i % 2));
		assert_goes_to(place, i % 2);
	}
	assert_int_equal(place->warnings, 0);
}

static void file__renamed_over(void **state)
{
	struct place *place = *state;
	size_t i;

	for (i = 1; i < 4; i++) {
		put_over(place, line_of(place, i % 2));
		assert_goes_to(place, i % 2);
	}
}

/* Faster than time stamps move, and always of the same size. */
static void file__many_times(void **state)
{
	struct place *place = *state;
	size_t i;

	for (i = 0; i < 100; i++) {
		write_to(place->file, line_of(place, i % 2));
		if (i % 10 == 0)
			stage_nap();
	}
	assert_goes_to(place, 1);
}

/* No call fails, and those that were under way end where they were. */
static void file__under_load(void **state)
{
	struct place *place = *state;
	const struct traffic_options options = {
		.channel = place->channel, .blocking = 4, .started = 8,
		.words = "#late 20 ", .call = &once,
	};
	struct traffic *traffic = traffic_begin(&options);
	struct traffic_sum sum;
	uint64_t before;
	size_t i;

	for (i = 1; i < 5; i++) {
		before = server_count(place->fleet.server[i % 2],
				      SERVER_EXECUTED);
		put_over(place, line_of(place, i % 2));
		assert_true(server_wait(place->fleet.server[i % 2],
					SERVER_EXECUTED, before + 20,
					KIT_PATIENCE_MS));
	}
	traffic_end(traffic, &sum);
	if (sum.failed)
		fail_msg("%lu of %lu calls failed, %s", (long)sum.failed,
			 (long)sum.calls, sum.words);
	assert_int_equal(sum.attempts, sum.calls);
	/* nothing is left open at the server that is not in the file */
	before = server_count(place->fleet.server[1], SERVER_ACCEPTED);
	assert_goes_to(place, 0);
	assert_true(server_wait(place->fleet.server[1], SERVER_CLOSED, before,
				KIT_PATIENCE_MS));
}

/* Nowhere, which is an error at once and for everybody. */
static void file__empty(void **state)
{
	struct place *place = *state;
	struct kelp_reply reply;
	uint64_t begun;

	assert_goes_to(place, 0);
	put_over(place, "# nobody\n\n");
	begun = kit_now();
	while (!count_call(place->channel, count_id(), "", &once, &reply))
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
	assert_int_equal(reply.code, KELP_RPC_EFAILEDSOCKET);
	assert_int_equal(reply.attempts, 0);
	assert_string_equal(reply.text, "no server is known");
	assert_int_equal(channel_stats(place->channel).endpoints, 0);
	write_to(place->file, line_of(place, 1));
	assert_goes_to(place, 1);
	/* and by truncating it, with nothing coming behind that */
	write_to(place->file, "");
	begun = kit_now();
	while (!count_call(place->channel, count_id(), "", &once, NULL))
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
	put_over(place, line_of(place, 0));
	assert_goes_to(place, 0);
}

static void await_weight(struct place *place, size_t which, unsigned int weight)
{
	struct kelp_endpoint_stats stats;
	uint64_t begun = kit_now();

	while (!channel_endpoint(place->channel,
				 server_name(place->fleet.server[which]),
				 &stats) ||
	       stats.weight != weight) {
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
		stage_nap();
	}
}

static void assert_kept(struct place *place, const char *text,
			unsigned int weight)
{
	unsigned int warnings;
	uint64_t begun;
	char good[96];

	/* behind something good the same trouble is news again */
	snprintf(good, sizeof(good), "%s %u\n",
		 server_name(place->fleet.server[0]), weight);
	write_to(place->file, good);
	await_weight(place, 0, weight);
	warnings = place->warnings;
	begun = kit_now();
	if (text)
		put_over(place, text);
	else
		assert_int_equal(unlink(place->file), 0);
	while (place->warnings == warnings) {
		assert_true(goes_to(place, 0));
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
	}
	assert_goes_to(place, 0);
}

/* What cannot be understood, or is not there, changes nothing. */
static void file__bad(void **state)
{
	struct place *place = *state;
	char text[160];

	assert_goes_to(place, 0);
	assert_kept(place, "nonsense\n", 2);
	snprintf(text, sizeof(text), "%s127.0.0.1:65536\n", line_of(place, 1));
	assert_kept(place, text, 3);
	snprintf(text, sizeof(text), "%s 0\n",
		 server_name(place->fleet.server[1]));
	assert_kept(place, text, 4);
	assert_kept(place, NULL, 5);
	write_to(place->file, line_of(place, 1));
	assert_goes_to(place, 1);
}

/* Comments, blank lines, and weights, which may change alone. */
static void file__weights(void **state)
{
	static const char form[] = "# two\n\n%s 1 # one\n\t%s\t%u\r\n";
	struct place *place = *state;
	unsigned int weight;
	char text[160];

	for (weight = 3; weight < 6; weight++) {
		snprintf(text, sizeof(text), form,
			 server_name(place->fleet.server[0]),
			 server_name(place->fleet.server[1]), weight);
		write_to(place->file, text);
		await_weight(place, 1, weight);
		assert_int_equal(channel_stats(place->channel).endpoints, 2);
	}
}

/* A server that stays in the list stays as it is: its connections are kept. */
static void file__others_stay(void **state)
{
	struct place *place = *state;
	uint64_t accepted, begun = kit_now();
	char text[160];

	assert_goes_to(place, 0);
	accepted = server_count(place->fleet.server[0], SERVER_ACCEPTED);
	snprintf(text, sizeof(text), "%s\n%s\n",
		 server_name(place->fleet.server[0]),
		 server_name(place->fleet.server[1]));
	put_over(place, text);
	while (!goes_to(place, 1))
		assert_true(kit_ms_since(begun) < KIT_PATIENCE_MS);
	put_over(place, line_of(place, 0));
	assert_goes_to(place, 0);
	assert_int_equal(server_count(place->fleet.server[0], SERVER_ACCEPTED),
			 accepted);
}

static void file__create(void **state)
{
	struct place *place = *state;
	struct kelp_channel *channel;

	write_to(place->file, "nonsense\n");
	assert_int_equal(kelp_channel_create(&channel, place->target, NULL),
			 -EINVAL);
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(kelp_channel_create(&channel, place->target, NULL),
			 -ENOENT);
}

static void name_works(struct place *place, const char *form)
{
	struct kelp_channel *channel = place->channel;
	char target[64];
	int i;

	snprintf(target, sizeof(target), form,
		 server_port(place->fleet.server[0]));
	assert_int_equal(kelp_channel_create(&place->channel, target, NULL), 0);
	for (i = 0; i < 10; i++)
		assert_true(goes_to(place, 0));
	kelp_channel_destroy(place->channel);
	place->channel = channel;
}

/* Where the name has an IPv6 address too nobody listens there. */
static void name__localhost(void **state)
{
	struct place *place = *state;

	name_works(place, "dns://localhost:%u");
	name_works(place, "localhost:%u");
	name_works(place, "list://localhost:%u*3");
}

#define place_test(test) \
	cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(file__rewritten),
		place_test(file__renamed_over),
		place_test(file__many_times),
		place_test(file__under_load),
		place_test(file__empty),
		place_test(file__bad),
		place_test(file__weights),
		place_test(file__others_stay),
		place_test(file__create),
		place_test(name__localhost),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
