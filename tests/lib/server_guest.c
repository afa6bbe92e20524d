// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection of the server: bytes in, replies out, and how it ends. Runs on
 * the server's stage. What a call means it does not know.
 */
#include "server_int.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Read at a time, at least. */
#define CHUNK 16384
/* No more is read from who does not take so much of what he asked for. */
#define BACKLOG (1u << 20)
#define MS 1000000ull

static bool may_read(const struct guest *guest)
{
	return !guest->deaf && !guest->left && !guest->ending &&
	       outlet_left(&guest->out) < BACKLOG;
}

static void want(struct guest *guest)
{
	uint32_t events = 0;

	if (may_read(guest))
		events |= EPOLLIN;
	if (outlet_left(&guest->out) && !guest->pace)
		events |= EPOLLOUT;
	stage_want(guest->server->stage, &guest->watch, events);
}

static void due_free(struct due *due)
{
	TAILQ_REMOVE(&due->guest->dues, due, link);
	stage_never(due->guest->server->stage, &due->later);
	free(due);
}

void guest_close(struct guest *guest, enum ending ending)
{
	struct server *server = guest->server;
	struct due *due;

	while ((due = TAILQ_FIRST(&guest->dues))) {
		due_free(due);
		server_add(server, SERVER_ORPHANS, 1);
	}
	stage_never(server->stage, &guest->tick);
	stage_never(server->stage, &guest->wake);
	stage_forget(server->stage, &guest->watch);
	TAILQ_REMOVE(&server->guests, guest, link);
	plug_end(guest->watch.fd, ending);
	outlet_free(&guest->in);
	outlet_free(&guest->out);
	free(guest);
	server_add(server, SERVER_CLOSED, 1);
}

static void note_left(struct guest *guest)
{
	if (!guest->left)
		server_add(guest->server, SERVER_LEFT, 1);
	guest->left = true;
}

/* The client has broken it, or it is broken. */
static void lose(struct guest *guest)
{
	note_left(guest);
	guest_close(guest, ENDING_NONE);
}

static void again_soon(struct guest *guest)
{
	if (stage_later(guest->server->stage, &guest->tick, stage_now() + MS))
		guest->ending = ENDING_RESET;
}

/* All is sent that comes before the end. Return: is it still there? */
static bool finish(struct guest *guest)
{
	switch (guest->ending) {
	case ENDING_NONE:
		return true;
	case ENDING_SHUT:
		plug_end(guest->watch.fd, ENDING_SHUT);
		guest->mute = true;
		guest->ending = ENDING_NONE;
		return true;
	case ENDING_RESET:
		/* the bytes before it are to arrive */
		if (plug_unsent(guest->watch.fd)) {
			again_soon(guest);
			return true;
		}
		break;
	case ENDING_CLOSE:
		break;
	}
	guest_close(guest, guest->ending);
	return false;
}

/* Send what can be sent. Return: is it still there? */
static bool flush(struct guest *guest)
{
	ssize_t sent;

	while (outlet_left(&guest->out)) {
		if (guest->pace && guest->tick.place)
			return true;
		sent = outlet_send(&guest->out, guest->watch.fd, guest->pace);
		if (sent < 0) {
			lose(guest);
			return false;
		}
		server_add(guest->server, SERVER_BYTES_OUT, (uint64_t)sent);
		if (guest->pace && outlet_left(&guest->out))
			again_soon(guest);
		else if (!sent)
			return true;
	}
	guest->pace = 0;
	return finish(guest);
}

/* What has come is no frame; calls before it have their replies. */
static void give_up(struct guest *guest)
{
	server_add(guest->server, SERVER_BROKEN, 1);
	outlet_free(&guest->in);
	guest->ending = ENDING_CLOSE;
}

static void take_frames(struct guest *guest)
{
	struct server *server = guest->server;
	struct prpc_frame frame;
	struct span data, meta;
	long need;

	while (outlet_left(&guest->in) && may_read(guest)) {
		data.data = outlet_first(&guest->in);
		data.len = outlet_left(&guest->in);
		need = prpc_need(data, server->options.body_max);
		if (!need || (need > 0 && (size_t)need > data.len))
			return;
		if (need < 0 || prpc_parse(data, (size_t)need, &frame)) {
			give_up(guest);
			return;
		}
		server_add(server, SERVER_FRAMES, 1);
		meta.data = data.data + PRPC_HEAD;
		meta.len = (size_t)(frame.payload.data - meta.data);
		call_take(guest, &frame, meta);
		outlet_drop(&guest->in, (size_t)need);
	}
}

void guest_resume(struct guest *guest)
{
	bool could;

	do {
		take_frames(guest);
		could = may_read(guest);
		if (!flush(guest))
			return;
	} while (!could && may_read(guest));
	want(guest);
}

/* Return: is it still there? */
static bool receive(struct guest *guest)
{
	uint8_t *to = outlet_room(&guest->in, CHUNK);
	ssize_t got;

	if (!to) {
		guest_close(guest, ENDING_RESET);
		return false;
	}
	got = recv(guest->watch.fd, to, guest->in.room - guest->in.end, 0);
	if (got > 0) {
		guest->in.end += (size_t)got;
		server_add(guest->server, SERVER_BYTES_IN, (uint64_t)got);
	} else if (!got) {
		note_left(guest);
		/* whoever only half-closes gets the replies that are there */
		guest->ending = ENDING_CLOSE;
	} else if (errno != EAGAIN && errno != EINTR) {
		lose(guest);
		return false;
	}
	return true;
}

static void ready(struct watch *watch, uint32_t events)
{
	struct guest *guest = owner_of(watch, struct guest, watch);

	if (events & EPOLLIN && may_read(guest)) {
		if (!receive(guest))
			return;
	} else if (events & (EPOLLERR | EPOLLHUP)) {
		lose(guest);
		return;
	}
	guest_resume(guest);
}

static void tick(struct later *later)
{
	guest_resume(owner_of(later, struct guest, tick));
}

static void wake(struct later *later)
{
	struct guest *guest = owner_of(later, struct guest, wake);

	guest->deaf = false;
	guest_resume(guest);
}

void guest_open(struct server *server, int fd)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest)
		goto err_reset;
	guest->server = server;
	guest->deaf = server->door == SERVER_DEAF;
	guest->tick.due = tick;
	guest->wake.due = wake;
	guest->watch = (struct watch){
		.fd = fd,
		.events = guest->deaf ? 0 : EPOLLIN,
		.ready = ready,
	};
	TAILQ_INIT(&guest->dues);
	if (stage_watch(server->stage, &guest->watch))
		goto err_free;
	TAILQ_INSERT_TAIL(&server->guests, guest, link);
	return;

err_free:
	free(guest);
err_reset:
	plug_end(fd, ENDING_RESET);
	server_add(server, SERVER_CLOSED, 1);
}

static void count_reply(struct server *server, const struct script *script)
{
	server_add(server, SERVER_REPLIES, 1);
	if (script->code)
		server_add(server, SERVER_ERRORS, 1);
}

/* The beginning of a reply, as much as @most allows. */
static void put(struct guest *guest, const struct script *script,
		const uint8_t *data, size_t len, size_t *most)
{
	if (len > *most)
		len = *most;
	if (!len)
		return;
	*most -= len;
	if (outlet_add(&guest->out, data, len)) {
		guest->ending = ENDING_RESET;
		return;
	}
	count_reply(guest->server, script);
}

void guest_deliver(struct guest *guest, const struct script *script,
		   const uint8_t *data, size_t len)
{
	size_t most = SIZE_MAX;

	if (guest->mute || guest->ending)
		return;
	if (script->ending) {
		guest->ending = (enum ending)script->ending;
		most = (size_t)script->end_at;
	}
	put(guest, script, data, len, &most);
	if (script->twice)
		put(guest, script, data, len, &most);
	if (script->pieces)
		guest->pace = (size_t)script->pieces;
	if (!script->stop)
		return;
	guest->deaf = true;
	if (script->stop_ms != SCRIPT_NONE &&
	    stage_later(guest->server->stage, &guest->wake,
			stage_now() + (uint64_t)script->stop_ms * MS))
		guest->ending = ENDING_RESET;
}

void guest_release(struct guest *guest)
{
	struct due *due, *next;

	stage_never(guest->server->stage, &guest->wake);
	guest->deaf = false;
	for (due = TAILQ_FIRST(&guest->dues); due; due = next) {
		next = TAILQ_NEXT(due, link);
		if (due->later.place)
			continue;
		guest_deliver(guest, &due->script, due->data, due->len);
		due_free(due);
	}
	guest_resume(guest);
}
