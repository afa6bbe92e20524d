// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc_load - call a method over baidu_std as often as it is answered, and say
 * how often that was. What wrk is for HTTP: threads, each with an epoll and its
 * share of the connections; a connection calls again as soon as it has its
 * reply. Every reply is compared with what it has to be, byte for byte.
 *
 * A closed loop: while the server stalls nothing is sent, so the quantiles are
 * those of the calls that were made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "tally.h"

#define EVENTS 256
#define ENDED (EPOLLRDHUP | EPOLLHUP | EPOLLERR)
/* How long calls may take that are in flight at the end. */
#define GRACE_NS 5000000000ull

/**
 * struct thread - a thread
 * @thread: it
 * @options: what to do
 * @conns: its connections
 * @count: how many
 * @epoll: for them
 * @begin: set when it begins to call, in nanoseconds
 * @shape: a right reply
 * @tally: what came of it
 */
struct thread {
	pthread_t thread;
	const struct options *options;
	struct load_conn *conns;
	unsigned int count;
	int epoll;
	uint64_t begin;
	struct shape shape;
	struct tally tally;
};

/**
 * struct options - from the command line; constant afterwards
 * @load: the call
 * @address: of the server
 * @threads: how many
 * @connections: how many, all threads together
 * @seconds: how long
 * @json: for programs
 */
struct options {
	struct load load;
	struct sockaddr_in address;
	unsigned int threads;
	unsigned int connections;
	double seconds;
	bool json;
};

/* All threads have their connections. */
static pthread_barrier_t ready;

static const char usage[] =
"usage: rpc_load [OPTION]... HOST:PORT\n"
"\n"
"  -t N                threads (1)\n"
"  -c N                connections (1)\n"
"  -d SECONDS          how long (2)\n"
"  -j                  print JSON\n"
"  --pipeline N        calls in flight per connection (1)\n"
"  --service NAME      (kelp.Echo)\n"
"  --method NAME       (Echo)\n"
"  --size BYTES        of field 1 of the message, which the reply has to\n"
"                      contain as well (16)\n"
"  --payload HEX       the message, instead\n"
"  --expect HEX        the message of the reply; the same as of the request\n"
"                      unless given\n"
"  --attachment BYTES  of the attachment, which the reply has to return (0);\n"
"                      not with --expect\n"
"  --timeout-ms N      send along what time the call has\n"
"\n"
"HOST is an IPv4 address. The status is 0 when every call was answered, and\n"
"rightly, else 1; 2 for wrong usage.\n";

static void wrong(const char *what)
{
	fprintf(stderr, "rpc_load: %s\n%s", what, usage);
	exit(2);
}

static void die(const char *what)
{
	fprintf(stderr, "rpc_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long to_number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || *text == '-' || value > most)
		wrong("not a number, or too large");
	return value;
}

static void *allocate(size_t len)
{
	void *data = calloc(1, len ? len : 1);

	if (!data)
		die("memory");
	return data;
}

/* Bytes that differ, so that none gets lost unnoticed. */
static struct span filled(size_t len)
{
	uint8_t *data = allocate(len);
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = 'a' + (i + i / 26) % 26;
	return (struct span){ data, len };
}

static struct span message(size_t size)
{
	uint8_t *data = allocate(size + 16);
	struct span content = filled(size);
	uint8_t *end = size ? pb_put_bytes(data, 1, content) : data;

	return (struct span){ data, end - data };
}

static struct span hex(const char *text)
{
	size_t len = strlen(text) / 2, i;
	uint8_t *data = allocate(len);

	if (strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != 2 * len)
		wrong("not hexadecimal");
	for (i = 0; i < len; i++)
		if (sscanf(text + 2 * i, "%2hhx", &data[i]) != 1)
			wrong("not hexadecimal");
	return (struct span){ data, len };
}

static void read_address(struct options *options, char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		wrong("HOST:PORT is missing");
	*colon = 0;
	options->address.sin_family = AF_INET;
	options->address.sin_port = htons(to_number(colon + 1, 65535));
	if (inet_pton(AF_INET, text, &options->address.sin_addr) != 1)
		wrong("HOST is no IPv4 address");
}

enum {
	PIPELINE = 256,
	SERVICE,
	METHOD,
	SIZE,
	PAYLOAD,
	EXPECT,
	ATTACHMENT,
	TIMEOUT_MS,
};

static const struct option long_options[] = {
	{ "pipeline", required_argument, NULL, PIPELINE },
	{ "service", required_argument, NULL, SERVICE },
	{ "method", required_argument, NULL, METHOD },
	{ "size", required_argument, NULL, SIZE },
	{ "payload", required_argument, NULL, PAYLOAD },
	{ "expect", required_argument, NULL, EXPECT },
	{ "attachment", required_argument, NULL, ATTACHMENT },
	{ "timeout-ms", required_argument, NULL, TIMEOUT_MS },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void read_option(struct options *options, int option)
{
	struct load *load = &options->load;

	switch (option) {
	case 't':
		options->threads = to_number(optarg, 1024);
		break;
	case 'c':
		options->connections = to_number(optarg, 1000000);
		break;
	case 'd':
		options->seconds = atof(optarg);
		break;
	case 'j':
		options->json = true;
		break;
	case PIPELINE:
		load->pipeline = to_number(optarg, PIPELINE_MAX);
		break;
	case SERVICE:
		load->service = optarg;
		break;
	case METHOD:
		load->method = optarg;
		break;
	case SIZE:
		load->payload = message(to_number(optarg, 60 << 20));
		break;
	case PAYLOAD:
		load->payload = hex(optarg);
		break;
	case EXPECT:
		load->expect = hex(optarg);
		load->returned = false;
		break;
	case ATTACHMENT:
		load->attachment = filled(to_number(optarg, 60 << 20));
		break;
	case TIMEOUT_MS:
		load->timeout_ms = to_number(optarg, INT32_MAX);
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		wrong("unknown option");
	}
}

static void read_options(struct options *options, int argc, char **argv)
{
	struct load *load = &options->load;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "t:c:d:jh", long_options,
				     NULL)) != -1)
		read_option(options, option);
	if (optind + 1 != argc)
		wrong("HOST:PORT is missing");
	read_address(options, argv[optind]);
	if (!options->threads || !options->connections || !load->pipeline ||
	    !(options->seconds > 0))
		wrong("nothing to do");
	if (options->threads > options->connections)
		options->threads = options->connections;
	if (load->returned)
		load->expect = load->payload;
	if (load_prepare(load))
		die("memory");
}

/* Connects while it waits: only then the clock starts. */
static void connect_one(struct thread *thread, struct load_conn *conn)
{
	const struct options *options = thread->options;
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	event.data.ptr = conn;
	if (fd < 0)
		die("socket");
	if (connect(fd, (const void *)&options->address,
		    sizeof(options->address))) {
		thread->tally.connect_errors++;
		close(fd);
		return;
	}
	conn->fd = fd;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    epoll_ctl(thread->epoll, EPOLL_CTL_ADD, fd, &event))
		die("connection");
}

static void connect_all(struct thread *thread)
{
	unsigned int i;

	thread->conns = allocate(thread->count * sizeof(*thread->conns));
	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (thread->epoll < 0)
		die("epoll_create1");
	for (i = 0; i < thread->count; i++) {
		if (load_conn_init(&thread->conns[i], &thread->options->load,
				   &thread->tally, &thread->shape))
			die("memory");
		connect_one(thread, &thread->conns[i]);
	}
}

/* Is there still something to wait for? */
static bool waiting(const struct thread *thread, bool calling)
{
	const struct load_conn *conn = thread->conns;
	unsigned int i;

	for (i = 0; i < thread->count; i++, conn++)
		if (conn->fd >= 0 && (calling || load_conn_in_flight(conn)))
			return true;
	return false;
}

static void wait_and_serve(struct thread *thread, uint64_t until,
			   uint64_t limit)
{
	struct epoll_event events[EVENTS];
	uint64_t now = now_ns();
	int left = now < limit ? (limit - now) / 1000000 + 1 : 0;
	int count = epoll_wait(thread->epoll, events, EVENTS, left), i;

	for (i = 0; i < count; i++)
		load_conn_ready(events[i].data.ptr, until,
				events[i].events & ENDED);
}

static void *run(void *arg)
{
	struct thread *thread = arg;
	uint64_t until, limit;
	unsigned int i;

	connect_all(thread);
	pthread_barrier_wait(&ready);
	thread->begin = now_ns();
	until = thread->begin + thread->options->seconds * 1e9;
	limit = until + GRACE_NS;
	for (i = 0; i < thread->count; i++)
		if (thread->conns[i].fd >= 0)
			load_conn_send(&thread->conns[i], now_ns());
	while (now_ns() < until && waiting(thread, true))
		wait_and_serve(thread, until, until);
	while (now_ns() < limit && waiting(thread, false))
		wait_and_serve(thread, until, limit);
	for (i = 0; i < thread->count; i++)
		load_conn_close(&thread->conns[i]);
	return NULL;
}

/* How many of @count connections a thread has; evenly. */
static unsigned int part(unsigned int count, unsigned int threads,
			 unsigned int index)
{
	return count / threads + (index < count % threads);
}

static void run_all(struct options *options, struct tally *all)
{
	struct thread *threads = allocate(options->threads * sizeof(*threads));
	unsigned int i;

	pthread_barrier_init(&ready, NULL, options->threads);
	for (i = 0; i < options->threads; i++) {
		threads[i].options = options;
		threads[i].count = part(options->connections, options->threads,
					i);
		errno = pthread_create(&threads[i].thread, NULL, run,
				       &threads[i]);
		if (errno)
			die("pthread_create");
	}
	for (i = 0; i < options->threads; i++) {
		pthread_join(threads[i].thread, NULL);
		tally_merge(all, &threads[i].tally);
	}
}

int main(int argc, char **argv)
{
	struct options options = {
		.load = {
			.service = "kelp.Echo", .method = "Echo",
			.payload = message(16), .returned = true, .pipeline = 1,
		},
		.threads = 1, .connections = 1, .seconds = 2,
	};
	struct tally *all = allocate(sizeof(*all));
	struct rlimit limit;

	read_options(&options, argc, argv);
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	run_all(&options, all);
	if (options.json)
		tally_print_json(all, options.seconds);
	else
		tally_print(all, options.seconds);
	if (all->why)
		fprintf(stderr, "rpc_load: a reply was wrong: %s\n", all->why);
	return tally_good(all) ? 0 : 1;
}
