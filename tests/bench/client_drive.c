// SPDX-License-Identifier: GPL-2.0-only
/*
 * client_drive - call a set of servers for some time, blocking and started, while
 * something happens to them, and say what became of every call. Prints a line of
 * JSON every 100 ms, and one at the end; SIGTERM is a reason to end early.
 */
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kelp/client.h>

#define THREADS 2
#define UNDER_WAY 16
#define ENDPOINTS 16
#define CODES 16
#define LOOK_NS 100000000ull

static const char usage[] =
"usage: client_drive [-d SECONDS] [-t TIMEOUT_MS] [-i] TARGET\n"
"-i: calls may be carried out twice\n";

/* Field 1, 16 bytes: what kelp.Echo takes and returns. */
static const char message[] = "\x0a\x10ghijklmnopqrstuv";

static const struct kelp_request request = {
	.service = "kelp.Echo", .method = "Echo",
	.message = { message, sizeof(message) - 1 },
};

/**
 * struct drive - what all threads share
 * @channel: the servers
 * @options: of each call
 * @until: when no call is made any more
 * @lock: protects the rest
 * @calls: that have ended
 * @wrong: replies that are not the request's
 * @slowest: time that any call took, in ns
 * @code: codes of those that failed
 * @count: how often each
 */
struct drive {
	struct kelp_channel *channel;
	struct kelp_call_options options;
	uint64_t until;
	pthread_mutex_t lock;
	uint64_t calls;
	uint64_t wrong;
	uint64_t slowest;
	int code[CODES];
	uint64_t count[CODES];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void note_code(struct drive *drive, int code)
{
	int i;

	for (i = 0; i < CODES - 1; i++)
		if (drive->code[i] == code || !drive->code[i])
			break;
	drive->code[i] = code;
	drive->count[i]++;
}

static void note(struct drive *drive, const struct kelp_reply *reply,
		 uint64_t took)
{
	pthread_mutex_lock(&drive->lock);
	drive->calls++;
	if (took > drive->slowest)
		drive->slowest = took;
	if (reply->code)
		note_code(drive, reply->code);
	else if (reply->message.len != request.message.len ||
		 memcmp(reply->message.data, message, request.message.len))
		drive->wrong++;
	pthread_mutex_unlock(&drive->lock);
}

/* Set by the handler of SIGTERM, read by every thread. */
static atomic_bool told_to_end;

static void on_term(int number)
{
	(void)number;
	atomic_store(&told_to_end, true);
}

static bool goes_on(const struct drive *drive, uint64_t now)
{
	return now < drive->until && !atomic_load(&told_to_end);
}

static void *block_one(void *arg)
{
	struct drive *drive = arg;
	struct kelp_reply reply;
	uint64_t begun;

	while (begun = now_ns(), goes_on(drive, begun)) {
		kelp_call_raw(drive->channel, &request, &reply,
			      &drive->options);
		note(drive, &reply, now_ns() - begun);
		kelp_reply_clear(&reply);
	}
	return NULL;
}

/* As many as are under way, each with its beginning. */
static void *start_many(void *arg)
{
	struct drive *drive = arg;
	uint64_t begun[UNDER_WAY];
	struct kelp_queue *queue;
	struct kelp_reply *reply;
	unsigned int left = 0;
	void *place;
	size_t i;

	if (kelp_queue_create(&queue))
		errx(1, "no queue");
	for (i = 0; i < UNDER_WAY; i++, left++) {
		begun[i] = now_ns();
		if (kelp_call_enqueue(drive->channel, &request, &drive->options,
				      queue, &begun[i], NULL))
			errx(1, "a call was not started");
	}
	while (left) {
		reply = kelp_queue_next(queue, 60000, &place);
		if (!reply)
			errx(1, "a call has not ended");
		note(drive, reply, now_ns() - *(uint64_t *)place);
		kelp_reply_free(reply);
		left--;
		*(uint64_t *)place = now_ns();
		if (!goes_on(drive, *(uint64_t *)place))
			continue;
		if (kelp_call_enqueue(drive->channel, &request, &drive->options,
				      queue, place, NULL))
			errx(1, "a call was not started");
		left++;
	}
	kelp_queue_destroy(queue);
	return NULL;
}

static void print_servers(struct drive *drive)
{
	struct kelp_endpoint_stats stats[ENDPOINTS];
	size_t count, i;

	count = kelp_channel_endpoints(drive->channel, stats, ENDPOINTS,
				       sizeof(stats[0]));
	if (count > ENDPOINTS)
		count = ENDPOINTS;
	printf("\"servers\": {");
	for (i = 0; i < count; i++)
		printf("%s\"%s\": {\"state\": %d, \"attempts\": %llu}",
		       i ? ", " : "", stats[i].name, stats[i].state,
		       (unsigned long long)stats[i].attempts);
	printf("}");
}

static void print(struct drive *drive, uint64_t begun)
{
	struct kelp_channel_stats stats;
	int i;

	kelp_channel_stats(drive->channel, &stats, sizeof(stats));
	pthread_mutex_lock(&drive->lock);
	printf("{\"at\": %.3f, \"calls\": %llu, \"wrong\": %llu, "
	       "\"slowest_ms\": %.1f, \"retries\": %llu, \"errors\": {",
	       (double)(now_ns() - begun) / 1e9,
	       (unsigned long long)drive->calls,
	       (unsigned long long)drive->wrong, (double)drive->slowest / 1e6,
	       (unsigned long long)stats.retries);
	for (i = 0; i < CODES && drive->code[i]; i++)
		printf("%s\"%d\": %llu", i ? ", " : "", drive->code[i],
		       (unsigned long long)drive->count[i]);
	pthread_mutex_unlock(&drive->lock);
	printf("}, ");
	print_servers(drive);
	printf("}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct drive drive = {
		.options = KELP_CALL_OPTIONS_INIT,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	struct timespec look = { .tv_nsec = LOOK_NS };
	pthread_t thread[THREADS + 1];
	double seconds = 5;
	uint64_t begun;
	int rc, i;

	while (argc > 2 && argv[1][0] == '-') {
		if (argv[1][1] == 'i') {
			drive.options.idempotent = true;
			argc--;
			argv++;
			continue;
		}
		if (argv[1][1] == 'd')
			seconds = atof(argv[2]);
		else if (argv[1][1] == 't')
			drive.options.timeout_ms = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc != 2) {
		fputs(usage, stderr);
		return 2;
	}
	rc = kelp_channel_create(&drive.channel, argv[1], NULL);
	if (rc)
		errx(1, "%s: %s", argv[1], kelp_strerror(rc));
	signal(SIGTERM, on_term);
	begun = now_ns();
	drive.until = begun + (uint64_t)(seconds * 1e9);
	for (i = 0; i <= THREADS; i++)
		if (pthread_create(&thread[i], NULL,
				   i ? block_one : start_many, &drive))
			errx(1, "no thread");
	while (goes_on(&drive, now_ns())) {
		nanosleep(&look, NULL);
		print(&drive, begun);
	}
	for (i = 0; i <= THREADS; i++)
		pthread_join(thread[i], NULL);
	print(&drive, begun);
	kelp_channel_destroy(drive.channel);
	return 0;
}
