// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl press: call a method again and again, and say how that went. Reads
 * what to do, starts the threads, and waits for them.
 */
#include "press.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "count.h"
#include "pace.h"
#include "remote.h"

#define SECOND UINT64_C(1000000000)

/* Time for all threads to come about before they begin. */
#define HEAD_START_NS UINT64_C(2000000)

#define MOST_THREADS 256
#define MOST_SECONDS (24 * 3600)
/* Of a channel of libkelp, and a thread has one. */
#define MOST_CONNECTIONS 1024
#define MOST_PIPELINE 10000
/* Calls under way, of all threads. */
#define MOST_CALLS 1000000

/* Somebody does not want to wait for the end. */
static atomic_bool stop;

static void interrupted(int signal)
{
	(void)signal;
	atomic_store_explicit(&stop, true, memory_order_relaxed);
}

static void read_load(const struct ctl *ctl, struct press *press)
{
	press->threads = (unsigned int)count_of(ctl, ctl->threads, "-t", 1,
						MOST_THREADS);
	press->connections = (unsigned int)count_of(ctl, ctl->connections, "-c",
						    1, MOST_THREADS *
						    MOST_CONNECTIONS);
	press->pipeline = (unsigned int)count_of(ctl, ctl->pipeline,
						 "--pipeline", 1,
						 MOST_PIPELINE);
	press->rate = count_of(ctl, ctl->rate, "--rate", 0, PACE_MOST);
	/* one without a connection has nothing to do */
	if (press->threads > press->connections)
		press->threads = press->connections;
	if (press->connections > press->threads * MOST_CONNECTIONS)
		die_usage(ctl, "-t %u: a thread has %d connections at most",
			  press->threads, MOST_CONNECTIONS);
	if ((uint64_t)press->connections * press->pipeline > MOST_CALLS)
		die_usage(ctl, "-c and --pipeline: %d calls at a time are the most",
			  MOST_CALLS);
}

static void read_options(const struct ctl *ctl, struct press *press)
{
	struct kelp_channel_options *options = &press->options;

	remote_options(ctl, options);
	/*
	 * Every call goes to the server, whatever became of those before: only
	 * who cannot be reached at all is left alone, and not for long.
	 */
	options->breaker_failures = -1;
	options->health_interval_ms = 100;
	options->health_max_ms = 500;
}

/* As many descriptors as may be: connections need one each. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void catch_signals(void)
{
	/* a second one ends it at once */
	struct sigaction action = {
		.sa_handler = interrupted, .sa_flags = SA_RESETHAND | SA_RESTART,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* For those at a terminal: a line, and what the last one was about. */
struct progress {
	uint64_t next_ns;	/* when the next one comes */
	uint64_t calls;
};

static void show_progress(const struct press *press,
			  struct press_worker *const *workers,
			  struct progress *last)
{
	uint64_t all = 0, failed = 0, calls, bad;
	unsigned int i;

	for (i = 0; i < press->threads; i++) {
		press_worker_look(workers[i], &calls, &bad);
		all += calls;
		failed += bad;
	}
	fprintf(stderr, "\r\033[K%llu s: %llu calls/s, %llu failed",
		(unsigned long long)((last->next_ns - press->start_ns) / SECOND),
		(unsigned long long)(all - last->calls),
		(unsigned long long)failed);
	fflush(stderr);
	last->calls = all;
}

static void wait_for_all(const struct press *press,
			 struct press_worker *const *workers)
{
	struct progress last = { .next_ns = press->start_ns + SECOND };
	bool terminal = isatty(STDERR_FILENO);
	unsigned int i = 0;
	uint64_t now;

	while (i < press->threads) {
		now = press_now();
		if (now >= last.next_ns) {
			if (terminal)
				show_progress(press, workers, &last);
			last.next_ns += SECOND;
		} else if (press_worker_join(workers[i], last.next_ns - now)) {
			i++;
		}
	}
	if (terminal)
		fputs("\r\033[K", stderr);
}

static void run(struct press *press, uint64_t seconds,
		struct press_result *result)
{
	struct press_worker **workers;
	unsigned int i;

	workers = need(calloc(press->threads, sizeof(struct press_worker *)));
	for (i = 0; i < press->threads; i++)
		workers[i] = press_worker_create(press, i);
	press->start_ns = press_now() + HEAD_START_NS;
	press->until_ns = press->start_ns + seconds * SECOND;
	result->until_ns = press->start_ns;
	for (i = 0; i < press->threads; i++)
		press_worker_start(workers[i]);
	wait_for_all(press, workers);
	for (i = 0; i < press->threads; i++)
		press_worker_finish(workers[i], result);
	free(workers);
}

/* The exit status; one sentence says why, if it is not 0. */
static int verdict(const struct press *press, const struct press_result *result)
{
	uint64_t failed = tally_total(&result->tally);

	if (!failed && !result->unsent)
		return 0;
	fflush(stdout);
	if (!result->unsent)
		die("%s: %s: %llu of %llu calls failed", press->ctl->argv[0],
		    press->ctl->argv[1], (unsigned long long)failed,
		    (unsigned long long)result->calls);
	die("%s: %s: %llu of %llu calls failed, and %llu that were due were not sent",
	    press->ctl->argv[0], press->ctl->argv[1],
	    (unsigned long long)failed, (unsigned long long)result->calls,
	    (unsigned long long)result->unsent);
}

static int press(struct ctl *ctl)
{
	struct press_result *result = need(calloc(1, sizeof(*result)));
	struct press order = { .ctl = ctl, .stop = &stop };
	uint64_t seconds;
	int status;

	seconds = count_of(ctl, ctl->duration, "-d", 10, MOST_SECONDS);
	read_load(ctl, &order);
	read_options(ctl, &order);
	request_read(ctl, &order.request);
	raise_limit();
	catch_signals();
	run(&order, seconds, result);
	press_report(&order, result);
	status = verdict(&order, result);
	tally_free(&result->tally);
	free(result);
	request_free(&order.request);
	return status;
}

static const struct verb verbs[] = {
	{
		.name = "",
		.operands = "ADDR SERVICE/METHOD ['FIELD: VALUE ...']",
		.help = "Call a method again and again, and say how that went.",
		.detail = REMOTE_DETAIL
			  "The request is as with 'call'. Each connection has --pipeline calls under\n"
			  "way. Without --rate a call is made when another one has ended: while the\n"
			  "server stalls nobody calls, and no latency says so. With --rate calls are\n"
			  "due at fixed times, and each has taken from when it was due, not from when\n"
			  "it could be sent: a stall counts for all whom it held up. Calls that were due\n"
			  "and could not be sent to the end are failures as well.\n"
			  "Latencies are those of calls that were answered well; no call is made twice.\n"
			  "Ctrl-C ends it sooner. The status is 1 when any call failed.\n",
		.options = REQUEST_OPTIONS | REMOTE_OPTIONS | OPT_LOAD,
		.least = 2,
		.most = 3,
		.run = press,
	},
	{ .name = NULL },
};

const struct object ctl_press = {
	"press", "Call a method again and again, and say how that went.", verbs,
};
