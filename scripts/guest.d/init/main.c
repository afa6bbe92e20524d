// SPDX-License-Identifier: GPL-2.0-only
/* What the first process does, in order. See init.h. */
#include "init.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the command left running must not go on while the log is judged. */
static void others_end(void)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };
	int tries;

	kill(-1, SIGKILL);
	for (tries = 0; tries < 5000; tries++) {
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		nanosleep(&tick, NULL);
	}
}

int main(void)
{
	struct orders o = { 0 };
	sigset_t set;
	char verdict[16] = "time";
	int status;

	/* Taken from a descriptor while the command runs. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);

	boot_kernel();
	port_open();
	orders_read(&o);
	boot_system(&o);
	log_open();
	if (o.ko)
		ko_insert(&o);
	status = command_run(&o);
	frame_send('D', "", 0);
	if (status < 0) {
		log_blocked();
	} else {
		others_end();
		snprintf(verdict, sizeof(verdict), "%d", status);
	}
	if (o.kmemleak && status >= 0)
		log_kmemleak();
	sync();
	log_send();
	frame_send('V', verdict, strlen(verdict));
	power_off();
}
