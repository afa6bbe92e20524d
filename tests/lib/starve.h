/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that runs out when a test says so. The linker puts the functions here
 * between the program and malloc(), calloc(), realloc() and strdup(): a program
 * that uses this is linked with --wrap for each of them.
 *
 * Servers' threads have theirs always (stage_here()), and so has whoever waits in
 * a test, because nothing is allocated there: what fails is the library's.
 */
#ifndef TEST_STARVE_H
#define TEST_STARVE_H

#include <stdbool.h>

struct fleet;
struct kelp_call_options;
struct kelp_channel;
struct kelp_channel_options;

/**
 * starve_from() - let an allocation fail
 * @n: which, counted from now on and from 0, in whatever thread
 * @all: those behind it, too
 */
void starve_from(long n, bool all);

/**
 * starve_over() - let none fail any more
 *
 * Return: has any failed since starve_from()?
 */
bool starve_over(void);

/**
 * starve_check() - note what is wrong, without failing the test yet
 * @good: nothing is
 * @what: says what; the first time counts
 *
 * Any thread. For what happens while memory is short.
 */
void starve_check(bool good, const char *what);

/* The same: a code has to be 0 or -ENOMEM. */
void starve_check_code(int code);

/* What was wrong, or NULL. */
const char *starve_wrong(void);

/* A blocking and a started call on it have to succeed, each with time enough. */
void starve_assert_works(struct kelp_channel *channel);

/**
 * starve_each() - do something without memory, in each way that can be
 * @fleet: the servers
 * @options: of a new channel, for each time
 * @step: is done again and again, while first one allocation fails, then another
 *	one, and then the same with all behind it, until none is left that could.
 *	It uses starve_check() only, and has to succeed or to say what is missing.
 *	The channel has to work afterwards
 */
void starve_each(const struct fleet *fleet,
		 const struct kelp_channel_options *options,
		 void (*step)(struct kelp_channel *channel));

#endif
