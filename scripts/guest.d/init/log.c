// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log since the hand-over, sent to the host as it appears. Whether
 * it is clean is for the host to say.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int kmsg = -1;

/* From here on, what the kernel says counts. The mark is for the console. */
void log_open(void)
{
	static const char mark[] = "<1>kelp-guest: hand-over";

	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || write(kmsg, mark, strlen(mark)) < 0 ||
	    lseek(kmsg, 0, SEEK_END))
		fail("cannot use /dev/kmsg: %m");
}

/* Sends the records that are there, as dmesg would print them. */
static void records_send(char frame)
{
	static char rec[8192], line[8192 + 64];

	for (;;) {
		ssize_t n = read(kmsg, rec, sizeof(rec) - 1);
		unsigned long long us;
		unsigned int prio;
		char *text;
		int len;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* overwritten before it was read */
		if (n <= 0)
			return;
		rec[n] = '\0';
		text = strchr(rec, ';');
		if (!text || sscanf(rec, "%u,%*u,%llu", &prio, &us) != 2)
			continue;
		text[strcspn(text, "\n")] = '\0';
		/* Facility 0 is the kernel; others write through /dev/kmsg. */
		len = snprintf(line, sizeof(line), "%s[%5llu.%06llu] %s\n",
			       prio >> 3 ? "user: " : "", us / 1000000,
			       us % 1000000, text + 1);
		frame_send(frame, line, len);
	}
}

void log_send(void)
{
	records_send('K');
}

/* Who sleeps where: for the reader of a time-out, not a fault by itself. */
void log_blocked(void)
{
	log_send();
	put("/proc/sysrq-trigger", "w");
	records_send('L');
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * Reports go out as log lines, which is how the host sees them. An object is
 * reported by the second scan that finds it unchanged and no longer referenced,
 * and only when it was MIN_AGE old as that scan began.
 */
void log_kmemleak(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	enum { MIN_AGE = 5 };
	double start = now(), left;
	char line[512];
	FILE *f;

	put(path, "scan");
	left = start + MIN_AGE + 0.1 - now();
	if (left > 0)
		usleep(left * 1e6);
	put(path, "scan");
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		frame_send('K', line, strlen(line));
	if (f)
		fclose(f);
}
