/* SPDX-License-Identifier: MIT */
/* Blocking calls by way of started ones. The caller's thread. */
#ifndef LIBKELP_WAITING_H
#define LIBKELP_WAITING_H

#include <kelp/client.h>

/* Start the call and wait for its end; returns @reply->code. */
int waiting_call(struct kelp_channel *channel,
		 const struct kelp_request *request, struct kelp_reply *reply,
		 const struct kelp_call_options *options);

#endif
