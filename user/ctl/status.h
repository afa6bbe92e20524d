/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server's status, for `status` and for whoever waits for a change of it.
 */
#ifndef KELPCTL_STATUS_H
#define KELPCTL_STATUS_H

#include <stdbool.h>
#include <stdint.h>

struct status {
	char version[64];
	uint32_t generation;
	bool draining;
	uint32_t connections;
	uint32_t listeners;
	uint64_t memory;
};

void status_get(struct status *status);

#endif
