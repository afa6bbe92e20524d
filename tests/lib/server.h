/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server for the tests of libkelp, which runs inside of the test's program
 * and misbehaves as it is told
 * =========================================================================
 *
 *    struct server *server;
 *
 *    assert_int_equal(server_create(&server, NULL), 0);
 *    … kelp_channel_create(&channel, server_name(server), NULL) …
 *    assert_true(server_wait(server, SERVER_CALLS, 1, 1000));
 *    server_destroy(server);
 *
 * It listens on 127.0.0.1 and is one thread; several servers may run at a time.
 * Every function here may be called from any thread of the test, but not in the
 * child of a fork(). All that change or ask something have taken effect when
 * they return; the counters are right at any time.
 *
 *
 * Methods
 * -------
 *
 *    kelp.Echo/Echo    message and attachment come back byte for byte
 *    kelp.Calc/Add     a + b; EREQUEST when that is no int64
 *    test.Count/Count  as Echo, and counts how often a call is carried out:
 *
 *        message CountRequest  { bytes message = 1; }
 *        message CountResponse { bytes message = 1; uint64 count = 2; }
 *
 * The first 8 bytes of Count's message are the number of the call, a uint64_t
 * as it lies in memory, so memcpy() makes it; fewer are EREQUEST. count is how
 * often that call was carried out by now; executions.h has more, for several
 * servers together too. Service names without a dot work as with kelp.
 *
 *
 * Words
 * -----
 *
 * What a server does wrong is told in words, either by the call itself (Echo:
 * the message begins with them; Count: they follow the 8 bytes) or by the test
 * (server_rule_add()). Each begins with '#'; one blank stands behind it and one
 * behind its number, unless that is the end; the next word follows at once, and
 * where none does the rest of the message begins: "#late 200 #twice hello". The
 * message that comes back is the whole one, words included. Words that are not
 * known are answered with EREQUEST, so that a test with a slip of the pen fails:
 * messages of random bytes must not begin with '#'. N is a decimal number; [N]
 * may be left out, and "digits behind a word" are then taken for it.
 *
 * When a call is answered, if at all:
 *
 *    #late MS      so many milliseconds later. Other calls are not held up
 *    #hold         when server_release() is called
 *    #never        not at all; how the connection ends, see below, stays
 *    #twice        two times
 *
 * What is answered:
 *
 *    #code N       error_code N, which may be negative, and no message. With
 *                  1001 to 1004, 2003 and 2004, which say so, the call is not
 *                  carried out
 *    #unrun        the call is not carried out: Count does not count it
 *    #words N      an error_text of N bytes, with whatever code there is
 *    #large N      a message of N bytes, abc…zabc…, whatever the method (Add has
 *                  it in field 15, beside the sum)
 *
 * N of #words, #large and #garbage is 128 MiB at most, otherwise EREQUEST; for
 * more than that there is #claim.
 *
 * Damage; of these the last one counts:
 *
 *    #garbage [N]  N (64) bytes instead that are no frame
 *    #magic        the frame begins with Q
 *    #meta         RpcMeta is no message
 *    #empty        a frame without a body, so without RpcMeta and id
 *    #longmeta     meta_size is body_size + 1
 *    #claim N      body_size is N, but no more bytes come than otherwise
 *    #attachment   attachment_size is 2^31 - 1
 *    #sum          a checksum that is wrong
 *    #payload      the payload is no message
 *    #compress [N] compress_type is N (1); nothing is compressed
 *    #request      RpcMeta has a request and no response
 *    #noid         no correlation_id
 *    #wrongid [N]  that of the call plus N, which may be negative and so belong
 *                  to another call; without N its complement, which no client
 *                  has that counts from 1
 *
 * How it is sent:
 *
 *    #pieces N     N bytes at a time, a millisecond apart (with everything else
 *                  that the connection has to send)
 *    #reset [N]    N (0) bytes of the reply, then RST (SO_LINGER 0)
 *    #close [N]    N (0) bytes of the reply, then FIN; the server has gone
 *    #half N       the same
 *    #shut [N]     N (0) bytes of the reply, then FIN; but calls are still read
 *                  and carried out, only never answered
 *    #stop [MS]    when the call is answered, nothing is read from the
 *                  connection for so many milliseconds, or until
 *                  server_release(). Other replies are still sent
 *
 * N beyond the reply's end is its end: "#reset 99999" is a RST right behind the
 * whole reply. "Reply" is all that is sent for the call, twice the frame with
 * #twice. Replies of earlier calls are sent before, even the bytes on the way
 * arrive; of later ones none is. So "#reset " is a call that was carried out and
 * "#unrun #reset " one that was not, and the client sees the same. A #close is
 * seen as RST instead when the client sends something in that very moment.
 *
 * All of this can be combined: "#late 20 #reset 5 " resets 20 ms later.
 *
 *
 * When the test makes calls of the system fail
 * --------------------------------------------
 *
 * The server is in the same program. Without memory it drops the connection that
 * needed it, without descriptors it accepts nothing until there are some again.
 * A wrapper of malloc() that is to fail the library's only can ask stage_here()
 * (stage.h). A child of fork() has copies of all sockets: a connection that the
 * server closes with RST is then only reset when the child has ended.
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct executions;
struct server;

/**
 * struct server_options - how a server begins; zeroes are the defaults
 * @port: where to listen, in host order; 0: the kernel chooses
 * @everywhere: listen on all of 127.0.0.0/8 and not only on 127.0.0.1: clients
 *	of which each goes to an address of its own can be told apart in
 *	server_accepts()
 * @secret: what authentication_data of the first call of a connection must be,
 *	byte for byte without NUL; otherwise ERPCAUTH, and the connection is
 *	closed. NULL: any. Has to stay
 * @body_max: bytes of a body that are taken; a call with more ends its
 *	connection; default 64 MiB
 * @seed: of the rules that apply by chance
 * @executions: what test.Count counts in; it has to outlive the server. NULL:
 *	one of its own
 */
struct server_options {
	uint16_t port;
	bool everywhere;
	const char *secret;
	size_t body_max;
	uint64_t seed;
	struct executions *executions;
};

/**
 * server_create() - make a server, and start it
 * @server: set to it
 * @options: how, or NULL
 *
 * Return: 0 or -errno: -EADDRINUSE, -EMFILE, -ENOMEM, -EAGAIN (no thread).
 */
int server_create(struct server **server, const struct server_options *options);

/**
 * server_destroy() - stop a server, and forget it
 * @server: not to be used afterwards; or NULL
 */
void server_destroy(struct server *server);

/**
 * server_port() - where it listens
 * @server: the server
 *
 * Return: the port, in host order; the same as long as the server exists.
 */
uint16_t server_port(const struct server *server);

/**
 * server_name() - where it listens, as a target
 * @server: the server
 *
 * Return: "127.0.0.1:PORT"; the server's.
 */
const char *server_name(const struct server *server);

/**
 * server_executions() - what test.Count counts in
 * @server: the server
 *
 * Return: the one of the options, or its own, which goes with it.
 */
struct executions *server_executions(const struct server *server);

/* Coming and going */

/**
 * server_stop() - the server goes away
 * @server: running or not
 *
 * As if its process had been killed, but harder: connections are reset,
 * those too that were not accepted yet; what it had to send, held or late
 * replies included, is lost; new connections are refused. The port stays
 * reserved. Counters, rules and executions stay.
 */
void server_stop(struct server *server);

/**
 * server_start() - and comes back
 * @server: running or not; one that was drained takes calls again
 *
 * Return: 0 or -errno.
 */
int server_start(struct server *server);

/**
 * server_drain() - the server is about to stop
 * @server: running
 *
 * New connections are refused (those too that were not accepted yet are reset).
 * Those that are there stay; every call there is answered with ELOGOFF at once
 * and not carried out, whatever it or a rule says. Held and late replies are
 * still sent. server_start() ends this. For a server that says ELOGOFF but
 * accepts connections, have a rule "#code 2003".
 */
void server_drain(struct server *server);

/**
 * server_cut() - end all connections
 * @server: the server; goes on listening
 * @reset: with RST; otherwise FIN, as after an idle timeout
 *
 * What has not been sent is lost.
 */
void server_cut(struct server *server, bool reset);

/**
 * enum server_door - what becomes of a new connection
 * @SERVER_OPEN: it is served; the default
 * @SERVER_SHUTS: it is accepted and closed at once
 * @SERVER_RESETS: it is accepted and reset at once
 * @SERVER_DEAF: it is accepted, and nothing is read from it until
 *	server_release()
 *
 * For what never gets that far: server_stop() refuses; proxy_set_door() can have
 * connections that hang.
 */
enum server_door {
	SERVER_OPEN,
	SERVER_SHUTS,
	SERVER_RESETS,
	SERVER_DEAF,
};

/**
 * server_set_door() - what becomes of connections from now on
 * @server: the server
 * @door: see there; stays over server_stop()
 */
void server_set_door(struct server *server, enum server_door door);

/* Misbehaviour that calls do not ask for themselves */

/**
 * struct server_rule - calls that misbehave
 * @words: see above; the call's own do not count then. Nothing, "": it behaves
 * @method: only those of this method, as "kelp.Calc/Add"; NULL: all
 * @per_million: by chance, so many of a million of them; 0: each
 * @skip: after so many that it would be about
 * @times: and no more than so many; 0: no end
 */
struct server_rule {
	const char *words;
	const char *method;
	unsigned int per_million;
	uint64_t skip;
	uint64_t times;
};

/**
 * server_rule_add() - have calls misbehave
 * @server: the server
 * @rule: which and how; copied. A call goes by the first rule, in the order in
 *	which they were added, that wants it; it is not counted by those behind
 *
 * Calls that are refused before a method is reached (ERPCAUTH, EREQUEST,
 * ENOMETHOD, and ELOGOFF when drained) are no rule's.
 *
 * Return: 0, -EINVAL when the words are not understood or followed by something
 * else, or the method's name has more than 63 bytes, -ENOSPC behind the 16th
 * rule.
 */
int server_rule_add(struct server *server, const struct server_rule *rule);

/**
 * server_rules_clear() - all behave again, unless they say otherwise
 * @server: the server
 */
void server_rules_clear(struct server *server);

/**
 * server_release() - an end to #hold, #stop and SERVER_DEAF
 * @server: the server
 *
 * Replies that are held now are sent, in the order of their calls; connections
 * that are not read now are read. Later ones wait for the next time.
 */
void server_release(struct server *server);

/* What it has seen */

/**
 * enum server_count - what a server counts; nothing here is ever reset
 * @SERVER_ACCEPTED: connections
 * @SERVER_CLOSED: of these, those that have ended in whichever way
 * @SERVER_LEFT: of these, those that the client ended, as far as it was noticed
 * @SERVER_BYTES_IN: received
 * @SERVER_BYTES_OUT: that the sockets took
 * @SERVER_FRAMES: whole frames that were received
 * @SERVER_BROKEN: connections that were closed for what is no frame
 * @SERVER_CALLS: frames that were taken for calls, refused ones too
 * @SERVER_EXECUTED: calls that were carried out
 * @SERVER_REFUSED: calls that never reached a method or a rule
 * @SERVER_MISBEHAVED: calls for which there were words
 * @SERVER_REPLIES: replies, damaged and cut ones and each of #twice too, that
 *	were on a connection's queue to be sent; at least a byte of each
 * @SERVER_ERRORS: of these, those with a code
 * @SERVER_HELD: calls that waited for server_release(); those that still do are
 *	among them
 * @SERVER_ORPHANS: late and held replies whose connection had gone
 *
 * When a client has a reply, what led to it has been counted, but for
 * SERVER_BYTES_OUT.
 */
enum server_count {
	SERVER_ACCEPTED,
	SERVER_CLOSED,
	SERVER_LEFT,
	SERVER_BYTES_IN,
	SERVER_BYTES_OUT,
	SERVER_FRAMES,
	SERVER_BROKEN,
	SERVER_CALLS,
	SERVER_EXECUTED,
	SERVER_REFUSED,
	SERVER_MISBEHAVED,
	SERVER_REPLIES,
	SERVER_ERRORS,
	SERVER_HELD,
	SERVER_ORPHANS,
	SERVER_COUNTS,
};

/**
 * server_count() - what a server has counted
 * @server: the server
 * @which: what
 */
uint64_t server_count(const struct server *server, enum server_count which);

/**
 * server_wait() - wait until it has counted so many
 * @server: the server
 * @which: what
 * @at_least: how many, since the server was created
 * @timeout_ms: how long at most
 *
 * Return: did it in time?
 */
bool server_wait(const struct server *server, enum server_count which,
		 uint64_t at_least, int timeout_ms);

/**
 * struct server_accept - a connection that was accepted
 * @at_ns: when, CLOCK_MONOTONIC
 * @address: what the client connected to, in host order: 0x7f000001 but with
 *	server_options.everywhere
 * @client_port: where it came from, in host order
 */
struct server_accept {
	uint64_t at_ns;
	uint32_t address;
	uint16_t client_port;
};

/**
 * server_accepts() - which connections it has accepted, and when
 * @server: the server
 * @list: filled, the oldest first
 * @room: elements there
 *
 * To test how often a client tries, have the door at SERVER_RESETS or
 * SERVER_SHUTS: a server that is stopped is not told of connections that the
 * kernel refuses.
 *
 * Return: how many there were, perhaps more than @room.
 */
size_t server_accepts(struct server *server, struct server_accept *list,
		      size_t room);

/**
 * server_busiest_second() - most connections within a second
 * @server: the server
 * @address: of those to this address; 0: of all
 * @from_ns: and that were accepted then, CLOCK_MONOTONIC, or later
 *
 * Return: the largest number of connections in any interval of a second, be it
 * between two full seconds or across one.
 */
size_t server_busiest_second(struct server *server, uint32_t address,
			     uint64_t from_ns);

#define SERVER_NAME_MAX 64

/**
 * struct server_call - what a call said of itself
 * @service: service_name, NUL terminated, cut where it is too long
 * @method: method_name, likewise
 * @correlation_id: its id
 * @log_id: 0 when it was not there, as are the others
 * @trace_id: likewise
 * @span_id: likewise
 * @timeout_ms: likewise
 * @checksum_type: likewise
 * @secret_len: bytes of authentication_data
 * @message_len: bytes of the payload
 * @attachment_len: bytes of the attachment
 */
struct server_call {
	char service[SERVER_NAME_MAX];
	char method[SERVER_NAME_MAX];
	int64_t correlation_id;
	int64_t log_id;
	int64_t trace_id;
	int64_t span_id;
	int32_t timeout_ms;
	int32_t checksum_type;
	size_t secret_len;
	size_t message_len;
	size_t attachment_len;
};

/**
 * server_last() - the call that came in last
 * @server: the server
 * @call: filled; zeroes when there was none
 */
void server_last(struct server *server, struct server_call *call);

#endif
