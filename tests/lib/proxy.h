/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A proxy for the tests of libkelp, which breaks connections
 * ==========================================================
 *
 *    struct proxy_rule rule = {
 *            .kind = PROXY_RESET, .at = PROXY_ANYWHERE, .per_million = 10000,
 *    };
 *
 *    assert_int_equal(proxy_create(&proxy, server_port(server), 1), 0);
 *    assert_int_equal(proxy_rule_add(proxy, &rule), 0);
 *    … kelp_channel_create(&channel, proxy_name(proxy), NULL) …
 *
 * It listens on 127.0.0.1, makes a connection to the server for each that it
 * accepts, and hands on bytes, the end (FIN) and resets in both directions. It
 * runs inside of the test's program, as one thread for all connections. Every
 * function here may be called from any thread of the test, but not in the child
 * of a fork(), and has taken effect when it returns.
 *
 *
 * Frames
 * ------
 *
 * The proxy knows where frames begin (but nothing of what they mean), so that a
 * fault can be had at a byte of a frame, and by chance per call instead of per
 * connection. The first bytes of a frame's head wait until its 12 are there, or
 * the connection ends. When something comes that is no frame, that direction
 * of that connection is handed on as it is, and has no faults any more.
 *
 *
 * What is not the same as without a proxy
 * ---------------------------------------
 *
 * A server that is not there: the client is connected, and reset a moment later.
 * To be refused have PROXY_CLOSED. Where the server had accepted or taken
 * something, there now is a proxy that took it: buffers are larger.
 */
#ifndef TEST_PROXY_H
#define TEST_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proxy;

/**
 * enum proxy_kind - what happens to a connection at a byte of a frame
 *
 * All bytes before that one, of earlier frames too, reach their receiver; and
 * what was on its way in the other direction, as far as the proxy had it.
 *
 * @PROXY_RESET: client and server get RST
 * @PROXY_CLOSE: client and server get FIN, and RST if they send something
 * @PROXY_SHUT: who would have got the byte gets FIN instead, and nothing any
 *	more. The other direction goes on: behind a cut reply the client's calls
 *	are still carried out
 * @PROXY_DELAY: it and all that follow in its direction come later; then it goes
 *	on as before
 * @PROXY_HOLE: nothing comes through any more, in both directions, but what is
 *	sent is taken. The connection stays until the client ends it; then the
 *	server gets RST. What the server does is not told
 */
enum proxy_kind {
	PROXY_RESET,
	PROXY_CLOSE,
	PROXY_SHUT,
	PROXY_DELAY,
	PROXY_HOLE,
	PROXY_KINDS,
};

/* struct proxy_rule.at: any place, drawn anew for each frame. */
#define PROXY_ANYWHERE (-1)

/**
 * struct proxy_rule - frames at which something happens
 * @kind: what
 * @requests: it is about frames from the client; otherwise from the server
 * @at: before this byte of the frame, 0 for its first one. Beyond the frame's
 *	end: behind its last one. PROXY_ANYWHERE: each place from before the
 *	first to behind the last one is as likely
 * @ms: for PROXY_DELAY
 * @per_million: by chance, at so many of a million frames; 0: at each
 * @skip: after so many frames that it would be about
 * @times: and no more than so often; 0: no end
 *
 * So zeroes but for @times = 1 reset the next reply before its first byte.
 */
struct proxy_rule {
	enum proxy_kind kind;
	bool requests;
	int64_t at;
	unsigned int ms;
	unsigned int per_million;
	uint64_t skip;
	uint64_t times;
};

/**
 * proxy_create() - make a proxy
 * @proxy: set to it
 * @to: the server's port on 127.0.0.1, in host order
 * @seed: of all that happens by chance. It repeats itself exactly only while
 *	frames come in the same order, so with one connection
 *
 * Return: 0 or -errno, as server_create().
 */
int proxy_create(struct proxy **proxy, uint16_t to, uint64_t seed);

/**
 * proxy_destroy() - reset all connections, and forget the proxy
 * @proxy: not to be used afterwards; or NULL
 */
void proxy_destroy(struct proxy *proxy);

/**
 * proxy_port() - where it listens
 * @proxy: the proxy
 *
 * Return: the port, in host order.
 */
uint16_t proxy_port(const struct proxy *proxy);

/**
 * proxy_name() - where it listens, as a target
 * @proxy: the proxy
 *
 * Return: "127.0.0.1:PORT"; the proxy's.
 */
const char *proxy_name(const struct proxy *proxy);

/**
 * proxy_rule_add() - have something happen
 * @proxy: the proxy
 * @rule: what; copied. A frame goes by the first rule, in the order in which they
 *	were added, that wants it; it is not counted by those behind. A frame
 *	that has begun is past its time
 *
 * Return: 0, -EINVAL for a kind or a place that does not exist, -ENOSPC behind
 * the 16th rule.
 */
int proxy_rule_add(struct proxy *proxy, const struct proxy_rule *rule);

/**
 * proxy_rules_clear() - nothing happens any more
 * @proxy: the proxy. Frames that have begun are still cut; what was delayed comes
 *	in its time, and black holes stay
 */
void proxy_rules_clear(struct proxy *proxy);

/**
 * enum proxy_door - can it be reached?
 * @PROXY_OPEN: yes; the default
 * @PROXY_CLOSED: connections are refused
 * @PROXY_LOST: connections do not come about, nor are they refused: as if the
 *	machine were not there. A first one that comes while this begins may
 *	come about, and is never answered
 */
enum proxy_door {
	PROXY_OPEN,
	PROXY_CLOSED,
	PROXY_LOST,
};

/**
 * proxy_set_door() - can it be reached?
 * @proxy: the proxy
 * @door: see there. PROXY_CLOSED resets all connections; PROXY_LOST makes black
 *	holes of them, which they stay
 *
 * Return: 0, or -errno, and then it is closed.
 */
int proxy_set_door(struct proxy *proxy, enum proxy_door door);

/**
 * proxy_cut() - end all connections
 * @proxy: the proxy
 * @kind: PROXY_RESET, PROXY_CLOSE or PROXY_HOLE
 */
void proxy_cut(struct proxy *proxy, enum proxy_kind kind);

/**
 * enum proxy_count - what a proxy counts; nothing here is ever reset
 * @PROXY_ACCEPTED: connections
 * @PROXY_ENDED: of these, those that have ended on both sides
 * @PROXY_REQUESTS: frames from clients that have begun
 * @PROXY_REPLIES: frames from the server that have begun
 * @PROXY_BYTES_UP: handed on to the server
 * @PROXY_BYTES_DOWN: handed on to clients
 */
enum proxy_count {
	PROXY_ACCEPTED,
	PROXY_ENDED,
	PROXY_REQUESTS,
	PROXY_REPLIES,
	PROXY_BYTES_UP,
	PROXY_BYTES_DOWN,
	PROXY_COUNTS,
};

/**
 * proxy_count() - what a proxy has counted
 * @proxy: the proxy
 * @which: what
 */
uint64_t proxy_count(const struct proxy *proxy, enum proxy_count which);

/**
 * proxy_wait() - wait until it has counted so many
 * @proxy: the proxy
 * @which: what
 * @at_least: how many, since it was created
 * @timeout_ms: how long at most
 *
 * Return: did it in time?
 */
bool proxy_wait(const struct proxy *proxy, enum proxy_count which,
		uint64_t at_least, int timeout_ms);

/**
 * proxy_faults() - how often it has done something
 * @proxy: the proxy
 * @kind: what, by a rule
 */
uint64_t proxy_faults(const struct proxy *proxy, enum proxy_kind kind);

#endif
