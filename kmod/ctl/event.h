/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling whoever listens what happened: the multicast group "events".
 */
#ifndef KELP_CTL_EVENT_H
#define KELP_CTL_EVENT_H

#include <linux/socket.h>
#include <uapi/linux/kelp.h>

struct kelp_net;

/* Index of KELP_MCGRP_EVENTS in the family. */
#define KELP_MCGRP_EVENTS_ID 0

void kelp_event_send(struct kelp_net *kn, enum kelp_event event);
void kelp_event_listener(struct kelp_net *kn, enum kelp_event event,
			 const struct sockaddr_storage *addr, int error);

#endif
