/* SPDX-License-Identifier: MIT */
/* Messages of Protocol Buffers as bytes. Any thread. */
#ifndef LIBKELP_MESSAGE_H
#define LIBKELP_MESSAGE_H

#include <kelp/client.h>

/* Into memory that the caller frees; 0 or -ENOMEM. */
int message_pack(const struct ProtobufCMessage *message,
		 struct kelp_bytes *bytes);

#endif
