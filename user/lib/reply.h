/* SPDX-License-Identifier: MIT */
/* Filling in struct kelp_reply. Whoever has the reply. */
#ifndef LIBKELP_REPLY_H
#define LIBKELP_REPLY_H

#include <kelp/client.h>

struct endpoint;
struct frame_reply;

/* It failed; the words are those of printf(). What it held is freed. */
void __attribute__((format(printf, 3, 4)))
reply_fail(struct kelp_reply *reply, int code, const char *format, ...);

/* Who was asked last. */
void reply_endpoint(struct kelp_reply *reply, const struct endpoint *endpoint);

/* What the server answered instead of a reply, with its words. */
void reply_refused(struct kelp_reply *reply, const struct frame_reply *frame);

/**
 * reply_room() - room for a reply's bytes
 * @reply: the reply
 * @frame: what its head says
 * @options: of the call: where the attachment goes
 * @message: set to where the message goes
 * @attachment: set to where the attachment goes
 *
 * Return: true; false when there is none: the reply has failed then.
 */
bool reply_room(struct kelp_reply *reply, const struct frame_reply *frame,
		const struct kelp_call_options *options, void **message,
		void **attachment);

#endif
