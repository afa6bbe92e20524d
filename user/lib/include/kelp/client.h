/* SPDX-License-Identifier: MIT */
/*
 * libkelp: calling remote methods over baidu_std, the protocol of kelp and of
 * Apache brpc
 * =======================================================================
 *
 * A channel stands for a service's servers. It is made once, shared by all
 * threads, and a call on it looks like a call of a function:
 *
 *    struct kelp_channel *channel;
 *    Kelp__AddRequest request = KELP__ADD_REQUEST__INIT;
 *    Kelp__AddResponse *response;
 *    int rc;
 *
 *    rc = kelp_channel_create(&channel, "list://10.0.0.1:8000,10.0.0.2:8000",
 *                             NULL);
 *    kelp_channel_learn(channel, &kelp__calc__descriptor);
 *    request.a = 1;
 *    request.b = 2;
 *    rc = kelp_call(channel, "kelp.Calc", "Add", &request.base, &response,
 *                   NULL);
 *    if (rc)
 *            errx(1, "%s", kelp_strerror(rc));
 *    kelp__add_response__free_unpacked(response, NULL);
 *
 * Messages and stubs are what protobuf-c makes of a .proto file; calls can also
 * be made with bytes (kelp_call_raw()), and through generated stubs
 * (kelp_channel_service()).
 *
 *
 * Three ways to wait
 * ------------------
 *
 * kelp_call() and kelp_call_raw() block the calling thread. Each call has a
 * connection for itself meanwhile, from the channel's pool; what there is of
 * waiting, the kernel does. Of all ways this has the least latency.
 *
 * kelp_call_start() returns at once. The library's own thread sends and
 * receives; many calls share few connections. What becomes of a call is told by
 * a function (done()), which a thread of its own calls: it may take as long as
 * it likes, and call anything in here but kelp_channel_destroy().
 *
 * kelp_call_enqueue() does the same, but what becomes of a call is put into a
 * struct kelp_queue, which has a file descriptor to poll: for programs with an
 * event loop of their own.
 *
 *
 * What becomes of a call
 * ----------------------
 *
 * Every call ends exactly once: with a reply, with an error that the server
 * answered, or with one that the library makes: when its time is up, when it is
 * cancelled, when the channel is destroyed, when there is no server or no
 * memory. Calls that were started end that way too, and not before
 * kelp_call_start() returned 0.
 *
 * Errors are numbers: 0 is success; a positive one is an enum kelp_rpc_error
 * (<linux/kelp_rpc.h>) or a service's own; a negative one is an errno and comes
 * from this side: -EINVAL, -ENOMEM, -ECANCELED, -EMFILE … kelp_strerror() has
 * words for all of them, kelp_reply.text and .endpoint those of the one case.
 *
 * A call is made again, on another server if there is one, when it is known not
 * to have been carried out: it was not sent (not connected, connection broken
 * before its first byte), or the server refused it (ELOGOFF, ELIMIT). When a
 * connection breaks behind that, nobody knows: such a call is made again only
 * if the caller said that this is harmless (kelp_call_options.idempotent). A
 * call whose time is up is not made again. All this within the call's time, its
 * kelp_call_options.max_retries, and the channel's retry budget, so that
 * servers in trouble do not get more calls but fewer.
 *
 *
 * Threads, fork, signals
 * ----------------------
 *
 * Everything may be called from any thread, unless it says otherwise. A channel
 * does not survive fork(): in the child every call on it fails with -EOWNERDEAD,
 * and kelp_channel_destroy() gives back what is safe to touch there. No signal
 * is sent or handled, the library's own threads get none but those of a fault of
 * their own, and system calls that are interrupted go on. Nothing is ever
 * printed: kelp_channel_options.log gets what there is to say.
 */
#ifndef KELP_CLIENT_H
#define KELP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kelp_rpc.h>
#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All that follows is the library's interface, and nothing else is. */
#pragma GCC visibility push(default)

struct kelp_channel;
struct kelp_call;
struct kelp_queue;

/**
 * struct kelp_bytes - bytes that belong to somebody else
 * @data: the first; may be NULL when there are none
 * @len: how many
 */
struct kelp_bytes {
	const void *data;
	size_t len;
};

/* Channels */

/**
 * enum kelp_balance - which server gets the next call
 * @KELP_BALANCE_P2C: of two that are drawn at random the one whose calls, with
 *	those that wait, have lately taken less time (peak EWMA); the default
 * @KELP_BALANCE_ROUND_ROBIN: each in turn, as often as its weight says
 * @KELP_BALANCE_RANDOM: any, as likely as its weight says
 * @KELP_BALANCE_LEAST: the one with the fewest calls under way for its weight
 * @KELP_BALANCE_HASH: the one that kelp_call_options.hash falls to on a ring:
 *	when servers come or go, few other keys move
 */
enum kelp_balance {
	KELP_BALANCE_P2C = 0,
	KELP_BALANCE_ROUND_ROBIN,
	KELP_BALANCE_RANDOM,
	KELP_BALANCE_LEAST,
	KELP_BALANCE_HASH,
};

/* kelp_channel_options.log(): how much it matters. */
enum kelp_log_level {
	KELP_LOG_ERROR,
	KELP_LOG_WARNING,
	KELP_LOG_INFO,
};

/**
 * struct kelp_channel_options - how a channel behaves
 * @size: sizeof(struct kelp_channel_options), set by KELP_CHANNEL_OPTIONS_INIT
 * @timeout_ms: time of a call that does not say otherwise, retries included;
 *	default 1000; negative: no end
 * @connect_timeout_ms: time for one connection to come about; default 300
 * @max_retries: how often a call is made again at most; default 3; negative:
 *	never
 * @retry_budget_percent: of all calls so many per cent may be retries, beside
 *	ten per second; default 20
 * @balance: see there
 * @pool_initial: connections per server that kelp_channel_create() opens at
 *	once for blocking calls; default 0. One that cannot be opened is no error
 * @pool_max_idle: connections per server that are kept although nobody uses
 *	them; default 8
 * @pool_max_total: connections per server that blocking calls may use at a time;
 *	default 64
 * @pool_wait_ms: how long a blocking call waits for one when all are in use,
 *	within its own time; default as long as that; then EOVERCROWDED
 * @io_threads: threads that send and receive calls that were started; default 1
 * @io_connections: connections per server and such thread; default 1
 * @max_pending: calls that were started and have not ended; default 10,000
 * @block_when_full: what kelp_call_start() does at that limit: wait (within the
 *	call's time) instead of failing with EOVERCROWDED; but not in done(),
 *	whose return others may wait for
 * @max_reply: bytes of a reply's body; a larger one ends its connection;
 *	default 64 MiB
 * @secret: what the servers want to know of whoever calls, NUL terminated, or
 *	NULL; copied
 * @health_interval_ms: pause before the first attempt to reach a server again
 *	that could not be reached; default 500. It doubles with each, up to
 * @health_max_ms: the longest such pause; default 3000. Each is drawn from the
 *	upper half of that. A server is therefore back in use at most this time,
 *	and that of one connection, after it can be reached again
 * @breaker_failures: so many calls in a row that fail by the server's fault
 *	take it out of use as if it could not be reached; default 5; negative:
 *	never
 * @refresh_ms: how often a name is looked up, or a file looked at, again;
 *	default 5000 for dns://, 200 for file://
 * @log: gets what there is to say; may be called by any thread, also the
 *	library's own, and must not call the library; NULL: nobody does
 * @trace: called before a call is sent, to give its numbers, which the servers'
 *	logs show; by the thread that makes the call; may be NULL
 * @data: passed to both
 *
 * 0 and NULL stand for the defaults.
 */
struct kelp_channel_options {
	size_t size;
	int timeout_ms;
	int connect_timeout_ms;
	int max_retries;
	int retry_budget_percent;
	enum kelp_balance balance;
	unsigned int pool_initial;
	unsigned int pool_max_idle;
	unsigned int pool_max_total;
	int pool_wait_ms;
	unsigned int io_threads;
	unsigned int io_connections;
	unsigned int max_pending;
	bool block_when_full;
	size_t max_reply;
	const char *secret;
	int health_interval_ms;
	int health_max_ms;
	int breaker_failures;
	int refresh_ms;
	void (*log)(enum kelp_log_level level, const char *text, void *data);
	void (*trace)(uint64_t *log_id, uint64_t *trace_id, uint64_t *span_id,
		      void *data);
	void *data;
};

#define KELP_CHANNEL_OPTIONS_INIT	\
	{ .size = sizeof(struct kelp_channel_options) }

/**
 * kelp_channel_create() - make a channel
 * @channel: set to it
 * @target: where the servers are:
 *	HOST:PORT, [V6]:PORT		one; a name is looked up once, and its
 *					first address counts
 *	list://HOST:PORT[*WEIGHT],…	several
 *	file://PATH			a line each: HOST:PORT [WEIGHT], # begins a
 *					comment; a change is noticed
 *	dns://NAME:PORT			all addresses of a name, looked up again
 *					and again
 * @options: how it behaves, or NULL
 *
 * No server has to be there yet.
 *
 * Return: 0, -EINVAL when @target or @options cannot be understood, -ENOENT when
 * there is no such file, -EHOSTUNREACH when a name of the first two forms does
 * not exist, -ENOMEM, -EMFILE, -EAGAIN (no thread).
 */
int kelp_channel_create(struct kelp_channel **channel, const char *target,
			const struct kelp_channel_options *options);

/**
 * kelp_channel_destroy() - end a channel
 * @channel: the channel, not to be used afterwards; or NULL
 *
 * Calls that were started end with -ECANCELED, and have been told so when this
 * returns; those in a queue stay there. Blocking calls of other threads must
 * have ended. Not from done().
 */
void kelp_channel_destroy(struct kelp_channel *channel);

/**
 * kelp_channel_learn() - which types a service's methods have
 * @channel: the channel
 * @descriptor: as protobuf-c generated it; has to stay
 *
 * Return: 0 or -ENOMEM.
 */
int kelp_channel_learn(struct kelp_channel *channel,
		       const ProtobufCServiceDescriptor *descriptor);

/* Calls */

/**
 * struct kelp_call_options - about one call
 * @size: sizeof(struct kelp_call_options), set by KELP_CALL_OPTIONS_INIT
 * @timeout_ms: how long it may take; default the channel's; negative: no end
 * @max_retries: how often it is made again at most; default the channel's;
 *	negative: never
 * @idempotent: it does no harm to carry it out twice
 * @hedge_ms: when there is no reply after so long, make the call on a second
 *	server as well, and take what comes first; only with @idempotent and
 *	where there is a second server; default never
 * @hash: for KELP_BALANCE_HASH
 * @log_id: a number that the server's logs show, 0 for none
 * @attachment_room: where a reply's attachment goes, instead of memory that the
 *	library allocates; one that is longer fails the call with -EMSGSIZE
 * @attachment_room_len: bytes there
 * @reply_type: of what kelp_call() returns, when the channel has not learned it
 *
 * 0 and NULL stand for the defaults.
 */
struct kelp_call_options {
	size_t size;
	int timeout_ms;
	int max_retries;
	bool idempotent;
	int hedge_ms;
	uint64_t hash;
	uint64_t log_id;
	void *attachment_room;
	size_t attachment_room_len;
	const ProtobufCMessageDescriptor *reply_type;
};

#define KELP_CALL_OPTIONS_INIT { .size = sizeof(struct kelp_call_options) }

/**
 * struct kelp_request - what is called, as bytes
 * @service: "package.Service"
 * @method: "Method"
 * @message: the message as it goes over the wire
 * @attachment: bytes that go along as they are
 */
struct kelp_request {
	const char *service;
	const char *method;
	struct kelp_bytes message;
	struct kelp_bytes attachment;
};

#define KELP_REPLY_TEXT 160
#define KELP_REPLY_ENDPOINT 64

/**
 * struct kelp_reply - what became of a call
 * @code: 0, or why there is no reply: see the head of this file
 * @message: the reply's message
 * @attachment: the reply's attachment, also when that is in the caller's room
 * @attempts: how often the call was made, 0 when it never was
 * @latency_ns: from the beginning to the end of it all
 * @endpoint: the server that answered, or was asked last, as ADDRESS:PORT; ""
 *	when none was
 * @text: what went wrong, in words; "" when nothing did
 *
 * The bytes are the reply's: gone with kelp_reply_clear(), kelp_reply_free(), or
 * when done() returns.
 */
struct kelp_reply {
	int code;
	struct kelp_bytes message;
	struct kelp_bytes attachment;
	unsigned int attempts;
	uint64_t latency_ns;
	char endpoint[KELP_REPLY_ENDPOINT];
	char text[KELP_REPLY_TEXT];
	void *memory;	/* the library's */
};

/**
 * kelp_call_raw() - call a method, with bytes
 * @channel: the channel
 * @request: what
 * @reply: filled in any case; give it to kelp_reply_clear() afterwards
 * @options: how, or NULL
 *
 * Blocks until the call has ended.
 *
 * Return: @reply->code.
 */
int kelp_call_raw(struct kelp_channel *channel,
		  const struct kelp_request *request, struct kelp_reply *reply,
		  const struct kelp_call_options *options);

/**
 * kelp_reply_clear() - free what a reply holds
 * @reply: from kelp_call_raw()
 */
void kelp_reply_clear(struct kelp_reply *reply);

/**
 * kelp_call() - call a method
 * @channel: the channel; it has learned the service, or @options says the type
 * @service: "package.Service"
 * @method: "Method"
 * @request: its message
 * @response: a pointer to a message of the method's reply type: set to the
 *	reply, to be given to that type's free_unpacked(), or to NULL when there
 *	is none. NULL: the reply is not wanted
 * @options: how, or NULL
 *
 * Blocks until the call has ended.
 *
 * Return: 0; -EINVAL when the reply's type is not known; ERESPONSE when it is no
 * such message; else as kelp_call_raw().
 */
int kelp_call(struct kelp_channel *channel, const char *service,
	      const char *method, const ProtobufCMessage *request,
	      void *response, const struct kelp_call_options *options);

/**
 * typedef kelp_done_fn - a call has ended
 * @reply: what became of it; gone when this returns
 * @data: as it was given with the call
 */
typedef void (*kelp_done_fn)(const struct kelp_reply *reply, void *data);

/**
 * kelp_call_start() - call a method, and be told
 * @channel: the channel
 * @request: what; copied
 * @options: how, or NULL
 * @done: told what became of it, by a thread of the channel's
 * @data: passed to @done
 * @call: set to a handle for kelp_call_cancel(), to be given to kelp_call_put();
 *	or NULL
 *
 * Return: 0: @done will be called, once; else it will not: EOVERCROWDED,
 * -EINVAL, -EMSGSIZE, -ENOMEM, -EOWNERDEAD, -ECANCELED when the channel ends;
 * -EMFILE and -EAGAIN (no thread) when it is the channel's first.
 */
int kelp_call_start(struct kelp_channel *channel,
		    const struct kelp_request *request,
		    const struct kelp_call_options *options, kelp_done_fn done,
		    void *data, struct kelp_call **call);

/**
 * kelp_call_enqueue() - call a method, and find the reply in a queue
 * @channel: the channel
 * @request: what; copied
 * @options: how, or NULL
 * @queue: where the reply goes; must stay until it is there
 * @data: comes with the reply
 * @call: as for kelp_call_start()
 *
 * Return: as kelp_call_start().
 */
int kelp_call_enqueue(struct kelp_channel *channel,
		      const struct kelp_request *request,
		      const struct kelp_call_options *options,
		      struct kelp_queue *queue, void *data,
		      struct kelp_call **call);

/**
 * kelp_call_cancel() - a reply is not wanted any more
 * @call: the call
 *
 * It ends with -ECANCELED, unless it has ended otherwise; soon, but not
 * necessarily when this returns. The server may carry it out all the same.
 */
void kelp_call_cancel(struct kelp_call *call);

/**
 * kelp_call_put() - give a handle back
 * @call: the handle, not to be used afterwards; or NULL. The call goes on
 */
void kelp_call_put(struct kelp_call *call);

/* Queues */

/**
 * kelp_queue_create() - make a queue for replies
 * @queue: set to it
 *
 * Return: 0, -ENOMEM, -EMFILE.
 */
int kelp_queue_create(struct kelp_queue **queue);

/**
 * kelp_queue_destroy() - end a queue
 * @queue: the queue; or NULL. No call that has not ended will go there. Replies
 *	in it are freed
 */
void kelp_queue_destroy(struct kelp_queue *queue);

/**
 * kelp_queue_fd() - something to poll
 * @queue: the queue
 *
 * Return: a descriptor that is readable while there are replies, and until
 * kelp_queue_next() finds that there is none. Neither to be read nor to be closed.
 */
int kelp_queue_fd(const struct kelp_queue *queue);

/**
 * kelp_queue_next() - take a reply
 * @queue: the queue
 * @timeout_ms: how long to wait for one; 0: not at all; negative: no end
 * @data: set to what was given with the call; or NULL
 *
 * Return: the reply, for kelp_reply_free(); NULL when there is none in time.
 */
struct kelp_reply *kelp_queue_next(struct kelp_queue *queue, int timeout_ms,
				   void **data);

/**
 * kelp_reply_free() - free a reply
 * @reply: from kelp_queue_next(); or NULL
 */
void kelp_reply_free(struct kelp_reply *reply);

/* Several calls at a time */

/**
 * struct kelp_fanout_part - one of several calls
 * @channel: on which channel
 * @request: what
 * @options: how, or NULL
 * @reply: filled when it has ended; to be given to kelp_reply_clear()
 */
struct kelp_fanout_part {
	struct kelp_channel *channel;
	struct kelp_request request;
	const struct kelp_call_options *options;
	struct kelp_reply reply;
};

/**
 * kelp_fanout() - make several calls at the same time, and wait for all
 * @parts: the calls
 * @count: how many
 * @fail_limit: when so many have failed the others are cancelled; 0: never
 *
 * Return: how many failed.
 */
size_t kelp_fanout(struct kelp_fanout_part *parts, size_t count,
		   size_t fail_limit);

/**
 * typedef kelp_fanout_fn - several calls have ended
 * @parts: with their replies, to be given to kelp_reply_clear()
 * @count: how many
 * @failed: how many of them failed
 * @data: as it was given
 */
typedef void (*kelp_fanout_fn)(struct kelp_fanout_part *parts, size_t count,
			       size_t failed, void *data);

/**
 * kelp_fanout_start() - make several calls at the same time, and be told
 * @parts: the calls; have to stay until @done is called
 * @count: how many, at least 1
 * @fail_limit: as for kelp_fanout()
 * @done: told when the last has ended, by a thread of one of the channels'
 * @data: passed to @done
 *
 * Return: 0 or -ENOMEM, and then @done is not called.
 */
int kelp_fanout_start(struct kelp_fanout_part *parts, size_t count,
		      size_t fail_limit, kelp_fanout_fn done, void *data);

/* Generated stubs */

/* kelp_channel_service(): how its stubs behave. */
enum kelp_service_mode {
	KELP_SERVICE_BLOCKING,	/* they return behind their closure */
	KELP_SERVICE_STARTING,	/* a thread of the channel's calls the closure */
};

/**
 * kelp_channel_service() - a service for generated stubs
 * @channel: the channel; has to outlive the service
 * @descriptor: as protobuf-c generated it
 * @mode: how its stubs behave
 * @options: how calls are made, or NULL; copied
 *
 * kelp__calc__add(service, &request, closure, data) calls the method; closure
 * gets the reply, or NULL when there is none. Then kelp_service_error() says
 * why, within the closure.
 *
 * Return: the service, to be given to protobuf_c_service_destroy(); NULL without
 * memory.
 */
ProtobufCService *
kelp_channel_service(struct kelp_channel *channel,
		     const ProtobufCServiceDescriptor *descriptor,
		     enum kelp_service_mode mode,
		     const struct kelp_call_options *options);

/**
 * kelp_service_error() - why a closure got no reply
 *
 * Return: as kelp_reply.code of the call whose closure runs in this thread; 0
 * elsewhere.
 */
int kelp_service_error(void);

/**
 * kelp_strerror() - what a code means
 * @code: as in kelp_reply.code
 *
 * Return: words, constant; for a code of a service's own that it is one.
 */
const char *kelp_strerror(int code);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

/* How it is going. */
#include <kelp/client_stats.h>

#endif /* KELP_CLIENT_H */
