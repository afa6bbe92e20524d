/* SPDX-License-Identifier: MIT */
/* The library's own threads. */
#ifndef LIBKELP_THREAD_H
#define LIBKELP_THREAD_H

#include <pthread.h>

/**
 * thread_start() - start a thread that gets no signals
 * @thread: where it goes
 * @run: what it does
 * @data: for @run
 *
 * The program's signals are for the program's threads: a handler of its own must
 * not find itself on a thread that it knows nothing of. Only those of a fault in
 * that thread, which may be in the program's done(), come as ever. Any thread.
 *
 * Return: 0, or -errno of pthread_create().
 */
int thread_start(pthread_t *thread, void *(*run)(void *data), void *data);

#endif
