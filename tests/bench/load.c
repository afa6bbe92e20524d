// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads of a load generator: they connect, start together, wait for what
 * epoll reports until the time is over, and then for what is still in flight.
 *
 * A closed loop: while the server stalls nothing is sent, so the quantiles are
 * those of the requests that were made.
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 256
#define ENDED (EPOLLRDHUP | EPOLLHUP | EPOLLERR)
/* How long answers may take that are missing at the end, and more of them. */
#define GRACE_NS 5000000000ull
#define GRACE_EACH_NS 1000000ull
/* Descriptors that are no connections, with some to spare. */
#define OTHER_FILES 64
/* Larger requests are not copied again and again: connections keep theirs. */
#define SHARED_MAX (256u << 10)
/*
 * Who connects faster than the server accepts overruns its backlog and waits a
 * second or more for another try: so many connections, then a pause. Who closes
 * faster than packets are taken loses some of them, and whoever measures next
 * has to do with those that are sent again.
 */
#define BURST 256
#define CONNECT_PAUSE_MS 50
#define CLOSE_PAUSE_MS 10

/* All threads have their connections. */
static pthread_barrier_t ready;

/* Connects while it waits: only then the clock starts. */
static void connect_one(struct load_conn *conn)
{
	const struct load *load = conn->thread->load;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		load_die("socket");
	if (connect(fd, (const void *)&load->address, sizeof(load->address))) {
		load_conn_refused(conn->thread);
		close(fd);
		return;
	}
	conn->fd = fd;
	conn->thread->live++;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) || load_conn_watch(conn, false))
		load_die("connection");
}

static void make_place(struct load_thread *thread)
{
	const struct load *load = thread->load;
	size_t len = load->request_max * load->pipeline;

	if (len > SHARED_MAX)
		return;
	thread->out = load_allocate(len);
	if (load->protocol->prepare)
		load->protocol->prepare(thread, thread->out);
}

/* After so many connections of a thread others shall have their turn. */
static void pause_after(const struct load_thread *thread, unsigned int done,
			int ms)
{
	if (done && done % (BURST / thread->load->threads + 1) == 0)
		poll(NULL, 0, ms);
}

static void connect_all(struct load_thread *thread)
{
	const struct load *load = thread->load;
	unsigned int i;

	thread->conns = load_allocate(thread->count * sizeof(*thread->conns));
	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (thread->epoll < 0)
		load_die("epoll_create1");
	if (load->protocol->begin && load->protocol->begin(thread))
		load_die("memory");
	make_place(thread);
	for (i = 0; i < thread->count; i++) {
		if (load_conn_init(&thread->conns[i], thread))
			load_die("memory");
		if (load->close)
			continue;
		pause_after(thread, i, CONNECT_PAUSE_MS);
		connect_one(&thread->conns[i]);
	}
}

/* Until @limit, or until nothing is in flight, or @forever: nobody is there. */
static void serve(struct load_thread *thread, uint64_t limit, bool forever)
{
	struct epoll_event events[EVENTS];
	uint64_t now = now_ns();
	int count, i;

	while (now < limit && (forever ? thread->live : thread->in_flight)) {
		count = epoll_wait(thread->epoll, events, EVENTS,
				   (limit - now) / 1000000 + 1);
		for (i = 0; i < count; i++)
			load_conn_ready(events[i].data.ptr,
					events[i].events & ENDED);
		now = now_ns();
	}
}

/* The first requests; a connection for each of them if it has none. */
static void start(struct load_thread *thread)
{
	struct load_conn *conn = thread->conns;
	unsigned int i;

	for (i = 0; i < thread->count; i++, conn++) {
		if (thread->load->close)
			load_conn_open(conn);
		else if (conn->fd >= 0)
			load_conn_send(conn, now_ns());
	}
}

/* What has to be asked before the clock starts; it does not count. */
static void fill(struct load_thread *thread)
{
	struct tally *tally = &thread->tally;
	uint64_t before;

	thread->filling = true;
	thread->until = UINT64_MAX;
	start(thread);
	do {
		before = tally->latency.count;
		serve(thread, now_ns() + GRACE_NS, false);
	} while (thread->in_flight && tally->latency.count > before);
	memset(&tally->latency, 0, sizeof(tally->latency));
	tally->sent = 0;
	thread->filling = false;
}

static void *run(void *arg)
{
	struct load_thread *thread = arg;
	const struct load *load = thread->load;
	unsigned int i;

	connect_all(thread);
	if (load->fill)
		fill(thread);
	pthread_barrier_wait(&ready);
	thread->until = now_ns() + load->seconds * 1e9;
	start(thread);
	serve(thread, thread->until, true);
	serve(thread, thread->until + GRACE_NS + thread->count * GRACE_EACH_NS,
	      false);
	if (thread->in_flight)
		tally_note(&thread->tally, "%u answers did not come in time",
			   thread->in_flight);
	for (i = 0; i < thread->count; i++) {
		pause_after(thread, i, CLOSE_PAUSE_MS);
		load_conn_close(&thread->conns[i]);
	}
	return NULL;
}

/* How many of @count connections a thread has; evenly. */
static unsigned int part(unsigned int count, unsigned int threads,
			 unsigned int index)
{
	return count / threads + (index < count % threads);
}

/* Whoever may raises the hard limit as well. */
static void raise_limit(const struct load *load)
{
	rlim_t need = load->connections + load->threads + OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		load_die("getrlimit");
	if (limit.rlim_cur >= need)
		return;
	limit.rlim_cur = need;
	if (limit.rlim_max < need)
		limit.rlim_max = need;
	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return;
	fprintf(stderr, "%s: too few open files are allowed: ulimit -n %llu\n",
		program_invocation_short_name, (unsigned long long)need);
	exit(1);
}

static void run_all(const struct load *load, struct tally *all)
{
	struct load_thread *threads;
	unsigned int i;

	threads = load_allocate(load->threads * sizeof(*threads));
	pthread_barrier_init(&ready, NULL, load->threads);
	for (i = 0; i < load->threads; i++) {
		threads[i].load = load;
		threads[i].index = i;
		threads[i].count = part(load->connections, load->threads, i);
		errno = pthread_create(&threads[i].thread, NULL, run,
				       &threads[i]);
		if (errno)
			load_die("pthread_create");
	}
	for (i = 0; i < load->threads; i++) {
		pthread_join(threads[i].thread, NULL);
		tally_merge(all, &threads[i].tally);
	}
}

/* Do it, and say what came of it: the program's status. */
int load_run(const struct load *load)
{
	struct tally *all = load_allocate(sizeof(*all));

	raise_limit(load);
	run_all(load, all);
	if (load->json)
		tally_print_json(all, load->seconds);
	else
		tally_print(all, load->seconds);
	if (all->why[0])
		fprintf(stderr, "%s: %s\n", program_invocation_short_name,
			all->why);
	return tally_good(all) ? 0 : 1;
}
