// SPDX-License-Identifier: GPL-2.0-only
/*
 * kelpctl drain: close the listeners and wait until the last connection ended.
 */
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "nl.h"
#include "print.h"
#include "status.h"
#include "value.h"

#define LOOK_AGAIN_MS 100
#define DEFAULT_SECONDS 30
#define MOST_SECONDS (24 * 3600)

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* On a terminal only, and gone when the waiting ends. */
static void progress(uint32_t connections, long long waited_ms)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[Kdraining: %u open, %lld s", connections,
		waited_ms / 1000);
	fflush(stderr);
}

static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void wait_for_end(struct status *status, long long timeout_ms)
{
	long long start = now_ms(), waited = 0;

	for (;;) {
		status_get(status);
		waited = now_ms() - start;
		if (!status->connections || waited >= timeout_ms)
			break;
		progress(status->connections, waited);
		poll(NULL, 0, LOOK_AGAIN_MS);
	}
	clear_progress();
}

static int drain(struct ctl *ctl)
{
	uint64_t seconds = DEFAULT_SECONDS;
	struct status status;
	const char *wrong;

	if (ctl->timeout) {
		wrong = value_parse(ctl->timeout, "", &seconds);
		if (wrong || seconds > MOST_SECONDS)
			die_usage(ctl, "--timeout takes seconds, from 0 to %d",
				  MOST_SECONDS);
	}

	nl_call(nl_new(KELP_CMD_DRAIN), NULL, NULL);
	if (ctl->no_wait)
		status_get(&status);
	else
		wait_for_end(&status, (long long)seconds * 1000);

	if (ctl->json)
		print_json(need(json_pack("{s:b, s:o}", "drained",
					  !status.connections, "connections",
					  json_u64(status.connections))));
	else if (!status.connections)
		printf("drained\n");
	else if (ctl->no_wait)
		printf("draining, %u open\n", status.connections);
	if (!status.connections || ctl->no_wait)
		return 0;
	fflush(stdout);
	die("still open after %llu s: %u, see 'kelpctl conn show'; removing the module closes them",
	    (unsigned long long)seconds, status.connections);
}

static const struct verb verbs[] = {
	{ "", "", "Close the listeners and let connections finish.",
	  "Idle connections are closed, others after their answer. Waits until none is\n"
	  "open; status 1 when some still are after --timeout. The next 'listener add'\n"
	  "ends the draining.\n",
	  OPT_TIMEOUT | OPT_NO_WAIT, 0, 0, drain },
	{},
};

const struct object ctl_drain = {
	"drain", "Close the listeners and let connections finish.", verbs,
};
