/* SPDX-License-Identifier: MIT */
/*
 * Servers as people write them, HOST:PORT, and what addresses they have. Knows
 * nothing of targets and files. Looking up may block. Any one thread at a time.
 */
#ifndef LIBKELP_NAMING_LIST_H
#define LIBKELP_NAMING_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "naming.h"

/* The largest weight. */
#define NAMING_WEIGHT 1000

/* How often to ask for a name again, in milliseconds. */
#define NAMING_ASK_MS 5000

/**
 * struct naming_server - a server that was written down
 * @address: where it is; for a name only the weight
 * @port: for a name
 * @name: what has to be looked up; NULL when it was numeric
 */
struct naming_server {
	struct address address;
	unsigned int port;
	char *name;
};

/**
 * struct naming_list - several of them
 * @at: they
 * @count: how many
 * @room: how many fit
 *
 * Begins as zeroes.
 */
struct naming_list {
	struct naming_server *at;
	size_t count;
	size_t room;
};

/**
 * naming_list_add() - understand a server
 * @list: what it is added to
 * @text: HOST:PORT or [V6]:PORT; changed
 * @weight: its weight, or NULL for 1
 *
 * Return: 0, -EINVAL when it cannot be understood, -ENOMEM.
 */
int naming_list_add(struct naming_list *list, char *text, const char *weight);

/**
 * naming_list_exit() - give the memory back
 * @list: the list, empty afterwards
 */
void naming_list_exit(struct naming_list *list);

/**
 * naming_list_resolve() - where they are
 * @list: the list
 * @all: all addresses of a name, not one
 * @addresses: set as naming_resolve() does
 * @count: likewise
 *
 * Return: 0, -EHOSTUNREACH, -EAGAIN, -ENOMEM, -EMFILE, -ENFILE.
 */
int naming_list_resolve(const struct naming_list *list, bool all,
			struct address **addresses, size_t *count);

#endif
