/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A port of this machine that is open, closed, or as if lost: what the server
 * and the proxy of these tests have in common. The port is reserved as long as
 * the gate exists.
 */
#ifndef TEST_GATE_H
#define TEST_GATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "plug.h"
#include "stage.h"

#define GATE_FILLERS 8

/**
 * struct gate - a port; without another word: the stage's thread only
 * @stage: where connections are accepted; set once, before it is opened
 * @welcome: gets a connection, which is its from then on, and where it comes
 *	from; set once
 * @address: PLUG_LOOPBACK or PLUG_EVERYWHERE; set once
 * @port: in host order; set once
 * @name: "127.0.0.1:PORT"; set once
 * @keeper: a socket that reserves @port; set once
 * @watch: the socket that listens, fd -1 while the gate is closed
 * @open: connections are accepted
 * @again: when they are again, after descriptors had run out
 * @fillers: connections that take the places of others, for gate_lose()
 * @nr_fillers: how many
 */
struct gate {
	struct stage *stage;
	void (*welcome)(struct gate *gate, int fd,
			const struct sockaddr_in *client);
	uint32_t address;
	uint16_t port;
	char name[32];
	int keeper;
	struct watch watch;
	bool open;
	struct later again;
	int fillers[GATE_FILLERS];
	size_t nr_fillers;
};

/**
 * gate_init() - reserve a port
 * @gate: zeroes but for @welcome and @address. Closed: connections are refused
 * @port: which, or 0 for any
 *
 * Any thread. Return: 0 or -errno.
 */
int gate_init(struct gate *gate, uint16_t port);

/**
 * gate_exit() - give the port back
 * @gate: closed
 *
 * Any thread.
 */
void gate_exit(struct gate *gate);

/**
 * gate_open() - accept connections
 * @gate: in any state; if it was lost, those that waited are gone
 *
 * Return: 0, or -errno, and then it is closed.
 */
int gate_open(struct gate *gate);

/**
 * gate_shut() - refuse connections; those not yet accepted are reset
 * @gate: in any state
 */
void gate_shut(struct gate *gate);

/**
 * gate_lose() - neither accept nor refuse connections: they do not come about
 * @gate: in any state
 *
 * Return: as gate_open().
 */
int gate_lose(struct gate *gate);

#endif
