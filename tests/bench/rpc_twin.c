// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc_twin - the echo service of kelp as a server in user space, to measure
 * kelp beside it. It is meant to be as good as user space gets with sockets
 * and epoll, so each choice says what it saves:
 *
 *  - a thread per CPU, pinned, with a listening socket and an epoll of its own
 *    (SO_REUSEPORT): threads share nothing, so no lock, no line of memory that
 *    two of them write, and a connection's data stays in one CPU's cache;
 *  - edge-triggered epoll, armed once for both directions: no epoll_ctl() ever
 *    again, and readiness is not reported twice;
 *  - one recv() takes all that has come, into a buffer of the thread that is
 *    always warm; one that returns less than asked for has emptied the socket,
 *    so the recv() that would say EAGAIN is left out;
 *  - all calls of a batch are answered into one buffer and leave in one send();
 *  - TCP_NODELAY: a reply never waits until the last one is acknowledged;
 *  - no allocation per call: memory is taken when a frame comes in pieces or a
 *    peer does not read, and kept for the connection's next time.
 *
 * A call that waits for nobody thus costs three system calls: epoll_wait(),
 * recv(), send(). Under load one epoll_wait() tells of many connections, and one
 * recv() and send() carry all that was pipelined.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "twin_conn.h"

#define EVENTS 256
#define ENDED (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

/**
 * struct worker - a thread
 * @thread: it
 * @cpu: where it runs
 * @listener: its listening socket
 * @epoll: @listener and its connections
 * @batch: its buffers
 *
 * Each is allocated by itself: two threads never write to the same cache line.
 */
struct worker {
	pthread_t thread;
	int cpu;
	int listener;
	int epoll;
	struct batch batch;
};

static void die(const char *what)
{
	fprintf(stderr, "rpc_twin: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void add(struct worker *worker, int fd, void *what, uint32_t events)
{
	struct epoll_event event = { .events = events | EPOLLET };

	event.data.ptr = what;
	if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

/* Reported anew at once when there is still something to read. */
static void arm_again(struct worker *worker, struct conn *conn)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
	};

	event.data.ptr = conn;
	epoll_ctl(worker->epoll, EPOLL_CTL_MOD, conn->fd, &event);
}

/* TCP_NODELAY is inherited from the listening socket. */
static void accept_all(struct worker *worker)
{
	struct conn *conn;
	int fd;

	while ((fd = accept4(worker->listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		conn = conn_open(fd);
		if (!conn) {
			close(fd);
			return;
		}
		add(worker, fd, conn, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	}
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct epoll_event events[EVENTS];
	struct conn *conn;
	int count, i, left;

	for (;;) {
		count = epoll_wait(worker->epoll, events, EVENTS, -1);
		for (i = 0; i < count; i++) {
			conn = events[i].data.ptr;
			if (!conn) {
				accept_all(worker);
				continue;
			}
			left = conn_serve(&worker->batch, conn,
					  events[i].events & ENDED);
			worker->batch.out_len = 0;
			if (left < 0)
				conn_close(conn);
			else if (left)
				arm_again(worker, conn);
		}
	}
	return NULL;
}

static int listen_at(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*address);
	int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("socket");
	if (bind(fd, (void *)address, sizeof(*address)) || listen(fd, 4096) ||
	    getsockname(fd, (void *)address, &len))
		die("listen");
	return fd;
}

/*
 * A connection goes to the thread of the CPU that its first packet came in on,
 * where the packets after it are likely to come in too.
 */
static void steer(int fd, int workers)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, SKF_AD_OFF + SKF_AD_CPU },
		{ BPF_ALU | BPF_MOD | BPF_K, 0, 0, workers },
		{ BPF_RET | BPF_A, 0, 0, 0 },
	};
	struct sock_fprog program = { .len = 3, .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
		       sizeof(program)))
		die("SO_ATTACH_REUSEPORT_CBPF");
}

static void start(struct worker *worker)
{
	pthread_attr_t attr;
	cpu_set_t set;

	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (worker->epoll < 0)
		die("epoll_create1");
	add(worker, worker->listener, NULL, EPOLLIN);
	CPU_ZERO(&set);
	CPU_SET(worker->cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	errno = pthread_create(&worker->thread, &attr, work, worker);
	if (errno)
		die("pthread_create");
	pthread_attr_destroy(&attr);
}

/* One for each CPU that this process may use. */
static int start_all(struct sockaddr_in *address, bool steered)
{
	struct worker *worker[CPU_SETSIZE];
	int cpu, count = 0, i;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		die("sched_getaffinity");
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		worker[count] = aligned_alloc(4096, (sizeof(struct worker) +
						     4095) & ~4095ul);
		if (!worker[count])
			die("worker");
		worker[count]->cpu = cpu;
		worker[count]->batch.out_len = 0;
		worker[count++]->listener = listen_at(address);
	}
	if (steered)
		steer(worker[0]->listener, count);
	for (i = 0; i < count; i++)
		start(worker[i]);
	return count;
}

static void more_files(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	bool steered = false;
	sigset_t signals;
	int option, got;

	while ((option = getopt(argc, argv, "p:b:s")) != -1) {
		switch (option) {
		case 'p':
			address.sin_port = htons(atoi(optarg));
			break;
		case 'b':
			conn_body_max = strtoul(optarg, NULL, 0);
			break;
		case 's':
			steered = true;
			break;
		default:
			fprintf(stderr, "usage: rpc_twin [-p PORT] [-b BODY_MAX] [-s]\n"
				"Listens on 127.0.0.1; -s steers connections by CPU.\n");
			return 2;
		}
	}
	more_files();
	/* only here do signals arrive; they end the process */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	got = start_all(&address, steered);
	printf("port %d threads %d\n", ntohs(address.sin_port), got);
	fflush(stdout);
	sigwait(&signals, &got);
	return 0;
}
