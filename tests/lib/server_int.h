/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the server (server.h) know of each other. server.c has what
 * tests call, server_guest.c the connections, server_call.c what becomes of a
 * call. All runs on the server's stage.
 */
#ifndef TEST_SERVER_INT_H
#define TEST_SERVER_INT_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "../bench/prpc.h"
#include "gate.h"
#include "outlet.h"
#include "plug.h"
#include "script.h"
#include "server.h"
#include "stage.h"

#define SERVER_RULES 16

enum server_state { SERVER_STOPPED, SERVER_RUNNING, SERVER_DRAINED };

/**
 * struct rule - struct server_rule, understood
 * @script: what its words mean
 * @spoken: there were words
 * @method: "" for all
 * @per_million: of those it is about; 0: each
 * @skip: how many it still lets go
 * @times: how many it still takes
 */
struct rule {
	struct script script;
	bool spoken;
	char method[SERVER_NAME_MAX];
	unsigned int per_million;
	uint64_t skip;
	uint64_t times;
};

/**
 * struct due - a reply that is sent later; its guest's
 * @guest: where it goes
 * @link: in @guest->dues, in the order of calls
 * @later: when, unless it is held
 * @script: how it is sent
 * @len: bytes of it
 * @data: them
 */
struct due {
	struct guest *guest;
	TAILQ_ENTRY(due) link;
	struct later later;
	struct script script;
	size_t len;
	uint8_t data[];
};

/**
 * struct guest - a connection
 * @server: whose
 * @link: in @server->guests
 * @watch: its socket
 * @in: received, not looked at yet
 * @out: answered, not sent yet
 * @pace: how much of @out goes at a time; 0: all
 * @tick: when the next piece goes, or the end is tried again
 * @wake: when it is read again
 * @deaf: it is not read
 * @mute: FIN was sent, so nothing can be
 * @trusted: has shown the secret
 * @left: the client has sent its last byte
 * @ending: what happens to it when @out is empty; nothing is read meanwhile
 * @dues: replies for later
 */
struct guest {
	struct server *server;
	TAILQ_ENTRY(guest) link;
	struct watch watch;
	struct outlet in;
	struct outlet out;
	size_t pace;
	struct later tick;
	struct later wake;
	bool deaf;
	bool mute;
	bool trusted;
	bool left;
	enum ending ending;
	TAILQ_HEAD(, due) dues;
};

/**
 * struct server - see server.h; without another word: its stage's thread only
 * @stage: set once
 * @options: set once
 * @executions: set once; has a lock
 * @own: @executions, when it is the server's; set once
 * @gate: where it listens; open while @state is SERVER_RUNNING
 * @state: is it there?
 * @door: for new connections
 * @guests: connections
 * @rules: @nr_rules of them
 * @nr_rules: see there
 * @dice: for rules
 * @scratch: a reply before it is known where it goes; empty between calls
 * @last: the call that came in last
 * @accepts: @nr_accepts of them
 * @nr_accepts: see there
 * @accepts_room: see there
 * @counts: written by the stage's thread, read by any
 */
struct server {
	struct stage *stage;
	struct server_options options;
	struct executions *executions;
	struct executions *own;
	struct gate gate;
	enum server_state state;
	enum server_door door;
	TAILQ_HEAD(, guest) guests;
	struct rule rules[SERVER_RULES];
	size_t nr_rules;
	uint64_t dice;
	struct outlet scratch;
	struct server_call last;
	struct server_accept *accepts;
	size_t nr_accepts;
	size_t accepts_room;
	_Atomic uint64_t counts[SERVER_COUNTS];
};

/* Nothing is ordered by it: whoever waits for a count reads no more than that. */
static inline void server_add(struct server *server, enum server_count which,
			      uint64_t count)
{
	atomic_fetch_add_explicit(&server->counts[which], count,
				  memory_order_relaxed);
}

/* server_guest.c */

/**
 * guest_open() - serve a connection
 * @server: whose
 * @fd: its socket, the guest's from now on
 */
void guest_open(struct server *server, int fd);

/**
 * guest_close() - a connection ends
 * @guest: freed
 * @ending: how; what has not been sent is lost
 */
void guest_close(struct guest *guest, enum ending ending);

/**
 * guest_resume() - work off what can be done
 * @guest: has got something to send, or may be read again; may be freed
 */
void guest_resume(struct guest *guest);

/**
 * guest_deliver() - put a reply where it is sent from
 * @guest: the connection; guest_resume() has to follow
 * @script: how it is sent
 * @data: the reply
 * @len: its bytes
 */
void guest_deliver(struct guest *guest, const struct script *script,
		   const uint8_t *data, size_t len);

/**
 * guest_release() - no reply is held any more, and it is read
 * @guest: may be freed
 */
void guest_release(struct guest *guest);

/* server_call.c */

/**
 * call_take() - a call has come in
 * @guest: from there
 * @frame: the call
 * @meta: its RpcMeta, as bytes
 *
 * What is to be sent is on guest->out or among guest->dues then.
 */
void call_take(struct guest *guest, const struct prpc_frame *frame,
	       struct span meta);

#endif
