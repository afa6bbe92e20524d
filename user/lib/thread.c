// SPDX-License-Identifier: MIT
/* The library's own threads: they get no signals but those of their faults. */
#include "thread.h"

#include <signal.h>
#include <stddef.h>

/*
 * done() is the program's code: when it crashes, the program's handler is to say
 * so. While such a signal is blocked the kernel ends the process without it.
 */
static const int faults[] = {
	SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT,
};

int thread_start(pthread_t *thread, void *(*run)(void *data), void *data)
{
	sigset_t most, before;
	size_t i;
	int err;

	/* a thread begins with the mask of the one that made it */
	sigfillset(&most);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&most, faults[i]);
	pthread_sigmask(SIG_SETMASK, &most, &before);
	err = pthread_create(thread, NULL, run, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}
