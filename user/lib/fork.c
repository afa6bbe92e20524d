// SPDX-License-Identifier: MIT
/*
 * Noticing that the process has forked: in the child there are none of the
 * threads that the parent's channels live by. Any thread.
 */
#include "fork.h"

#include <pthread.h>
#include <stdatomic.h>

/* The only thing that all channels of a process share. */
static _Atomic unsigned int generation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void in_child(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static void install(void)
{
	pthread_atfork(NULL, NULL, in_child);
}

unsigned int fork_generation(void)
{
	pthread_once(&once, install);
	return atomic_load_explicit(&generation, memory_order_relaxed);
}
