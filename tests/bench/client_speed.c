// SPDX-License-Identifier: GPL-2.0-only
/*
 * client_speed - libkelp's two forms beside each other: one thread that makes
 * blocking calls, and one that keeps many calls under way on one connection and
 * takes their replies out of a queue. In turns, so that whatever else the
 * machine does is fair to both; every reply is compared.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kelp/client.h>

#define ROUNDS_MOST 100

static const char usage[] =
"usage: client_speed [-d SECONDS] [-r ROUNDS] [-n UNDER_WAY] HOST:PORT\n"
"Echoes of 16 bytes; prints JSON. SECONDS (1) for each form and round (3).\n";

/* Field 1, 16 bytes: what kelp.Echo takes and returns. */
static const char message[] = "\x0a\x10ghijklmnopqrstuv";

static const struct kelp_request request = {
	.service = "kelp.Echo", .method = "Echo",
	.message = { message, sizeof(message) - 1 },
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void judge(const struct kelp_reply *reply)
{
	if (reply->code)
		errx(1, "a call failed: %s", reply->text);
	if (reply->message.len != request.message.len ||
	    memcmp(reply->message.data, message, request.message.len))
		errx(1, "a reply is wrong");
}

static uint64_t system_calls(struct kelp_channel *channel)
{
	struct kelp_channel_stats stats;

	kelp_channel_stats(channel, &stats, sizeof(stats));
	return stats.sends + stats.receives + stats.wakeups + stats.waits;
}

/* Calls per second. */
static double blocking(struct kelp_channel *channel, double seconds)
{
	uint64_t begun = now_ns(), until = begun + (uint64_t)(seconds * 1e9);
	struct kelp_reply reply;
	uint64_t calls = 0;

	while (now_ns() < until) {
		kelp_call_raw(channel, &request, &reply, NULL);
		judge(&reply);
		kelp_reply_clear(&reply);
		calls++;
	}
	return (double)calls * 1e9 / (double)(now_ns() - begun);
}

static void start(struct kelp_channel *channel, struct kelp_queue *queue)
{
	int rc = kelp_call_enqueue(channel, &request, NULL, queue, NULL, NULL);

	if (rc)
		errx(1, "a call was not started: %s", kelp_strerror(rc));
}

static double started(struct kelp_channel *channel, struct kelp_queue *queue,
		      double seconds, unsigned int under_way, uint64_t *calls)
{
	uint64_t begun = now_ns(), until = begun + (uint64_t)(seconds * 1e9);
	struct kelp_reply *reply;
	unsigned int left = 0;
	uint64_t ended = 0;
	bool more = true;

	for (; left < under_way; left++)
		start(channel, queue);
	while (left) {
		reply = kelp_queue_next(queue, 10000, NULL);
		if (!reply)
			errx(1, "a reply did not come");
		judge(reply);
		kelp_reply_free(reply);
		ended++;
		left--;
		if (!(ended & 63))
			more = now_ns() < until;
		if (more) {
			start(channel, queue);
			left++;
		}
	}
	*calls += ended;
	return (double)ended * 1e9 / (double)(now_ns() - begun);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	struct kelp_channel_options options = KELP_CHANNEL_OPTIONS_INIT;
	double one[ROUNDS_MOST], many[ROUNDS_MOST], seconds = 1;
	unsigned int rounds = 3, under_way = 256, i;
	struct kelp_channel *alone, *shared;
	struct kelp_queue *queue;
	uint64_t calls = 0;
	int rc, option;

	while (argc > 2 && argv[1][0] == '-' && argv[1][1]) {
		option = argv[1][1];
		if (option == 'd')
			seconds = atof(argv[2]);
		else if (option == 'r')
			rounds = (unsigned int)atoi(argv[2]);
		else if (option == 'n')
			under_way = (unsigned int)atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc != 2 || !rounds || rounds > ROUNDS_MOST || !under_way) {
		fputs(usage, stderr);
		return 2;
	}
	options.timeout_ms = 20000;
	rc = kelp_channel_create(&alone, argv[1], &options);
	if (!rc)
		rc = kelp_channel_create(&shared, argv[1], &options);
	if (!rc)
		rc = kelp_queue_create(&queue);
	if (rc)
		errx(1, "%s", kelp_strerror(rc));
	for (i = 0; i < rounds; i++) {
		one[i] = blocking(alone, seconds);
		many[i] = started(shared, queue, seconds, under_way, &calls);
	}
	printf("{\"blocking\": %.0f, \"started\": %.0f, \"under_way\": %u, "
	       "\"system_calls_per_call\": %.4f}\n", median(one, rounds),
	       median(many, rounds), under_way,
	       (double)system_calls(shared) / (double)calls);
	kelp_channel_destroy(shared);
	kelp_channel_destroy(alone);
	kelp_queue_destroy(queue);
	return 0;
}
