/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of naming: a resolver that knows what a test tells it, a clock
 * that stands where a test wants it, and reading that something happens in the middle of.
 * Nobody is asked over the network. One thread.
 *
 * They stand in for the C library's functions of the same names by being in the
 * program.
 */
#ifndef KELP_TEST_NAMES_KIT_H
#define KELP_TEST_NAMES_KIT_H

#include <stddef.h>

#include "naming.h"

#define NAMES_ADDRESSES 4

/**
 * struct names_answer - what the resolver knows of a name
 * @name: the name
 * @err: 0 or EAI_…
 * @sys: errno, for EAI_SYSTEM
 * @address: its addresses, numeric, in this order; up to a NULL
 */
struct names_answer {
	const char *name;
	int err;
	int sys;
	const char *address[NAMES_ADDRESSES];
};

/* How often it was asked, for what is not numeric. */
extern unsigned int names_asked;

/* Called before each read(): 0, or an errno with which it fails. */
extern int (*names_reading)(void);

/**
 * names_know() - teach the resolver; a test that asks for anything else fails
 * @answers: up to one without a name; they stay the caller's. Or NULL
 */
void names_know(const struct names_answer *answers);

/**
 * names_after() - stop the clocks
 * @path: so much after this file's last change, or before it when that is
 *	negative; NULL lets them go again
 * @ms: so much
 */
void names_after(const char *path, int ms);

/**
 * names_expect() - check addresses, and free them
 * @list: from naming_resolve() or the like
 * @count: how many
 * @text: ADDRESS:PORT*WEIGHT of each, a space in between
 */
void names_expect(struct address *list, size_t count, const char *text);

#endif /* KELP_TEST_NAMES_KIT_H */
