/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of kelpctl press share: what is to be done, and what came of
 * it. press.c reads the command line and waits, press_worker.c calls,
 * press_report.c prints.
 */
#ifndef KELPCTL_PRESS_H
#define KELPCTL_PRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <kelp/client.h>

#include "histogram.h"
#include "request.h"
#include "tally.h"

/* What is to be done. All but @stop is set before the threads begin. */
struct press {
	const struct ctl *ctl;
	struct request request;
	struct kelp_channel_options options;
	unsigned int threads;
	unsigned int connections;	/* of all threads; at least @threads */
	unsigned int pipeline;		/* calls under way on each */
	uint64_t rate;			/* calls a second; 0: as they are answered */
	uint64_t start_ns;		/* CLOCK_MONOTONIC, as all times here */
	uint64_t until_ns;
	const atomic_bool *stop;	/* end sooner; any thread, any time */
};

/* What came of it: of a thread, or of all of them. */
struct press_result {
	uint64_t calls;		/* that have ended, one way or the other */
	uint64_t in_time;	/* those of them that were answered well till the end */
	uint64_t unsent;	/* due, but all connections were busy to the end */
	uint64_t until_ns;	/* when the last thread stopped making calls */
	uint64_t connects;
	uint64_t sends;		/* system calls of libkelp's */
	uint64_t receives;
	uint64_t wakeups;
	struct histogram latency;	/* of calls that were answered well */
	struct tally tally;		/* of the others */
};

/* Now, in CLOCK_MONOTONIC's nanoseconds. */
uint64_t press_now(void);

/* press_worker.c */

struct press_worker;

/* Ready to begin; @index is its number, from 0. Dies when something is missing. */
struct press_worker *press_worker_create(const struct press *press,
					 unsigned int index);

/* Begin. press->start_ns is some time ahead. */
void press_worker_start(struct press_worker *worker);

/* Wait about so long for its end; false when it has not ended by then. */
bool press_worker_join(struct press_worker *worker, uint64_t wait_ns);

/* What it has done so far; any thread. */
void press_worker_look(struct press_worker *worker, uint64_t *calls,
		       uint64_t *failed);

/* Add up what came of it, and free it. It has ended. */
void press_worker_finish(struct press_worker *worker,
			 struct press_result *result);

/* press_report.c */

void press_report(const struct press *press, struct press_result *result);

#endif
