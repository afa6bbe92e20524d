// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpc_mutate - send damaged or random frames, many to a connection, over many
 * short connections, and see to it that the server takes it well: what it
 * answers are frames, every connection ends soon after our half of it has, and
 * somebody else is answered correctly all the while.
 *
 * What a connection sends depends on the seed and its number alone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mutate.h"

#define AT_A_TIME 32
/* Connections between two looks at whether others are served. */
#define PROBE 64
#define REPLY_MAX (1u << 20)

/**
 * struct tally - what came of it
 * @frames: sent, or at least tried
 * @connections: opened
 * @good: replies with code 0
 * @errors: replies with another one
 * @resets: connections that the server reset
 * @others: connections on which it spoke something else: HTTP
 */
struct tally {
	unsigned long frames;
	unsigned long connections;
	unsigned long good;
	unsigned long errors;
	unsigned long resets;
	unsigned long others;
};

/**
 * struct conn - a connection
 * @fd: its socket, -1 when there is none
 * @number: which connection it is
 * @dice: its own
 * @out: what is sent
 * @out_len: bytes of it
 * @sent: bytes that were sent
 * @over: everything is sent, and our half of the stream has ended
 * @rude: it goes without waiting for anything
 * @in: replies, up to the last one that is not complete
 * @in_len: bytes of it
 * @other: what came is no frame, and not looked at
 * @opened: when, in ms
 */
struct conn {
	int fd;
	unsigned long number;
	struct dice dice;
	uint8_t *out;
	size_t out_len;
	size_t sent;
	bool over;
	bool rude;
	uint8_t *in;
	size_t in_len;
	bool other;
	int64_t opened;
};

/* From the command line; constant afterwards. */
static struct {
	struct sockaddr_in address;
	struct golden golden;
	unsigned long frames;
	unsigned long first;
	uint64_t seed;
	int64_t patience;	/* ms */
	bool random;
} options = { .frames = 10000, .patience = 10000 };

static struct tally tally;

static const char usage[] =
"usage: rpc_mutate [OPTION]... HOST:PORT FILE\n"
"\n"
"FILE has good frames, one behind the other; the first one is what others call.\n"
"\n"
"  -n N      frames (10000)\n"
"  -s SEED   a number (0)\n"
"  -f N      begin with connection N (0): to repeat what went wrong\n"
"  -r        random frames, not damaged ones\n"
"  -t SECONDS until a connection has to have ended (10)\n";

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ll + time.tv_nsec / 1000000;
}

static void finding(const struct conn *conn, const char *what)
{
	fprintf(stderr, "rpc_mutate: seed %llu, connection %lu: %s\n",
		(unsigned long long)options.seed, conn->number, what);
	exit(1);
}

static int dial(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&options.address,
			      sizeof(options.address)) ||
	    fcntl(fd, F_SETFL, flags) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))) {
		perror("rpc_mutate: connect");
		exit(1);
	}
	return fd;
}

static void conn_open(struct conn *conn, unsigned long number)
{
	unsigned int count;

	conn->number = number;
	conn->dice.state = options.seed * 0x2545f4914f6cdd1du ^ number << 20;
	conn->out_len = conn->sent = conn->in_len = 0;
	conn->over = conn->other = false;
	conn->rude = !dice_below(&conn->dice, 8);
	/* few: what is behind one that was broken is not looked at */
	count = 1 + dice_below(&conn->dice, 6);
	for (; count && conn->out_len <= 7 * MUTATE_MAX; count--) {
		uint8_t *at = conn->out + conn->out_len;

		conn->out_len += options.random ?
			random_frame(&conn->dice, &options.golden, at) :
			mutate_frame(&conn->dice, &options.golden, at);
		tally.frames++;
	}
	conn->fd = dial(O_NONBLOCK);
	conn->opened = now_ms();
	tally.connections++;
}

static void conn_close(struct conn *conn, bool reset)
{
	struct linger linger = { .l_onoff = 1 };

	if (reset)
		setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger,
			   sizeof(linger));
	close(conn->fd);
	conn->fd = -1;
}

/* Whole replies go, with what they say counted. */
static void take_replies(struct conn *conn)
{
	struct prpc_frame frame;
	size_t used = 0;
	long need;

	if (conn->in_len >= 5 && !memcmp(conn->in, "HTTP/", 5))
		conn->other = true;
	while (!conn->other && used < conn->in_len) {
		struct span left = { conn->in + used, conn->in_len - used };

		if (left.len < 5)
			break;
		need = prpc_need(left, REPLY_MAX - PRPC_HEAD);
		if (need < 0)
			finding(conn, "what came is no frame");
		if (!need || (size_t)need > left.len)
			break;
		if (prpc_parse(left, need, &frame) || !frame.meta.has_response ||
		    frame.meta.has_request)
			finding(conn, "what came is no reply");
		if (frame.meta.error_code && frame.payload.len)
			finding(conn, "an error with a message");
		if (frame.meta.error_code)
			tally.errors++;
		else
			tally.good++;
		used += need;
	}
	if (conn->other)
		used = conn->in_len;
	memmove(conn->in, conn->in + used, conn->in_len - used);
	conn->in_len -= used;
}

static void conn_ended(struct conn *conn, bool reset)
{
	if (!reset && conn->in_len)
		finding(conn, "a reply was cut off");
	tally.resets += reset;
	tally.others += conn->other;
	conn_close(conn, false);
}

static void conn_receive(struct conn *conn)
{
	ssize_t got;

	while ((got = recv(conn->fd, conn->in + conn->in_len,
			   REPLY_MAX - conn->in_len, 0)) > 0) {
		conn->in_len += got;
		take_replies(conn);
	}
	if (!got)
		conn_ended(conn, false);
	else if (errno != EAGAIN)
		conn_ended(conn, true);
}

/* Some bytes more, cut anywhere; behind them the end. */
static void conn_send(struct conn *conn)
{
	size_t n = conn->out_len - conn->sent;
	ssize_t sent;

	if (dice_below(&conn->dice, 2) && n)
		n = 1 + dice_below(&conn->dice, n < 100 ? n : 100);
	sent = send(conn->fd, conn->out + conn->sent, n, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		/* it was closed before: the rest is not wanted */
		conn->over = true;
		return;
	}
	conn->sent += sent > 0 ? sent : 0;
	if (conn->sent < conn->out_len)
		return;
	conn->over = true;
	if (conn->rude)
		conn_close(conn, dice_below(&conn->dice, 2));
	else
		shutdown(conn->fd, SHUT_WR);
}

/* The first golden frame, answered as the first time. */
static void probe(struct conn *conn)
{
	static uint8_t first[4096];
	static ssize_t first_len;
	struct timeval patience = { .tv_sec = options.patience / 1000 };
	uint8_t reply[sizeof(first)];
	ssize_t len = 0, got;
	int fd = dial(0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, options.golden.frame[0].data, options.golden.frame[0].len,
		 MSG_NOSIGNAL) < 0)
		finding(conn, "somebody else cannot call");
	shutdown(fd, SHUT_WR);
	while ((got = recv(fd, reply + len, sizeof(reply) - len, 0)) > 0)
		len += got;
	close(fd);
	if (got < 0 || !len)
		finding(conn, "somebody else is not answered");
	if (!first_len)
		memcpy(first, reply, first_len = len);
	if (len != first_len || memcmp(reply, first, len))
		finding(conn, "somebody else is answered wrongly");
}

static void serve(struct conn *conns)
{
	struct pollfd polls[AT_A_TIME];
	int i;

	for (i = 0; i < AT_A_TIME; i++) {
		struct conn *conn = &conns[i];

		polls[i] = (struct pollfd){ .fd = conn->fd, .events = POLLIN };
		if (conn->fd >= 0 && !conn->over)
			polls[i].events |= POLLOUT;
		if (conn->fd >= 0 && now_ms() - conn->opened > options.patience)
			finding(conn, "it does not end");
	}
	if (poll(polls, AT_A_TIME, 100) < 0) {
		perror("rpc_mutate: poll");
		exit(1);
	}
	for (i = 0; i < AT_A_TIME; i++) {
		if (polls[i].fd >= 0 && polls[i].revents & ~POLLOUT)
			conn_receive(&conns[i]);
		if (conns[i].fd >= 0 && polls[i].revents & POLLOUT)
			conn_send(&conns[i]);
	}
}

/* Is any still open? */
static bool refill(struct conn *conns, unsigned long *number)
{
	bool open = false;
	int i;

	for (i = 0; i < AT_A_TIME; i++) {
		if (conns[i].fd < 0 && tally.frames < options.frames) {
			if (*number % PROBE == 0)
				probe(&conns[i]);
			conn_open(&conns[i], (*number)++);
		}
		open |= conns[i].fd >= 0;
	}
	return open;
}

static void read_golden(const char *name)
{
	static uint8_t bytes[1 << 20];
	struct golden *golden = &options.golden;
	FILE *file = fopen(name, "rb");
	struct span rest = { bytes, 0 };
	long need;

	if (file)
		rest.len = fread(bytes, 1, sizeof(bytes), file);
	while (rest.len) {
		need = prpc_need(rest, MUTATE_MAX - PRPC_HEAD);
		if (need <= 0 || (size_t)need > rest.len ||
		    golden->count == MUTATE_GOLDEN)
			break;
		golden->frame[golden->count++] = (struct span){ rest.data, need };
		rest.data += need;
		rest.len -= need;
	}
	if (!file || rest.len || !golden->count) {
		fprintf(stderr, "rpc_mutate: no frames, or not only: %s\n",
			name);
		exit(2);
	}
	fclose(file);
}

static void wrong_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

static unsigned long number_of(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (*end || !*text)
		wrong_usage();
	return value;
}

static void parse_options(int argc, char **argv)
{
	char *colon;
	int c;

	while ((c = getopt(argc, argv, "n:s:f:rt:")) != -1) {
		switch (c) {
		case 'n':
			options.frames = number_of(optarg);
			break;
		case 's':
			options.seed = number_of(optarg);
			break;
		case 'f':
			options.first = number_of(optarg);
			break;
		case 'r':
			options.random = true;
			break;
		case 't':
			options.patience = number_of(optarg) * 1000;
			break;
		default:
			wrong_usage();
		}
	}
	if (argc - optind != 2)
		wrong_usage();
	colon = strrchr(argv[optind], ':');
	if (!colon)
		wrong_usage();
	*colon = 0;
	options.address.sin_family = AF_INET;
	options.address.sin_port = htons(number_of(colon + 1));
	if (inet_pton(AF_INET, argv[optind], &options.address.sin_addr) != 1)
		wrong_usage();
	read_golden(argv[optind + 1]);
}

int main(int argc, char **argv)
{
	static struct conn conns[AT_A_TIME];
	unsigned long number;
	int i;

	parse_options(argc, argv);
	number = options.first;
	for (i = 0; i < AT_A_TIME; i++) {
		conns[i].fd = -1;
		conns[i].out = malloc(8 * MUTATE_MAX);
		conns[i].in = malloc(REPLY_MAX);
		if (!conns[i].out || !conns[i].in)
			return 1;
	}
	while (refill(conns, &number))
		serve(conns);
	probe(&conns[0]);
	printf("{\"frames\": %lu, \"connections\": %lu, \"good\": %lu, "
	       "\"errors\": %lu, \"resets\": %lu, \"others\": %lu}\n",
	       tally.frames, tally.connections, tally.good, tally.errors,
	       tally.resets, tally.others);
	return 0;
}
