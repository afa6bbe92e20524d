// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests call: a server comes, goes, is told what to do and asked what it
 * saw. See server.h. Each function here has the server's stage do it, so nothing
 * but the counters is shared.
 */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "executions.h"
#include "server_int.h"

#define SECOND 1000000000ull

/* Without memory a connection is not in the list. */
static void note_accept(struct server *server, int fd,
			const struct sockaddr_in *client)
{
	struct sockaddr_in here = { 0 };
	socklen_t len = sizeof(here);
	struct server_accept *accepts = server->accepts;
	size_t room = server->accepts_room;

	if (server->nr_accepts == room) {
		room = room ? 2 * room : 64;
		accepts = realloc(accepts, room * sizeof(*accepts));
		if (!accepts)
			return;
		server->accepts = accepts;
		server->accepts_room = room;
	}
	getsockname(fd, (struct sockaddr *)&here, &len);
	accepts[server->nr_accepts++] = (struct server_accept){
		.at_ns = stage_now(),
		.address = ntohl(here.sin_addr.s_addr),
		.client_port = ntohs(client->sin_port),
	};
}

static void welcome(struct gate *gate, int fd,
		    const struct sockaddr_in *client)
{
	struct server *server = owner_of(gate, struct server, gate);

	note_accept(server, fd, client);
	server_add(server, SERVER_ACCEPTED, 1);
	switch (server->door) {
	case SERVER_OPEN:
	case SERVER_DEAF:
		guest_open(server, fd);
		return;
	case SERVER_SHUTS:
		plug_end(fd, ENDING_CLOSE);
		break;
	case SERVER_RESETS:
		plug_end(fd, ENDING_RESET);
		break;
	}
	server_add(server, SERVER_CLOSED, 1);
}

static void close_guests(struct server *server, enum ending ending)
{
	struct guest *guest;

	while ((guest = TAILQ_FIRST(&server->guests)))
		guest_close(guest, ending);
}

/**
 * struct wish - what a test wants of a server
 * @server: of this one
 * @rc: what it gets
 * @number: an enum, a truth, or how many
 * @rule: to add
 * @list: to fill, or what is asked for
 * @last: to fill
 */
struct wish {
	struct server *server;
	int rc;
	size_t number;
	const struct rule *rule;
	struct server_accept *list;
	struct server_call *last;
};

static void do_start(void *arg)
{
	struct wish *wish = arg;

	wish->rc = gate_open(&wish->server->gate);
	if (!wish->rc)
		wish->server->state = SERVER_RUNNING;
}

int server_start(struct server *server)
{
	struct wish wish = { .server = server };

	stage_call(server->stage, do_start, &wish);
	return wish.rc;
}

static void do_stop(void *arg)
{
	struct server *server = arg;

	gate_shut(&server->gate);
	close_guests(server, ENDING_RESET);
	server->state = SERVER_STOPPED;
}

void server_stop(struct server *server)
{
	stage_call(server->stage, do_stop, server);
}

static void do_drain(void *arg)
{
	struct server *server = arg;

	gate_shut(&server->gate);
	server->state = SERVER_DRAINED;
}

void server_drain(struct server *server)
{
	stage_call(server->stage, do_drain, server);
}

static void do_cut(void *arg)
{
	struct wish *wish = arg;

	close_guests(wish->server, wish->number ? ENDING_RESET : ENDING_CLOSE);
}

void server_cut(struct server *server, bool reset)
{
	struct wish wish = { .server = server, .number = reset };

	stage_call(server->stage, do_cut, &wish);
}

static void do_set_door(void *arg)
{
	struct wish *wish = arg;

	wish->server->door = (enum server_door)wish->number;
}

void server_set_door(struct server *server, enum server_door door)
{
	struct wish wish = { .server = server, .number = door };

	stage_call(server->stage, do_set_door, &wish);
}

static void do_rule_add(void *arg)
{
	struct wish *wish = arg;
	struct server *server = wish->server;

	if (server->nr_rules == SERVER_RULES)
		wish->rc = -ENOSPC;
	else
		server->rules[server->nr_rules++] = *wish->rule;
}

int server_rule_add(struct server *server, const struct server_rule *rule)
{
	const char *words = rule->words ? rule->words : "";
	struct rule made = {
		.spoken = *words,
		.per_million = rule->per_million,
		.skip = rule->skip,
		.times = rule->times ? rule->times : UINT64_MAX,
	};
	struct wish wish = { .server = server, .rule = &made };

	if (script_read(&made.script, words, strlen(words)) !=
	    (ssize_t)strlen(words))
		return -EINVAL;
	if (rule->method && strlen(rule->method) >= sizeof(made.method))
		return -EINVAL;
	if (rule->method)
		strcpy(made.method, rule->method);
	stage_call(server->stage, do_rule_add, &wish);
	return wish.rc;
}

static void do_rules_clear(void *arg)
{
	((struct server *)arg)->nr_rules = 0;
}

void server_rules_clear(struct server *server)
{
	stage_call(server->stage, do_rules_clear, server);
}

static void do_release(void *arg)
{
	struct server *server = arg;
	struct guest *guest, *next;

	for (guest = TAILQ_FIRST(&server->guests); guest; guest = next) {
		next = TAILQ_NEXT(guest, link);
		guest_release(guest);
	}
}

void server_release(struct server *server)
{
	stage_call(server->stage, do_release, server);
}

static void do_accepts(void *arg)
{
	struct wish *wish = arg;
	size_t count = wish->server->nr_accepts;

	if (count > wish->number)
		count = wish->number;
	if (count)
		memcpy(wish->list, wish->server->accepts,
		       count * sizeof(*wish->list));
	wish->number = wish->server->nr_accepts;
}

size_t server_accepts(struct server *server, struct server_accept *list,
		      size_t room)
{
	struct wish wish = { .server = server, .number = room, .list = list };

	stage_call(server->stage, do_accepts, &wish);
	return wish.number;
}

static bool is_meant(const struct server_accept *accept,
		     const struct server_accept *want)
{
	return accept->at_ns >= want->at_ns &&
	       (!want->address || accept->address == want->address);
}

/* The list is in the order of time. */
static void do_busiest_second(void *arg)
{
	struct wish *wish = arg;
	const struct server_accept *accepts = wish->server->accepts;
	size_t first = 0, count = 0, most = 0, i;

	for (i = 0; i < wish->server->nr_accepts; i++) {
		if (!is_meant(&accepts[i], wish->list))
			continue;
		count++;
		for (; accepts[i].at_ns - accepts[first].at_ns >= SECOND; first++)
			count -= is_meant(&accepts[first], wish->list);
		if (count > most)
			most = count;
	}
	wish->number = most;
}

size_t server_busiest_second(struct server *server, uint32_t address,
			     uint64_t from_ns)
{
	struct server_accept want = { .at_ns = from_ns, .address = address };
	struct wish wish = { .server = server, .list = &want };

	stage_call(server->stage, do_busiest_second, &wish);
	return wish.number;
}

static void do_last(void *arg)
{
	struct wish *wish = arg;

	*wish->last = wish->server->last;
}

void server_last(struct server *server, struct server_call *call)
{
	struct wish wish = { .server = server, .last = call };

	stage_call(server->stage, do_last, &wish);
}

uint64_t server_count(const struct server *server, enum server_count which)
{
	return atomic_load_explicit(&server->counts[which],
				    memory_order_relaxed);
}

bool server_wait(const struct server *server, enum server_count which,
		 uint64_t at_least, int timeout_ms)
{
	uint64_t end = stage_now() + (uint64_t)timeout_ms * 1000000;

	while (server_count(server, which) < at_least) {
		if (stage_now() >= end)
			return false;
		stage_nap();
	}
	return true;
}

uint16_t server_port(const struct server *server)
{
	return server->gate.port;
}

const char *server_name(const struct server *server)
{
	return server->gate.name;
}

struct executions *server_executions(const struct server *server)
{
	return server->executions;
}

static void fill(struct server *server, const struct server_options *options)
{
	if (options)
		server->options = *options;
	if (!server->options.body_max)
		server->options.body_max = PRPC_BODY_MAX;
	server->gate.welcome = welcome;
	server->gate.address = server->options.everywhere ? PLUG_EVERYWHERE :
							    PLUG_LOOPBACK;
	server->dice = server->options.seed;
	server->executions = server->options.executions;
	TAILQ_INIT(&server->guests);
}

int server_create(struct server **server, const struct server_options *options)
{
	struct server *made = calloc(1, sizeof(*made));
	int rc = -ENOMEM;

	if (!made)
		return rc;
	fill(made, options);
	if (!made->executions)
		made->executions = made->own = executions_create();
	if (!made->executions)
		goto err_free;
	rc = gate_init(&made->gate, made->options.port);
	if (rc)
		goto err_executions;
	rc = stage_create(&made->stage);
	if (rc)
		goto err_gate;
	made->gate.stage = made->stage;
	rc = server_start(made);
	if (rc)
		goto err_stage;
	*server = made;
	return 0;

err_stage:
	stage_destroy(made->stage);
err_gate:
	gate_exit(&made->gate);
err_executions:
	executions_destroy(made->own);
err_free:
	free(made);
	return rc;
}

void server_destroy(struct server *server)
{
	if (!server)
		return;
	server_stop(server);
	stage_destroy(server->stage);
	gate_exit(&server->gate);
	executions_destroy(server->own);
	outlet_free(&server->scratch);
	free(server->accepts);
	free(server);
}
