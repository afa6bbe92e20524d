/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A protocol of commands, one a line, each of which calls something of kelp's
 * interface for modules; and one that says what it gets.
 */
#ifndef KELP_TESTS_API_H
#define KELP_TESTS_API_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "kelp/conn.h"
#include "kelp/proto.h"
#include "kelp/send.h"
#include "kelp/task.h"

/* What is left of a line of 4 KiB. */
#define API_ARG 3000

/**
 * struct api_command - a command
 * @name: the line's first word
 * @run: called with the rest of the line; answers, or sees to it later
 */
struct api_command {
	const char *name;
	void (*run)(struct kelp_conn *conn, struct kelp_run *run, char *arg);
};

/**
 * struct api_conn - kelp_conn_data()
 * @count: commands so far
 * @left: bytes that "stream" still has to write
 * @asleep: on_ready is to say "ready"
 * @pinged: the peer was asked whether it lives
 * @timer: of "every"
 */
struct api_conn {
	unsigned int count;
	size_t left;
	bool asleep;
	bool pinged;
	int timer;
};

extern const struct kelp_proto_ops api_proto;
extern const struct api_command api_later[], api_wire[], api_write[];

extern atomic_t api_given, api_gone, api_moved, api_released;

void api_say(struct kelp_run *run, const char *format, ...) __printf(2, 3);
void api_fill(char *data, size_t len, size_t from);

#endif
