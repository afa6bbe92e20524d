// SPDX-License-Identifier: GPL-2.0-only
/*
 * How well the machine kept time: see client_pace.h. The second number of a
 * thread's schedstat is for how long it has waited for a CPU, in nanoseconds;
 * what it waits now is added when it runs.
 */
#include "client_pace.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client_kit.h"

#define PERIOD (10 * KIT_MS)
/* Shorter ones are not kept. */
#define LEAST (2 * KIT_MS)
/* So many of the last ones are. */
#define KEPT 8192
#define THREADS 256

/**
 * struct lapse - a time in which a thread waited for a CPU
 * @from_ns: somewhere between this time
 * @to_ns: and that one
 * @waited_ns: for so long
 */
struct lapse {
	uint64_t from_ns;
	uint64_t to_ns;
	uint64_t waited_ns;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* All @lock; the oldest lapses are written over. */
static struct lapse lapses[KEPT];
static size_t nr_lapses;
static struct {
	long tid;
	uint64_t waited_ns;
} threads[THREADS];
static size_t nr_threads;
static uint64_t looked_ns;

/* Context: lock. */
static void thread_look(long tid, uint64_t waited_ns, uint64_t now)
{
	uint64_t more = waited_ns;
	size_t i;

	for (i = 0; i < nr_threads && threads[i].tid != tid; i++)
		;
	if (i == THREADS)
		return;
	if (i == nr_threads)
		nr_threads++;
	else if (waited_ns >= threads[i].waited_ns)
		more = waited_ns - threads[i].waited_ns;
	threads[i].tid = tid;
	threads[i].waited_ns = waited_ns;
	if (more >= LEAST)
		lapses[nr_lapses++ % KEPT] =
			(struct lapse){ looked_ns - more, now, more };
}

/* What the kernel says of one thread. Context: lock. */
static void thread_ask(const char *tid, uint64_t now)
{
	unsigned long long waited;
	char text[320];
	ssize_t len;
	int fd;

	snprintf(text, sizeof(text), "/proc/self/task/%s/schedstat", tid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return;
	text[len] = 0;
	if (sscanf(text, "%*u %llu", &waited) == 1)
		thread_look(atol(tid), waited, now);
}

static void look(void)
{
	struct dirent *entry;
	uint64_t now;
	DIR *tasks;

	pthread_mutex_lock(&lock);
	now = kit_now();
	tasks = opendir("/proc/self/task");
	while (tasks && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			thread_ask(entry->d_name, now);
	if (tasks)
		closedir(tasks);
	looked_ns = now;
	/* those that have ended leave their places when there are many */
	if (nr_threads == THREADS)
		nr_threads = 0;
	pthread_mutex_unlock(&lock);
}

static void *run(void *arg)
{
	struct timespec period = { 0, PERIOD };

	(void)arg;
	for (;;) {
		look();
		nanosleep(&period, NULL);
	}
	return NULL;
}

static void start(void)
{
	pthread_t thread;

	/* without it no time is lost, which is only less fair */
	if (!pthread_create(&thread, NULL, run, NULL))
		pthread_detach(thread);
}

void pace_start(void)
{
	pthread_once(&once, start);
}

/* How much of it may have been within that time. */
static uint64_t lapse_within(const struct lapse *lapse, uint64_t from_ns,
			     uint64_t to_ns)
{
	uint64_t from = lapse->from_ns > from_ns ? lapse->from_ns : from_ns;
	uint64_t to = lapse->to_ns < to_ns ? lapse->to_ns : to_ns;

	if (from >= to)
		return 0;
	return to - from < lapse->waited_ns ? to - from : lapse->waited_ns;
}

uint64_t pace_lost(uint64_t from_ns, uint64_t to_ns)
{
	uint64_t lost = 0;
	size_t i;

	/* what was not looked at yet */
	look();
	pthread_mutex_lock(&lock);
	for (i = 0; i < nr_lapses && i < KEPT; i++)
		lost += lapse_within(&lapses[i], from_ns, to_ns);
	pthread_mutex_unlock(&lock);
	return lost < to_ns - from_ns ? lost : to_ns - from_ns;
}
