/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rpc_load, http_load and kv_load share: threads, each with an epoll and its
 * share of the connections, and connections that ask again for every answer. What
 * is asked, and which answer is right, is a protocol's: a table of functions.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <getopt.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prpc.h"
#include "tally.h"

#define PIPELINE_BITS 12
#define PIPELINE_MAX (1 << PIPELINE_BITS)

struct load_conn;
struct load_thread;

/**
 * struct load_call - a request in flight
 * @sent: when, in nanoseconds
 * @id: the protocol's: its correlation id, 0 when it is not in flight
 * @what: the protocol's: what was asked for
 * @since: the protocol's: what was known then
 */
struct load_call {
	uint64_t sent;
	uint64_t id;
	uint32_t what;
	uint32_t since;
};

/**
 * enum load_verdict - what some bytes begin with
 * @LOAD_RIGHT: an answer as it has to be, or an error that was understood
 * @LOAD_PARTIAL: part of one, as far as can be seen
 * @LOAD_WRONG: something else
 * @LOAD_STRAY: an answer to nothing that was asked
 */
enum load_verdict { LOAD_RIGHT, LOAD_PARTIAL, LOAD_WRONG, LOAD_STRAY };

/**
 * struct load_answer - what a protocol says of an answer
 * @call: whose it is
 * @len: bytes that were judged
 * @code: 0, or the error that it tells of
 * @body: bytes that follow, compared as they come; any bytes when without data
 * @need: of a part: bytes that have to be there before it can be judged; 0 when
 *	that is not known
 * @why: what is wrong with it
 */
struct load_answer {
	struct load_call *call;
	size_t len;
	int32_t code;
	struct span body;
	size_t need;
	const char *why;
};

/**
 * struct load_protocol - how to ask, and to judge
 * @begin: makes a thread's @state; may be missing; 0, or -1 without memory
 * @prepare: fills the place for @pipeline requests, so that @put need not write
 *	what is always the same; may be missing
 * @put: write a request; its bytes, or 0 when there is none to be made
 * @take: judge the answer that @data, which is not empty, begins with
 *
 * Answers are to the oldest request in flight unless the protocol knows better:
 * load_conn_oldest().
 */
struct load_protocol {
	int (*begin)(struct load_thread *thread);
	void (*prepare)(const struct load_thread *thread, uint8_t *out);
	size_t (*put)(struct load_conn *conn, struct load_call *call,
		      uint8_t *at);
	enum load_verdict (*take)(struct load_conn *conn, struct span data,
				  struct load_answer *answer);
};

/**
 * struct load - what everyone does; constant once it is set up
 * @protocol: how
 * @what: of the protocol
 * @request_max: bytes of its longest request
 * @address: of the server
 * @threads: how many
 * @connections: how many, all threads together
 * @pipeline: requests in flight per connection
 * @seconds: how long
 * @seed: of what is drawn by lot
 * @close: a connection for each request; the server ends it
 * @fill: before that, ask until @put has nothing more to ask
 * @json: for programs
 */
struct load {
	const struct load_protocol *protocol;
	void *what;
	size_t request_max;
	struct sockaddr_in address;
	unsigned int threads;
	unsigned int connections;
	unsigned int pipeline;
	double seconds;
	uint64_t seed;
	bool close;
	bool fill;
	bool json;
};

/**
 * struct load_conn - a connection; of its thread only
 * @thread: it
 * @fd: its socket, -1 when there is none
 * @connecting: nothing was sent so far
 * @whole: with @load->close: the answer is there, and the end is to come
 * @calls: a place for each request of the pipeline
 * @idle: the places that are free, a ring: the longest free one is taken
 * @idle_at: where in @idle that one is
 * @idle_count: how many are
 * @oldest: the place of the oldest request in flight, if answers are in order
 * @serial: the protocol's
 * @call: whose answer is being read behind its head, or NULL
 * @code: of that answer
 * @body: the next byte that it has to have; NULL for any
 * @body_len: bytes of its body
 * @body_left: of them that are to come
 * @out: its own place for requests; else the thread's is used, and this keeps
 *	what could not be sent
 * @out_room: bytes that @out can hold
 * @out_len: bytes to be sent
 * @out_sent: bytes of them that are
 * @in: part of an answer
 * @in_len: bytes of it
 * @in_room: bytes that @in can hold
 */
struct load_conn {
	struct load_thread *thread;
	int fd;
	bool connecting;
	bool whole;
	struct load_call *calls;
	uint16_t *idle;
	unsigned int idle_at;
	unsigned int idle_count;
	unsigned int oldest;
	uint32_t serial;
	struct load_call *call;
	int32_t code;
	const uint8_t *body;
	size_t body_len;
	size_t body_left;
	uint8_t *out;
	size_t out_room;
	size_t out_len;
	size_t out_sent;
	uint8_t *in;
	size_t in_len;
	size_t in_room;
};

/**
 * struct load_thread - a thread
 * @thread: it
 * @load: what to do
 * @index: which one it is
 * @state: the protocol's
 * @random: for random_next()
 * @conns: its connections
 * @count: how many
 * @live: of them that are there
 * @in_flight: requests without an answer
 * @epoll: for them
 * @filling: the clock has not started; see @load->fill
 * @until: answers count, and requests are sent, before that; in nanoseconds
 * @out: requests are written here, which is always warm; NULL if connections
 *	have a place of their own
 * @tally: what came of it
 */
struct load_thread {
	pthread_t thread;
	const struct load *load;
	unsigned int index;
	void *state;
	uint64_t random;
	struct load_conn *conns;
	unsigned int count;
	unsigned int live;
	unsigned int in_flight;
	int epoll;
	bool filling;
	uint64_t until;
	uint8_t *out;
	struct tally tally;
};

/**
 * struct load_program - a program's command line
 * @usage: what --help says
 * @options: its own long options, with values from 256 on; ends with zeroes
 * @read: takes one of them
 *
 * -t, -c, -d, -j, -h, --pipeline, --seed are everyone's.
 */
struct load_program {
	const char *usage;
	const struct option *options;
	void (*read)(struct load *load, int option, const char *argument);
};

uint64_t now_ns(void);

/* load_options.c: these end the program when something is wrong */
_Noreturn void load_wrong(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
_Noreturn void load_die(const char *what);
void *load_allocate(size_t len);
unsigned long load_number(const char *text, unsigned long most);
double load_decimal(const char *text);
void load_options(struct load *load, const struct load_program *program,
		  int argc, char **argv);

/* load.c */
int load_run(const struct load *load);

/* load_conn.c */
int load_conn_init(struct load_conn *conn, struct load_thread *thread);
int load_conn_watch(struct load_conn *conn, bool writable);
void load_conn_refused(struct load_thread *thread);
void load_conn_open(struct load_conn *conn);
void load_conn_close(struct load_conn *conn);
void load_conn_send(struct load_conn *conn, uint64_t now);
void load_conn_ready(struct load_conn *conn, bool ended);

static inline unsigned int load_conn_in_flight(const struct load_conn *conn)
{
	return conn->thread->load->pipeline - conn->idle_count;
}

/* The request that an answer in order belongs to; NULL when there is none. */
static inline struct load_call *load_conn_oldest(struct load_conn *conn)
{
	return load_conn_in_flight(conn) ? &conn->calls[conn->oldest] : NULL;
}

#endif
